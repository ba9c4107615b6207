"""What every upstream provider can do, whatever it speaks: send somebody there, and say who came back.

Owns: the two verbs and their values. Leaves: the wire to ``openid`` and ``platform``, whose account it is to
``identities``.
"""

from typing import Literal, Protocol

from msgspec import Struct

from lingpai.server.identity_provider_settings import IdentityProviderSettings

UpstreamProblem = Literal["upstream_denied", "upstream_failed", "upstream_unreachable", "upstream_not_fresh"]

SUBJECT_LIMIT_CHARS = 255


class UpstreamRefused(Exception):
    """Nobody was proved to be anybody. ``problem``: what the person reads; ``reason``: for the operator's log."""

    def __init__(self, problem: UpstreamProblem, reason: str) -> None:
        super().__init__(reason)
        self.problem = problem
        self.reason = reason


class Wanted(Struct, frozen=True, kw_only=True):
    """How the provider shall ask. ``max_age``: the person must have proved themselves within so many seconds.
    ``locales``: the languages they read, by preference, space separated (BCP 47).

    Spec: OpenID Connect Core 1.0 §3.1.2.1
    """

    prompt: Literal["", "login", "select_account"] = ""
    max_age: int | None = None
    locales: str = ""


class Departure(Struct, frozen=True):
    """Somebody about to leave. ``state`` comes back with them; ``pending`` must be remembered until then."""

    url: str
    state: str
    pending: str


class ExternalIdentity(Struct, frozen=True, kw_only=True):
    """Who somebody is at a provider, proven just now. Everything but ``subject`` is what the provider says of them."""

    provider: str
    subject: str
    username: str = ""
    name: str = ""
    picture: str = ""
    email: str = ""
    """Only an address the provider says it has verified. Spec: OpenID Connect Core 1.0 §5.7"""
    locale: str = ""
    amr: tuple[str, ...] = ()
    """How they proved it there; empty unless the operator trusts that (``trust_amr``)."""
    auth_time: int | None = None
    """When they proved it there, if the provider says so."""

    @property
    def label(self) -> str:
        """What its owner recognises it by."""
        return self.name or self.username or self.email


class UpstreamProvider(Protocol):
    """One provider people may sign in with."""

    @property
    def name(self) -> str:
        """What it is called in the settings and in addresses."""
        ...

    @property
    def settings(self) -> IdentityProviderSettings:
        """What the operator said of it."""
        ...

    @property
    def origin(self) -> str:
        """An address of the place people are sent to."""
        ...

    def title(self, locale: str) -> str:
        """What people call it."""
        ...

    async def begin(self, wanted: Wanted) -> Departure:
        """Where to send somebody. Raises ``UpstreamRefused``."""
        ...

    async def finish(self, pending: str, callback: str) -> ExternalIdentity:
        """Who came back with this ``callback`` (its query). Raises ``UpstreamRefused``."""
        ...
