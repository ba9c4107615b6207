"""APIs that a service adds to this server: what it writes is the answer, and everything around it is done."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lingpai.server.config import ConfigInvalid
from lingpai.server.wiring.qq import load_openapi
from tests.openapi_sample import ENDPOINTS
from tests.qq import APPID, SCOPE, App, add_qq_client, ret
from tests.world import World, grant_tokens


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sample_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = {"openapi": ("tests.openapi_sample:ENDPOINTS",)}
    opened = await World.open(tmp_path_factory.mktemp("openapi"), **settings)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def app(sample_world: World) -> App:
    await sample_world.reset()
    await sample_world.add_scope("get_greeting")
    await add_qq_client(sample_world, scope=f"{SCOPE} get_greeting")
    return App(sample_world)


async def test_a_call_gets_its_person_its_parameters_and_its_answer_as_json(app: App) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    answer = await app.api("/hello/get_greeting", token, a="1", format="json")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<" not in answer.content
    greeting = {"greeting": "<你好> zhangsan", "sent": {"a": "1"}, "files": {}}
    assert answer.json() == {"ret": 0, "msg": "", **greeting}


async def test_and_as_xml(app: App) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    answer = await app.api("/hello/get_greeting", token, format="xml")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert "<greeting>&lt;你好&gt; zhangsan</greeting>" in answer.text
    assert answer.text.endswith("<msg></msg><ret>0</ret></data>")


async def test_a_refusal_of_the_service_has_its_own_number_in_either_format(app: App) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    assert (await app.api("/hello/get_greeting", token, name="nobody")).json() == {"ret": 3902, "msg": "no such person"}
    answer = await app.api("/hello/get_greeting", token, name="nobody", format="xml")
    assert "<data><msg>no such person</msg><ret>3902</ret></data>" in answer.text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"access_token": None}, -1),
        ({"access_token": "invalid"}, -23),
        ({"oauth_consumer_key": None}, -1),
        ({"oauth_consumer_key": "100333333"}, -23),
        ({"openid": None}, -1),
        ({"openid": "0" * 32}, -22),
    ],
)
async def test_the_common_parameters_are_checked(app: App, changes: dict[str, str | None], expected: int) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    openid = (await app.identity(token)).openid
    answer = await app.api("/hello/get_greeting", token, **({"openid": openid} | changes))
    assert (answer.status_code, ret(answer)) == (200, expected)
    assert answer.json()["msg"]


async def test_the_person_must_allow_the_api_and_the_application_be_registered_for_it(app: App) -> None:
    assert ret(await app.api("/hello/get_greeting", (await app.tokens())["access_token"])) == 100030
    await add_qq_client(app.world, "100333333")
    other = App(app.world, "100333333")
    assert ret(await other.api("/hello/get_greeting", (await other.tokens())["access_token"])) == -3


async def test_a_permission_taken_back_is_refused_at_the_next_call(app: App) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    openid = (await app.identity(token)).openid
    account = await app.world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert await app.world.server.store.grants.end(account.id, APPID, app.world.clock.now)
    assert ret(await app.api("/hello/get_greeting", token, openid=openid)) == -21


async def test_a_file_comes_in_a_form_and_not_more_than_allowed(app: App) -> None:
    token = (await app.tokens(scope="get_greeting"))["access_token"]
    common = {"access_token": token, "oauth_consumer_key": APPID, "openid": (await app.identity(token)).openid}
    sent = await app.world.http.post("/hello/send", params=common, data={"title": "照"}, files={"picture": b"x" * 9})
    assert sent.json()["files"] == {"picture": 9}
    assert sent.json()["sent"] == {"title": "照"}
    refused = await app.world.http.post("/hello/send?format=xml", data=common, files={"picture": b"x" * 1000})
    assert "<ret>-1</ret>" in refused.text


async def test_what_is_not_served_is_refused_by_number_too(app: App) -> None:
    answer = await app.world.http.get("/hello/send?format=xml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "<data><msg>http method is not post</msg><ret>100012</ret></data>" in answer.text
    for path in ("/t/add_t", "/share/add_share", "/user/get_vip_rich_info"):
        for method in ("GET", "POST"):
            answer = await app.world.http.request(method, path, params={"access_token": "x"})
            assert (answer.status_code, answer.json()) == (200, {"ret": -9, "msg": "api does not exist"})


async def test_an_application_that_is_not_marked_is_refused(app: App) -> None:
    token = (await grant_tokens(app.world))["access_token"]
    assert ret(await App(app.world, "photo-print").api("/hello/get_greeting", token, openid="0" * 32)) == -3


def test_the_setting_names_a_list_of_endpoints() -> None:
    assert load_openapi(["tests.openapi_sample:ENDPOINTS"]) == tuple(ENDPOINTS)


@pytest.mark.parametrize(
    "name",
    ["", "tests.openapi_sample", "tests.openapi_sample:NOTHING", "no.such:X", "tests.openapi_sample:NO_ENDPOINTS"],
)
def test_a_setting_that_names_none_is_said_so(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="openapi: "):
        load_openapi([name])
