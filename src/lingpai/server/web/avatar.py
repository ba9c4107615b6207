"""People's pictures, for whoever was given the address of one.

Spec: RFC 9110 §8.3
"""

import re

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.storage.people import People

_ID = re.compile(r"[0-9a-f]{32}")
_HEADERS = {
    # A new picture has a new address.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline; filename=avatar",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class AvatarFile:
    """``GET /avatar?id=…``."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def get(self, request: Request) -> Response:
        """The picture as we encoded it; 404 where there is none (any more)."""
        avatar_id = request.query_params.get("id", "")
        avatar = await self._people.get_avatar(bytes.fromhex(avatar_id)) if _ID.fullmatch(avatar_id) else None
        if avatar is None:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return Response(avatar.body, media_type=avatar.content_type, headers=_HEADERS)
