"""The client's half of the protocol as plain requests. Pure: nothing here sends anything.

Owns: ``PendingSignIn`` (what must be remembered while the person is away), the authorization URL, and every request to
the token, revocation and userinfo endpoints, client authentication included.
Leaves: reading the answers to ``responses``, the order of requests to ``operations``, sending to the shells.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self
from urllib.parse import quote_plus, urlsplit

import msgspec
from msgspec import Struct

from lingpai.client.errors import UnsupportedByProvider
from lingpai.client.providers import AuthMethod, Provider
from lingpai.crypto.digest import new_secret
from lingpai.oauth.params import encode_params
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier

ANSWER_LIMIT_BYTES = 256 * 1024
DOCUMENT_LIMIT_BYTES = 1024 * 1024

Pairs = Sequence[tuple[str, str]]

# Set by us on every request: an application that could replace one through `extra` would switch off a check.
_OURS = frozenset(
    {"response_type", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce", "code_challenge"}
    | {"code_challenge_method", "response_mode", "resource", "prompt", "max_age", "request", "request_uri"}
)


class HidesSecrets(Struct, frozen=True):
    """A record whose ``repr`` (and so any log line or traceback) shows only the fields named in ``shown``."""

    shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.shown)}, …)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.shown]


class Storable(HidesSecrets, frozen=True):
    """A record an application keeps in its session store between two requests of a browser."""

    def to_json(self) -> str:
        """Text for a session store; it holds secrets."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError`` for anything else."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (ValueError, RecursionError):
            raise ValueError(f"not a {cls.__name__} written by to_json") from None


