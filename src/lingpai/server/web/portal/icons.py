"""Pictures of applications, for whoever sees one on a page. As ``web.avatar``."""

import re

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.storage.applications import Applications

_ID = re.compile(r"[0-9a-f]{32}")
_HEADERS = {
    # A new picture has a new address.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline; filename=icon",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class IconFile:
    """``GET /application-icon?id=…``."""

    def __init__(self, applications: Applications) -> None:
        self._applications = applications

    async def get(self, request: Request) -> Response:
        """The picture as we encoded it; 404 where there is none (any more)."""
        icon_id = request.query_params.get("id", "")
        icon = await self._applications.get_icon(bytes.fromhex(icon_id)) if _ID.fullmatch(icon_id) else None
        if icon is None:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return Response(icon.body, media_type=icon.content_type, headers=_HEADERS)
