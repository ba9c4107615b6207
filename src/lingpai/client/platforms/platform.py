"""What a platform is: the data by which one set of operations speaks every deviating OAuth.

Owns: ``Platform`` and its parts. Values only. Leaves: each platform's values to ``presets``, reading bodies to
``answers``, the order of requests to ``operations``.

A *fact* is a named text the operations know: ``client_id``, ``client_secret``, ``redirect_uri``, ``code``,
``code_verifier``, ``refresh_token``, ``access_token``, and whatever an answer added that a later call needs
(``openid``). A ``Call`` says under which parameter each fact travels, so a preset reads like the platform's own
documentation.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from lingpai.client.http_request import HidesSecrets
from lingpai.client.providers import AuthMethod, Provider, check_url
from lingpai.dialects.base import WireBody
from lingpai.oauth.params import Params

Pairs = tuple[tuple[str, str], ...]
Reader = Callable[[WireBody], dict[str, object]]
"""Returns the members of an answer under standard names; raises ``RemoteError`` for a refusal, whatever its status."""


class Authorization(Struct, frozen=True, kw_only=True):
    """Where people are sent, and what they come back with."""

    endpoint: str = ""
    """Empty: as the provider's metadata says."""
    client_id: str = "client_id"
    """What the platform calls the parameter."""
    default_scope: str = ""
    required_scope: str = ""
    """Asked for whatever the application asks for; without it the sign-in would prove nothing."""
    scope_separator: str = " "
    extra: Pairs = ()
    """Parameters that are always the same."""
    fragment: str = ""
    pkce: bool = False
    """The platform is known to check a ``code_verifier``. Spec: RFC 7636 §4.3"""
    code: str = "code"
    """What the callback calls the code."""
    denials: tuple[str, ...] = ("access_denied",)
    """Values of ``error`` that mean: the person said no."""
    cancel: str = ""
    """A callback parameter that is there when the person said no."""
    denied_without_code: bool = False
    """The person said no when the callback has ``state`` and nothing else."""
    error_beside: str = ""
    """A callback parameter that is there when what should be the code is the number of an error."""
    read_callback: Callable[[Params], dict[str, object]] | None = None
    """More that comes with the code; unproven, since any browser can send it."""


class Call(Struct, frozen=True, kw_only=True):
    """One request to a platform, and how its answer is read."""

    endpoint: str = ""
    params: Pairs = ()
    """(the platform's parameter, the fact it carries); left out when there is no such fact."""
    fixed: Pairs = ()
    """(the platform's parameter, its value)."""
    method: Literal["GET", "POST"] = "GET"
    carrier: Literal["query", "form", "json"] = "query"
    headers: tuple[tuple[str, str, str], ...] = ()
    """(header, what stands before, fact)."""
    sign: Callable[[Pairs, int], Pairs] | None = None
    """Turns the parameters, at an epoch second, into those that are sent."""
    read: Reader
    optional: bool = False
    """A refusal is no failure: the person, or the application's settings, may not give this away."""


class Person(Struct, frozen=True, kw_only=True):
    """Which members of the answers say who somebody is; of several, the first that is there."""

    subject: tuple[str, ...]
    union_subject: tuple[str, ...] = ()
    name: tuple[str, ...] = ("name",)
    picture: tuple[str, ...] = ("picture",)
    email: tuple[str, ...] = ("email",)
    email_verified: tuple[str, ...] = ()
    """Empty: the platform does not say whether it checked the address, so nobody did."""


class OpenId(Struct, frozen=True, kw_only=True):
    """An OpenID Connect platform: an ID Token says who somebody is. Spec: OpenID Connect Core 1.0 §3.1.3.7"""

    provider: Provider | str
    """What is known of the provider, or its issuer: then its metadata is fetched."""
    auth_method: AuthMethod | None = None
    issuer_for: Callable[[str], str] | None = None
    """Which issuer an unverified ID Token has to be from, where one address serves many (tenants); ``ValueError``."""


class Platform(HidesSecrets, frozen=True, kw_only=True):
    """One platform, and our application there; see ``get_platform``. Raises ``ValueError`` for addresses we refuse."""

    name: str
    title: str
    """What people call it."""
    title_zh: str
    issuer: str
    """The platform's address: a sign-in begun with one is not finished with another."""
    client_id: str
    client_secret: str = ""
    make_secret: Callable[[int], str] | None = None
    """Makes the secret of an epoch second, where it is a signed statement and not a text."""
    authorization: Authorization
    before: tuple[Call, ...] = ()
    """Calls without which the token endpoint tells nothing."""
    token: Call
    refresh: Call | None = None
    lookups: tuple[Call, ...] = ()
    """Calls that say who somebody is, each with the facts of those before."""
    person: Person
    openid: OpenId | None = None

    shown = ("name", "client_id", "issuer")

    def __post_init__(self) -> None:
        check_url("issuer", self.issuer, query=False)
        calls = [*self.before, self.token, *([self.refresh] if self.refresh else ()), *self.lookups]
        for endpoint in (self.authorization.endpoint, *(call.endpoint for call in calls)):
            if endpoint:
                check_url("endpoint", endpoint)

    @property
    def kept(self) -> frozenset[str]:
        """The facts that belong to one person's tokens, beside the tokens themselves."""
        carried = {fact for call in self.lookups for _, fact in call.params}
        own = {"client_id", "client_secret", "access_token"}
        return frozenset((carried | {*self.person.subject, *self.person.union_subject}) - own)


class Application(HidesSecrets, frozen=True):
    """What a developer was given, and where the platform is if not where it usually is."""

    client_id: str
    client_secret: str
    base_url: str | None = None

    shown = ("client_id", "base_url")

    def at(self, url: str) -> str:
        """The platform's ``url``, moved to ``base_url`` if there is one."""
        if self.base_url is None:
            return url
        origin_end = url.find("/", url.index("//") + 2)
        return self.base_url.rstrip("/") + (url[origin_end:] if origin_end > 0 else "")