class HttpRequest(HidesSecrets, frozen=True):
    """A request for the shell to send: redirects not followed, answers over ``limit_bytes`` refused."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    limit_bytes: int = ANSWER_LIMIT_BYTES

    shown = ("method", "place")

    @property
    def place(self) -> str:
        """The URL without its query, for messages."""
        return urlsplit(self.url)._replace(query="").geturl()


class ClientIdentity(HidesSecrets, frozen=True):
    """Who we are at the token endpoint, and how we prove it."""

    client_id: str
    client_secret: str | None
    auth_method: AuthMethod

    shown = ("client_id", "auth_method")


class SignInRequest(Struct, frozen=True, kw_only=True):
    """What an application asks for when it sends somebody to sign in.

    ``scope`` is space separated; ``prompt`` and ``max_age`` (seconds since the person last typed a password) are those
    of OpenID Connect; ``resource`` names the resource servers the token is for; ``extra`` goes into the URL as it is.

    Spec: RFC 6749 §4.1.1; RFC 8707 §2; OpenID Connect Core 1.0 §3.1.2.1
    """

    redirect_uri: str
    scope: str = ""
    resource: tuple[str, ...] = ()
    prompt: str = ""
    max_age: int | None = None
    extra: Mapping[str, str] = {}


class PendingSignIn(Storable, frozen=True, kw_only=True):
    """A sign-in whose person is away at the authorization server.

    Keep it in the browser's server-side session (or an encrypted cookie), send the browser to ``url``, and take it out
    of the session *before* finishing: it is good for one callback of the same browser.
    """

    url: str
    issuer: str
    client_id: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str | None
    code_verifier: str
    created_at: int
    resource: tuple[str, ...] = ()
    max_age: int | None = None

    shown = ("issuer", "client_id", "redirect_uri", "scope", "created_at")


def begin_sign_in(provider: Provider, client_id: str, request: SignInRequest, *, now: int) -> PendingSignIn:
    """Make the authorization URL, with a fresh state, PKCE verifier and (for ``openid``) nonce.

    Spec: RFC 6749 §4.1.1; RFC 7636 §4.3; RFC 9700 §2.1.1; OpenID Connect Core 1.0 §3.1.2.1
    """
    if provider.authorization_endpoint is None:
        raise UnsupportedByProvider("the provider has no authorization_endpoint")
    taken = sorted(_OURS.intersection(request.extra))
    if taken:
        raise ValueError(f"not to be given as extra parameters: {', '.join(taken)}")
    openid = "openid" in request.scope.split()
    if request.max_age is not None and not openid:
        raise ValueError("max_age can be checked in an ID Token only: ask for the scope openid too")
    pending = PendingSignIn(
        url="",
        issuer=provider.issuer,
        client_id=client_id,
        redirect_uri=request.redirect_uri,
        scope=request.scope,
        state=new_secret(),
        nonce=new_secret() if openid else None,
        code_verifier=new_code_verifier(),
        created_at=now,
        resource=request.resource,
        max_age=request.max_age,
    )
    query = encode_params(_authorization_params(pending, request))
    endpoint = provider.authorization_endpoint
    return msgspec.structs.replace(pending, url=f"{endpoint}{'&' if '?' in endpoint else '?'}{query}")


def _authorization_params(pending: PendingSignIn, request: SignInRequest) -> list[tuple[str, str]]:
    params = [
        ("response_type", "code"),
        ("client_id", pending.client_id),
        ("redirect_uri", pending.redirect_uri),
        ("scope", pending.scope),
        ("state", pending.state),
        ("nonce", pending.nonce or ""),
        ("code_challenge", code_challenge_s256(pending.code_verifier)),
        ("code_challenge_method", "S256"),
        ("prompt", request.prompt),
        ("max_age", "" if request.max_age is None else str(request.max_age)),
        *_resources(request.resource),
        *request.extra.items(),
    ]
    return [(name, value) for name, value in params if value]


def code_request(provider: Provider, identity: ClientIdentity, pending: PendingSignIn, code: str) -> HttpRequest:
    """Redeem an authorization code. Spec: RFC 6749 §4.1.3; RFC 7636 §4.5; RFC 8707 §2.2"""
    params = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", pending.redirect_uri),
        ("code_verifier", pending.code_verifier),
    ]
    return _post(provider.token_endpoint, identity, params + _resources(pending.resource))


def refresh_request(provider: Provider, identity: ClientIdentity, refresh_token: str, scope: str = "") -> HttpRequest:
    """Ask for a new access token; ``scope`` may only narrow. Spec: RFC 6749 §6"""
    params = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)]
    return _post(provider.token_endpoint, identity, params)


def client_credentials_request(
    provider: Provider, identity: ClientIdentity, scope: str = "", resource: Sequence[str] = ()
) -> HttpRequest:
    """Ask for a token for ourselves, no person involved. Spec: RFC 6749 §4.4.2"""
    params = [("grant_type", "client_credentials"), ("scope", scope)]
    return _post(provider.token_endpoint, identity, params + _resources(resource))


def revocation_request(provider: Provider, identity: ClientIdentity, token: str, hint: str = "") -> HttpRequest:
    """End a token; ``hint`` is ``access_token`` or ``refresh_token``. Spec: RFC 7009 §2.1"""
    if provider.revocation_endpoint is None:
        raise UnsupportedByProvider("the provider has no revocation_endpoint")
    return _post(provider.revocation_endpoint, identity, [("token", token), ("token_type_hint", hint)])


def userinfo_request(provider: Provider, access_token: str) -> HttpRequest:
    """Ask who the token is about. Spec: OpenID Connect Core 1.0 §5.3.1; RFC 6750 §2.1"""
    if provider.userinfo_endpoint is None:
        raise UnsupportedByProvider("the provider has no userinfo_endpoint")
    return document_request(provider.userinfo_endpoint, bearer=access_token, limit_bytes=ANSWER_LIMIT_BYTES)


def document_request(url: str, *, bearer: str = "", limit_bytes: int = DOCUMENT_LIMIT_BYTES) -> HttpRequest:
    """GET a JSON document: metadata, keys, userinfo."""
    headers = (("Accept", "application/json"), ("Authorization", f"Bearer {bearer}"))
    return HttpRequest("GET", url, headers if bearer else headers[:1], limit_bytes=limit_bytes)


def _post(url: str, identity: ClientIdentity, params: Pairs) -> HttpRequest:
    headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
    given = [(name, value) for name, value in params if value]
    if identity.auth_method == "client_secret_basic":
        headers.append(("Authorization", _basic(identity)))
    else:
        given.append(("client_id", identity.client_id))
    if identity.auth_method == "client_secret_post":
        given.append(("client_secret", identity.client_secret or ""))
    return HttpRequest("POST", url, tuple(headers), encode_params(given).encode())


def _basic(identity: ClientIdentity) -> str:
    """Both halves are form-encoded first, or a colon in the id would move the border. Spec: RFC 6749 §2.3.1"""
    pair = f"{quote_plus(identity.client_id)}:{quote_plus(identity.client_secret or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _resources(resource: Sequence[str]) -> list[tuple[str, str]]:
    return [("resource", uri) for uri in resource]
