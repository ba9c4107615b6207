"""The ways a request is spoiled, and what an answer amounts to."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, quote, urlsplit

import httpx2

from tests.protocol.bad_input.endpoints import Endpoint, Good, Param
from tests.wire import FORM, send
from tests.world import CALLBACK, ISSUER, World

ABSENT: Mapping[str, Callable[[bytes, bytes], list[bytes]]] = {
    "missing": lambda _name, _value: [],
    "empty": lambda name, _value: [name + b"="],
    "without an equals sign": lambda name, _value: [name],
}
TOO_LONG, DUPLICATED = "1 MB long", "duplicated"
MALFORMED: Mapping[str, Callable[[bytes, bytes], list[bytes]]] = {
    DUPLICATED: lambda name, value: [name + b"=" + value, name + b"=" + value],
    "duplicated, once empty": lambda name, value: [name + b"=" + value, name + b"="],
    TOO_LONG: lambda name, value: [name + b"=" + value + b"x" * 1_000_000],
    "with a NUL byte": lambda name, value: [name + b"=" + value + b"%00"],
    "with a line break": lambda name, value: [name + b"=" + value + b"%0D%0ASet-Cookie:%20a=b"],
    "with invalid UTF-8": lambda name, value: [name + b"=" + value + b"%FF"],
    "with a raw invalid byte": lambda name, value: [name + b"=" + value + b"\xff"],
    "with a lone surrogate": lambda name, value: [name + b"=" + value + b"%ED%A0%80"],
    "with an overlong sequence": lambda name, value: [name + b"=" + value + b"%C0%80"],
    "with a broken escape": lambda name, value: [name + b"=" + value + b"%zz"],
    "with half an escape": lambda name, value: [name + b"=" + value + b"%4"],
}
WAYS = {**ABSENT, **MALFORMED}


def encode(
    params: Mapping[str, str], name: str = "", how: Callable[[bytes, bytes], list[bytes]] | None = None
) -> bytes:
    """The parameters on the wire, with the one called ``name`` spoiled."""
    parts: list[bytes] = []
    for each, value in params.items():
        raw_name, raw_value = each.encode(), quote(value, safe="").encode()
        parts += how(raw_name, raw_value) if how and each == name else [raw_name + b"=" + raw_value]
    return b"&".join(parts)


async def send_spoiled(
    world: World, good: Good, param: Param | None = None, how: Callable[[bytes, bytes], list[bytes]] | None = None
) -> httpx2.Response:
    """The good request, with one parameter spoiled."""
    in_query, in_body = (param.name, "") if param and param.where == "query" else ("", param.name if param else "")
    body = None if good.body is None else encode(good.body, in_body, how)
    return await send_raw(world, good, encode(good.query, in_query, how), body)


async def send_raw(
    world: World, good: Good, query: bytes, body: bytes | None, headers: Sequence[tuple[str, str]] = (FORM,)
) -> httpx2.Response:
    """The good request with other parameters."""
    cookies = [("cookie", good.cookie)] if good.cookie else []
    return await send(
        world.server.app,
        good.method,
        good.path,
        query=query,
        body=body or b"",
        headers=[*cookies, *(headers if body is not None else ())],
    )


def outcome(response: httpx2.Response) -> str:
    """``400 invalid_request`` (JSON), ``303 invalid_request`` (told to the client), ``400 page``, ``303 elsewhere``."""
    status, location = response.status_code, response.headers.get("location")
    if location is not None:
        if not location.startswith(f"{CALLBACK}?"):
            return f"{status} elsewhere"
        answer = parse_qs(urlsplit(location).query)
        assert answer["iss"] == [ISSUER]
        return f"{status} {answer['error'][0] if 'error' in answer else 'success'}"
    content_type = response.headers.get("content-type", "")
    if content_type.startswith(("text/html", "image/svg+xml")):
        return f"{status} page" if content_type.startswith("text/html") else f"{status} picture"
    assert response.headers.get("cache-control") == "no-store"
    assert response.headers.get("x-content-type-options") == "nosniff"
    if not response.content:
        return str(status)
    body = response.json()
    return f"{status} {body['error']}" if "error" in body else str(status)


def expected(endpoint: Endpoint, param: Param, way: str) -> str:
    """What the specification of the endpoint says to a malformed parameter."""
    too_long = way == TOO_LONG and param.where == "body"
    if endpoint.form == "client":
        proven = param.name not in ("client_id", "redirect_uri") and not too_long
        return "303 invalid_request" if proven else "400 page"
    status = 413 if too_long else 400
    return f"{status} page" if endpoint.form == "page" else f"{status} invalid_request"
