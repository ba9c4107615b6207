"""Every page's path and handler, in one list, and what happens when a page cannot be shown."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.errors import InvalidRequest
from lingpai.server.authorization.pending import PendingRequestLost
from lingpai.server.http import BodyTooLarge, Handler
from lingpai.server.web import paths
from lingpai.server.web.check_session import CheckSessionPage
from lingpai.server.web.consent import ConsentPage
from lingpai.server.web.end_session import EndSessionPage
from lingpai.server.web.errors import error_page
from lingpai.server.web.landing import LandingPage
from lingpai.server.web.render import Pages
from lingpai.server.web.select_account import SelectAccountPage
from lingpai.server.web.sign_in import SignInPage
from lingpai.server.web.sign_out import SignOutPage
from lingpai.server.web.static import StaticFiles


def page_routes(  # noqa: PLR0913 - one for each page
    pages: Pages,
    static: StaticFiles,
    *,
    landing: LandingPage,
    sign_in: SignInPage,
    select_account: SelectAccountPage,
    sign_out: SignOutPage,
    consent: ConsentPage,
    end_session: EndSessionPage,
    devices: Mapping[tuple[str, str], Handler],
    people: Mapping[tuple[str, str], Handler],
    upstream: Mapping[tuple[str, str], Handler],
    administration: Mapping[tuple[str, str], Handler],
) -> dict[tuple[str, str], Handler]:
    """(method, exact path) -> handler, for the application's table."""
    routes: dict[tuple[str, str], Handler] = {
        ("GET", paths.LANDING): landing.get,
        ("POST", paths.LANGUAGE): landing.set_language,
        ("GET", paths.SIGN_IN): sign_in.get,
        ("POST", paths.SIGN_IN): sign_in.post,
        ("GET", paths.SELECT_ACCOUNT): select_account.get,
        ("POST", paths.SELECT_ACCOUNT): select_account.post,
        ("GET", paths.SIGN_OUT): sign_out.get,
        ("POST", paths.SIGN_OUT): sign_out.post,
        ("GET", paths.CONSENT): consent.get,
        ("POST", paths.CONSENT): consent.post,
        ("GET", paths.END_SESSION): end_session.get,
        ("POST", paths.END_SESSION): end_session.post,
        ("GET", paths.CHECK_SESSION): CheckSessionPage(pages).get,
        **devices,
        **people,
        **upstream,
        **administration,
    }
    shown = {route: _with_error_page(handler, pages) for route, handler in routes.items()}
    files: dict[tuple[str, str], Handler] = {("GET", paths.STATIC + name): static.get for name in static.names}
    return shown | files


def _with_error_page(handler: Handler, pages: Pages) -> Handler:
    """``handler``, its refusals explained on a page. Anything else goes up to the application."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except PendingRequestLost as lost:
            return error_page(pages, request, lost.reason, status=400)
        except BodyTooLarge:
            return error_page(pages, request, "too_large", status=413)
        except InvalidRequest:
            return error_page(pages, request, "bad_request", status=400)

    return handle
