"""The pages as routes, and the authorization endpoint, which needs somebody to draw for it."""

from collections.abc import Mapping
from functools import partial

from lingpai.dialects import qq, standard
from lingpai.server.app import Route
from lingpai.server.authorization.logout import LogoutRequests
from lingpai.server.authorization.resolution import AuthorizationRequests
from lingpai.server.authorization.response import AuthorizationResponses, standard_delivery
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.authorize import AuthorizationPages, AuthorizeEndpoint
from lingpai.server.http import Handler
from lingpai.server.web import admin_paths
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.browser_accounts import BrowserAccounts
from lingpai.server.web.consent import ConsentPage
from lingpai.server.web.end_session import EndSessionPage
from lingpai.server.web.errors import error_page
from lingpai.server.web.form_post import form_post_page
from lingpai.server.web.landing import LandingPage
from lingpai.server.web.logout_frames import LogoutFrames
from lingpai.server.web.portal.not_proven import NotProvenPage
from lingpai.server.web.routes import page_routes
from lingpai.server.web.second_step import SecondStep
from lingpai.server.web.select_account import SelectAccountPage
from lingpai.server.web.showing import Showing
from lingpai.server.web.sign_in import SignInPage
from lingpai.server.web.sign_out import SignOutPage
from lingpai.server.web.step_cookie import StepCookie
from lingpai.server.web.terms import AcceptTermsPage, TermsPage
from lingpai.server.web.terms_step import TermsCookie, TermsStep
from lingpai.server.web.upstream_buttons import UpstreamButtons
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.administration import administration_pages
from lingpai.server.wiring.devices import device_pages
from lingpai.server.wiring.grants import grant_pages
from lingpai.server.wiring.parts import Parts
from lingpai.server.wiring.people_pages import people_pages
from lingpai.server.wiring.portal import portal_pages
from lingpai.server.wiring.qq import qq_responses
from lingpai.server.wiring.upstream_pages import upstream_routes


def browser_routes(parts: Parts) -> Mapping[str, Route]:
    """Path -> route of everything people's browsers open."""
    store, pages, cookies = parts.store, parts.pages, parts.cookies
    sessions, lifetime_s = parts.browser_sessions, parts.config.session_lifetime_s
    visits = Visits(cookies, parts.csrf, sessions, parts.pending, store.clients, parts.clock)
    people, arrivals = parts.people, _arrivals(parts, visits)
    in_browser = BrowserAccounts(sessions, cookies)
    frames = LogoutFrames(store.session_clients, store.clients, issuer=parts.config.issuer)
    by_path: dict[str, dict[str, Handler]] = {}
    for (method, path), handler in page_routes(
        pages,
        parts.static,
        landing=LandingPage(pages, visits, cookies),
        sign_in=SignInPage(
            pages, visits, parts.sign_in, arrivals, UpstreamButtons(parts.upstream.providers), people.passkeys
        ),
        select_account=SelectAccountPage(pages, visits, in_browser, cookies, session_lifetime_s=lifetime_s),
        sign_out=_sign_out_page(parts, visits, in_browser, frames),
        consent=ConsentPage(pages, visits, store.grants, parts.catalog, parts.audit, people.notices),
        end_session=EndSessionPage(
            pages=pages,
            visits=visits,
            requests=LogoutRequests(store.clients, parts.id_tokens),
            sessions=sessions,
            accounts=in_browser,
            frames=frames,
            clients=store.clients,
            keyring=parts.keyring,
            cookies=cookies,
            audit=parts.audit,
        ),
        devices=device_pages(parts, visits),
        people=_pages_of_the_signed_in(parts, visits, arrivals),
        upstream=upstream_routes(parts, visits, arrivals),
        administration=_administration_pages(parts, Showing(pages, visits), arrivals),
    ).items():
        by_path.setdefault(path, {})[method] = handler
    authorize = _authorize_endpoint(parts)
    by_path[paths.AUTHORIZE] = {"GET": authorize.get, "POST": authorize.post}
    by_path[paths.RESUME] = {"GET": authorize.resume}
    return {path: Route(methods) for path, methods in by_path.items()}


def _sign_out_page(parts: Parts, visits: Visits, in_browser: BrowserAccounts, frames: LogoutFrames) -> SignOutPage:
    return SignOutPage(
        parts.pages,
        visits,
        parts.browser_sessions,
        in_browser,
        frames,
        parts.cookies,
        parts.audit,
        session_lifetime_s=parts.config.session_lifetime_s,
    )


def _pages_of_the_signed_in(parts: Parts, visits: Visits, arrivals: Arrivals) -> Mapping[tuple[str, str], Handler]:
    portal = portal_pages(parts.portal, Showing(parts.pages, visits))
    return {**people_pages(parts, visits, arrivals), **grant_pages(parts, visits), **portal}


def _administration_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> Mapping[tuple[str, str], Handler]:
    terms = parts.administration.terms
    accept = AcceptTermsPage(
        showing,
        terms,
        parts.people.steps,
        TermsCookie(parts.config),
        parts.store.accounts,
        arrivals,
        parts.audit,
    )
    return {
        **administration_pages(parts.administration, showing),
        ("GET", admin_paths.TERMS): TermsPage(showing, terms).get,
        ("GET", admin_paths.ACCEPT_TERMS): accept.get,
        ("POST", admin_paths.ACCEPT_TERMS): accept.post,
    }


def _arrivals(parts: Parts, visits: Visits) -> Arrivals:
    pages, people = parts.pages, parts.people
    return Arrivals(
        pages,
        visits,
        parts.browser_sessions,
        parts.cookies,
        SecondStep(pages, people.second_factors, people.steps, StepCookie(parts.config)),
        TermsStep(pages, parts.administration.terms, people.steps, TermsCookie(parts.config)),
        people.notices,
        session_lifetime_s=parts.config.session_lifetime_s,
    )


def _responses(parts: Parts) -> AuthorizationResponses:
    return AuthorizationResponses(
        parts.keyring,
        parts.redemption,
        parts.issuer,
        parts.id_tokens,
        parts.subjects,
        parts.store.accounts,
        parts.store.session_clients,
        parts.catalog,
        envelopes=parts.envelopes,
        sweep_clock=parts.store.sweep_clock,
        delivery=standard_delivery(parts.config.issuer),
        code_lifetime_s=parts.config.authorization_code_lifetime_s,
    )


def _authorize_endpoint(parts: Parts) -> AuthorizeEndpoint:
    pages = parts.pages
    return AuthorizeEndpoint(
        clients=parts.store.clients,
        sessions=parts.browser_sessions,
        requests=AuthorizationRequests(
            parts.store.clients,
            parts.catalog,
            parts.id_tokens,
            parts.pushed,
            parts.request_objects,
            prompts=parts.prompts,
        ),
        pending=parts.pending,
        pushed=parts.pushed,
        responses={standard.NAME: _responses(parts), qq.NAME: qq_responses(parts)},
        pages=AuthorizationPages(
            not_proven=NotProvenPage(
                pages, parts.browser_sessions, parts.portal.applications, parts.cookies, parts.clock
            ).show,
            lost=lambda request, lost: error_page(pages, request, lost.reason, status=400),
            form_post=partial(form_post_page, pages),
            sign_in=partial(pages.url, "sign_in"),
            select_account=partial(pages.url, "select_account"),
            consent=partial(pages.url, "consent"),
            register=partial(pages.url, "register"),
            resume=pages.resume_url,
        ),
        subjects=parts.subjects,
        implied=parts.implied,
        trials=parts.portal.trials,
        cookies=parts.cookies,
        clock=parts.clock,
    )
