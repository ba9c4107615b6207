"""Reading what platforms answer, with suspicion. Pure.

Owns: JSON answers with errors under status 200, envelopes and names of their own; the checks on every token and fact.
Leaves: which members mean what to ``presets``; QQ's shapes to ``dialects``.
"""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from msgspec import Struct

from lingpai.dialects import jsonp
from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_FACT_LIMIT_CHARS = 512


class Refusal(Struct, frozen=True):
    """How a platform says no inside an answer that may well have status 200."""

    code: str
    """The member that is there, and none of ``fine``, when it does."""
    texts: tuple[str, ...] = ("error_description", "message", "msg")
    fine: tuple[str, ...] = ("0", "")


STANDARD = (Refusal("error"),)


class JsonAnswer(Struct, frozen=True):
    """A ``Reader`` of JSON. ``inside``: the member that holds everything; ``names``: theirs to the standard's."""

    refusals: tuple[Refusal, ...] = STANDARD
    inside: str = ""
    names: Mapping[str, str] = {}

    def __call__(self, body: WireBody) -> dict[str, object]:
        """The members under standard names; ``RemoteError`` for a refusal, ``UnreadableResponse`` for anything odd."""
        outer = read_object(body)
        check_not_refused(outer, self.refusals, body.status)
        members = outer
        if self.inside:
            members = _object(outer.get(self.inside), self.inside, body)
            check_not_refused(members, self.refusals, body.status)
        return {self.names.get(name, name): value for name, value in members.items()}


def read_object(body: WireBody) -> dict[str, object]:
    """The JSON object of an answer, JSONP or not, in which no member comes twice; raises ``UnreadableResponse``."""
    return _object(read_json(body), "the answer", body)


def read_json(body: WireBody) -> object:
    """The JSON of an answer; raises ``UnreadableResponse``."""
    try:
        return json.loads(jsonp.unwrap(body.body).decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        # The decoder's own message quotes the body.
        raise UnreadableResponse("the answer is not JSON, or says something twice", body.status) from None


def check_not_refused(members: Mapping[str, object], refusals: tuple[Refusal, ...], status: int) -> None:
    """Raise the ``RemoteError`` in an answer, if there is one."""
    for refusal in refusals:
        code = members.get(refusal.code)
        if code is None or str(code) in refusal.fine:
            continue
        raise RemoteError(str(code), _first_text(members, refusal.texts), status)
    if status >= 300:
        raise RemoteError(f"http_{status}", _first_text(members, ("message",)), status)


def read_token(members: Mapping[str, object], name: str, *, status: int) -> str | None:
    """A token that fits into a header, or ``None`` if there is none. Raises ``UnreadableResponse``."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise UnreadableResponse(f"{name} is not a token", status)
    return value


def read_seconds(members: Mapping[str, object], name: str, *, status: int) -> int | None:
    """A number of seconds, often sent as text. Raises ``UnreadableResponse``."""
    value = members.get(name)
    if isinstance(value, str) and not value:
        return None
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**10):
        return value
    raise UnreadableResponse(f"{name} is not a number of seconds", status)


def as_fact(value: object) -> str | None:
    """An identifier as text, whichever way it was sent; ``None`` if this is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= _FACT_LIMIT_CHARS and value.isprintable():
        return value
    return None


def _first_text(members: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((text for name in names if isinstance(text := members.get(name), str) and text), "")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Whoever logs or filters answers on the way may have read the other one.
        raise ValueError("a member comes twice")
    return members


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _object(value: object, what: str, body: WireBody) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UnreadableResponse(f"{what} is not an object", body.status)
    return value
