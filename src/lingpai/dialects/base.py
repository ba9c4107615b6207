"""What a dialect is, and what it hands over: ``Dialect``, ``WireBody``, ``RemoteError``.

Owns: the seam between token values and bytes. Leaves: HTTP itself to ``server.http`` and to the client's shells.
"""

from typing import Protocol

from msgspec import Struct

from lingpai.oauth.errors import OAuthError
from lingpai.oauth.tokens import TokenResponse


class WireBody(Struct, frozen=True):
    """An HTTP answer as far as a dialect cares."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        # The body may hold tokens; a traceback or log line must not show them.
        return f"WireBody(status={self.status}, content_type={self.content_type!r}, {len(self.body)} bytes)"


class RemoteError(Exception):
    """The other side refused: its error code, its words for the developer, its HTTP status. Spec: RFC 6749 §5.2"""

    def __init__(self, code: str, description: str, status: int) -> None:
        super().__init__(f"{code}: {description} (HTTP {status})" if description else f"{code} (HTTP {status})")
        self.code = code
        self.description = description
        self.status = status


class UnreadableResponse(RemoteError):
    """The other side answered, but neither with tokens nor with an error in this dialect."""

    def __init__(self, description: str, status: int) -> None:
        super().__init__("unreadable_response", description, status)


class Dialect(Protocol):
    """One wire format: a module with these functions, where ``parse_tokens(write_tokens(tokens)) == tokens``."""

    NAME: str
    """What client records call it."""

    def write_tokens(self, tokens: TokenResponse) -> WireBody:
        """The answer that hands out ``tokens``."""

    def write_error(self, error: OAuthError) -> WireBody:
        """The answer that refuses."""

    def parse_tokens(self, body: WireBody) -> TokenResponse:
        """The tokens in an answer; ``RemoteError`` if it is a refusal, ``UnreadableResponse`` if it is neither."""
