"""What a client does, as conversations: each operation yields requests, is sent their answers, and returns its result.

Owns: the order of requests and checks, the provider's metadata and keys once fetched. Written once; it neither
waits nor sends, so the blocking and the asynchronous shell run the very same code.
Leaves: sending to ``sync`` and ``aio``, which drive it like this::

    request = next(steps)
    request = steps.send(answer)  # until StopIteration, whose value is the result
"""

from collections.abc import Callable, Sequence

from lingpai.client import flow, responses
from lingpai.client.discovery import Steps, discover
from lingpai.client.errors import CallbackError, IdTokenError, ServerUnreachable, UnsupportedByProvider
from lingpai.client.flow import ClientIdentity, PendingSignIn, SignInRequest
from lingpai.client.id_token import Expected, claimed_kid, parse_id_token
from lingpai.client.providers import AuthMethod, Provider
from lingpai.client.responses import TokenSet
from lingpai.crypto.jwk import PublicKey, parse_jwks

_KEYS_LIFETIME_S = 3600
_METADATA_LIFETIME_S = 24 * 3600


class Operations:
    """Everything ``Client`` and ``AsyncClient`` can do, without the sending.

    ``provider`` is a ``Provider``, or an issuer whose metadata is fetched when first needed and again every 24 hours.
    """

    def __init__(
        self,
        provider: Provider | str,
        client_id: str,
        client_secret: str | None,
        auth_method: AuthMethod | None,
        clock: Callable[[], int],
    ) -> None:
        self._issuer = provider if isinstance(provider, str) else provider.issuer
        self._given = None if isinstance(provider, str) else provider
        self._discovered: tuple[int, Provider] | None = None
        self._keys: tuple[int, Sequence[PublicKey]] = (0, ())
        self._client_id = client_id
        self._client_secret = client_secret
        self._auth_method = auth_method
        self._clock = clock

    def provider(self) -> Steps[Provider]:
        """The provider as given, or as its metadata says."""
        if self._given is not None:
            return self._given
        now = self._clock()
        if self._discovered is None or now - self._discovered[0] > _METADATA_LIFETIME_S:
            self._discovered = (now, (yield from discover(self._issuer)))
        return self._discovered[1]

    def begin_sign_in(self, request: SignInRequest) -> Steps[PendingSignIn]:
        """Spec: RFC 6749 §4.1.1"""
        provider = yield from self.provider()
        return flow.begin_sign_in(provider, self._client_id, request, now=self._clock())

    def finish_sign_in(self, pending: PendingSignIn, callback: str) -> Steps[TokenSet]:
        """Spec: RFC 6749 §4.1.3; OpenID Connect Core 1.0 §3.1.3"""
        if (pending.issuer, pending.client_id) != (self._issuer, self._client_id):
            # Sending the code to whatever server this client now talks to would be a mix-up. RFC 9700 §4.4
            raise CallbackError("issuer_mismatch", "the sign-in was begun with another server or client")
        provider = yield from self.provider()
        code = responses.parse_callback(
            pending, callback, iss_required=provider.iss_parameter_supported, now=self._clock()
        )
        request = flow.code_request(provider, self._identity(provider), pending, code)
        return (yield from self._tokens(provider, request, scope=pending.scope, pending=pending))

    def refresh(self, tokens: TokenSet | str, scope: str) -> Steps[TokenSet]:
        """Spec: RFC 6749 §6; OpenID Connect Core 1.0 §12"""
        previous = TokenSet(access_token="", refresh_token=tokens) if isinstance(tokens, str) else tokens
        if not previous.refresh_token:
            raise ValueError("there is no refresh token to use")
        provider = yield from self.provider()
        if previous.id_token is not None:
            # Another ID Token will come. If its keys cannot be had, better to fail before the refresh token is spent.
            yield from self._keys_for(provider, previous.id_token)
        request = flow.refresh_request(provider, self._identity(provider), previous.refresh_token, scope)
        return (yield from self._tokens(provider, request, scope=scope or previous.scope, previous=previous))

    def client_credentials(self, scope: str, resource: Sequence[str]) -> Steps[TokenSet]:
        """Spec: RFC 6749 §4.4"""
        provider = yield from self.provider()
        request = flow.client_credentials_request(provider, self._identity(provider), scope, resource)
        response = responses.parse_token_response((yield request))
        return responses.token_set(response, now=self._clock(), scope=scope, previous=None, claims=None)

    def userinfo(self, tokens: TokenSet | str) -> Steps[dict[str, object]]:
        """Spec: OpenID Connect Core 1.0 §5.3"""
        provider = yield from self.provider()
        access_token, subject = (tokens, None) if isinstance(tokens, str) else (tokens.access_token, tokens.subject)
        return responses.parse_userinfo((yield flow.userinfo_request(provider, access_token)), subject=subject)

    def revoke(self, token: str, hint: str) -> Steps[None]:
        """Spec: RFC 7009 §2"""
        provider = yield from self.provider()
        responses.check_revoked((yield flow.revocation_request(provider, self._identity(provider), token, hint)))

    def _identity(self, provider: Provider) -> ClientIdentity:
        method = self._auth_method or provider.auth_method_for(self._client_secret)
        return ClientIdentity(self._client_id, self._client_secret, method)

    def _tokens(
        self,
        provider: Provider,
        request: flow.HttpRequest,
        *,
        scope: str,
        pending: PendingSignIn | None = None,
        previous: TokenSet | None = None,
    ) -> Steps[TokenSet]:
        """Send a token request and check the ID Token that comes with the answer, or has to."""
        response = responses.parse_token_response((yield request))
        tokens = responses.token_set(response, now=self._clock(), scope=scope, previous=previous, claims=None)
        if response.id_token is None:
            if pending is not None and pending.nonce is not None and "openid" in tokens.scope.split():
                raise IdTokenError("openid was granted, and no ID Token came")
            return tokens
        expected = Expected(
            issuer=provider.issuer,
            client_id=self._client_id,
            algs=provider.id_token_algs,
            access_token=response.access_token,
            nonce=pending.nonce if pending else None,
            max_age=pending.max_age if pending else None,
            subject=previous.subject if previous else None,
        )
        keys = yield from self._keys_for(provider, response.id_token)
        claims = parse_id_token(response.id_token, keys, expected, now=self._clock())
        return responses.token_set(response, now=self._clock(), scope=scope, previous=previous, claims=claims)

    def _keys_for(self, provider: Provider, id_token: str) -> Steps[Sequence[PublicKey]]:
        """The provider's keys; fetched again after an hour, and at once when the token names a new one (rotation)."""
        fetched_at, keys = self._keys
        now = self._clock()
        kid = claimed_kid(id_token)
        if now - fetched_at <= _KEYS_LIFETIME_S and any(kid is None or key.kid in (None, kid) for key in keys):
            return keys
        if provider.jwks_uri is None:
            raise UnsupportedByProvider("the provider has no jwks_uri to check ID Tokens with")
        answer = yield flow.document_request(provider.jwks_uri)
        if answer.status != 200:
            raise ServerUnreachable(f"the provider's keys could not be fetched (HTTP {answer.status})")
        try:
            keys = parse_jwks(responses.json_object(answer.body))
        except ValueError as error:
            raise IdTokenError(f"the provider's keys are unusable: {error}") from None
        self._keys = (now, keys)
        return keys
