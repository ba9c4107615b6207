"""What a client does, as conversations: each operation yields requests, is sent their answers, and returns its result.

Owns: the order of requests and checks. Written once; it neither waits nor sends, so the blocking and the asynchronous
shell run the very same code.
Leaves: proving who we are, and the server's metadata and keys, to ``conversation``; sending to ``sync`` and ``aio``,
which drive it like this::

    request = next(steps)
    request = steps.send(answer)  # until StopIteration, whose value is the result
"""

from collections.abc import Callable, Sequence

from lingpai.client import device, flow, responses
from lingpai.client.client_auth import Pairs
from lingpai.client.conversation import Conversation, Credentials
from lingpai.client.device import PendingDevice
from lingpai.client.discovery import Steps
from lingpai.client.dpop import DpopProver
from lingpai.client.errors import CallbackError, IdTokenError, ServerUnreachable, TokenError, UnsupportedByProvider
from lingpai.client.flow import ExchangeRequest, PendingSignIn, SignInRequest
from lingpai.client.http_request import Pause
from lingpai.client.id_token import Expected, parse_id_token
from lingpai.client.logout_token import LogoutNotice, parse_logout_token
from lingpai.client.providers import Provider
from lingpai.client.responses import TokenSet
from lingpai.oauth.tokens import TokenResponse


