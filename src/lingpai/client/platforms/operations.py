"""What an application does with a platform, as conversations; the shells ``sync`` and ``aio`` drive them.

Owns: the order of calls and checks, the same for every platform. Leaves: what is particular to one to its
``Platform``.
"""

from collections.abc import Callable, Mapping

import msgspec

from lingpai.client.client_auth import ClientIdentity, form_request
from lingpai.client.conversation import Conversation, Credentials
from lingpai.client.discovery import Steps
from lingpai.client.errors import (
    CallbackError,
    EndpointError,
    IdTokenError,
    TokenError,
    UnsupportedByProvider,
    UserinfoError,
)
from lingpai.client.flow import PendingSignIn
from lingpai.client.http_request import HttpRequest
from lingpai.client.id_token import Expected, parse_id_token
from lingpai.client.platforms import sign_in
from lingpai.client.platforms.answers import as_fact
from lingpai.client.platforms.calls import params_of, refusal, request_of
from lingpai.client.platforms.identity import (
    PlatformIdentity,
    PlatformTokens,
    merge_facts,
    read_identity,
    read_tokens,
)
from lingpai.client.platforms.platform import Call, OpenId, Platform
from lingpai.client.platforms.sign_in import Asked
from lingpai.client.providers import Provider
from lingpai.dialects.base import RemoteError

Facts = dict[str, str]


