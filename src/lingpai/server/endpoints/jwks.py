"""The public keys, as prebuilt bytes. Spec: RFC 7517 §5"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.endpoints.public_document import PublicDocument, public_document
from lingpai.server.tokens.keyring import Keyring


class JwksEndpoint:
    """``GET /oauth2/jwks``."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._document = public_document(b"", "", "")

    async def handle(self, request: Request) -> Response:
        """The key set; 304 for who has it already."""
        return self.document().answer(request)

    def document(self) -> PublicDocument:
        """The key set as it is now."""
        keys = self._keyring.current
        if keys.jwks_etag != self._document.etag:
            self._document = public_document(keys.jwks, keys.jwks_etag, "application/jwk-set+json")
        return self._document
