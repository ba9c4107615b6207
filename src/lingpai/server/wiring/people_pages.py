"""The pages around accounts: registering, passwords, second factors, the account itself."""

from collections.abc import Mapping

from lingpai.server.http import Handler
from lingpai.server.web import paths
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.outbox import OutboxPage
from lingpai.server.web.register import RegisterPage
from lingpai.server.web.reset_password import ResetPasswordPage, VerifyEmailPage
from lingpai.server.web.second_factor import SecondFactorPage
from lingpai.server.web.showing import Showing
from lingpai.server.web.step_cookie import StepCookie
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.parts import Parts


def people_pages(parts: Parts, visits: Visits, arrivals: Arrivals) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler."""
    showing = Showing(parts.pages, visits)
    routes = {
        **_mail_pages(parts, showing, arrivals),
        **_second_factor_pages(parts, showing, arrivals),
    }
    if parts.config.mail_outbox:
        routes["GET", paths.OUTBOX] = OutboxPage(showing, parts.people.post).get
    return routes


def _mail_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    people = parts.people
    reset = ResetPasswordPage(showing, people.credentials, people.translators)
    verify = VerifyEmailPage(showing, people.credentials, people.translators)
    routes: dict[tuple[str, str], Handler] = {
        ("GET", paths.RESET_PASSWORD): reset.get,
        ("POST", paths.RESET_PASSWORD): reset.post,
        ("GET", paths.RESET_CONFIRM): reset.get_confirm,
        ("POST", paths.RESET_CONFIRM): reset.post_confirm,
        ("GET", paths.VERIFY_EMAIL): verify.get,
        ("POST", paths.VERIFY_EMAIL): verify.post,
    }
    if parts.config.account_registration == "open":
        register = RegisterPage(showing, people.joining, arrivals, people.translators)
        routes |= {
            ("GET", paths.REGISTER): register.get,
            ("POST", paths.REGISTER): register.post,
            ("GET", paths.REGISTER_CONFIRM): register.get_confirm,
            ("POST", paths.REGISTER_CONFIRM): register.post_confirm,
        }
    return routes


def _second_factor_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    people = parts.people
    page = SecondFactorPage(
        showing,
        people.second_factors,
        people.steps,
        StepCookie(parts.config),
        parts.store.accounts,
        arrivals,
        people.notices,
    )
    return {("GET", paths.SECOND_FACTOR): page.get, ("POST", paths.SECOND_FACTOR): page.post}
