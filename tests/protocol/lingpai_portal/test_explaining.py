"""A refused request is explained to the team of its application, without a secret, and to nobody else."""

import asyncio
import re

import httpx2
import pytest

from lingpai.server.storage.observations import REFUSALS_PER_CLIENT
from tests import databases
from tests.portal import CALLBACK, Developer, developer
from tests.world import Ask, World, grant_tokens

SECRETS = {
    "state": "my-secret-state",
    "nonce": "my-secret-nonce",
    "code": "my-secret-code",
    "code_verifier": "my-secret-verifier-0123456789012345678901234567890",
    "refresh_token": "my-secret-refresh-token",
    "client_secret": "my-secret-client-secret",
    "password": "my-secret-password",
    "login_hint": "somebody@example.com",
    "something_else": "my-secret-unknown",
}


async def _with_callback(world: World) -> Developer:
    one = await developer(world)
    assert await one.set_callbacks(CALLBACK) == 303
    return one


async def _refused(one: Developer, **params: str | None) -> httpx2.Response:
    given: dict[str, str | None] = {"redirect_uri": CALLBACK, "scope": "openid"}
    return await one.browser.get(Ask(one.world, one.client_id, **(given | params)).url)


async def test_the_error_page_leads_a_member_to_the_explanation(world: World) -> None:
    one = await _with_callback(world)
    page = await _refused(one, redirect_uri=CALLBACK + "/")
    assert page.status_code == 400
    link = re.search(r'id="explain" href="([^"]+)"', page.text)
    assert link
    assert page.headers["x-request-id"] in link[1]
    explained = await one.browser.get(link[1])
    assert explained.status_code == 200
    assert f"{CALLBACK}<mark>" in explained.text
    assert "slash at the end" in explained.text


async def test_nobody_else_is_led_there(world: World) -> None:
    one = await _with_callback(world)
    ask = Ask(world, one.client_id, redirect_uri=CALLBACK + "/")
    stranger = world.browser()
    assert 'id="explain"' not in (await stranger.get(ask.url)).text
    await world.add_account("lisi")
    await world.sign_in(stranger, "lisi")
    page = await stranger.get(ask.url)
    assert 'id="explain"' not in page.text
    found = await stranger.get(one.path(f"/refusals/{page.headers['x-request-id']}"))
    assert found.status_code == 404


async def test_a_json_error_is_found_by_its_header(world: World) -> None:
    one = await _with_callback(world)
    secret = await one.make_secret()
    answer = await world.post("/oauth2/token", client=one.client_id, secret=secret, grant_type="client_credentials")
    assert answer.status_code == 400
    await world.server.portal.observer.write_waiting()
    assert answer.headers["x-request-id"] in await one.open("/refusals")
    page = await one.open(f"/refusals/{answer.headers['x-request-id']}")
    assert "<mark>" in page
    assert "authorization_code" in page


async def test_a_wrong_secret_is_explained_though_nothing_is_proven(world: World) -> None:
    one = await _with_callback(world)
    answer = await world.post("/oauth2/token", client=one.client_id, secret="wrong", grant_type="authorization_code")
    assert "did not prove who it is" in await one.open(f"/refusals/{answer.headers['x-request-id']}")


async def test_it_says_when_the_same_request_would_work_now(world: World) -> None:
    one = await _with_callback(world)
    page = await _refused(one, redirect_uri="https://prints.example/other")
    await one.set_callbacks(CALLBACK, "https://prints.example/other")
    assert 'id="works-now"' in await one.open(f"/refusals/{page.headers['x-request-id']}")


@pytest.mark.parametrize("name", SECRETS)
async def test_no_secret_is_kept(world: World, name: str) -> None:
    one = await _with_callback(world)
    await _refused(one, redirect_uri="https://evil.example/", **{name: SECRETS[name]})
    await world.post(
        "/oauth2/token", client=None, client_id=one.client_id, grant_type="nonsense", **{name: SECRETS[name]}
    )
    await world.server.portal.observer.write_waiting()
    rows = databases.read_tables(world.config.database)["refusal"]
    assert len(rows) == 2
    assert SECRETS[name] not in str(rows)


async def test_a_token_of_ours_in_a_parameter_that_is_shown_is_masked(world: World) -> None:
    one = await _with_callback(world)
    token = (await grant_tokens(world))["access_token"]
    page = await _refused(one, redirect_uri=f"https://evil.example/?token={token}")
    assert token not in await one.open(f"/refusals/{page.headers['x-request-id']}")


async def test_a_flood_neither_grows_memory_nor_the_table(world: World) -> None:
    one = await _with_callback(world)
    observer = world.server.portal.observer
    for _ in range(25):
        for _ in range(12):
            await _refused(one, redirect_uri="https://evil.example/")
        await observer.write_waiting()
    assert world.rows()["refusal"] == REFUSALS_PER_CLIENT


async def test_requests_for_unknown_applications_leave_no_row(world: World) -> None:
    before = world.rows()
    for number in range(50):
        await world.post("/oauth2/token", client=None, client_id=f"made-up-{number}", grant_type="authorization_code")
    await world.server.portal.observer.write_waiting()
    assert {name: world.rows()[name] - before[name] for name in ("refusal", "client_day")} == {
        "refusal": 0,
        "client_day": 0,
    }


async def test_what_happens_is_counted_by_day_and_shown(world: World) -> None:
    one = await _with_callback(world)
    secret = await one.make_secret()
    ask = Ask(world, one.client_id, redirect_uri=CALLBACK, scope="openid")
    code = (await ask.allow(world.browser()))["code"]
    params = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    for _ in range(2):
        await world.post(
            "/oauth2/token", client=one.client_id, secret=secret, code_verifier=ask.code_verifier, **params
        )
    await world.server.portal.observer.write_waiting()
    days = await world.server.portal.observations.days(one.client_id, 0)
    assert {kind: number for (_, kind), number in days.items()} == {
        "sign_ins": 1,
        "grants": 1,
        "tokens": 1,
        "refusals": 1,
    }
    page = await one.open("/usage")
    assert page.count("<svg") == 4
    assert page.count("<tr>") == 2


async def test_two_writers_at_once_lose_nothing(world: World) -> None:
    one = await _with_callback(world)
    await _refused(one, redirect_uri="https://evil.example/")
    observer = world.server.portal.observer
    await asyncio.gather(observer.write_waiting(), observer.write_waiting())
    assert world.rows()["refusal"] == 1
