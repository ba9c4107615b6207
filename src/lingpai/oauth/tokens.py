"""``TokenResponse``: what a token endpoint answers, before a dialect writes it or after one has read it.

Spec: RFC 6749 §5.1; OpenID Connect Core 1.0 §3.1.3.3
"""

from msgspec import Struct


class TokenResponse(Struct, frozen=True, kw_only=True):
    """Tokens and what is said about them. ``expires_in`` in seconds. Spec: RFC 6749 §5.1"""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    """``None``: as requested (RFC 6749 §5.1)."""
    id_token: str | None = None
    extra: dict[str, object] = {}
    """Members beyond these, as the dialect names them."""

    def __repr__(self) -> str:
        # A traceback or log line must not show a token.
        return f"TokenResponse(token_type={self.token_type!r}, expires_in={self.expires_in}, scope={self.scope!r}, …)"
