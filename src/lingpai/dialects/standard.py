"""The standard dialect: JSON, as RFC 6749 writes it. The module is a ``Dialect``.

Spec: RFC 6749 §5
"""

import re

import msgspec
from msgspec import Struct

from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.tokens import TokenResponse

NAME: str = "standard"

_CONTENT_TYPE = "application/json"
_NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_SECONDS_AS_TEXT = re.compile(r"[0-9]{1,10}")
_FOREIGN_TEXT_LIMIT_CHARS = 500


class _TokenBody(Struct, frozen=True, omit_defaults=True):
    access_token: str
    token_type: str
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None


def write_tokens(tokens: TokenResponse) -> WireBody:
    """Members that are ``None`` are left out. Spec: RFC 6749 §5.1"""
    members: object = _TokenBody(
        tokens.access_token,
        tokens.token_type,
        tokens.expires_in,
        tokens.refresh_token,
        tokens.scope,
        tokens.id_token,
    )
    if tokens.extra:
        members = {**tokens.extra, **msgspec.to_builtins(members)}
    return WireBody(200, _CONTENT_TYPE, msgspec.json.encode(members), _NO_STORE)


def write_error(error: OAuthError) -> WireBody:
    """``error`` and, if there is one, ``error_description``; never the operator's detail. Spec: RFC 6749 §5.2"""
    members = {"error": error.code}
    if error.description:
        members["error_description"] = error.description
    return WireBody(error.status, _CONTENT_TYPE, msgspec.json.encode(members), _NO_STORE)


def parse_tokens(body: WireBody) -> TokenResponse:
    """The tokens, or ``RemoteError``, also for an error that came with status 200.

    Spec: RFC 6749 §5.1; RFC 6749 §5.2
    """
    members = _read_object(body)
    if "error" in members or body.status != 200:
        raise _remote_error(members, body.status)
    access_token, token_type = _text(members, "access_token", body), _text(members, "token_type", body)
    if not access_token or not token_type:
        raise UnreadableResponse("access_token or token_type is missing", body.status)
    return TokenResponse(
        access_token=access_token,
        token_type=token_type,
        expires_in=_seconds(members, "expires_in", body),
        refresh_token=_text(members, "refresh_token", body),
        scope=_text(members, "scope", body),
        id_token=_text(members, "id_token", body),
        extra={name: value for name, value in members.items() if name not in _TokenBody.__struct_fields__},
    )


def _read_object(body: WireBody) -> dict[str, object]:
    try:
        return msgspec.json.decode(body.body, type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise UnreadableResponse("not a JSON object", body.status) from error


def _remote_error(members: dict[str, object], status: int) -> RemoteError:
    code = members.get("error")
    if not isinstance(code, str) or not code:
        return UnreadableResponse("refused without an error code", status)
    description = members.get("error_description")
    return RemoteError(_printable(code), _printable(description) if isinstance(description, str) else "", status)


def _text(members: dict[str, object], name: str, body: WireBody) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise UnreadableResponse(f"{name} is not a string", body.status)
    return value


def _seconds(members: dict[str, object], name: str, body: WireBody) -> int | None:
    value = members.get(name)
    # Many servers send the number as a string.
    if isinstance(value, str) and _SECONDS_AS_TEXT.fullmatch(value):
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise UnreadableResponse(f"{name} is not a number of seconds", body.status)


def _printable(foreign: str) -> str:
    """Foreign text made fit for an exception message and a log line."""
    return _UNPRINTABLE.sub("?", foreign[:_FOREIGN_TEXT_LIMIT_CHARS])
