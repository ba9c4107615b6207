"""Where everything is and how the photo service proves who it is. Read once at start from ``PHOTOS_…`` variables."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """The defaults are those of ``make demo``; addresses have no slash at the end."""

    address: str = "http://localhost:5000"
    """Our own public address, and the name of this service in tokens made for it (``aud``)."""
    issuer: str = "http://localhost:4000"
    """The authorization server whose tokens are good here."""
    client_id: str = "photos"
    """As whom we ask that server about tokens (RFC 7662)."""
    client_secret: str = ""
    shelf: Path = Path("photos.db")
    """The file with what people add."""
    port: int = 5000


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``PHOTOS_ADDRESS``, ``_ISSUER``, ``_CLIENT_ID``, ``_CLIENT_SECRET``, ``_SHELF`` and ``_PORT``."""
    given = {
        name: environment[f"PHOTOS_{name.upper()}"]
        for name in ("address", "issuer", "client_id", "client_secret")
        if f"PHOTOS_{name.upper()}" in environment
    }
    port, shelf = int(environment.get("PHOTOS_PORT", "5000")), Path(environment.get("PHOTOS_SHELF", "photos.db"))
    return Settings(**given, port=port, shelf=shelf)
