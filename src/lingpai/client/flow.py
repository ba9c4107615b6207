"""The client's half of the protocol as plain parameters. Pure: nothing here sends anything.

Owns: ``PendingSignIn`` (what must be remembered while the person is away), the authorization request, and what is asked
of the token and revocation endpoints.
Leaves: proving who we are to ``client_auth``, reading the answers to ``responses``, the order to ``operations``.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from lingpai.client.client_auth import Pairs
from lingpai.client.errors import UnsupportedByProvider
from lingpai.client.http_request import Storable
from lingpai.client.providers import Provider
from lingpai.client.step_up import StepUp
from lingpai.crypto.digest import new_secret
from lingpai.oauth.names import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, TOKEN_EXCHANGE
from lingpai.oauth.params import encode_params
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier

ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"

# Set by us on every request: an application that could replace one through `extra` would switch off a check.
_OURS = frozenset(
    {"response_type", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce", "code_challenge"}
    | {"code_challenge_method", "response_mode", "resource", "prompt", "max_age", "request", "request_uri", "dpop_jkt"}
)


class SignInRequest(Struct, frozen=True, kw_only=True):
    """What an application asks for when it sends somebody to sign in.

    ``scope`` is space separated; ``prompt`` and ``max_age`` (seconds since the person last typed a password) are those
    of OpenID Connect; ``resource`` names the resource servers the token is for; ``step_up`` is what one of them
    demanded; ``extra`` is sent as it is. ``push``: send it all to the server first, so that the browser carries only a
    reference (RFC 9126); done anyway where the server demands it.

    Spec: RFC 6749 §4.1.1; RFC 8707 §2; RFC 9126 §2; OpenID Connect Core 1.0 §3.1.2.1
    """

    redirect_uri: str
    scope: str = ""
    resource: tuple[str, ...] = ()
    prompt: str = ""
    max_age: int | None = None
    step_up: StepUp | None = None
    extra: Mapping[str, str] = {}
    push: bool = False


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


def begin_sign_in(
    provider: Provider, client_id: str, request: SignInRequest, *, now: int, jkt: str = ""
) -> tuple[PendingSignIn, Pairs]:
    """Make a sign-in with a fresh state, PKCE verifier and (for ``openid``) nonce, and its request's parameters.

    It has no ``url`` yet: ``in_browser`` or ``by_reference`` gives it one. ``jkt``: thumbprint of the key without which
    nobody shall redeem the code.

    Spec: RFC 6749 §4.1.1; RFC 7636 §4.3; RFC 9449 §10; RFC 9700 §2.1.1; OpenID Connect Core 1.0 §3.1.2.1
    """
    taken = sorted(_OURS.intersection(request.extra))
    if taken:
        raise ValueError(f"not to be given as extra parameters: {', '.join(taken)}")
    demanded = request.step_up or StepUp()
    scope = request.scope or demanded.scope
    openid = "openid" in scope.split()
    if request.max_age is not None and not openid:
        raise ValueError("max_age can be checked in an ID Token only: ask for the scope openid too")
    max_age = demanded.max_age if request.max_age is None else request.max_age
    pending = PendingSignIn(
        url="",
        issuer=provider.issuer,
        client_id=client_id,
        redirect_uri=request.redirect_uri,
        scope=scope,
        state=new_secret(),
        nonce=new_secret() if openid else None,
        code_verifier=new_code_verifier(),
        created_at=now,
        resource=request.resource,
        # What a resource demanded, the resource checks; we can where there is an ID Token to look into.
        max_age=max_age if openid else None,
    )
    asked = [
        ("dpop_jkt", jkt),
        ("prompt", request.prompt),
        ("max_age", "" if max_age is None else str(max_age)),
        ("acr_values", demanded.acr_values),
        *_resources(request.resource),
        *request.extra.items(),
    ]
    return pending, [(name, value) for name, value in (*_bound_params(pending), *asked) if value]


def _bound_params(pending: PendingSignIn) -> Pairs:
    """What ties the answer to this sign-in. Spec: RFC 6749 §4.1.1; RFC 7636 §4.3"""
    return [
        ("response_type", "code"),
        ("client_id", pending.client_id),
        ("redirect_uri", pending.redirect_uri),
        ("scope", pending.scope),
        ("state", pending.state),
        ("nonce", pending.nonce or ""),
        ("code_challenge", code_challenge_s256(pending.code_verifier)),
        ("code_challenge_method", "S256"),
    ]


def in_browser(provider: Provider, pending: PendingSignIn, params: Pairs) -> PendingSignIn:
    """The sign-in with the whole request in its URL. Spec: RFC 6749 §4.1.1"""
    return msgspec.structs.replace(pending, url=_with_query(authorization_endpoint(provider), params))


def by_reference(provider: Provider, pending: PendingSignIn, request_uri: str) -> PendingSignIn:
    """The sign-in with a reference to the request the server already has. Spec: RFC 9126 §4"""
    params = [("client_id", pending.client_id), ("request_uri", request_uri)]
    return msgspec.structs.replace(pending, url=_with_query(authorization_endpoint(provider), params))


def authorization_endpoint(provider: Provider) -> str:
    """Where people are sent to sign in; raises ``UnsupportedByProvider``."""
    if provider.authorization_endpoint is None:
        raise UnsupportedByProvider("the provider has no authorization_endpoint")
    return provider.authorization_endpoint


def code_params(pending: PendingSignIn, code: str) -> Pairs:
    """Redeem an authorization code. Spec: RFC 6749 §4.1.3; RFC 7636 §4.5; RFC 8707 §2.2"""
    params = [("grant_type", AUTHORIZATION_CODE), ("code", code), ("redirect_uri", pending.redirect_uri)]
    return [*params, ("code_verifier", pending.code_verifier), *_resources(pending.resource)]


def refresh_params(refresh_token: str, scope: str = "") -> Pairs:
    """Ask for a new access token; ``scope`` may only narrow. Spec: RFC 6749 §6"""
    return [("grant_type", REFRESH_TOKEN), ("refresh_token", refresh_token), ("scope", scope)]


def client_credentials_params(scope: str = "", resource: Sequence[str] = ()) -> Pairs:
    """Ask for a token for ourselves, no person involved. Spec: RFC 6749 §4.4.2"""
    return [("grant_type", CLIENT_CREDENTIALS), ("scope", scope), *_resources(resource)]


class ExchangeRequest(Struct, frozen=True, kw_only=True):
    """One token for another. The target is named by ``resource`` or ``audience``; ``scope`` may only narrow.

    Spec: RFC 8693 §2.1
    """

    subject_token: str
    actor_token: str = ""
    scope: str = ""
    resource: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()


def exchange_params(request: ExchangeRequest) -> Pairs:
    """Exchange an access token. Spec: RFC 8693 §2.1"""
    actor = [("actor_token", request.actor_token), ("actor_token_type", ACCESS_TOKEN_TYPE)]
    return [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", request.subject_token),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
        *(actor if request.actor_token else []),
        ("requested_token_type", ACCESS_TOKEN_TYPE),
        ("scope", request.scope),
        *_resources(request.resource),
        *(("audience", name) for name in request.audience),
    ]


def revocation_params(token: str, hint: str = "") -> Pairs:
    """End a token; ``hint`` is ``access_token`` or ``refresh_token``. Spec: RFC 7009 §2.1"""
    return [("token", token), ("token_type_hint", hint)]


def _with_query(endpoint: str, params: Pairs) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{encode_params(params)}"


def _resources(resource: Sequence[str]) -> list[tuple[str, str]]:
    return [("resource", uri) for uri in resource]
