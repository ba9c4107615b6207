"""Who is calling: exactly one method per request, and it is the one the client registered.

Owns which method is checked. ``credentials`` reads what was sent; the proof of each method has its own module. The
answer to an unknown client and to wrong credentials is the same. Certificates (RFC 8705) will be one more method beside
``assertion``: its credentials come from the connection and not from the form.

Spec: RFC 6749 §2.3; RFC 9700 §2.5
"""

from lingpai.crypto.hmac_jws import HMAC_ALGS
from lingpai.oauth import names
from lingpai.oauth.assertion import PUBLIC_KEY_ALGS
from lingpai.oauth.errors import InvalidClient
from lingpai.oauth.params import Params
from lingpai.server.client_auth.assertion import AssertionCheck
from lingpai.server.client_auth.credentials import CLIENT_ASSERTION, Credentials, read_credentials
from lingpai.server.client_auth.secret import REFUSED, check_client_secret
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
_BY_ASSERTION = (names.CLIENT_SECRET_JWT, names.PRIVATE_KEY_JWT)


class ClientAuthentication:
    """Turns credentials into a proven client."""

    def __init__(self, clients: Clients, assertions: AssertionCheck, *, pepper: bytes, issuer: str) -> None:
        self._clients = clients
        self._assertions = assertions
        self._pepper = pepper
        self._issuer = issuer

    async def authenticate(self, authorization: str | None, params: Params, now: int, *, path: str) -> Client:
        """The client that proved itself by the method it registered. Raises ``InvalidClient``, ``InvalidRequest``.

        ``path``: of the endpoint that asks, one of the names an assertion may be addressed to.
        """
        credentials = read_credentials(authorization, params)
        client = await self._clients.get(credentials.client_id)
        if client is None:
            raise InvalidClient(REFUSED, detail=f"unknown client_id {credentials.client_id[:64]!r}")
        if credentials.method == CLIENT_ASSERTION:
            await self._check_assertion(client, credentials, self._issuer + path, now)
        else:
            self._check_secret(client, credentials, now)
        if client.disabled_at is not None:
            raise InvalidClient("this client is disabled", detail=client.client_id)
        return client

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
