"""``grant_type=urn:ietf:params:oauth:grant-type:token-exchange``: one token for another, never for more.

Who may exchange which token: the client it was issued to, a resource server it is for, or a client that the subject
token's client named in ``may_act``. The new token hangs on the subject token's family: whatever ends that one (the
person, a replay, a disabled account) ends the exchanged token too.

Spec: RFC 8693 §2; RFC 8693 §4
"""

from typing import ClassVar

from lingpai.oauth.errors import InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget
from lingpai.oauth.names import TOKEN_EXCHANGE
from lingpai.oauth.params import Params
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.grant_types.base import TokenRequest
from lingpai.server.policy import check_resource
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.issuer import subject_of
from lingpai.server.tokens.lookup import LiveToken, TokenLookup

ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
_TYPES = (ACCESS_TOKEN_TYPE, JWT_TYPE)
_ACT_DEPTH_LIMIT = 5


class TokenExchangeGrant:
    """A subject's token, and perhaps an actor's, for a token of this client."""

    name: ClassVar[str] = TOKEN_EXCHANGE
    parameters: ClassVar[frozenset[str]] = frozenset(
        {
            "subject_token",
            "subject_token_type",
            "actor_token",
            "actor_token_type",
            "requested_token_type",
            "resource",
            "audience",
            "scope",
        }
    )

    def __init__(self, lookup: TokenLookup, clients: Clients, catalog: Catalog) -> None:
        self._lookup = lookup
        self._clients = clients
        self._catalog = catalog

    async def authorize(self, request: TokenRequest) -> Authorization:
        """The exchanged authorization. Raises ``InvalidRequest`` for a token that is not in force (RFC 8693 §2.2.2)."""
        params, now = request.params, request.now
        _check_types(params)
        subject = await self._live(params, "subject_token", request)
        actor = await self._live(params, "actor_token", request) if "actor_token" in params else None
        await self._check_may_exchange(subject, request.client)
        if actor is not None and actor.token.client_id != request.client.client_id:
            raise InvalidGrant("actor_token is not a token of this client")
        resource = self._resource(params, request.client)
        scope = _scope(params, subject, request.client)
        return Authorization(
            client=request.client,
            account_id=subject.token.account_id,
            family_id=subject.token.family_id,
            scope=scope,
            resource=resource,
            not_after=max(subject.token.expires_at, now),
            jkt=request.jkt,
            act=_act(subject, actor, request.client),
            subject=subject.token.subject if subject.account else subject_of(subject.token),
            issued_token_type=ACCESS_TOKEN_TYPE,
            auth_time=subject.token.auth_time,
            acr=subject.token.acr,
        )

    async def _live(self, params: Params, name: str, request: TokenRequest) -> LiveToken:
        live = await self._lookup.get_live(params.require(name), request.now)
        if live is None:
            raise InvalidRequest(f"{name} is not an access token in force here")
        if live.token.jkt and live.token.jkt != request.jkt:
            # A stolen key-bound token must not be washed into one the thief can use.
            raise InvalidRequest(f"{name} is bound to a key, and the DPoP proof is of another one or missing")
        return live

    async def _check_may_exchange(self, subject: LiveToken, client: Client) -> None:
        token = subject.token
        if token.client_id == client.client_id:
            return
        servers = (self._catalog.resource_servers.get(audience) for audience in token.audience)
        if any(server is not None and client.client_id in server.client_ids for server in servers):
            return
        owner = await self._clients.get(token.client_id)
        if owner is None or client.client_id not in owner.may_act:
            raise InvalidGrant("this client may not exchange that token", detail=f"it belongs to {token.client_id}")

    def _resource(self, params: Params, client: Client) -> tuple[str, ...]:
        """The targets: ``resource`` by URI, ``audience`` by the name of a resource server. Spec: RFC 8693 §2.1"""
        by_name = {server.name: server.resource for server in self._catalog.resource_servers.values() if server.name}
        named = tuple(by_name.get(audience, audience) for audience in params.get_all("audience"))
        resource = tuple(dict.fromkeys((*params.get_all("resource"), *named)))
        if not resource:
            raise InvalidTarget("name the target with resource or audience")
        if not client.resources:
            # An exchange for any target is how one service becomes every other (CVE-2022-1245).
            raise InvalidTarget("this client is registered for no target (resources)")
        self._catalog.check_resources(resource)
        check_resource(client, resource)
        return resource


def _check_types(params: Params) -> None:
    if params.require("subject_token_type") not in _TYPES:
        raise InvalidRequest("subject_token_type must be access_token or jwt")
    if ("actor_token" in params) != ("actor_token_type" in params):
        raise InvalidRequest("actor_token and actor_token_type go together")
    if params.get("actor_token_type") not in (None, *_TYPES):
        raise InvalidRequest("actor_token_type must be access_token or jwt")
    if params.get("requested_token_type") not in (None, ACCESS_TOKEN_TYPE):
        raise InvalidRequest("requested_token_type must be access_token")


def _scope(params: Params, subject: LiveToken, client: Client) -> Scope:
    """Within what the subject token holds and what the client registered: exchange never widens."""
    most = subject.scope & parse_scope(client.scope)
    text = params.get("scope")
    if text is None:
        return most
    asked = parse_scope(text)
    if not asked <= most:
        raise InvalidScope("scope is more than the subject token holds, or than this client is registered for")
    return asked


def _act(subject: LiveToken, actor: LiveToken | None, client: Client) -> dict[str, object] | None:
    """Who acts now, around who acted before. Spec: RFC 8693 §4.1"""
    before = subject.token.act
    if actor is None and subject.token.client_id == client.client_id:
        return before
    who = client.client_id
    if actor is not None and actor.token.account_id is not None:
        who = actor.token.account_id.hex()
    act: dict[str, object] = {"sub": who, "client_id": client.client_id}
    if before is not None:
        act["act"] = before
    if _depth(act) > _ACT_DEPTH_LIMIT:
        raise InvalidRequest(f"the token has been handed on more than {_ACT_DEPTH_LIMIT} times")
    return act


def _depth(act: object) -> int:
    return 1 + _depth(act.get("act")) if isinstance(act, dict) else 0
