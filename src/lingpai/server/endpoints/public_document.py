"""A document that is the same for everybody and may be kept for some minutes: the keys, the metadata.

Owns its bytes and headers, made once. Leaves when it changes to the endpoint that has it.

Spec: RFC 9110 §13.1.2
"""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.http import RawHeaders, ReadyResponse, find_header, raw_headers

_HEADERS = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}


class PublicDocument(Struct, frozen=True):
    """``headers``: all but those that every answer has."""

    body: bytes
    etag: str
    headers: RawHeaders

    def answer(self, request: Request) -> Response:
        """The document; 304 for who has it already. Spec: RFC 9110 §13.1.2"""
        if self.etag in (find_header(request, b"if-none-match") or ""):
            return Response(status_code=304, headers={**_HEADERS, "etag": self.etag})
        return ReadyResponse(self.body, 200, self.headers)


def public_document(body: bytes, etag: str, media_type: str) -> PublicDocument:
    """Of these bytes."""
    return PublicDocument(body, etag, raw_headers([("content-type", media_type), ("etag", etag), *_HEADERS.items()]))
