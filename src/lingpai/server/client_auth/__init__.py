"""Who is calling: exactly one method per request, and it is the one the client registered.

Owns reading the credentials and choosing the method; the proof of each method has its own module. The answer to an
unknown client and to a wrong secret is the same.

Spec: RFC 6749 §2.3; RFC 9700 §2.5
"""

from msgspec import Struct

from lingpai.oauth.errors import InvalidClient, InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.client_auth.secret import check_client_secret, read_basic
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

_REFUSED = "client authentication failed"


class Credentials(Struct, frozen=True):
    """What a request presented: ``method`` by its registered name."""

    method: str
    client_id: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.method}, {self.client_id})"


def read_credentials(authorization: str | None, params: Params) -> Credentials:
    """The credentials in the ``Authorization`` header or the body.

    Raises ``InvalidRequest`` when there is more than one set (RFC 6749 §2.3) and ``InvalidClient`` when there is none.
    """
    client_id, secret = params.get("client_id"), params.get("client_secret")
    if authorization is not None:
        basic_id, basic_secret = read_basic(authorization)
        if secret is not None:
            raise InvalidRequest("client credentials are sent twice: in the Authorization header and in the body")
        if client_id is not None and client_id != basic_id:
            raise InvalidRequest("client_id differs between the Authorization header and the body")
        return Credentials("client_secret_basic", basic_id, basic_secret)
    if client_id is None:
        raise InvalidClient("no client credentials: send client_id with a secret, or an Authorization header")
    if secret is not None:
        return Credentials("client_secret_post", client_id, secret)
    return Credentials("none", client_id)


class ClientAuthentication:
    """Turns credentials into a proven client."""

    def __init__(self, clients: Clients, *, pepper: bytes) -> None:
        self._clients = clients
        self._pepper = pepper

    async def authenticate(self, authorization: str | None, params: Params, now: int) -> Client:
        """The client that proved itself by the method it registered. Raises ``InvalidClient``, ``InvalidRequest``."""
        credentials = read_credentials(authorization, params)
        client = await self._clients.get(credentials.client_id)
        if client is None:
            raise InvalidClient(_REFUSED, detail=f"unknown client_id {credentials.client_id[:64]!r}")
        registered = client.token_endpoint_auth_method
        if credentials.method != "none":
            check_client_secret(client, credentials.secret, pepper=self._pepper, now=now)
        if registered != credentials.method:
            # Said only to whoever holds the secret, or when there is none to hold.
            detail = f"{client.client_id} used {credentials.method}, registered is {registered}"
            description = f"this client is registered for {registered}, the request used {credentials.method}"
            raise InvalidClient(description if credentials.method != "none" else _REFUSED, detail=detail)
        if client.disabled_at is not None:
            raise InvalidClient("this client is disabled", detail=client.client_id)
        return client
