"""Taking the access token out of a request: from the Authorization header and from nowhere else.

Owns: RFC 6750 §2.1, RFC 9449 §7.1 and the refusal of the other ways. Leaves: whether the token is good to the checks,
whether the proof beside it is to ``dpop``.
Works on the ASGI connection scope, so middleware and dependencies read the same way.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

from msgspec import Struct

from lingpai.guard.errors import TokenMissing
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, InvalidToken

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")
_TOKEN_LIMIT = 16_384
_SCHEMES: Mapping[str, Literal["Bearer", "DPoP"]] = {"bearer": "Bearer", "dpop": "DPoP"}


class PresentedToken(Struct, frozen=True):
    """An access token as it came. Nothing of it is proven."""

    scheme: Literal["Bearer", "DPoP"]
    token: str

    def __repr__(self) -> str:
        return f"PresentedToken({self.scheme})"


def read_presented_token(connection: Mapping[str, Any]) -> PresentedToken:
    """The token of an ASGI http or websocket connection scope.

    Raises ``TokenMissing`` (none was sent, or credentials of another scheme), ``InvalidRequest`` (sent twice or in the
    query), ``InvalidToken`` (no access token is that long). A token in a form body is not looked for.

    Spec: RFC 6750 §2.1; RFC 9449 §7.1; RFC 9700 §4.3.2
    """
    if any(name == "access_token" for name, _ in parse_qsl(_query(connection), keep_blank_values=True)):
        # A URL ends up in logs, histories and Referer headers; a client that does this must learn it at once.
        raise InvalidRequest("an access token in the query is refused: send it in the Authorization header")
    credentials = _header(connection, b"authorization")
    if len(credentials) > 1:
        raise InvalidRequest("the Authorization header is there more than once")
    sent, _, token = (credentials[0] if credentials else "").strip(" \t").partition(" ")
    scheme = _SCHEMES.get(sent.lower())
    if scheme is None:
        raise TokenMissing("no access token was sent")
    token = token.lstrip(" ")
    if len(token) > _TOKEN_LIMIT:
        raise InvalidToken("the access token is too long")
    if not _B64TOKEN.match(token):
        raise InvalidRequest("the Authorization header is malformed")
    return PresentedToken(scheme, token)


def read_dpop_proof(connection: Mapping[str, Any]) -> str:
    """The one DPoP header; ``InvalidDpopProof`` unless there is exactly one. Spec: RFC 9449 §4.3"""
    proofs = _header(connection, b"dpop")
    if len(proofs) != 1:
        raise InvalidDpopProof(f"there is {'more than one' if proofs else 'no'} DPoP header")
    return proofs[0]


def _header(connection: Mapping[str, Any], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in connection["headers"] if name.lower() == wanted]


def _query(connection: Mapping[str, Any]) -> str:
    query = connection.get("query_string", b"")
    return query.decode("latin-1") if isinstance(query, bytes) else ""