class PlatformOperations:
    """Everything ``PlatformClient`` and ``AsyncPlatformClient`` can do, without the sending."""

    def __init__(self, platform: Platform, clock: Callable[[], int]) -> None:
        self._platform = platform
        self._clock = clock
        self._talk: Conversation | None = None
        if platform.openid is not None:
            self._talk = Conversation(platform.openid.provider, Credentials(client_id=platform.client_id), clock)

    def begin(self, asked: Asked) -> Steps[PendingSignIn]:
        """Spec: RFC 6749 §4.1.1"""
        provider = yield from self._provider()
        endpoint = self._platform.authorization.endpoint or _known(
            provider.authorization_endpoint if provider else None
        )
        return sign_in.begin(self._platform, endpoint, asked, now=self._clock())

    def finish(self, pending: PendingSignIn, callback: str) -> Steps[PlatformIdentity]:
        """Spec: RFC 6749 §4.1.3; OpenID Connect Core 1.0 §3.1.3"""
        platform = self._platform
        if (pending.issuer, pending.client_id) != (platform.issuer, platform.client_id):
            # Another platform's code would be shown to this one (mix-up). RFC 9700 §4.4
            raise CallbackError("issuer_mismatch", "the sign-in was begun with another platform or application")
        provider = yield from self._provider()
        iss_required = provider is not None and provider.iss_parameter_supported
        came = sign_in.read_callback(platform, pending, callback, iss_required=iss_required, now=self._clock())
        facts = {"code": came.code, "redirect_uri": pending.redirect_uri}
        if platform.authorization.pkce:
            facts["code_verifier"] = pending.code_verifier
        tokens = yield from self._tokens(platform.token, facts, scope=pending.scope, nonce=pending.nonce)
        return (yield from self._identity(tokens, came.claims))

    def refresh(self, tokens: PlatformTokens) -> Steps[PlatformTokens]:
        """Spec: RFC 6749 §6"""
        self._check_ours(tokens)
        call = self._platform.refresh
        if call is None:
            raise UnsupportedByProvider(f"{self._platform.name} refreshes no tokens")
        if not tokens.refresh_token:
            raise ValueError("there is no refresh token to use")
        facts = {"refresh_token": tokens.refresh_token}
        return (yield from self._tokens(call, facts, scope=tokens.scope, previous=tokens))

    def userinfo(self, tokens: PlatformTokens) -> Steps[PlatformIdentity]:
        """Spec: OpenID Connect Core 1.0 §5.3"""
        self._check_ours(tokens)
        return (yield from self._identity(tokens, {}))

    def _tokens(
        self, call: Call, facts: Facts, *, scope: str, nonce: str | None = None, previous: PlatformTokens | None = None
    ) -> Steps[PlatformTokens]:
        platform = self._platform
        facts = self._own_facts() | facts
        for first in platform.before:
            facts |= _texts((yield from self._ask(first, facts, TokenError)))
        members = yield from self._ask(call, facts, TokenError)
        try:
            tokens = read_tokens(platform, members, scope=scope, previous=previous, now=self._clock())
        except RemoteError as error:
            raise refusal(TokenError, error, facts) from None
        if platform.openid is None:
            return tokens
        return (yield from self._proven(platform.openid, tokens, members, nonce=nonce, previous=previous))

    def _proven(
        self,
        openid: OpenId,
        tokens: PlatformTokens,
        members: Mapping[str, object],
        *,
        nonce: str | None,
        previous: PlatformTokens | None,
    ) -> Steps[PlatformTokens]:
        """The tokens with who their ID Token says this is. Spec: OpenID Connect Core 1.0 §3.1.3.7"""
        talk, provider = self._talk, (yield from self._provider())
        if talk is None or provider is None or not (tokens.id_token and members.get("id_token")):
            if previous is None:
                raise IdTokenError("no ID Token came")
            return tokens
        try:
            issuer = openid.issuer_for(tokens.id_token) if openid.issuer_for else provider.issuer
        except ValueError as error:
            raise IdTokenError(str(error)) from None
        expected = Expected(
            issuer=issuer,
            client_id=self._platform.client_id,
            algs=provider.id_token_algs,
            access_token=tokens.access_token,
            nonce=nonce,
            subject=as_fact((previous.id_token_claims or {}).get("sub")) if previous else None,
        )
        keys = yield from talk.keys_for(provider, tokens.id_token)
        claims = parse_id_token(tokens.id_token, keys, expected, now=self._clock())
        facts = self._merged(tokens, claims)
        return msgspec.structs.replace(tokens, id_token_claims=claims, facts=facts)

    def _identity(self, tokens: PlatformTokens, claims: dict[str, object]) -> Steps[PlatformIdentity]:
        claims = claims | (tokens.id_token_claims or {})
        for call in self._platform.lookups:
            facts = {**self._own_facts(), **tokens.facts, "access_token": tokens.access_token}
            try:
                found = yield from self._ask(call, facts, UserinfoError)
            except (UserinfoError, UnsupportedByProvider):
                if not call.optional:
                    raise
                continue
            tokens = msgspec.structs.replace(tokens, facts=self._merged(tokens, found))
            claims |= found
        try:
            return read_identity(self._platform, claims, tokens)
        except RemoteError as error:
            raise refusal(UserinfoError, error, {}) from None

    def _merged(self, tokens: PlatformTokens, members: Mapping[str, object]) -> Facts:
        try:
            return merge_facts(self._platform, tokens.facts, members)
        except RemoteError as error:
            raise refusal(UserinfoError, error, {}) from None

    def _ask(self, call: Call, facts: Facts, kind: type[EndpointError]) -> Steps[dict[str, object]]:
        provider = yield from self._provider()
        answer = yield self._request(call, facts, provider, is_token=kind is TokenError)
        try:
            return call.read(answer)
        except RemoteError as error:
            raise refusal(kind, error, facts) from None

    def _request(self, call: Call, facts: Facts, provider: Provider | None, *, is_token: bool) -> HttpRequest:
        openid, now = self._platform.openid, self._clock()
        if provider is None or openid is None or not is_token:
            endpoint = call.endpoint or _known(provider.userinfo_endpoint if provider else None)
            return request_of(call, endpoint, facts, now=now)
        secret = facts.get("client_secret")
        method = openid.auth_method or provider.auth_method_for(secret)
        identity = ClientIdentity(self._platform.client_id, secret, method)
        endpoint = call.endpoint or provider.token_endpoint
        return form_request(endpoint, identity, params_of(call, facts), issuer=provider.issuer, now=now)

    def _provider(self) -> Steps[Provider | None]:
        if self._talk is None:
            return None
        return (yield from self._talk.provider())

    def _own_facts(self) -> Facts:
        own = self._platform
        secret = own.make_secret(self._clock()) if own.make_secret else own.client_secret
        return {"client_id": own.client_id} | ({"client_secret": secret} if secret else {})

    def _check_ours(self, tokens: PlatformTokens) -> None:
        if (tokens.platform, tokens.client_id) != (self._platform.name, self._platform.client_id):
            raise ValueError("these tokens are another platform's, or another application's")


def _known(endpoint: str | None) -> str:
    if not endpoint:
        raise UnsupportedByProvider("the provider has no such endpoint")
    return endpoint


def _texts(members: Mapping[str, object]) -> Facts:
    return {name: value for name, value in members.items() if isinstance(value, str) and value.isprintable()}
