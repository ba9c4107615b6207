"""Where the page and the authorization server are. Read once at start from ``IMPLICIT_PAGE_…`` variables."""

import os
from collections.abc import Mapping

from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """The defaults fit ``make demo``; addresses have no slash at the end."""

    address: str = "http://localhost:3001"
    """Our own address; the redirect URI is below it."""
    issuer: str = "http://localhost:4000"
    """The authorization server."""
    client_id: str = "implicit-page"
    port: int = 3001

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to; registered at the authorization server, letter by letter."""
        return f"{self.address}/callback"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``IMPLICIT_PAGE_ADDRESS``, ``_ISSUER``, ``_CLIENT_ID`` and ``_PORT``."""
    given = {
        name: environment[f"IMPLICIT_PAGE_{name.upper()}"]
        for name in ("address", "issuer", "client_id")
        if f"IMPLICIT_PAGE_{name.upper()}" in environment
    }
    return Settings(**given, port=int(environment.get("IMPLICIT_PAGE_PORT", "3001")))
