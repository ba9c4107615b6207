"""My teams and their applications; making a team, and joining one."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest, new_id, new_secret
from lingpai.i18n import Translator
from lingpai.server.audit import TEAM_CHANGED, Audit
from lingpai.server.mail import portal_texts
from lingpai.server.mail.address import canonical_address
from lingpai.server.mail.message import one_line
from lingpai.server.mail.post import Post
from lingpai.server.rate_limit import Throttle
from lingpai.server.storage.portal_records import Invitation, Team, TeamRole
from lingpai.server.storage.teams import Teams
from lingpai.server.web.account_visits import AccountVisit
from lingpai.server.web.portal.visits import OTHERWISE, STATUS, PortalVisits
from lingpai.server.web.portal_paths import DEVELOPER, JOIN, TEAM
from lingpai.server.web.views import image_sources
from lingpai.server.web.visit import see_other

_NAME_LIMIT_CHARS = 60
_INVITATION_DAYS = 7
_DAY_S = 86_400


def typed_name(text: str | None) -> str:
    """A name as it is kept: one line, and short."""
    shown = "".join(letter for letter in one_line(text or "") if letter.isprintable())
    return " ".join(shown.split())[:_NAME_LIMIT_CHARS]


class OverviewPage:
    """``GET`` and ``POST /developer``."""

    def __init__(self, visits: PortalVisits, teams: Teams, audit: Audit) -> None:
        self._visits = visits
        self._teams = teams
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Everything of mine."""
        opened = await self._visits.accounts.open(request)
        return opened if isinstance(opened, Response) else await self._show(opened)

    async def post(self, request: Request) -> Response:
        """A new team."""
        opened = await self._visits.accounts.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.accounts.read(opened)
        if form is None:
            return await self._show(opened, "stale")
        team = Team(id=new_id(), name=typed_name(form.get("name")), created_at=opened.now)
        if not team.name:
            return await self._show(opened, "name")
        if not await self._teams.found(team, opened.account.id):
            return await self._show(opened, "full")
        await self._audit.record(
            TEAM_CHANGED, now=opened.now, account_id=opened.account.id, ip=opened.ip, change="founded", team=team.id.hex()
        )
        return see_other(self._visits.base + TEAM.replace("{team_id}", team.id.hex()))

    async def _show(self, opened: AccountVisit, problem: str = "") -> Response:
        teams = []
        for team, role in await self._teams.list_for(opened.account.id):
            kept = await self._visits.applications.list_for(team.id, opened.account.id)
            teams.append((team, role, [self._visits.card(each) for each in kept]))
        logos = [card.logo for _, _, cards in teams for card in cards]
        return self._visits.accounts.show(
            opened,
            "portal/overview.html",
            status=STATUS.get(problem, OTHERWISE) if problem else 200,
            extra_img=image_sources(*logos),
            teams=teams,
            problem=problem,
            done=opened.visit.request.query_params.get("done", ""),
        )


class TeamPage:
    """``GET`` and ``POST /developer/teams/{team_id}``."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
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
        opened, team, role = found
        form = await self._visits.accounts.read(opened)
        if form is None:
            return await self._show(*found, problem="stale")
        action, account_id = form.get("action"), _bytes(form.get("account_id"))
        if action == "leave":
            return await self._remove(found, opened.account.id, self._visits.base + DEVELOPER)
        if role != "owner":
            return await self._show(*found, problem="owners")
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
        opened = await self._visits.accounts.open(request)
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
        opened = await self._visits.accounts.open(request)
        if isinstance(opened, Response):
            return opened
        secret = request.query_params.get("invitation", "")
        return await self._show(opened, secret)

    async def post(self, request: Request) -> Response:
        """Join."""
        opened = await self._visits.accounts.open(request)
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
