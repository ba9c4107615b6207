"""Request objects: the authorization request signed by the client, by value or at an address it registered.

Owns opening one into plain parameters, which then go through the same checks as any others. Only what stands in the
object counts (RFC 9101 §6.3): whatever an address bar adds to it is ignored, except ``client_id``, which must agree.

Spec: RFC 9101 §5; RFC 9101 §6; OpenID Connect Core 1.0 §6
"""

import msgspec

from lingpai.crypto.compact import InvalidJws, read_kid
from lingpai.crypto.jws import verify
from lingpai.crypto.jwt import InvalidJwt, check_claims
from lingpai.oauth.assertion import PUBLIC_KEY_ALGS
from lingpai.oauth.errors import InvalidRequestObject, InvalidRequestUri
from lingpai.oauth.params import encode_params
from lingpai.server.outbound import FetchRefused, Outbound
from lingpai.server.storage.records import Client
from lingpai.server.tokens.foreign_jwks import ForeignJwks, KeysUnavailable

ALGS = PUBLIC_KEY_ALGS
_TYPES = ("", "jwt", "oauth-authz-req+jwt")
_LIMIT_BYTES = 16_384
_LEEWAY_S = 30
_ABOUT_THE_OBJECT = frozenset({"client_id", "iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
_NEVER_INSIDE = frozenset({"request", "request_uri"})


class RequestObjects:
    """Opens them."""

    def __init__(self, foreign_jwks: ForeignJwks, outbound: Outbound, *, issuer: str) -> None:
        self._foreign_jwks = foreign_jwks
        self._outbound = outbound
        self._issuer = issuer

    async def open(self, client: Client, text: str, now: int) -> str:
        """The parameters in the object, form-encoded. Raises ``InvalidRequestObject``. Spec: RFC 9101 §6.3"""
        only = client.request_object_signing_alg
        try:
            keys = await self._foreign_jwks.keys_of(
                f"client {client.client_id}", client.jwks or {"keys": []}, client.jwks_uri, kid=read_kid(text), now=now
            )
            claims = verify(text, keys, typ=_TYPES, algs=(only,) if only else ALGS, limit_bytes=_LIMIT_BYTES)[1]
            check_claims(
                {"iss": client.client_id, "aud": self._issuer, **claims},
                issuer=client.client_id,
                audience=self._issuer,
                now=now,
                leeway_s=_LEEWAY_S,
                required=(),
            )
        except (InvalidJws, InvalidJwt, KeysUnavailable) as error:
            raise InvalidRequestObject(f"the request object is not valid: {error.reason}") from error
        if claims.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequestObject("client_id in the request object is not the one outside")
        if not _NEVER_INSIDE.isdisjoint(claims):
            raise InvalidRequestObject("a request object must not hold request or request_uri")
        return encode_params([("client_id", client.client_id), *_params(claims)])

    async def fetch(self, client: Client, request_uri: str) -> str:
        """The object at an address, which must be one the client registered: anything else would let strangers choose
        what we fetch. Raises ``InvalidRequestUri``. Spec: RFC 9101 §6.2; RFC 9101 §10.4
        """
        if request_uri not in client.request_uris:
            raise InvalidRequestUri("request_uri is not one registered for this client")
        try:
            return await self._outbound.fetch_text(request_uri.partition("#")[0])
        except FetchRefused as error:
            raise InvalidRequestUri("the request object cannot be fetched", detail=error.reason) from error


def _params(claims: dict[str, object]) -> list[tuple[str, str]]:
    """Members as the parameters they stand for: lists repeat, objects stay JSON. Spec: RFC 9101 §4"""
    members = {name: value for name, value in claims.items() if name not in _ABOUT_THE_OBJECT}
    return [
        (name, item if isinstance(item, str) else msgspec.json.encode(item).decode())
        for name, value in members.items()
        for item in (value if isinstance(value, list) else [value])
    ]
