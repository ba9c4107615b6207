"""The ways to sign in of whoever is signed in: their password and their identities elsewhere, linked and unlinked here.

Both acts decide who gets into the account, so they take a sign-in that is not long ago: a computer somebody left open
is not enough.
"""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.session import SignedIn
from lingpai.server.storage.external_identities import LinkedIdentity
from lingpai.server.upstream.identities import PROBLEMS, Identities
from lingpai.server.upstream.provider import UpstreamProvider, Wanted
from lingpai.server.upstream.visits import UpstreamVisit, UpstreamVisits
from lingpai.server.web.render import Pages
from lingpai.server.web.upstream import UpstreamPages
from lingpai.server.web.upstream_buttons import ProviderView, UpstreamButtons
from lingpai.server.web.views import image_sources, person_view
from lingpai.server.web.visit import Visit, Visits, see_other

RECENT_S = 600
_PROBLEMS = PROBLEMS | {"linked_elsewhere", "other_account", "last_one"}
_DONE = frozenset({"linked", "unlinked"})


class _IdentityView(Struct, frozen=True, kw_only=True):
    """One identity."""

    provider: ProviderView
    subject: str
    label: str
    linked_at: int
    last_used_at: int


def is_recent(visit: Visit) -> bool:
    """Whether somebody is signed in who proved who they are not long ago."""
    return visit.signed_in is not None and visit.now - visit.signed_in.session.auth_time <= RECENT_S


class SignInMethodsPage:
    """``GET`` and ``POST /account/sign-in-methods``."""

    def __init__(
        self,
        pages: Pages,
        visits: Visits,
        providers: Mapping[str, UpstreamProvider],
        upstream: UpstreamPages,
        upstream_visits: UpstreamVisits,
        identities: Identities,
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._providers = providers
        self._buttons = UpstreamButtons(providers)
        self._upstream = upstream
        self._upstream_visits = upstream_visits
        self._identities = identities

    async def get(self, request: Request) -> Response:
        """All of them."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        done, problem = request.query_params.get("done"), request.query_params.get("problem")
        return await self._show(visit, visit.signed_in, done=done, problem=problem)

    async def post(self, request: Request) -> Response:
        """Link one more, or unlink one."""
        visit = await self._visits.open(request)
        if visit.signed_in is None:
            return see_other(self._pages.url("sign_in"))
        try:
            form = await self._visits.read_form(visit)
        except CsrfRefused:
            return await self._show(visit, visit.signed_in, problem="stale", status=403)
        match form.get("action"):
            case "link":
                return await self._link(visit, form.require("provider"))
            case "unlink":
                return await self._unlink(visit, visit.signed_in, form)
            case _:
                raise InvalidRequest("action must be link or unlink")

    async def _link(self, visit: Visit, name: str) -> Response:
        provider = self._providers.get(name)
        if provider is None:
            raise InvalidRequest("provider is not one of ours")
        if not is_recent(visit):
            return self._prove_again(visit, name)
        wanted = Wanted(prompt="select_account", locales=self._upstream.locales(visit))
        return await self._upstream.leave(visit, provider, wanted, link=True)

    async def _unlink(self, visit: Visit, signed_in: SignedIn, form: Params) -> Response:
        if not is_recent(visit):
            return self._prove_again(visit)
        provider, subject = form.require("provider"), form.require("subject")
        if not await self._identities.unlink(signed_in.account, provider, subject, ip=visit.ip, now=visit.now):
            return await self._show(visit, signed_in, problem="last_one", status=409)
        return see_other(f"{self._pages.url('sign_in_methods')}?done=unlinked")

    def _prove_again(self, visit: Visit, provider: str = "") -> Response:
        again = UpstreamVisit(digest(visit.browser), visit.now, provider)
        return see_other(self._pages.url("sign_in", self._upstream_visits.seal(again)))

    async def _show(
        self,
        visit: Visit,
        signed_in: SignedIn,
        *,
        done: str | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        locale = self._pages.locale(visit.request)
        linked = await self._identities.list(signed_in.account.id)
        person = person_view(signed_in.account)
        response = self._pages.render(
            "sign_in_methods.html",
            visit.request,
            status=status,
            locale=locale,
            csp_form_action=self._buttons.sources,
            csp_img=image_sources(person.picture),
            person=person,
            has_password=signed_in.account.password_hash is not None,
            has_passkey=await self._identities.has_passkey(signed_in.account.id),
            identities=[self._view(identity, locale) for identity in linked],
            providers=self._buttons.shown(locale),
            csrf_token=self._visits.csrf_token(visit),
            done=done if done in _DONE else None,
            problem=problem if problem in _PROBLEMS else None,
        )
        return self._visits.named(visit, response)

    def _view(self, identity: LinkedIdentity, locale: str) -> _IdentityView:
        return _IdentityView(
            provider=self._buttons.view(identity.provider, locale),
            subject=identity.subject,
            label=identity.label,
            linked_at=identity.linked_at,
            last_used_at=identity.last_used_at,
        )
