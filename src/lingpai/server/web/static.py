"""The style sheet, the script and the logo, held in memory.

Owns: which files there are (a fixed table: a path can only name a key of it, so there is nothing to traverse) and how
long a browser keeps them. Leaves: their content to the files in ``static/``.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.theme_settings import read_logo, style_of

THEME_STYLE = "theme.css"
THEME_LOGO = "theme-logo"

CONTENT_TYPES = MappingProxyType(
    {
        "lingpai.css": "text/css; charset=utf-8",
        "admin.css": "text/css; charset=utf-8",
        "portal.css": "text/css; charset=utf-8",
        "lingpai.js": "text/javascript; charset=utf-8",
        "passkeys.js": "text/javascript; charset=utf-8",
        "check_session.js": "text/javascript; charset=utf-8",
        "form_post.js": "text/javascript; charset=utf-8",
        "logo.svg": "image/svg+xml",
    }
)


class StaticFile(Struct, frozen=True):
    """One file as it is sent. ``version`` is the start of its SHA-256, in hex."""

    body: bytes
    content_type: str
    version: str


class StaticFiles:
    """All files of ``static/``, read once."""

    def __init__(self, theme: Mapping[str, str] = MappingProxyType({})) -> None:
        folder = Path(__file__).parent / "static"
        self._files = {name: _read(folder / name, content_type) for name, content_type in CONTENT_TYPES.items()}
        self._files |= _themed(theme)

    @property
    def names(self) -> Collection[str]:
        """Every file there is."""
        return self._files.keys()

    def versioned(self, name: str) -> str:
        """The file's name with its version, as pages link to it: a changed file has a new address."""
        return f"{name}?v={self._files[name].version}"

    async def get(self, request: Request) -> Response:
        """``GET /static/<name>``: the file; for a year where the version asked for is the one we have."""
        name = request.scope["path"].rpartition("/")[2]
        file = self._files[name]
        etag = f'"{file.version}"'
        is_current = request.query_params.get("v") == file.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-cache",
            "ETag": etag,
            "X-Content-Type-Options": "nosniff",
            # An SVG opened by itself is a document: it gets no rights at all.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.content_type, headers=headers)


def _themed(theme: Mapping[str, str]) -> dict[str, StaticFile]:
    """The files the settings bring along."""
    files: dict[str, StaticFile] = {}
    if style := style_of(theme):
        files[THEME_STYLE] = _file(style.encode(), CONTENT_TYPES["lingpai.css"])
    if "logo_file" in theme:
        files[THEME_LOGO] = _file(*read_logo(Path(theme["logo_file"])))
    return files


def _read(path: Path, content_type: str) -> StaticFile:
    return _file(path.read_bytes(), content_type)


def _file(body: bytes, content_type: str) -> StaticFile:
    return StaticFile(body, content_type, hashlib.sha256(body).hexdigest()[:16])
