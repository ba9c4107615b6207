"""Mails that nobody handed on, for whoever tries Lingpai without a mail server. Only with ``mail_outbox``."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.mail.post import Post
from lingpai.server.web.showing import Showing


class OutboxPage:
    """``GET /outbox``."""

    def __init__(self, showing: Showing, post: Post) -> None:
        self._showing = showing
        self._post = post

    async def get(self, request: Request) -> Response:
        """The latest mails, newest first."""
        visit = await self._showing.visits.open(request)
        return self._showing.show(visit, "outbox.html", mails=await self._post.outbox(visit.now))
