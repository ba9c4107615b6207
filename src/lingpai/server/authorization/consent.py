"""What to ask a person, and what their answer makes of the grant. Pure.

Owns the rules of consent: required, declined and already given permissions, and how long. Leaves the page to
``web.consent`` and the row to ``storage.grants``.
"""

from collections.abc import Collection

import msgspec
from msgspec import Struct

from lingpai.crypto.digest import new_id
from lingpai.oauth.names import OPENID
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.storage.records import Client, Grant, GrantLifetime

_DAY_S = 86_400

LIFETIME_S: dict[GrantLifetime, int | None] = {
    "once": 3600,
    "1d": _DAY_S,
    "30d": 30 * _DAY_S,
    "90d": 90 * _DAY_S,
    "forever": None,
}


class NothingTicked(Exception):
    """The answer allows nothing of what was asked; allowing nothing is refusing."""


class InvalidAnswer(Exception):
    """The answer holds something the page did not offer."""


class ConsentQuestion(Struct, frozen=True):
    """What the page asks."""

    new: tuple[str, ...]
    """One checkbox each."""
    required: frozenset[str]
    """Of ``new``: ticked and fixed."""
    already: tuple[str, ...]
    """Asked for and allowed before: shown, not asked."""
    lifetimes: tuple[GrantLifetime, ...]
    default_lifetime: GrantLifetime


def is_live(grant: Grant | None, now: int) -> bool:
    """Whether the grant is in force."""
    if grant is None or grant.ended_at is not None:
        return False
    return grant.expires_at is None or grant.expires_at > now


def granted_scope(grant: Grant | None, now: int) -> Scope:
    """What the grant holds now; nothing if it is not in force."""
    return scope_of(grant.permissions) if grant is not None and is_live(grant, now) else Scope()


def remembered_grant(grant: Grant | None, now: int) -> Grant | None:
    """The grant whose choices count for another request: a living one that was not "this time only"."""
    return grant if grant is not None and is_live(grant, now) and grant.lifetime != "once" else None


def scope_to_consent(request: AuthorizationRequest) -> Scope:
    """Everything the person is asked: the scope, and what covers the claims asked for by name."""
    return parse_scope(f"{request.scope} {request.claims_scope}")


def required_scope(client: Client) -> Scope:
    """What the person cannot untick: what the client says, and that signing in tells who signs in."""
    return parse_scope(f"{client.required_scope} {OPENID}")


def must_ask(request: AuthorizationRequest, client: Client, grant: Grant | None, now: int) -> bool:
    """Whether a consent page is needed. Unticked permissions are not asked for again, unless nothing else is left."""
    if request.consented and grant is not None and request.consented == grant.id and is_live(grant, now):
        return False
    kept = remembered_grant(grant, now)
    if kept is None or "consent" in request.prompt:
        return True
    asked = scope_to_consent(request)
    granted = granted_scope(kept, now)
    undecided = asked - granted - scope_of(kept.declined)
    required_missing = (asked & required_scope(client)) - granted
    return bool(undecided) or bool(required_missing) or not (asked & granted)


def consent_question(request: AuthorizationRequest, client: Client, grant: Grant | None, now: int) -> ConsentQuestion:
    """What the page shows: only what is new; what was declined too when the client insists."""
    return question_about(scope_to_consent(request), client, grant, now, everything="consent" in request.prompt)


def question_about(asked: Scope, client: Client, grant: Grant | None, now: int, *, everything: bool) -> ConsentQuestion:
    """What a page shows that asks for ``asked``. ``everything``: also what was declined before."""
    kept = remembered_grant(grant, now)
    already = asked & granted_scope(kept, now)
    new = asked - already
    if kept is not None and not everything:
        undeclined = new - scope_of(kept.declined)
        required = new & required_scope(client)
        new = (undeclined | required) or new
    lifetimes = client.grant_lifetimes
    default = client.default_grant_lifetime if kept is None else kept.lifetime
    return ConsentQuestion(
        new=tuple(new),
        required=frozenset(new & required_scope(client)),
        already=tuple(already),
        lifetimes=lifetimes,
        default_lifetime=default if default in lifetimes else lifetimes[0],
    )


def fold_answer(
    question: ConsentQuestion,
    ticked: Collection[str],
    lifetime: str,
    *,
    grant: Grant | None,
    account_id: bytes,
    client_id: str,
    now: int,
) -> Grant:
    """The grant as the answer leaves it: exactly what was ticked of what was shown, plus what was kept.

    Raises ``NothingTicked`` and ``InvalidAnswer``.
    """
    chosen = next((choice for choice in question.lifetimes if choice == lifetime), None)
    if chosen is None or not set(ticked) <= set(question.new):
        raise InvalidAnswer
    allowed = set(ticked) | question.required
    if not allowed and not question.already:
        raise NothingTicked
    living = grant if is_live(grant, now) else None
    # What was allowed "this time only" must not become permanent because something else is allowed for longer.
    remembered = remembered_grant(grant, now)
    before, declined_before = (remembered.permissions, remembered.declined) if remembered else ({}, ())
    kept = {name: at for name, at in before.items() if name not in question.new}
    permissions = kept | {name: before.get(name, now) for name in sorted(allowed)}
    declined = ({*declined_before} | set(question.new)) - set(permissions)
    length_s = LIFETIME_S[chosen]
    base = living or Grant(account_id=account_id, client_id=client_id, id=new_id(), created_at=now)
    return msgspec.structs.replace(
        base,
        permissions=permissions,
        declined=tuple(sorted(declined)),
        lifetime=chosen,
        updated_at=now,
        expires_at=None if length_s is None else now + length_s,
    )


def change_lifetime(grant: Grant, lifetime: str, offered: Collection[GrantLifetime], now: int) -> Grant:
    """The grant for another time, counted from now. Raises ``InvalidAnswer`` unless it is one of ``offered``."""
    chosen = next((choice for choice in offered if choice == lifetime), None)
    if chosen is None:
        raise InvalidAnswer
    length_s = LIFETIME_S[chosen]
    expires_at = None if length_s is None else now + length_s
    return msgspec.structs.replace(grant, lifetime=chosen, updated_at=now, expires_at=expires_at)


def take_back(grant: Grant, name: str, now: int) -> Grant:
    """The grant without one permission; ended when it was the last. Tokens lose it at their next look-up."""
    permissions = {kept: at for kept, at in grant.permissions.items() if kept != name}
    declined = tuple(sorted({*grant.declined, name})) if name in grant.permissions else grant.declined
    return msgspec.structs.replace(
        grant,
        permissions=permissions,
        declined=declined,
        updated_at=now,
        ended_at=grant.ended_at if permissions else now,
    )
