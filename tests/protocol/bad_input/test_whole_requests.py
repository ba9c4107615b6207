"""Requests that are wrong as a whole: too many parameters, another content type, JSON, half a body, odd cookies."""

import pytest
import pytest_asyncio
from starlette.types import Message

from tests.protocol.bad_input.endpoints import ENDPOINTS, Endpoint, Good, register
from tests.protocol.bad_input.spoil import encode, outcome, send_raw, send_spoiled
from tests.wire import FORM, send
from tests.world import CALLBACK, Ask, World

Prepared = dict[str, Good]
WITH_BODY = [endpoint for endpoint in ENDPOINTS if any(param.where == "body" for param in endpoint.params)]
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nrefresh_token\r\n--x--\r\n'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prepared(module_world: World) -> Prepared:
    await register(module_world)
    return {endpoint.name: await endpoint.make(module_world) for endpoint in ENDPOINTS}


def name_of(endpoint: Endpoint) -> str:
    return endpoint.name


def refused(endpoint: Endpoint) -> str:
    return "400 invalid_request" if endpoint.form == "json" else "400 page"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
async def test_ten_thousand_parameters_are_refused(module_world: World, prepared: Prepared, endpoint: Endpoint) -> None:
    good, many = prepared[endpoint.name], b"&".join(str(number).encode() for number in range(10_000))
    before = module_world.rows()
    if good.body is None:
        response = await send_raw(module_world, good, encode(good.query) + b"&" + many, None)
    else:
        response = await send_raw(module_world, good, encode(good.query), encode(good.body) + b"&" + many)
    # At the authorization endpoint nobody is proven by a request that is not read to its end.
    assert outcome(response) == refused(endpoint)
    assert module_world.rows() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("application/json", b'{"grant_type": "refresh_token"}', id="JSON"),
        pytest.param("multipart/form-data; boundary=x", MULTIPART, id="multipart"),
        pytest.param("text/plain", b"", id="text"),
        pytest.param("application/x-www-form-urlencoded2", b"", id="almost a form"),
        pytest.param("", b"", id="empty type"),
        pytest.param("é/ü", b"", id="not ASCII"),
    ],
)
async def test_a_body_of_another_type_is_refused(
    module_world: World, prepared: Prepared, endpoint: Endpoint, content_type: str, body: bytes
) -> None:
    good = prepared[endpoint.name]
    before = module_world.rows()
    sent = body or encode(good.body or {})
    response = await send_raw(module_world, good, encode(good.query), sent, [("content-type", content_type)])
    nothing_presented = endpoint.name == "userinfo" and not content_type
    assert outcome(response) == ("401" if nothing_presented else refused(endpoint))
    assert module_world.rows() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
async def test_no_body_at_all_is_refused(module_world: World, prepared: Prepared, endpoint: Endpoint) -> None:
    response = await send_raw(module_world, prepared[endpoint.name], encode(prepared[endpoint.name].query), None)
    assert outcome(response) == ("401" if endpoint.name == "userinfo" else refused(endpoint))


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
async def test_a_body_that_ends_early_is_refused(module_world: World, prepared: Prepared, endpoint: Endpoint) -> None:
    good = prepared[endpoint.name]
    sent: list[Message] = []
    pieces: list[Message] = [
        {"type": "http.request", "body": encode(good.body or {})[:20], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return pieces.pop(0)

    async def write(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"cookie", good.cookie.encode())]
    scope = {
        "type": "http",
        "method": good.method,
        "path": good.path,
        "root_path": "",
        "scheme": "http",
        "query_string": encode(good.query),
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    before = module_world.rows()
    await module_world.server.app(scope, receive, write)
    assert sent[0]["status"] == 400
    assert module_world.rows() == before


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.form == "json"], ids=name_of)
async def test_the_back_channel_takes_nothing_from_the_url(
    module_world: World, prepared: Prepared, endpoint: Endpoint
) -> None:
    good = prepared[endpoint.name]
    for query, body in ((encode(good.body or {}), b""), (b"x=1", encode(good.body or {}))):
        assert outcome(await send_raw(module_world, good, query, body)) == "400 invalid_request"


ODD_COOKIES = {
    "empty": b"lingpai_session=; lingpai_browser=; lingpai_locale=",
    "1 MB": b"lingpai_session=" + b"x" * 1_000_000,
    "control characters": b"lingpai_session=\x01\x02; lingpai_browser=\x7f",
    "not ASCII": "lingpai_session=令牌; lingpai_browser=令牌; lingpai_locale=令牌".encode(),
    "not UTF-8": b"lingpai_session=\xff\xfe; lingpai_browser=\xff",
    "quotes": b'lingpai_session="a\\"b"; lingpai_browser="',
    "separators": b";;;===;;lingpai_session;=x;lingpai_browser",
    "repeated": b"lingpai_session=a; lingpai_session=b; lingpai_browser=a; lingpai_browser=b",
    "a locale that does not exist": b"lingpai_locale=../../etc/passwd",
    "ten thousand": b"; ".join(b"c%d=1" % number for number in range(10_000)),
}


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/sign-out", "/account/grants", "/account", "/consent", "/oauth2/authorize/resume"]
)
async def test_odd_cookies_are_as_good_as_none(module_world: World, path: str) -> None:
    app, before = module_world.server.app, module_world.rows()
    without = await send(app, "GET", path)
    for name, cookie in ODD_COOKIES.items():
        with_them = await send(app, "GET", path, headers=[("cookie", cookie)])
        assert with_them.status_code == without.status_code < 500, name
        assert with_them.headers.get("location") == without.headers.get("location"), name
    assert module_world.rows() == before


@pytest.mark.parametrize("cookie", ODD_COOKIES.values(), ids=ODD_COOKIES.keys())
async def test_odd_cookies_do_not_help_a_form(module_world: World, prepared: Prepared, cookie: bytes) -> None:
    before = module_world.rows()
    for name in ("sign-out", "account/grants"):
        good = prepared[name]
        response = await send(
            module_world.server.app, "POST", good.path, body=encode(good.body or {}), headers=[FORM, ("cookie", cookie)]
        )
        assert response.status_code in (303, 403)
    assert module_world.rows() == before


@pytest.mark.parametrize("accept_language", ["", "*", "xx", "zh;q=9", ",,,;;;", "é", "a" * 100_000, "zh-" * 5000])
async def test_odd_language_headers_get_a_page(module_world: World, accept_language: str) -> None:
    headers = [("accept-language", accept_language.encode())]
    assert (await send(module_world.server.app, "GET", "/sign-in", headers=headers)).status_code == 200


async def test_bytes_that_should_have_been_escaped_mean_the_same(module_world: World) -> None:
    for raw, escaped in (("状态".encode(), b"%E7%8A%B6%E6%80%81"), (b"a b", b"a%20b")):
        answers = []
        for state in (raw, escaped):
            query = Ask(module_world, prompt="none", state=None).url.partition("?")[2].encode() + b"&state=" + state
            answers.append(await send(module_world.server.app, "GET", "/oauth2/authorize", query=query))
        first, second = (answer.headers["location"].partition("&state=")[2] for answer in answers)
        assert first == second
        assert answers[0].headers["location"].startswith(f"{CALLBACK}?error=login_required")


async def test_the_good_requests_are_still_good(module_world: World, prepared: Prepared) -> None:
    for name in ("token, code", "userinfo", "authorize, GET", "consent page"):
        response = await send_spoiled(module_world, prepared[name])
        assert response.status_code in (200, 303)
