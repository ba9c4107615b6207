"""Taking the access token out of a request: from the Authorization header and from nowhere else.

Owns: RFC 6750 §2.1 and the refusal of the other ways. Leaves: whether the token is good to the checks.
Works on the ASGI connection scope, so middleware and dependencies read the same way.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from lingpai.guard.errors import TokenMissing
from lingpai.oauth.errors import InvalidRequest, InvalidToken

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")
_TOKEN_LIMIT = 16_384


def read_bearer_token(connection: Mapping[str, Any]) -> str:
    """The token of an ASGI http or websocket connection scope.

    Raises ``TokenMissing`` (none was sent, or credentials of another scheme), ``InvalidRequest`` (sent twice or in the
    query), ``InvalidToken`` (no access token is that long). A token in a form body is not looked for.

    Spec: RFC 6750 §2.1; RFC 9700 §4.3.2
    """
    if any(name == "access_token" for name, _ in parse_qsl(_query(connection), keep_blank_values=True)):
        # A URL ends up in logs, histories and Referer headers; a client that does this must learn it at once.
        raise InvalidRequest("an access token in the query is refused: send it in the Authorization header")
    credentials = [value for name, value in connection["headers"] if name.lower() == b"authorization"]
    if len(credentials) > 1:
        raise InvalidRequest("the Authorization header is there more than once")
    scheme, _, token = (credentials[0] if credentials else b"").decode("latin-1").strip(" \t").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing("no access token was sent")
    token = token.lstrip(" ")
    if len(token) > _TOKEN_LIMIT:
        raise InvalidToken("the access token is too long")
    if not _B64TOKEN.match(token):
        raise InvalidRequest("the Authorization header is malformed")
    return token


def _query(connection: Mapping[str, Any]) -> str:
    query = connection.get("query_string", b"")
    return query.decode("latin-1") if isinstance(query, bytes) else ""
