"""The start page, and the choice of language."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.i18n import LOCALES
from lingpai.oauth.errors import InvalidRequest
from lingpai.server.http import Cookies
from lingpai.server.web import paths
from lingpai.server.web.render import Pages
from lingpai.server.web.views import image_sources, person_view
from lingpai.server.web.visit import Visits, read_unprotected_form, see_other


class LandingPage:
    """``GET /`` and ``POST /language``."""

    def __init__(self, pages: Pages, visits: Visits, cookies: Cookies) -> None:
        self._pages = pages
        self._visits = visits
        self._cookies = cookies

    async def get(self, request: Request) -> Response:
        """What this is, and where to go."""
        visit = await self._visits.open(request)
        person = person_view(visit.signed_in.account) if visit.signed_in else None
        images = image_sources(person.picture) if person else ()
        return self._pages.render("landing.html", request, csp_img=images, person=person)

    async def set_language(self, request: Request) -> Response:
        """Remember a language and go back to the page named, whose address we make ourselves.

        No form token: all a foreign page could do is show us in the reader's other language.
        """
        form = await read_unprotected_form(request)
        locale, page = form.get("locale"), form.get("page") or "landing"
        if locale not in LOCALES or paths.return_path(page) is None:
            raise InvalidRequest("locale and page must be ones we have")
        response = see_other(self._pages.url(page, form.get("request")))
        self._cookies.set_locale(response, locale)
        return response
