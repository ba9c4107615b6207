"""What every page of the account area does first: somebody must be signed in, and for some acts have proved it lately.

Owns both checks and the frame of these pages.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.params import Params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.web.showing import Showing
from lingpai.server.web.sign_in_methods import is_recent
from lingpai.server.web.views import image_sources, person_view
from lingpai.server.web.visit import Visit, see_other


class AccountVisit:
    """A visit of somebody signed in."""

    def __init__(self, visit: Visit, signed_in: SignedIn) -> None:
        self.visit = visit
        self.account = signed_in.account
        self.session = signed_in.session
        self.now = visit.now
        self.ip = visit.ip
        self.is_recent = is_recent(visit)


class AccountVisits:
    """Opens them, and shows their pages."""

    def __init__(self, showing: Showing) -> None:
        self.showing = showing
        self.pages = showing.pages

    async def open(self, request: Request) -> AccountVisit | Response:
        """The visit, or the way to the sign-in page."""
        visit = await self.showing.visits.open(request)
        if visit.signed_in is None:
            return see_other(self.pages.url("sign_in"))
        return AccountVisit(visit, visit.signed_in)

    async def read(self, opened: AccountVisit) -> Params | None:
        """The form; ``None``: it is not one of ours. Raises ``InvalidRequest``."""
        try:
            return await self.showing.visits.read_form(opened.visit)
        except CsrfRefused:
            return None

    def confirm_first(self, page: str) -> Response:
        """To the page that makes sure of the person, and from there to ``page``."""
        return see_other(f"{self.pages.url('confirm')}?to={page}")

    def done(self, page: str, what: str) -> Response:
        """Back to ``page``, which says that it worked."""
        return see_other(f"{self.pages.url(page)}?done={what}")

    def show(
        self,
        opened: AccountVisit,
        template: str,
        *,
        status: int = 200,
        extra_img: tuple[str, ...] = (),
        **context: Any,
    ) -> Response:
        """A page of the account area. ``extra_img``: sources of pictures besides the person's."""
        person = person_view(opened.account)
        return self.showing.show(
            opened.visit,
            template,
            status=status,
            csp_img=(*image_sources(person.picture), *extra_img),
            person=person,
            account=opened.account,
            recent=opened.is_recent,
            **context,
        )
