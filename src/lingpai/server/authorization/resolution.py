"""From what a browser brought to a checked request: pushed, signed, by reference or plain, in the one right order.

Owns which form a request has and that client and redirect URI are proven before anything is sent to a client. Leaves
each form to its module, the proof to ``request`` and the checks to ``checks``.

Spec: RFC 6749 §4.1.2.1; RFC 9101 §5; RFC 9126 §4
"""

from collections.abc import Collection

from lingpai.oauth.errors import InvalidRequestUri, OAuthError
from lingpai.oauth.params import parse_params
from lingpai.server.authorization.checks import PROMPTS, parse
from lingpai.server.authorization.pushed import URN, PushedRequests
from lingpai.server.authorization.request import AuthorizationRequest, NotProven, ReplyTo, identify, only_value
from lingpai.server.authorization.request_object import RequestObjects
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.id_token import IdTokens


class RefusedToClient(Exception):
    """The request is wrong, and whom to tell is proven."""

    def __init__(self, client: Client, reply_to: ReplyTo, error: OAuthError) -> None:
        super().__init__(error.code)
        self.client = client
        self.reply_to = reply_to
        self.error = error


class AuthorizationRequests:
    """Resolves them."""

    def __init__(
        self,
        clients: Clients,
        catalog: Catalog,
        id_tokens: IdTokens,
        pushed: PushedRequests,
        request_objects: RequestObjects,
        *,
        prompts: Collection[str] = PROMPTS,
    ) -> None:
        self._prompts = prompts
        self._id_tokens = id_tokens
        self._clients = clients
        self._catalog = catalog
        self._pushed = pushed
        self._request_objects = request_objects

    async def resolve(self, encoded: str, *, browser: bytes, now: int) -> tuple[Client, AuthorizationRequest]:
        """The checked request and its client. Raises ``NotProven``, ``RefusedToClient``."""
        client = await self._client(encoded)
        request_uri = only_value(encoded, "request_uri")
        if request_uri is not None and request_uri.startswith(URN):
            try:
                return client, await self._pushed.open(request_uri, client.client_id, browser=browser, now=now)
            except InvalidRequestUri as error:
                raise NotProven("request_uri_dead", client=client) from error
        encoded = await self._unfolded(client, encoded, request_uri, now)
        identified = identify(encoded, client)
        try:
            params = parse_params(encoded)
            return client, parse(
                identified,
                params,
                catalog=self._catalog,
                id_tokens=self._id_tokens,
                browser=browser,
                now=now,
                prompts=self._prompts,
            )
        except OAuthError as error:
            raise RefusedToClient(client, identified.reply_to, error) from error

    async def _client(self, encoded: str) -> Client:
        client_id = only_value(encoded, "client_id")
        if client_id is None:
            raise NotProven("client_id_missing")
        client = await self._clients.get(client_id)
        if client is None or client.disabled_at is not None:
            raise NotProven("client_unknown", sent=client_id)
        return client

    async def _unfolded(self, client: Client, encoded: str, request_uri: str | None, now: int) -> str:
        """The parameters in the request object, if there is one; an error about it goes where those outside point."""
        text = only_value(encoded, "request")
        try:
            if text is not None and request_uri is not None:
                raise InvalidRequestUri("send request or request_uri, not both")
            if request_uri is not None:
                text = await self._request_objects.fetch(client, request_uri)
            return encoded if text is None else await self._request_objects.open(client, text, now)
        except OAuthError as error:
            raise RefusedToClient(client, identify(encoded, client).reply_to, error) from error
