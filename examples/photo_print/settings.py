"""Where everything is and how the application proves who it is. Read once at start from ``PHOTO_PRINT_…`` variables."""

import os
from collections.abc import Mapping

from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """The defaults are those of ``make demo``; addresses have no slash at the end."""

    address: str = "http://localhost:3000"
    """Our own public address; the redirect URI is below it."""
    issuer: str = "http://localhost:4000"
    """The authorization server."""
    photos: str = "http://localhost:5000"
    """The photo service."""
    client_id: str = "photo-print"
    client_secret: str = ""
    port: int = 3000

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to after sign-in; registered at the authorization server, letter by letter."""
        return f"{self.address}/user/callback"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``PHOTO_PRINT_ADDRESS``, ``_ISSUER``, ``_PHOTOS``, ``_CLIENT_ID``, ``_CLIENT_SECRET`` and ``_PORT``."""
    given = {
        name: environment[f"PHOTO_PRINT_{name.upper()}"]
        for name in ("address", "issuer", "photos", "client_id", "client_secret")
        if f"PHOTO_PRINT_{name.upper()}" in environment
    }
    return Settings(**given, port=int(environment.get("PHOTO_PRINT_PORT", "3000")))
