"""QQ Connect on the wire, both ways: tokens in a query string, JSONP, numeric errors, ``ret`` and ``msg``.

Owns the bytes. The texts of the numbers are in ``qq_errors``; which number a refusal deserves is for who refuses. Every
answer has status 200, errors too: old SDKs never see the body of another. ``read_…`` takes what Tencent's servers have
been seen to send, which is more than ``write_…`` sends.
"""

import re
from typing import Literal
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from lingpai.dialects import jsonp
from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody
from lingpai.dialects.qq_errors import error_text, printable
from lingpai.oauth.params import encode_params
from lingpai.oauth.tokens import TokenResponse

NAME: str = "qq"

Shape = Literal["jsonp", "json", "query"]
"""``jsonp``: what a PC client gets unasked. ``json``: with ``fmt=json``. ``query``: ``/me`` and errors for WAP."""

OPENID = re.compile(r"[0-9A-Za-z]{32}")
"""An ``openid``, and a ``unionid`` without its prefix. Ours are upper-case hex; others' have been seen otherwise."""

_TEXT = "text/html; charset=utf-8"
_HEADERS = (("cache-control", "no-store"), ("pragma", "no-cache"))
_LIMIT_BYTES = 1_048_576
_OK_STATUS = 200


class Identity(Struct, frozen=True):
    """What ``/me`` says: for which application the person is whom. ``unionid`` is there when it was asked for."""

    client_id: str
    openid: str
    unionid: str | None = None


def write_tokens(tokens: TokenResponse, *, shape: Shape = "query") -> WireBody:
    """Three parameters in this order and nothing else, or the same as JSON; ``openid`` if ``tokens.extra`` has it.

    The Java SDK matches the whole body with one expression; Logto's insists that ``expires_in`` is a string.
    """
    pairs = [("access_token", tokens.access_token)]
    if tokens.expires_in is not None:
        pairs.append(("expires_in", str(tokens.expires_in)))
    if tokens.refresh_token is not None:
        pairs.append(("refresh_token", tokens.refresh_token))
    openid = tokens.extra.get("openid")
    if isinstance(openid, str):
        pairs.append(("openid", openid))
    return _body(encode_params(pairs).encode("ascii") if shape == "query" else _json(dict(pairs)))


def read_tokens(body: WireBody) -> TokenResponse:
    """The tokens of a query string or of JSON. Raises ``RemoteError`` with the number as text for a refusal."""
    members = _read_members(body)
    access_token, refresh_token = _text(members, "access_token"), _text(members, "refresh_token")
    if not access_token:
        raise UnreadableResponse("access_token is missing", body.status)
    known = ("access_token", "expires_in", "refresh_token")
    return TokenResponse(
        access_token=access_token,
        expires_in=_seconds(members, body),
        refresh_token=refresh_token or None,
        extra={name: value for name, value in members.items() if name not in known},
    )


def write_error(number: int, text: str | None = None, *, shape: Shape = "jsonp") -> WireBody:
    """A refusal by number; ``text`` only where the table's is not the whole of it."""
    said = error_text(number) if text is None else text
    if shape == "query":
        return _body(encode_params([("code", str(number)), ("msg", said)]).encode("ascii"))
    document = _json({"error": number, "error_description": said})
    return _body(document if shape == "json" else jsonp.wrap(document))


def write_me(identity: Identity, *, shape: Shape = "jsonp") -> WireBody:
    """Who the token's person is. The order is load-bearing: some clients read ``openid`` up to the last brace."""
    members = {"client_id": identity.client_id, "openid": identity.openid}
    if identity.unionid is not None:
        members["unionid"] = identity.unionid
    if shape == "query":
        return _body(encode_params(members.items()).encode("ascii"))
    document = _json(members)
    return _body(document if shape == "json" else jsonp.wrap(document))


def read_me(body: WireBody) -> Identity:
    """The identity in any of the three shapes. Raises ``RemoteError``."""
    members = _read_members(body)
    client_id, openid = _text(members, "client_id"), _text(members, "openid")
    if not client_id or not openid:
        raise UnreadableResponse("client_id or openid is missing", body.status)
    return Identity(client_id, openid, _text(members, "unionid") or None)


def _body(content: bytes) -> WireBody:
    return WireBody(_OK_STATUS, _TEXT, content, _HEADERS)


def _json(members: object) -> bytes:
    return jsonp.escape_markup(msgspec.json.encode(members))


def _read_members(body: WireBody) -> dict[str, object]:
    """The members of an answer in any shape, unless they are those of a refusal."""
    if len(body.body) > _LIMIT_BYTES:
        raise UnreadableResponse("longer than anything an answer could be", body.status)
    members = _parse_members(body)
    # JSONP and JSON say error, the WAP host says code; some ancient answers say ret.
    number = members.get("error", members.get("code", members.get("ret", 0)))
    if str(number) != "0":
        said = members.get("error_description") or members.get("msg") or members.get("error_msg") or ""
        raise RemoteError(printable(str(number)), printable(str(said)), body.status)
    if body.status != _OK_STATUS:
        raise UnreadableResponse("refused without an error", body.status)
    return members


def _parse_members(body: WireBody) -> dict[str, object]:
    document = jsonp.unwrap(body.body).strip()
    try:
        if document.startswith(b"{"):
            return msgspec.json.decode(document, type=dict[str, object])
        return dict(parse_qsl(document.decode("utf-8"), strict_parsing=True, max_num_fields=100))
    except (ValueError, RecursionError) as error:
        raise UnreadableResponse("neither JSON, nor JSONP, nor a query string", body.status) from error


def _text(members: dict[str, object], name: str) -> str:
    value = members.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # an appid that somebody wrote as a number
    return value if isinstance(value, str) else ""


def _seconds(members: dict[str, object], body: WireBody) -> int | None:
    text = _text(members, "expires_in")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise UnreadableResponse("expires_in is not a number of seconds", body.status)
    return int(text)
