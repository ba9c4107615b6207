"""Who signed in, and the tokens of it: the same for every platform.

Owns: ``PlatformTokens``, ``PlatformIdentity``, and picking them out of a platform's answers. Pure.
"""

from collections.abc import Mapping

from lingpai.client.http_request import HidesSecrets, Storable
from lingpai.client.platforms.answers import as_fact, read_seconds, read_token
from lingpai.client.platforms.platform import Person, Platform
from lingpai.dialects.base import UnreadableResponse

_LIFETIME_LIMIT_S = 10 * 365 * 86_400
_TEXT_LIMIT_CHARS = 2048


class PlatformTokens(Storable, frozen=True, kw_only=True):
    """What a platform gave us for one person. ``expires_at`` in epoch seconds, ``None`` when it did not say.

    ``facts`` are the identifiers its API wants beside the access token (``openid``, ``uid``).
    """

    platform: str
    client_id: str
    access_token: str
    refresh_token: str | None = None
    expires_at: int | None = None
    scope: str = ""
    facts: Mapping[str, str] = {}
    id_token: str | None = None
    id_token_claims: dict[str, object] | None = None
    """Verified."""

    shown = ("platform", "client_id", "expires_at", "scope")

    def expires_within(self, seconds: int, now: int) -> bool:
        """Whether the access token will be over in ``seconds``; one without a known end never is."""
        return self.expires_at is not None and self.expires_at <= now + seconds


class PlatformIdentity(HidesSecrets, frozen=True, kw_only=True):
    """Somebody who signed in.

    ``subject`` is theirs at this platform for our application and never changes; ``union_subject``, if the platform
    has such a thing, for all applications of our developer account. Everything else is what they, or their employer,
    typed in: never a reason to believe that this is a person you know by it, but an ``email`` that is
    ``email_verified``.
    """

    platform: str
    subject: str
    union_subject: str | None = None
    name: str | None = None
    picture: str | None = None
    email: str | None = None
    email_verified: bool = False
    claims: dict[str, object]
    """What the platform said, under its own names."""
    tokens: PlatformTokens

    shown = ("platform", "subject")


def read_tokens(
    platform: Platform, members: Mapping[str, object], *, scope: str, previous: PlatformTokens | None, now: int
) -> PlatformTokens:
    """The tokens in a token endpoint's answer; what it leaves unsaid stays as in ``previous``.

    Raises ``UnreadableResponse``, also when they are for somebody other than ``previous``.
    """
    access_token = read_token(members, "access_token", status=200)
    if access_token is None:
        raise UnreadableResponse("there is no access_token", 200)
    lifetime_s = read_seconds(members, "expires_in", status=200)
    granted = members.get("scope")
    kept = previous or PlatformTokens(platform=platform.name, client_id=platform.client_id, access_token="")
    return PlatformTokens(
        platform=platform.name,
        client_id=platform.client_id,
        access_token=access_token,
        refresh_token=read_token(members, "refresh_token", status=200) or kept.refresh_token,
        expires_at=None if lifetime_s is None else now + min(lifetime_s, _LIFETIME_LIMIT_S),
        scope=granted if isinstance(granted, str) and granted else scope,
        facts=merge_facts(platform, kept.facts, members),
        id_token=read_token(members, "id_token", status=200) or kept.id_token,
        id_token_claims=kept.id_token_claims,
    )


def merge_facts(platform: Platform, facts: Mapping[str, str], members: Mapping[str, object]) -> dict[str, str]:
    """``facts`` with those an answer adds. Raises ``UnreadableResponse`` when it is about somebody else.

    An answer for another application or person is a token that was swapped: whoever got it from a site of their own
    would be signed in here as its owner.
    """
    known = {"client_id": platform.client_id, **facts}
    found = {name: fact for name in {"client_id", *platform.kept} if (fact := as_fact(members.get(name)))}
    if any(known.get(name, fact) != fact for name, fact in found.items()):
        raise UnreadableResponse("the answer is about somebody else, or for another application", 200)
    return {name: fact for name, fact in {**known, **found}.items() if name != "client_id"}


def read_identity(platform: Platform, claims: dict[str, object], tokens: PlatformTokens) -> PlatformIdentity:
    """Who the claims, and the facts beside the tokens, are about. Raises ``UnreadableResponse`` if nobody."""
    person = platform.person
    said = {**claims, **tokens.facts}
    subject = _first_fact(said, person.subject)
    if subject is None:
        raise UnreadableResponse("the answers do not say who this is", 200)
    email = _first_text(said, person.email)
    return PlatformIdentity(
        platform=platform.name,
        subject=subject,
        union_subject=_first_fact(said, person.union_subject),
        name=_first_text(said, person.name),
        picture=_first_picture(said, person),
        email=email,
        email_verified=email is not None and any(is_true(said.get(name)) for name in person.email_verified),
        claims=claims,
        tokens=tokens,
    )


def is_true(value: object) -> bool:
    """Apple says yes as text, Microsoft as a number."""
    return value is True or value == "true" or (value == 1 and not isinstance(value, float)) or value == "1"


def _first_fact(said: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    return next((fact for name in names if (fact := as_fact(said.get(name)))), None)


def _first_text(said: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    for name in names:
        text = said.get(name)
        if isinstance(text, str) and text.strip() and len(text) <= _TEXT_LIMIT_CHARS and text.isprintable():
            return text.strip()
    return None


def _first_picture(said: Mapping[str, object], person: Person) -> str | None:
    """Only addresses a page may show: ``javascript:`` in an ``href`` is code."""
    address = _first_text(said, person.picture)
    return address if address is not None and address.startswith(("https://", "http://")) else None
