"""Methods and paths: what is allowed where, how the rest is refused, and what scripts of other origins may call."""

import pytest

from tests.wire import send
from tests.world import World

TOKEN, INTROSPECT, REVOKE = "/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"
USERINFO, JWKS, METADATA = "/oauth2/userinfo", "/oauth2/jwks", "/.well-known/oauth-authorization-server"
PAR, DEVICE_AUTHORIZATION = "/oauth2/par", "/oauth2/device_authorization"
OPENID, CHECK_SESSION = "/.well-known/openid-configuration", "/oauth2/check_session"
AUTHORIZE, RESUME = "/oauth2/authorize", "/oauth2/authorize/resume"

ALLOWED = {
    TOKEN: "POST, OPTIONS",
    INTROSPECT: "POST, OPTIONS",
    REVOKE: "POST, OPTIONS",
    USERINFO: "GET, POST, OPTIONS",
    JWKS: "GET, OPTIONS",
    METADATA: "GET, OPTIONS",
    OPENID: "GET, OPTIONS",
    PAR: "POST, OPTIONS",
    DEVICE_AUTHORIZATION: "POST, OPTIONS",
    CHECK_SESSION: "GET, OPTIONS",
    "/oauth2/end_session": "GET, POST, OPTIONS",
    AUTHORIZE: "GET, POST, OPTIONS",
    RESUME: "GET, OPTIONS",
    "/health/live": "GET, OPTIONS",
    "/health/ready": "GET, OPTIONS",
    "/": "GET, OPTIONS",
    "/sign-in": "GET, POST, OPTIONS",
    "/sign-out": "GET, POST, OPTIONS",
    "/select-account": "GET, POST, OPTIONS",
    "/device": "GET, POST, OPTIONS",
    "/device/confirm": "GET, POST, OPTIONS",
    "/device/qr.svg": "GET, OPTIONS",
    "/consent": "GET, POST, OPTIONS",
    "/account/grants": "GET, POST, OPTIONS",
    "/language": "POST, OPTIONS",
}
MACHINES = {TOKEN, INTROSPECT, REVOKE, USERINFO, JWKS, METADATA, OPENID, PAR, DEVICE_AUTHORIZATION}
MACHINES |= {"/health/live", "/health/ready"}
CORS = {TOKEN, REVOKE, USERINFO, JWKS, METADATA, OPENID, PAR, DEVICE_AUTHORIZATION}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 1000)


@pytest.mark.spec("RFC 9110", "15.5.6", "405 names the methods that are allowed")
@pytest.mark.parametrize("path", ALLOWED)
async def test_another_method_is_refused_in_the_form_of_the_endpoint(module_world: World, path: str) -> None:
    before, allowed = module_world.rows(), ALLOWED[path].split(", ")
    answered = {*allowed, "HEAD"} if "GET" in allowed else {*allowed}
    for method in [method for method in METHODS if method not in answered]:
        response = await send(module_world.server.app, method, path, query=b"a=b", body=b"c=d")
        assert response.status_code == 405, method
        assert response.headers["allow"] == ALLOWED[path]
        if path in MACHINES:
            assert response.json()["error"] == "invalid_request"
        else:
            assert response.headers["content-type"].startswith("text/html")
    assert module_world.rows() == before


@pytest.mark.spec("RFC 9110", "9.3.2", "HEAD is answered like GET")
@pytest.mark.parametrize("path", [path for path, allowed in ALLOWED.items() if "GET" in allowed])
async def test_head_is_answered_like_get(module_world: World, path: str) -> None:
    head, get = [await send(module_world.server.app, method, path) for method in ("HEAD", "GET")]
    assert head.status_code == get.status_code
    volatile = {"x-request-id", "set-cookie", "dpop-nonce", "location", "content-length"}
    same = {name: value for name, value in get.headers.items() if name not in volatile}
    assert {name: head.headers.get(name) for name in same} == same


@pytest.mark.parametrize("path", ALLOWED)
async def test_options_names_the_methods(module_world: World, path: str) -> None:
    response = await send(module_world.server.app, "OPTIONS", path)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == ALLOWED[path]


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("origin", ["https://app.example", "null"])
async def test_only_what_scripts_may_call_allows_other_origins(module_world: World, path: str, origin: str) -> None:
    headers = [("origin", origin), ("access-control-request-method", "POST")]
    for method in ("OPTIONS", "GET", "POST", "PUT"):
        response = await send(module_world.server.app, method, path, headers=headers)
        allowed = response.headers.get("access-control-allow-origin")
        assert allowed == ("*" if path in CORS else None)
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("path", sorted(CORS))
async def test_a_preflight_says_what_scripts_may_send(module_world: World, path: str) -> None:
    headers = [("origin", "https://app.example"), ("access-control-request-headers", "authorization")]
    response = await send(module_world.server.app, "OPTIONS", path, headers=headers)
    assert {"Authorization", "Content-Type"} <= set(response.headers["access-control-allow-headers"].split(", "))
    assert response.headers["access-control-allow-methods"] == ALLOWED[path]
    assert int(response.headers["access-control-max-age"]) > 0


async def test_a_script_can_read_why_it_was_refused(module_world: World) -> None:
    response = await send(module_world.server.app, "GET", USERINFO, headers=[("origin", "https://app.example")])
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]
    assert response.headers["access-control-allow-origin"] == "*"


UNKNOWN = [
    "/nothing",
    "/oauth2",
    "/oauth2/",
    "/oauth2/token/",
    "/oauth2//token",
    "//oauth2/token",
    "/OAUTH2/TOKEN",
    "/oauth2/token%00",
    "/oauth2/token\x00",
    "/oauth2/../oauth2/token",
    "/static/",
    "/static/../config.py",
    "/static/%2e%2e/config.py",
    "/static/..\\config.py",
    "/.well-known/",
    "/.well-known/unknown",
    "/\xff\xfe",
    "/密",
    "/\ud800",
    "",
    "*",
    "/" + "x" * 1_000_000,
    '/"><script>alert(1)</script>',
]


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: ascii(path[:30]))
async def test_a_path_that_does_not_exist_gets_a_page(module_world: World, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        response = await send(module_world.server.app, method, path, headers=[("cookie", "lingpai_locale=zh_CN")])
        assert response.status_code == 404, method
        assert response.headers["content-type"].startswith("text/html")
        assert "<script>alert" not in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_every_answer_has_a_number_for_the_operator(module_world: World) -> None:
    seen = set()
    for path in (*ALLOWED, "/nothing"):
        seen.add((await send(module_world.server.app, "GET", path)).headers["x-request-id"])
    assert len(seen) == len(ALLOWED) + 1


async def test_a_websocket_is_closed(module_world: World) -> None:
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def write(message: object) -> None:
        sent.append(message)

    await module_world.server.app({"type": "websocket", "path": "/", "headers": []}, receive, write)
    assert sent == [{"type": "websocket.close", "code": 1000}]
