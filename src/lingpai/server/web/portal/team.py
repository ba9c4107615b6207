"""Who is in a team, and what it is called; joining one by a link."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.i18n import Translator
from lingpai.oauth.params import Params
from lingpai.server.audit import TEAM_CHANGED, Audit
from lingpai.server.mail import portal_texts
from lingpai.server.mail.address import canonical_address
from lingpai.server.mail.post import Post
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.portal_records import Invitation, Team, TeamRole
from lingpai.server.storage.teams import Teams
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.portal.overview import typed_name
from lingpai.server.web.portal.visits import OTHERWISE, STATUS, PortalVisits
from lingpai.server.web.portal_paths import DEVELOPER, JOIN, TEAM
from lingpai.server.web.visit import see_other

_INVITATION_DAYS = 7
_DAY_S = 86_400


class TeamPage:
    """``GET`` and ``POST /developer/teams/{team_id}``."""

    def __init__(
        self,
        visits: PortalVisits,
        teams: Teams,
        post: Post,
        throttle: Throttle,
        translators: Mapping[str, Translator],
        audit: Audit,
    ) -> None:
        self._visits = visits
        self._teams = teams
        self._post = post
        self._throttle = throttle
        self._translators = translators
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Who is in it."""
        found = await self._open(request)
        return found if isinstance(found, Response) else await self._show(*found)

    async def post(self, request: Request) -> Response:
        """Change who is in it, or what it is called. Owners only, but for leaving."""
        found = await self._open(request)
        if isinstance(found, Response):
            return found
        opened, _, role = found
        form = await self._visits.accounts.read(opened)
        if form is None:
            return await self._show(*found, problem="stale")
        if form.get("action") == "leave":
            return await self._remove(found, opened.account.id, self._visits.base + DEVELOPER)
        if role != "owner":
            return await self._show(*found, problem="owners")
        return await self._act(found, form)

    async def _act(self, found: tuple[AccountVisit, Team, TeamRole], form: Params) -> Response:
        team, action, account_id = found[1], form.get("action"), _bytes(form.get("account_id"))
        match action:
            case "rename":
                return await self._rename(found, typed_name(form.get("name")))
            case "invite":
                return await self._invite(found, form.get("email") or "", form.get("role") or "")
            case "uninvite":
                await self._teams.revoke_invitation(team.id, _bytes(form.get("invitation")))
            case "remove":
                return await self._remove(found, account_id, self._address(team))
            case "owner" | "developer":
                if not await self._teams.set_role(team.id, account_id, action):
                    return await self._show(*found, problem="last_owner")
            case _:
                return await self._show(*found, problem="changed")
        await self._note(found, str(action))
        return see_other(self._address(team) + "?done=saved")

    async def _open(self, request: Request) -> tuple[AccountVisit, Team, TeamRole] | Response:
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        found = await self._teams.get_for(bytes.fromhex(request.path_params["team_id"]), opened.account.id)
        return self._visits.missing(request) if found is None else (opened, *found)

    async def _rename(self, found: tuple[AccountVisit, Team, TeamRole], name: str) -> Response:
        team = found[1]
        if not name:
            return await self._show(*found, problem="name")
        await self._teams.rename(Team(id=team.id, name=name, created_at=team.created_at))
        await self._note(found, "renamed")
        return see_other(self._address(team) + "?done=saved")

    async def _remove(self, found: tuple[AccountVisit, Team, TeamRole], account_id: bytes, then: str) -> Response:
        opened, team, _ = found
        if not await self._teams.remove(team.id, account_id, opened.now):
            return await self._show(*found, problem="last_owner")
        await self._note(found, "removed", member=account_id.hex())
        return see_other(then + "?done=removed")

    async def _invite(self, found: tuple[AccountVisit, Team, TeamRole], typed: str, role: str) -> Response:
        opened, team, _ = found
        try:
            email = canonical_address(typed) if typed else ""
        except ValueError:
            return await self._show(*found, problem="address")
        if await self._throttle.hit(opened.account.id.hex(), now=opened.now):
            return await self._show(*found, problem="throttled")
        secret = new_secret()
        invitation = Invitation(
            digest=digest(secret),
            team_id=team.id,
            role="owner" if role == "owner" else "developer",
            email=email,
            created_at=opened.now,
            expires_at=opened.now + _INVITATION_DAYS * _DAY_S,
        )
        if not await self._teams.invite(invitation):
            return await self._show(*found, problem="full")
        await self._note(found, "invited")
        link = f"{self._visits.issuer}{JOIN}?invitation={secret}"
        if email:
            words = self._translators[self._visits.accounts.pages.locale(opened.visit.request)]
            content = portal_texts.invited(words, team=team.name, link=link, days=_INVITATION_DAYS)
            await self._post.put(email, content, opened.now)
            return see_other(self._address(team) + "?done=invited")
        return await self._show(*found, link=link)

    async def _note(self, found: tuple[AccountVisit, Team, TeamRole], change: str, **detail: str) -> None:
        opened, team, _ = found
        await self._audit.record(
            TEAM_CHANGED,
            now=opened.now,
            account_id=opened.account.id,
            ip=opened.ip,
            change=change,
            team=team.id.hex(),
            **detail,
        )

    def _address(self, team: Team) -> str:
        return self._visits.base + TEAM.replace("{team_id}", team.id.hex())

    async def _show(
        self, opened: AccountVisit, team: Team, role: TeamRole, *, problem: str = "", **context: Any
    ) -> Response:
        return self._visits.accounts.show(
            opened,
            "portal/team.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            team=team,
            is_owner=role == "owner",
            members=await self._teams.members(team.id),
            invitations=await self._teams.invitations(team.id, opened.now),
            address=self._address(team),
            problem=problem,
            done=opened.visit.request.query_params.get("done", ""),
            **({"link": ""} | context),
        )


class JoinPage:
    """``GET`` and ``POST /developer/join``."""

    def __init__(self, visits: PortalVisits, teams: Teams, audit: Audit) -> None:
        self._visits = visits
        self._teams = teams
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Ask; a link somebody only looks at (a mail program does) is not spent."""
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        secret = request.query_params.get("invitation", "")
        return await self._show(opened, secret)

    async def post(self, request: Request) -> Response:
        """Join."""
        opened = await self._visits.open_account(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.accounts.read(opened)
        secret = request.query_params.get("invitation", "") if form is None else form.get("invitation") or ""
        if form is None:
            return await self._show(opened, secret, "stale")
        found = await self._teams.get_invitation(digest(secret), opened.now)
        if found is None or not await self._teams.join(found[0], opened.account.id, opened.now):
            return await self._show(opened, secret)
        await self._audit.record(
            TEAM_CHANGED,
            now=opened.now,
            account_id=opened.account.id,
            ip=opened.ip,
            change="joined",
            team=found[0].team_id.hex(),
        )
        return see_other(self._visits.base + TEAM.replace("{team_id}", found[0].team_id.hex()) + "?done=joined")

    async def _show(self, opened: AccountVisit, secret: str, problem: str = "") -> Response:
        found = await self._teams.get_invitation(digest(secret), opened.now)
        status = 404 if found is None else STATUS.get(problem, 200)
        return self._visits.accounts.show(
            opened,
            "portal/join.html",
            status=status,
            team_name=found[1] if found else "",
            role=found[0].role if found else "",
            invitation=secret if found else "",
            problem=problem,
            address=self._visits.base + JOIN,
        )


def _bytes(text: str | None) -> bytes:
    """An id out of a form; what is none is the id of nothing."""
    try:
        return bytes.fromhex(text or "")
    except ValueError:
        return b""
