"""Speaking with one authorization server as one client: who it is, who we are, which keys both use.

Owns: the provider's metadata and keys once fetched; that every request is authenticated, carries a DPoP proof where the
client has a key, and is sent once more when the server wants its nonce in it. Leaves: what is asked to ``operations``.
"""

from collections.abc import Callable, Sequence

from lingpai.client.client_auth import ClientIdentity, Pairs, form_request
from lingpai.client.discovery import Steps, discover
from lingpai.client.dpop import DpopProver, asks_for_nonce
from lingpai.client.errors import IdTokenError, ServerUnreachable, UnsupportedByProvider
from lingpai.client.http_request import ANSWER_LIMIT_BYTES, Headers, HidesSecrets, HttpRequest, document_request
from lingpai.client.id_token import claimed_kid
from lingpai.client.keys import ClientKey, DpopKey
from lingpai.client.providers import AuthMethod, Provider
from lingpai.client.responses import TokenSet, json_object
from lingpai.crypto.jwk import PublicKey, parse_jwks
from lingpai.dialects.base import WireBody

_KEYS_LIFETIME_S = 3600
_METADATA_LIFETIME_S = 24 * 3600


class Credentials(HidesSecrets, frozen=True, kw_only=True):
    """What an application was registered with, and the key its tokens are to be bound to."""

    client_id: str
    client_secret: str | None = None
    private_key: ClientKey | None = None
    auth_method: AuthMethod | None = None
    dpop_key: DpopKey | None = None

    shown = ("client_id", "auth_method")


class Conversation:
    """One client and one server.

    ``provider`` is a ``Provider``, or an issuer whose metadata is fetched when first needed and again every 24 hours.
    """

    def __init__(self, provider: Provider | str, credentials: Credentials, clock: Callable[[], int]) -> None:
        self.issuer = provider if isinstance(provider, str) else provider.issuer
        self.client_id = credentials.client_id
        self.prover = None if credentials.dpop_key is None else DpopProver(credentials.dpop_key)
        self.clock = clock
        self._credentials = credentials
        self._given = None if isinstance(provider, str) else provider
        self._discovered: tuple[int, Provider] | None = None
        self._keys: tuple[int, Sequence[PublicKey]] = (0, ())

    def provider(self) -> Steps[Provider]:
        """The provider as given, or as its metadata says."""
        if self._given is not None:
            return self._given
        now = self.clock()
        if self._discovered is None or now - self._discovered[0] > _METADATA_LIFETIME_S:
            self._discovered = (now, (yield from discover(self.issuer)))
        return self._discovered[1]

    def post(self, url: str, params: Pairs) -> Steps[WireBody]:
        """POST a form as this client to an endpoint of the server. Spec: RFC 9449 §5; RFC 9449 §8"""
        provider = yield from self.provider()
        self._check_dpop(provider)
        identity = self._identity(provider)

        def request(headers: Headers, now: int) -> HttpRequest:
            # Everything anew for a second try: an assertion counts once, like a proof.
            return form_request(url, identity, params, issuer=self.issuer, now=now, headers=headers)

        return (yield from self._with_proof("POST", url, request))

    def get_with_token(self, url: str, tokens: TokenSet) -> Steps[WireBody]:
        """GET a document with an access token. Spec: RFC 6750 §2.1; RFC 9449 §7.1"""
        is_bound = tokens.token_type == "DPoP"
        authorization = (("Authorization", f"{tokens.token_type} {tokens.access_token}"),)

        def request(headers: Headers, _now: int) -> HttpRequest:
            return document_request(url, headers=(*authorization, *headers), limit_bytes=ANSWER_LIMIT_BYTES)

        if not is_bound:
            return (yield request((), 0))
        if self.prover is None:
            raise ValueError("these tokens are bound to a DPoP key, and this client has none")
        return (yield from self._with_proof("GET", url, request, access_token=tokens.access_token))

    def keys_for(self, provider: Provider, id_token: str) -> Steps[Sequence[PublicKey]]:
        """The provider's keys; fetched again after an hour, and at once when the token names a new one (rotation)."""
        fetched_at, keys = self._keys
        now = self.clock()
        kid = claimed_kid(id_token)
        if now - fetched_at <= _KEYS_LIFETIME_S and any(kid is None or key.kid in (None, kid) for key in keys):
            return keys
        if provider.jwks_uri is None:
            raise UnsupportedByProvider("the provider has no jwks_uri to check ID Tokens with")
        answer = yield document_request(provider.jwks_uri)
        if answer.status != 200:
            raise ServerUnreachable(f"the provider's keys could not be fetched (HTTP {answer.status})")
        try:
            keys = parse_jwks(json_object(answer.body))
        except ValueError as error:
            raise IdTokenError(f"the provider's keys are unusable: {error}") from None
        self._keys = (now, keys)
        return keys

    def _with_proof(
        self, method: str, url: str, request: Callable[[Headers, int], HttpRequest], *, access_token: str = ""
    ) -> Steps[WireBody]:
        """Send it, and once more if the server gives us the nonce it misses: a second refusal is an answer."""
        prover, now = self.prover, self.clock()
        if prover is None:
            return (yield request((), now))
        answer = yield request(prover.headers(method, url, now=now, access_token=access_token), now)
        prover.learn(url, answer.headers)
        if asks_for_nonce(answer.status, answer.headers, answer.body):
            answer = yield request(prover.headers(method, url, now=now, access_token=access_token), now)
            prover.learn(url, answer.headers)
        return answer

    def _identity(self, provider: Provider) -> ClientIdentity:
        own = self._credentials
        method = own.auth_method or provider.auth_method_for(
            own.client_secret, has_private_key=own.private_key is not None
        )
        return ClientIdentity(own.client_id, own.client_secret, method, own.private_key)

    def _check_dpop(self, provider: Provider) -> None:
        if self.prover is None or provider.dpop_algs is None:
            return
        if self.prover.key.alg not in provider.dpop_algs:
            raise UnsupportedByProvider(f"the provider takes no DPoP proofs signed with {self.prover.key.alg}")
