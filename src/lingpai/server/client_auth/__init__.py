"""Who is calling: exactly one method per request, and it is the one the client registered.

Owns which method is checked. ``credentials`` reads what was sent; the proof of each method has its own module. The
answer to an unknown client and to wrong credentials is the same. Certificates (RFC 8705) will be one more method beside
``assertion``: its credentials come from the connection and not from the form.

Spec: RFC 6749 §2.3; RFC 9700 §2.5
"""

from msgspec import Struct

from lingpai.crypto.digest import digest, equal
from lingpai.crypto.hmac_jws import HMAC_ALGS
from lingpai.oauth import names
from lingpai.oauth.assertion import PUBLIC_KEY_ALGS
from lingpai.oauth.errors import InvalidClient
from lingpai.oauth.params import Params
from lingpai.server.client_auth.assertion import AssertionCheck
from lingpai.server.client_auth.credentials import CLIENT_ASSERTION, Credentials, read_credentials
from lingpai.server.client_auth.secret import REFUSED, check_client_secret, digest_client_secret
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client

AUTH_METHODS = (
    names.CLIENT_SECRET_BASIC,
    names.CLIENT_SECRET_POST,
    names.CLIENT_SECRET_JWT,
    names.PRIVATE_KEY_JWT,
    names.AUTH_METHOD_NONE,
)
AUTH_SIGNING_ALGS = (*PUBLIC_KEY_ALGS, *HMAC_ALGS)
"""What assertions may be signed with, for the metadata."""

# The same secret over the same connection, in the header or in the body: real clients follow the metadata document or
# their own default here, and neither proves less (docs/decisions/0008).
_BY_SECRET = (names.CLIENT_SECRET_BASIC, names.CLIENT_SECRET_POST)
_IN_BODY = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
_PROVEN_LIMIT_COUNT = 1024
_BY_ASSERTION = (names.CLIENT_SECRET_JWT, names.PRIVATE_KEY_JWT)


class _Proven(Struct, frozen=True):
    """A client that proved itself, and until when its secret counts."""

    client: Client
    until: int | None


class ClientAuthentication:
    """Turns credentials into a proven client."""

    def __init__(self, clients: Clients, assertions: AssertionCheck, *, pepper: bytes, issuer: str) -> None:
        self._clients = clients
        self._assertions = assertions
        self._pepper = pepper
        self._issuer = issuer
        self._proven: dict[bytes, _Proven] = {}

    async def authenticate(self, authorization: str | None, params: Params, now: int, *, path: str) -> Client:
        """The client that proved itself by the method it registered. Raises ``InvalidClient``, ``InvalidRequest``.

        ``path``: of the endpoint that asks, one of the names an assertion may be addressed to.
        """
        proven = self._recall(authorization, params)
        credentials = None if proven else read_credentials(authorization, params)
        client_id = proven.client.client_id if proven else credentials.client_id if credentials else ""
        client = await self._clients.get(client_id)
        if proven is not None and client is proven.client and (proven.until is None or proven.until > now):
            return client
        credentials = credentials or read_credentials(authorization, params)
        if client is None:
            raise InvalidClient(REFUSED, detail=f"unknown client_id {credentials.client_id[:64]!r}")
        if credentials.method == CLIENT_ASSERTION:
            await self._check_assertion(client, credentials, self._issuer + path, now)
        else:
            self._check_secret(client, credentials, now)
        if client.disabled_at is not None:
            raise InvalidClient("this client is disabled", detail=client.client_id)
        if authorization is not None:
            self._remember(authorization, client, credentials.secret)
        return client

    def _recall(self, authorization: str | None, params: Params) -> "_Proven | None":
        """What this same header proved before, if nothing else that could prove a client is sent with it.

        It counts only if the client's record is still the very same: another secret, a client that was disabled or
        changed in any way is another record, and everything is looked at again.
        """
        if authorization is None or not _IN_BODY.isdisjoint(params):
            return None
        proven = self._proven.get(digest(authorization))
        if proven is None or params.get("client_id") not in (None, proven.client.client_id):
            return None
        return proven

    def _remember(self, authorization: str, client: Client, secret: str) -> None:
        if len(self._proven) >= _PROVEN_LIMIT_COUNT:
            self._proven.clear()
        used = digest_client_secret(self._pepper, client.client_id, secret)
        until = next((known.expires_at for known in client.client_secrets if equal(known.digest, used)), None)
        # A digest, because the header itself would be worth stealing.
        self._proven[digest(authorization)] = _Proven(client, until)

    async def _check_assertion(self, client: Client, credentials: Credentials, url: str, now: int) -> None:
        if client.token_endpoint_auth_method not in _BY_ASSERTION:
            raise InvalidClient(REFUSED, detail=_wrong_method(client, credentials))
        await self._assertions.check(client, credentials.secret, url=url, now=now)

    def _check_secret(self, client: Client, credentials: Credentials, now: int) -> None:
        if credentials.method != names.AUTH_METHOD_NONE:
            check_client_secret(client, credentials.secret, pepper=self._pepper, now=now)
        registered = client.token_endpoint_auth_method
        if registered != credentials.method and not (registered in _BY_SECRET and credentials.method in _BY_SECRET):
            # Said only to whoever holds the secret.
            description = f"this client is registered for {registered}, the request used {credentials.method}"
            raise InvalidClient(
                description if credentials.method != names.AUTH_METHOD_NONE else REFUSED,
                detail=_wrong_method(client, credentials),
            )


def _wrong_method(client: Client, credentials: Credentials) -> str:
    return f"{client.client_id} used {credentials.method}, registered is {client.token_endpoint_auth_method}"
