"""Reading what a request presents to prove its client: one set of credentials, or a refusal.

Leaves checking them to ``client_auth.secret`` and ``client_auth.assertion``.

Spec: RFC 6749 §2.3; RFC 7521 §4.2
"""

from msgspec import Struct

from lingpai.crypto.compact import InvalidJws, read_unproven_claims
from lingpai.oauth.errors import InvalidClient, InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.client_auth.secret import REFUSED, read_basic

CLIENT_ASSERTION = "client_assertion"
"""What ``client_secret_jwt`` and ``private_key_jwt`` look like before it is known whose they are."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIMIT_BYTES = 8192


class Credentials(Struct, frozen=True):
    """What a request presented. ``method``: a registered name, or ``client_assertion``."""

    method: str
    client_id: str
    secret: str = ""
    """The client secret or the assertion."""

    def __repr__(self) -> str:
        return f"Credentials({self.method}, {self.client_id})"


def read_credentials(authorization: str | None, params: Params) -> Credentials:
    """The credentials in the ``Authorization`` header or the body.

    Raises ``InvalidRequest`` when there is more than one set (RFC 6749 §2.3) and ``InvalidClient`` when there is none.
    """
    client_id, secret = params.get("client_id"), params.get("client_secret")
    has_assertion = "client_assertion" in params or "client_assertion_type" in params
    if sum((authorization is not None, secret is not None, has_assertion)) > 1:
        raise InvalidRequest("client credentials are sent more than once: use one method")
    if authorization is not None:
        basic_id, basic_secret = read_basic(authorization)
        if client_id is not None and client_id != basic_id:
            raise InvalidRequest("client_id differs between the Authorization header and the body")
        return Credentials("client_secret_basic", basic_id, basic_secret)
    if has_assertion:
        return _read_assertion(client_id, params)
    if client_id is None:
        raise InvalidClient("no client credentials: send client_id with a secret, or an Authorization header")
    if secret is not None:
        return Credentials("client_secret_post", client_id, secret)
    return Credentials("none", client_id)


def _read_assertion(client_id: str | None, params: Params) -> Credentials:
    """Whose assertion it says it is; nothing of it is proven. Spec: RFC 7523 §3"""
    assertion = params.require("client_assertion")
    if params.require("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient(f"client_assertion_type must be {ASSERTION_TYPE}")
    try:
        claims = read_unproven_claims(assertion, limit_bytes=ASSERTION_LIMIT_BYTES)
    except InvalidJws as error:
        raise InvalidClient(REFUSED, detail=f"client_assertion: {error.reason}") from error
    said = claims.get("sub")
    if not isinstance(said, str) or not said or not said.isprintable() or claims.get("iss") != said:
        raise InvalidClient("client_assertion must have the client_id as iss and as sub")
    if client_id is not None and client_id != said:
        raise InvalidClient("client_id is not the sub of client_assertion")
    return Credentials(CLIENT_ASSERTION, said, assertion)
