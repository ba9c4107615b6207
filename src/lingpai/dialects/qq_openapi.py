"""Answers of QQ Connect's APIs on the wire: an object with ``ret`` and ``msg``, as JSON or XML.

Owns the bytes, both ways. What the object holds is each API's.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import escape

import msgspec

from lingpai.dialects import jsonp
from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody
from lingpai.dialects.qq_errors import printable, ret_text

Format = Literal["json", "xml"]

_JSON = "text/html; charset=utf-8"
_XML = "text/xml; charset=utf-8"
_HEADERS = (("cache-control", "no-store"), ("pragma", "no-cache"))
_LIMIT_BYTES = 4_194_304
_OK_STATUS = 200
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "")


def write_result(members: Mapping[str, object], *, format: Format = "json", spaced: bool = False) -> WireBody:  # noqa: A002 - as the parameter is called
    """A success: ``ret`` 0 and an empty ``msg`` first, then ``members``.

    ``spaced``: blanks around the colons, as the photo service writes; one old parser looks for ``"ret" : 0``.
    """
    return _write({"ret": 0, "msg": "", **members}, format, spaced=spaced)


def write_refusal(ret: int, msg: str | None = None, *, format: Format = "json", spaced: bool = False) -> WireBody:  # noqa: A002 - as the parameter is called
    """A refusal by number; ``msg`` only where the table's is not the whole of it."""
    return _write({"ret": ret, "msg": ret_text(ret) if msg is None else msg}, format, spaced=spaced)


def read_result(body: WireBody) -> dict[str, object]:
    """The members of a JSON answer. Raises ``RemoteError`` with ``ret`` as text when it is not 0."""
    if len(body.body) > _LIMIT_BYTES:
        raise UnreadableResponse("longer than anything an answer could be", body.status)
    try:
        members = msgspec.json.decode(jsonp.unwrap(body.body), type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise UnreadableResponse("not a JSON object", body.status) from error
    # A gateway that refuses before the API is asked says error instead of ret.
    number = members.get("ret", members.get("error", 0))
    if str(number) != "0":
        said = members.get("msg") or members.get("error_description") or ""
        raise RemoteError(printable(str(number)), printable(str(said)), body.status)
    if body.status != _OK_STATUS:
        raise UnreadableResponse("refused without a ret", body.status)
    return members


def _write(members: Mapping[str, object], format: Format, *, spaced: bool) -> WireBody:  # noqa: A002 - as the parameter is called
    if format == "xml":
        # ret comes last in Tencent's.
        ordered = {name: value for name, value in members.items() if name not in ("msg", "ret")}
        ordered |= {"msg": members["msg"], "ret": members["ret"]}
        document = '<?xml version="1.0" encoding="UTF-8"?>' + _element("data", ordered)
        return WireBody(_OK_STATUS, _XML, document.encode(), _HEADERS)
    text = _spaced_json(members) if spaced else msgspec.json.encode(members)
    return WireBody(_OK_STATUS, _JSON, jsonp.escape_markup(text), _HEADERS)


def _spaced_json(value: object) -> bytes:
    if isinstance(value, Mapping):
        pairs = (msgspec.json.encode(name) + b" : " + _spaced_json(item) for name, item in value.items())
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return b"[" + b",".join(map(_spaced_json, value)) + b"]"
    return msgspec.json.encode(value)


def _element(name: str, value: object) -> str:
    """A list is its element once for each item; text is escaped, never CDATA, which a page would read differently."""
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(str(key), item) for key, item in value.items())}</{name}>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element(name, item) for item in value)
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text.translate(_NOT_XML))}</{name}>"
