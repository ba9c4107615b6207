"""A refusal in QQ Connect's dialect is explained to the application's team like any other, and its bytes stay."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from lingpai.dialects.qq import write_error
from lingpai.dialects.qq_errors import CLIENT_SECRET_WRONG, ERRORS
from tests import databases
from tests.portal import CALLBACK, Developer, developer
from tests.qq import App
from tests.world import SECRET, World


@pytest.fixture
async def one(world: World) -> Developer:
    """A developer with an application of the dialect."""
    made = await developer(world, with_qq=True)
    assert await made.set_callbacks(CALLBACK) == 303
    return made


async def _explained(one: Developer, answer: httpx2.Response) -> str:
    return await one.open(f"/refusals/{answer.headers['x-request-id']}")


def _refused(**params: str) -> Callable[[App], Awaitable[httpx2.Response]]:
    async def ask(app: App) -> httpx2.Response:
        return await app.token(**{"code": "x", **params})

    return ask


@pytest.mark.parametrize(
    ("ask", "title"),
    [
        (_refused(client_secret="wrong"), "did not prove who it is"),
        (_refused(grant_type="password"), "A way to get tokens"),
        (_refused(), "did not prove who it is"),
        (_refused(code=""), "did not prove who it is"),
        (lambda app: app.me("x", oauth_consumer_key=app.appid), "access token is not good"),
        (lambda app: app.api("/user/get_user_info", "x", openid="y"), "access token is not good"),
        (lambda app: app.api("/user/get_user_info", "", openid="y"), "missing or not valid"),
        (lambda app: app.token("POST", "/moc2/token", grant_type="no"), "A way to get tokens"),
    ],
    ids=["secret", "grant type", "no code", "empty code", "me", "api", "no token", "wap"],
)
async def test_each_refusal_is_found_by_its_header(
    world: World, one: Developer, ask: Callable[[App], Awaitable[httpx2.Response]], title: str
) -> None:
    answer = await ask(App(world, one.client_id))
    assert title in await _explained(one, answer)


async def test_a_good_secret_and_a_bad_code(world: World, one: Developer) -> None:
    secret = await one.make_secret()
    answer = await App(world, one.client_id).token(client_secret=secret, code="57C038D3AD7C5588570FF8F723EB57DE")
    page = await _explained(one, answer)
    assert "The code or token is not good any more" in page
    assert "100019" in page


async def test_the_error_page_shows_the_reference_and_leads_the_team_to_the_difference(
    world: World, one: Developer
) -> None:
    url = App(world, one.client_id).authorize_url(redirect_uri=CALLBACK + "/")
    page = await one.browser.get(url)
    assert page.status_code == 200
    assert page.headers["x-request-id"] in page.text
    link = re.search(r'id="explain" href="([^"]+)"', page.text)
    assert link
    explained = await one.browser.get(link[1])
    assert f"{CALLBACK}<mark>" in explained.text
    assert "slash at the end" in explained.text
    stranger = await world.browser().get(url)
    assert stranger.headers["x-request-id"] in stranger.text
    assert 'id="explain"' not in stranger.text


async def test_only_host_and_path_are_compared_when_it_says_that_it_works_now(world: World, one: Developer) -> None:
    page = await one.browser.get(App(world, one.client_id).authorize_url(redirect_uri="https://prints.example/b?x=1"))
    path = f"/refusals/{page.headers['x-request-id']}"
    assert 'id="works-now"' not in await one.open(path)
    assert await one.set_callbacks(CALLBACK, "https://prints.example/b") == 303
    assert 'id="works-now"' in await one.open(path)


@pytest.mark.parametrize("shape", ["json", "jsonp"])
async def test_the_bytes_of_a_refusal_hold_no_reference(world: World, one: Developer, shape: str) -> None:
    fmt = {"fmt": "json"} if shape == "json" else {}
    answer = await App(world, one.client_id).token(client_secret="wrong", code="x", **fmt)
    expected = write_error(CLIENT_SECRET_WRONG, ERRORS[CLIENT_SECRET_WRONG], shape="json" if fmt else "jsonp")
    assert answer.content == expected.body


async def test_no_secret_of_the_dialect_is_kept(world: World, one: Developer) -> None:
    app = App(world, one.client_id)
    await app.token(client_secret="a-secret-nobody-knows", code="a-code-nobody-knows")
    await app.api("/user/get_user_info", "a-token-nobody-knows", openid="an-openid-nobody-knows")
    await world.server.portal.observer.write_waiting()
    rows = str(databases.read_tables(world.config.database)["refusal"])
    assert rows.count("nobody-knows") == 0
    assert "access_token" in rows
    assert SECRET not in rows


async def test_refusals_of_the_apis_are_counted(world: World, one: Developer) -> None:
    await App(world, one.client_id).api("/user/get_user_info", "x", openid="y")
    await world.server.portal.observer.write_waiting()
    days = await world.server.portal.observations.days(one.client_id, 0)
    assert {kind: number for (_, kind), number in days.items()} == {"refusals": 1}
