"""The server for tests, used as a client's developer would: both dialects, faults, time, people who say no."""

import subprocess
import sys

import httpx2
import pytest

import lingpai.testing
from lingpai.client import AsyncClient, AuthorizationDenied, Client, ServerUnreachable, TokenError, UserinfoError
from lingpai.client.platforms import PlatformClient, PlatformIdentity, get_platform
from lingpai.testing import InProcessServer, LingpaiServer, SignInFailed


def sign_in(qq: PlatformClient, server: LingpaiServer) -> PlatformIdentity:
    pending = qq.begin(server.qq.redirect_uri)
    return qq.finish(pending, server.sign_in_and_allow(pending.url))


def test_a_person_signs_in_with_qq_connect(qq: PlatformClient, server: LingpaiServer) -> None:
    person = sign_in(qq, server)
    assert (person.name, person.picture) == (server.person.nickname, server.person.picture)
    assert len(person.subject) == len(person.union_subject or "") == 32
    assert sign_in(qq, server).subject == person.subject


def test_a_person_signs_in_with_the_standards(server: LingpaiServer, http: httpx2.Client) -> None:
    own = server.application
    client = Client(server.issuer, own.client_id, own.client_secret, http=http, clock=server.clock, timeout_s=30)
    pending = client.begin_sign_in(redirect_uri=own.redirect_uri, scope="openid profile offline_access")
    tokens = client.finish_sign_in(pending, server.sign_in_and_allow(pending.url))
    assert client.userinfo(tokens)["name"] == server.person.nickname
    server.expire_access_tokens()
    with pytest.raises(UserinfoError):
        client.userinfo(tokens)
    assert server.faults.seen[-1].path == "/oauth2/userinfo"


def test_any_openid_connect_provider_is_a_platform(server: LingpaiServer, http: httpx2.Client) -> None:
    own = server.application
    platform = get_platform("openid", client_id=own.client_id, client_secret=own.client_secret, base_url=server.issuer)
    client = PlatformClient(platform, http=http, clock=server.clock, timeout_s=30)
    pending = client.begin(own.redirect_uri, "openid profile email offline_access")
    person = client.finish(pending, server.sign_in_and_allow(pending.url))
    assert (person.name, person.email, person.email_verified) == ("张三", "zhangsan@people.example", True)
    refreshed = client.refresh(person.tokens)
    assert client.userinfo(refreshed).subject == person.subject


async def test_the_same_without_a_port() -> None:
    async with InProcessServer() as server, httpx2.AsyncClient(transport=server.transport()) as http:
        own = server.application
        client = AsyncClient(server.issuer, own.client_id, own.client_secret, http=http, clock=server.clock)
        pending = await client.begin_sign_in(redirect_uri=own.redirect_uri, scope="openid profile")
        callback = await server.sign_in_and_allow(pending.url, scope=["openid"])
        tokens = await client.finish_sign_in(pending, callback)
        assert tokens.scope == "openid"
        await server.show_placeholder_person()
        await server.reset()


def test_a_person_who_says_no_is_asked_first(qq: PlatformClient, server: LingpaiServer) -> None:
    tokens = sign_in(qq, server).tokens
    pending = qq.begin(server.qq.redirect_uri)
    with pytest.raises(AuthorizationDenied):
        qq.finish(pending, server.sign_in_and_refuse(pending.url))
    with pytest.raises(UserinfoError):
        qq.userinfo(tokens)


@pytest.mark.parametrize("number", [100019, 100020, 100021])
def test_a_number_is_forced_at_the_token_endpoint_and_then_all_is_well(
    qq: PlatformClient, server: LingpaiServer, number: int
) -> None:
    server.faults.fail("/oauth2.0/token", number)
    with pytest.raises(TokenError) as raised:
        sign_in(qq, server)
    assert raised.value.code == str(number)
    assert sign_in(qq, server).name


@pytest.mark.parametrize(("path", "number"), [("/oauth2.0/me", 100016), ("/user/get_user_info", -22)])
def test_a_number_is_forced_wherever_somebody_is_asked_about(
    qq: PlatformClient, server: LingpaiServer, path: str, number: int
) -> None:
    server.faults.fail(path, number, times=None)
    for _ in range(2):
        with pytest.raises(UserinfoError) as raised:
            sign_in(qq, server)
        assert raised.value.code == str(number)
    server.faults.mend()
    assert sign_in(qq, server).name