class Operations:
    """Everything ``Client`` and ``AsyncClient`` can do, without the sending."""

    def __init__(self, provider: Provider | str, credentials: Credentials, clock: Callable[[], int]) -> None:
        self._talk = Conversation(provider, credentials, clock)
        self._clock = clock

    @property
    def prover(self) -> DpopProver | None:
        """What makes the DPoP proofs, if this client has a key."""
        return self._talk.prover

    def provider(self) -> Steps[Provider]:
        """The provider as given, or as its metadata says."""
        return self._talk.provider()

    def begin_sign_in(self, request: SignInRequest) -> Steps[PendingSignIn]:
        """Spec: RFC 6749 §4.1.1; RFC 9126 §2"""
        provider = yield from self.provider()
        flow.authorization_endpoint(provider)
        jkt = "" if self.prover is None else self.prover.key.thumbprint
        pending, params = flow.begin_sign_in(provider, self._talk.client_id, request, now=self._clock(), jkt=jkt)
        if not (request.push or provider.require_pushed_authorization_requests):
            return flow.in_browser(provider, pending, params)
        endpoint = _offered(provider.pushed_authorization_request_endpoint, "pushed_authorization_request_endpoint")
        request_uri = responses.parse_pushed((yield from self._talk.post(endpoint, params)))
        return flow.by_reference(provider, pending, request_uri)

    def finish_sign_in(self, pending: PendingSignIn, callback: str) -> Steps[TokenSet]:
        """Spec: RFC 6749 §4.1.3; OpenID Connect Core 1.0 §3.1.3"""
        self._check_ours(pending)
        provider = yield from self.provider()
        code = responses.parse_callback(
            pending, callback, iss_required=provider.iss_parameter_supported, now=self._clock()
        )
        response = yield from self._token_response(provider, flow.code_params(pending, code))
        return (yield from self._checked(provider, response, scope=pending.scope, pending=pending))

    def begin_device_sign_in(self, scope: str, resource: Sequence[str]) -> Steps[PendingDevice]:
        """Spec: RFC 8628 §3.1"""
        provider = yield from self.provider()
        endpoint = _offered(provider.device_authorization_endpoint, "device_authorization_endpoint")
        answer = yield from self._talk.post(endpoint, device.device_authorization_params(scope, resource))
        return device.parse_device_authorization(
            answer,
            issuer=provider.issuer,
            client_id=self._talk.client_id,
            scope=scope,
            resource=tuple(resource),
            now=self._clock(),
        )

    def finish_device_sign_in(self, pending: PendingDevice) -> Steps[TokenSet]:
        """Spec: RFC 8628 §3.4; RFC 8628 §3.5"""
        self._check_ours(pending)
        provider = yield from self.provider()
        interval_s = pending.interval_s
        while True:
            yield Pause(interval_s)
            if self._clock() >= pending.expires_at:
                raise TokenError("expired_token", "nobody answered in time", status=400)
            try:
                response = yield from self._token_response(provider, device.device_token_params(pending))
            except TokenError as error:
                longer = device.next_interval_s(interval_s, error)
                if longer is None:
                    raise
                interval_s = longer
            except ServerUnreachable:
                # Whatever is overloaded on the way must not be asked faster.
                interval_s = min(interval_s * 2, device.INTERVAL_LIMIT_S)
            else:
                return (yield from self._checked(provider, response, scope=pending.scope))

    def refresh(self, tokens: TokenSet | str, scope: str) -> Steps[TokenSet]:
        """Spec: RFC 6749 §6; OpenID Connect Core 1.0 §12"""
        previous = TokenSet(access_token="", refresh_token=tokens) if isinstance(tokens, str) else tokens
        if not previous.refresh_token:
            raise ValueError("there is no refresh token to use")
        provider = yield from self.provider()
        if previous.id_token is not None:
            # Another ID Token will come. If its keys cannot be had, better to fail before the refresh token is spent.
            yield from self._talk.keys_for(provider, previous.id_token)
        response = yield from self._token_response(provider, flow.refresh_params(previous.refresh_token, scope))
        return (yield from self._checked(provider, response, scope=scope or previous.scope, previous=previous))

    def client_credentials(self, scope: str, resource: Sequence[str]) -> Steps[TokenSet]:
        """Spec: RFC 6749 §4.4"""
        provider = yield from self.provider()
        response = yield from self._token_response(provider, flow.client_credentials_params(scope, resource))
        return responses.token_set(response, now=self._clock(), scope=scope, previous=None, claims=None)

    def exchange_token(self, request: ExchangeRequest) -> Steps[TokenSet]:
        """Spec: RFC 8693 §2"""
        provider = yield from self.provider()
        response = yield from self._token_response(provider, flow.exchange_params(request))
        responses.check_exchanged(response)
        return responses.token_set(response, now=self._clock(), scope=request.scope, previous=None, claims=None)

    def userinfo(self, tokens: TokenSet | str) -> Steps[dict[str, object]]:
        """Spec: OpenID Connect Core 1.0 §5.3"""
        provider = yield from self.provider()
        endpoint = _offered(provider.userinfo_endpoint, "userinfo_endpoint")
        if isinstance(tokens, str):
            # A client with a key takes no tokens but those bound to it.
            tokens = TokenSet(access_token=tokens, token_type="DPoP" if self.prover else "Bearer")
        return responses.parse_userinfo(
            (yield from self._talk.get_with_token(endpoint, tokens)), subject=tokens.subject
        )

    def revoke(self, token: str, hint: str) -> Steps[None]:
        """Spec: RFC 7009 §2"""
        provider = yield from self.provider()
        endpoint = _offered(provider.revocation_endpoint, "revocation_endpoint")
        responses.check_revoked((yield from self._talk.post(endpoint, flow.revocation_params(token, hint))))

    def verify_logout_token(self, logout_token: str) -> Steps[LogoutNotice]:
        """Spec: OpenID Connect Back-Channel Logout 1.0 §2.6"""
        provider = yield from self.provider()
        keys = yield from self._talk.keys_for(provider, logout_token)
        return parse_logout_token(
            logout_token,
            keys,
            issuer=provider.issuer,
            client_id=self._talk.client_id,
            algs=provider.id_token_algs,
            now=self._clock(),
        )

    def _check_ours(self, pending: PendingSignIn | PendingDevice) -> None:
        if (pending.issuer, pending.client_id) != (self._talk.issuer, self._talk.client_id):
            # Sending the code to whatever server this client now talks to would be a mix-up. RFC 9700 §4.4
            raise CallbackError("issuer_mismatch", "the sign-in was begun with another server or client")

    def _token_response(self, provider: Provider, params: Pairs) -> Steps[TokenResponse]:
        answer = yield from self._talk.post(provider.token_endpoint, params)
        return responses.parse_token_response(answer, dpop=self.prover is not None)

    def _checked(
        self,
        provider: Provider,
        response: TokenResponse,
        *,
        scope: str,
        pending: PendingSignIn | None = None,
        previous: TokenSet | None = None,
    ) -> Steps[TokenSet]:
        """The tokens, once the ID Token that comes with them, or has to, is checked."""
        tokens = responses.token_set(response, now=self._clock(), scope=scope, previous=previous, claims=None)
        if response.id_token is None:
            if pending is not None and pending.nonce is not None and "openid" in tokens.scope.split():
                raise IdTokenError("openid was granted, and no ID Token came")
            return tokens
        expected = Expected(
            issuer=provider.issuer,
            client_id=self._talk.client_id,
            algs=provider.id_token_algs,
            access_token=response.access_token,
            nonce=pending.nonce if pending else None,
            max_age=pending.max_age if pending else None,
            subject=previous.subject if previous else None,
        )
        keys = yield from self._talk.keys_for(provider, response.id_token)
        claims = parse_id_token(response.id_token, keys, expected, now=self._clock())
        return responses.token_set(response, now=self._clock(), scope=scope, previous=previous, claims=claims)


def _offered(endpoint: str | None, name: str) -> str:
    if endpoint is None:
        raise UnsupportedByProvider(f"the provider has no {name}")
    return endpoint
