"""The public keys, as prebuilt bytes. Spec: RFC 7517 §5"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.tokens.keyring import Keyring

_MAX_AGE_S = 300


class JwksEndpoint:
    """``GET /oauth2/jwks``."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def handle(self, request: Request) -> Response:
        """The key set; 304 for who has it already."""
        keys = self._keyring.current
        return cacheable(request, keys.jwks, keys.jwks_etag, media_type="application/jwk-set+json")


def cacheable(request: Request, content: bytes, etag: str, *, media_type: str = "application/json") -> Response:
    """A public document that may be kept for some minutes. Spec: RFC 9110 §13.1.2"""
    headers = {"etag": etag, "cache-control": f"public, max-age={_MAX_AGE_S}", "x-content-type-options": "nosniff"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type)