SHAPES = {
    "/oauth2.0/token": b'callback( {"error":100001,"error_description":"param client_id is wrong or lost "} );\n',
    "/oauth2.0/me?fmt=json": b'{"error":100001,"error_description":"param client_id is wrong or lost "}',
    "/moc2/me": b"code=100001&msg=param+client_id+is+wrong+or+lost+",
    "/user/get_user_info": b'{"ret":100001,"msg":""}',
    "/user/get_vip_info?format=xml": b"<ret>100001</ret>",
}


@pytest.mark.parametrize("url", SHAPES)
def test_a_number_comes_in_the_shape_that_was_asked_for(server: LingpaiServer, http: httpx2.Client, url: str) -> None:
    server.faults.fail(url.partition("?")[0], 100001)
    answer = http.get(server.issuer + url)
    assert answer.status_code == 200
    assert SHAPES[url] in answer.content


@pytest.mark.parametrize(("name", "status"), [("invalid_grant", 400), ("invalid_client", 401)])
def test_a_name_is_forced_as_the_standard_writes_it(
    server: LingpaiServer, http: httpx2.Client, name: str, status: int
) -> None:
    server.faults.fail("/oauth2/token", name)
    answer = http.post(f"{server.issuer}/oauth2/token")
    assert (answer.status_code, answer.json()) == (status, {"error": name})


def test_any_answer_can_be_put_anywhere(qq: PlatformClient, server: LingpaiServer) -> None:
    server.faults.answer("/oauth2.0/me", "<html>502 Bad Gateway</html>", status=502)
    with pytest.raises(UserinfoError):
        sign_in(qq, server)


def test_a_slow_answer_is_too_slow_for_a_client_that_does_not_wait(server: LingpaiServer) -> None:
    server.faults.slow("/oauth2/token", 0.3)
    with httpx2.Client(timeout=0.05) as impatient, pytest.raises(httpx2.ReadTimeout):
        impatient.post(f"{server.issuer}/oauth2/token")
    client = Client(server.issuer, "x", "y", timeout_s=0.05)
    server.faults.slow("/.well-known/oauth-authorization-server", 0.3)
    with client, pytest.raises(ServerUnreachable):
        client.provider()


def test_tokens_expire_and_are_refreshed(qq: PlatformClient, server: LingpaiServer) -> None:
    tokens = sign_in(qq, server).tokens
    server.expire_access_tokens()
    assert tokens.expires_within(0, server.clock())
    with pytest.raises(UserinfoError) as raised:
        qq.userinfo(tokens)
    assert raised.value.code in {"100014", "100016"}
    assert qq.userinfo(qq.refresh(tokens)).name == server.person.nickname


def test_an_unreviewed_application_sees_nobody(qq: PlatformClient, server: LingpaiServer) -> None:
    server.show_placeholder_person()
    person = sign_in(qq, server)
    assert (person.name, person.picture) == ("qzuser", None)
    server.reset()
    assert sign_in(qq, server).name == server.person.nickname


def test_a_page_that_leads_no_further_is_quoted(server: LingpaiServer) -> None:
    with pytest.raises(SignInFailed, match="100008"):
        server.sign_in_and_allow(f"{server.issuer}/oauth2.0/authorize?client_id=1")


def test_wrong_use_is_said_to_be_so(server: LingpaiServer) -> None:
    with pytest.raises(ValueError, match="sign_in_and_refuse"):
        server.faults.fail("/oauth2.0/authorize", 100010)
    with pytest.raises(ValueError, match="path"):
        server.faults.slow("token", 1)
    with pytest.raises(ValueError, match="does not go back"):
        server.clock.advance(-1)
    with pytest.raises(ValueError, match="callbacks"):
        InProcessServer(callbacks=())
    with pytest.raises(AttributeError, match="no attribute"):
        lingpai.testing.nothing  # noqa: B018 - looking is the test


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(ValueError, match="no_such_setting"), LingpaiServer(no_such_setting=1):
        pass


def test_every_public_name_is_there() -> None:
    assert lingpai.testing.__all__ == sorted(lingpai.testing.__all__)
    assert all(getattr(lingpai.testing, name).__name__ == name for name in lingpai.testing.__all__)


def test_the_plugin_loads_no_server() -> None:
    program = "import lingpai.testing.plugin, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert loaded.isdisjoint({"lingpai.server", "lingpai.client", "starlette", "uvicorn", "httpx2", "msgspec"})
