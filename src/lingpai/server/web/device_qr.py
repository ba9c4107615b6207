"""The QR code of a user code as a picture: for a device that can show an image but cannot draw one.

Says nothing about whether there is such a code: what it shows follows from the address alone, and nothing is read. So
the picture may be shown by any page, of any origin.

Spec: RFC 8628 §3.3.1
"""

import io
import re

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.authorization.user_code import ALPHABET
from lingpai.server.http import read_query

# Exactly as the device got it: one address per picture, and nothing of the caller's choice in it.
_QUERY = re.compile(rf"user_code=([{ALPHABET}]{{4}}-[{ALPHABET}]{{4}})")
# Choosing the mask that looks most even takes three quarters of the time and helps no camera with a code this small.
_MASK = 3
_SCALE = 8
_QUIET_ZONE = 4

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # An SVG opened by itself is a document: it gets no rights at all.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class DeviceQr:
    """``GET /device/qr.svg?user_code=XXXX-XXXX``."""

    def __init__(self, verification_uri: str) -> None:
        self._verification_uri = verification_uri

    async def get(self, request: Request) -> Response:
        """A picture of ``verification_uri_complete``, dark on white whatever is behind it."""
        found = _QUERY.fullmatch(read_query(request))
        if found is None:
            raise InvalidRequest("user_code must be as the device authorization response has it")
        picture = draw_qr(f"{self._verification_uri}?user_code={found[1]}")
        return Response(picture, media_type="image/svg+xml", headers=_HEADERS)


def draw_qr(text: str) -> bytes:
    """``text`` as a QR code in SVG, which no style sheet changes."""
    import segno  # noqa: PLC0415 - loaded by who draws one

    picture = io.BytesIO()
    code = segno.make_qr(text, error="m", mask=_MASK, boost_error=False)
    code.save(picture, kind="svg", scale=_SCALE, border=_QUIET_ZONE, light="#fff", xmldecl=False, svgclass=None)
    return picture.getvalue()
