"""The review of submitted applications."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from lingpai.server.accounts.roles import may
from lingpai.server.administration.desk import Actor, ActRefused
from lingpai.server.clock import Clock
from lingpai.server.endpoints.admin_api.models import Done, Model
from lingpai.server.endpoints.admin_api.parts import After, ClientId, Limit, Page, actor_of
from lingpai.server.portal.desk import TEXT_LIMIT_CHARS
from lingpai.server.portal.desk import ActRefused as ReviewRefused
from lingpai.server.portal.reviews import Decider, Reviews, decider
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.applications import Applications, Kept
from lingpai.server.storage.portal_records import HistoryEntry

State = Literal["draft", "submitted", "approved", "changes_asked", "rejected", "suspended"]
_ACCOUNT_ID_CHARS = 32


class PermissionOut(Model):
    """A permission an application wants."""

    name: str
    justification: str
    state: str


class ReviewOut(Model):
    """An application as its team wants it to be."""

    client_id: str
    team: str
    state: str
    name: str
    website: str
    description: str
    filing_number: str
    redirect_uris: list[str]
    permissions: list[PermissionOut]
    submitted_at: int
    approved_at: int | None
    revision: str
    """To be sent along with a decision: what was decided about."""

    @classmethod
    def of(cls, kept: Kept) -> "ReviewOut":
        """As it goes out."""
        a = kept.application
        return cls(
            client_id=a.client_id,
            team=kept.team_name,
            state=a.state,
            name=a.name,
            website=a.website,
            description=a.description,
            filing_number=a.filing_number,
            redirect_uris=list(kept.client.redirect_uris),
            permissions=[
                PermissionOut(name=name, justification=wanted.justification, state=wanted.state)
                for name, wanted in a.permissions.items()
            ],
            submitted_at=a.submitted_at,
            approved_at=a.approved_at,
            revision=_revision(kept),
        )


class EntryOut(Model):
    """Something that happened to an application, or was said about it."""

    at: int
    event: str
    by_reviewer: bool
    author: str
    text: str

    @classmethod
    def of(cls, e: HistoryEntry) -> "EntryOut":
        """As it goes out."""
        return cls(at=e.at, event=e.event, by_reviewer=e.by_reviewer, author=e.author, text=e.text)


class DecisionBody(Model):
    """What is decided. ``permissions``: the sensitive ones that are approved; the others are refused."""

    decision: Literal["approve", "changes", "reject", "suspend", "resume", "comment"]
    text: Annotated[str, Field(max_length=TEXT_LIMIT_CHARS)] = ""
    permissions: list[str] = Field(default_factory=list)
    revision: str = ""
    """Of the application that was looked at; a comment needs none."""


class ReviewRoutes:
    """Below ``/reviews``."""

    def __init__(self, applications: Applications, reviews: Reviews, accounts: Accounts, clock: Clock) -> None:
        self._applications = applications
        self._reviews = reviews
        self._accounts = accounts
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        router.add_api_route("/reviews", self.list_reviews, methods=["GET"])
        router.add_api_route("/reviews/{client_id}", self.get_review, methods=["GET"])
        router.add_api_route("/reviews/{client_id}/history", self.history, methods=["GET"])
        router.add_api_route("/reviews/{client_id}", self.decide, methods=["POST"])

    async def list_reviews(
        self, state: Annotated[State, Query()] = "submitted", after: After = "", limit: Limit = 50
    ) -> Page[ReviewOut]:
        """Applications of teams in one state, who has waited longest first."""
        at, _, client_id = after.partition(".")
        behind = (int(at), client_id) if at.isascii() and at.isdigit() and len(at) < 19 else (-1, "")
        found = await self._applications.queue(state, behind, limit + 1)
        last = found[limit - 1].application if len(found) > limit else None
        following = f"{last.submitted_at}.{last.client_id}" if last else None
        return Page(items=[ReviewOut.of(kept) for kept in found[:limit]], next=following)

    async def get_review(self, client_id: ClientId) -> ReviewOut:
        """One application."""
        return ReviewOut.of(await self._find(client_id))

    async def history(self, client_id: ClientId, limit: Limit = 50) -> Page[EntryOut]:
        """What happened to it and was said about it, the latest first."""
        await self._find(client_id)
        entries = await self._applications.history(client_id, limit=limit)
        return Page(items=[EntryOut.of(entry) for entry in entries], next=None)

    async def decide(self, request: Request, client_id: ClientId, body: DecisionBody) -> Done:
        """Decide, or say something. The team is told by mail."""
        actor, now = actor_of(request), self._clock()
        if not may(actor.role, "review_application"):
            raise ActRefused("forbidden")
        kept = await self._find(client_id)
        if body.decision != "comment" and body.revision != _revision(kept):
            raise ActRefused("conflict", {"revision": "changed"})
        by = await self._decider(actor, client_id)
        try:
            await self._decide(kept, body, by, now)
        except ReviewRefused as refused:
            if refused.reason == "text":
                raise ActRefused("invalid", {"text": "missing"}) from None
            raise ActRefused("conflict", {"state": refused.reason}) from None
        return Done()

    async def _decide(self, kept: Kept, body: DecisionBody, by: Decider, now: int) -> None:
        match body.decision:
            case "approve":
                await self._reviews.approve(kept, body.permissions, body.text, by, now)
            case "changes":
                await self._reviews.ask_for_changes(kept, body.text, by, now)
            case "reject":
                await self._reviews.reject(kept, body.text, by, now)
            case "suspend":
                await self._reviews.suspend(kept, body.text, by, now)
            case "resume":
                await self._reviews.resume(kept, body.text, by, now)
            case "comment":
                await self._reviews.comment(kept, body.text, by, now)

    async def _find(self, client_id: str) -> Kept:
        kept = await self._applications.get(client_id)
        if kept is None:
            raise ActRefused("not_found")
        return kept

    async def _decider(self, actor: Actor, client_id: str) -> Decider:
        """A person with a token of theirs, who decides about no application of their own team; or a program."""
        account = None
        if len(actor.name) == _ACCOUNT_ID_CHARS:
            try:
                account = await self._accounts.get(bytes.fromhex(actor.name))
            except ValueError:
                account = None
        if account is None:
            return Decider(actor.name, None)
        if await self._applications.is_member(client_id, account.id):
            raise ActRefused("conflict", {"client_id": "is_your_own_teams"})
        return decider(account)


def _revision(kept: Kept) -> str:
    return f"{kept.revision}.{kept.client_revision}"
