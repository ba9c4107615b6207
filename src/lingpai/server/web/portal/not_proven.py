"""The page for a request nobody can be sent back with, leading those who can mend it to the explanation.

Only whoever is signed in as a member of the application's team is shown the way; a look at who that is happens on this
page alone.
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.accounts.session import BrowserSessions
from lingpai.server.authorization.qq import APPID, Refused
from lingpai.server.authorization.request import NotProven, only_value
from lingpai.server.clock import Clock
from lingpai.server.http import Cookies, read_query
from lingpai.server.storage.applications import Applications
from lingpai.server.web.errors import not_proven_page, qq_refused_page
from lingpai.server.web.portal_paths import REFUSAL
from lingpai.server.web.render import Pages


class NotProvenPage:
    """Shows it."""

    def __init__(
        self, pages: Pages, sessions: BrowserSessions, applications: Applications, cookies: Cookies, clock: Clock
    ) -> None:
        self._pages = pages
        self._sessions = sessions
        self._applications = applications
        self._cookies = cookies
        self._clock = clock

    async def show(self, request: Request, refused: NotProven) -> Response:
        """The page; the refusal is noted for the application it names."""
        reference: str = request.scope["lingpai.reference"]
        request.scope["lingpai.outcome"] = refused.reason
        explained_at = ""
        if refused.client is not None:
            request.scope["lingpai.client_id"] = refused.client.client_id
            explained_at = await self._explained_at(request, refused.client.client_id)
        return not_proven_page(self._pages, request, refused, reference=reference, explained_at=explained_at)

    async def show_qq(self, request: Request, refused: Refused) -> Response:
        """The same for the dialect of QQ Connect, whose endpoint has noted the refusal."""
        claimed = only_value(read_query(request), "client_id")
        explained_at = await self._explained_at(request, claimed) if claimed and APPID.fullmatch(claimed) else ""
        reference: str = request.scope["lingpai.reference"]
        return qq_refused_page(self._pages, request, refused, reference=reference, explained_at=explained_at)

    async def _explained_at(self, request: Request, client_id: str) -> str:
        if not await self._is_member(request, client_id):
            return ""
        path = REFUSAL.replace("{client_id}", client_id).replace("{reference}", request.scope["lingpai.reference"])
        return self._pages.base + path

    async def _is_member(self, request: Request, client_id: str) -> bool:
        signed_in = await self._sessions.find(self._cookies.session(request), self._clock())
        return signed_in is not None and await self._applications.is_member(client_id, signed_in.account.id)
