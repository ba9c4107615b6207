"""The public keys, as prebuilt bytes. Spec: RFC 7517 §5"""

import functools

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.http import RawHeaders, ReadyResponse, find_header, raw_headers
from lingpai.server.tokens.keyring import Keyring

_HEADERS = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}


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
    if etag in (find_header(request, b"if-none-match") or ""):
        return Response(status_code=304, headers={**_HEADERS, "etag": etag})
    return ReadyResponse(content, 200, _raw_headers(etag, media_type))


@functools.lru_cache(maxsize=16)
def _raw_headers(etag: str, media_type: str) -> RawHeaders:
    """There are two or three documents, and everybody asks for them."""
    return raw_headers([("content-type", media_type), ("etag", etag), *_HEADERS.items()])
