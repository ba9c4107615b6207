"""The page of what each application may do."""

import re

import pytest

from lingpai.crypto.digest import new_id
from lingpai.server.storage.records import Grant
from tests.unit.server.web.conftest import NOW, House


async def give(house: House) -> Grant:
    grant = Grant(
        account_id=house.account.id,
        client_id=house.client.client_id,
        id=new_id(),
        permissions={"profile": NOW - 100_000, "list_album": NOW},
        created_at=NOW - 100_000,
        expires_at=NOW + 30 * 86_400,
    )
    assert await house.server.store.grants.put(grant, replaces=None)
    return grant


async def form(house: House) -> list[tuple[str, str]]:
    page = await house.browser.get("/account/grants")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    return [("csrf_token", token[1]), ("client_id", house.client.client_id)]


async def test_only_who_is_signed_in_sees_anything(house: House) -> None:
    for response in (await house.browser.get("/account/grants"), await house.browser.post("/account/grants", [])):
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert (await house.browser.get("/account")).headers["location"] == "/sign-in"


async def test_no_grants_is_said_in_words(house: House) -> None:
    await house.sign_in()
    assert "No application has access" in (await house.browser.get("/account/grants")).text


async def test_each_application_is_shown_with_since_and_until(house: House) -> None:
    await give(house)
    await house.sign_in()
    page = await house.browser.get("/account/grants")
    assert "Photo Print" in page.text
    assert '<time datetime="2026-11-21T22:26:40Z">November 21, 2026</time>' in page.text
    assert '<time datetime="2026-12-23T02:13:20Z">December 23, 2026</time>' in page.text
    assert 'aria-label="Take back from Photo Print: See your albums"' in page.text
    chinese = await house.browser.get("/account/grants", accept_language="zh-CN")
    assert "2026年12月23日" in chinese.text


async def test_one_permission_is_taken_back(house: House) -> None:
    await give(house)
    await house.sign_in()
    fields = [*await form(house), ("scope", "list_album"), ("action", "take_back")]
    response = await house.browser.post("/account/grants", fields)
    assert (response.status_code, response.headers["location"]) == (303, "/account/grants?done=taken_back")
    grant = await house.server.store.grants.get(house.account.id, house.client.client_id)
    assert grant is not None
    assert list(grant.permissions) == ["profile"]
    assert grant.ended_at is None
    assert await house.events() == ["grant_narrowed"]
    assert 'role="status"' in (await house.browser.get(response.headers["location"])).text


async def test_taking_back_the_last_permission_ends_the_grant(house: House) -> None:
    await give(house)
    await house.sign_in()
    fields = await form(house)
    for name in ("profile", "list_album"):
        await house.browser.post("/account/grants", [*fields, ("scope", name), ("action", "take_back")])
    grant = await house.server.store.grants.get(house.account.id, house.client.client_id)
    assert grant is not None
    assert grant.ended_at == NOW
    assert await house.events() == ["grant_ended", "grant_narrowed"]


async def test_everything_is_ended_at_once(house: House) -> None:
    await give(house)
    await house.sign_in()
    response = await house.browser.post("/account/grants", [*await form(house), ("action", "end")])
    assert (response.status_code, response.headers["location"]) == (303, "/account/grants?done=ended")
    assert "No application has access" in (await house.browser.get("/account/grants")).text
    assert await house.events() == ["grant_ended"]


async def test_what_is_gone_already_can_be_taken_back_again(house: House) -> None:
    await give(house)
    await house.sign_in()
    fields = await form(house)
    for fields_of_try in ([*fields, ("action", "end")], [*fields, ("action", "end")]):
        assert (await house.browser.post("/account/grants", fields_of_try)).status_code == 303
    assert (
        await house.browser.post("/account/grants", [*fields, ("action", "take_back"), ("scope", "profile")])
    ).status_code == 303
    assert await house.events() == ["grant_ended"]


@pytest.mark.parametrize("token", ["", "x"])
async def test_a_forged_form_takes_nothing_back(house: House, token: str) -> None:
    grant = await give(house)
    await house.sign_in()
    fields = [("csrf_token", token), ("client_id", house.client.client_id), ("action", "end")]
    assert (await house.browser.post("/account/grants", fields)).status_code == 403
    kept = await house.server.store.grants.get(house.account.id, house.client.client_id)
    assert kept is not None
    assert kept.permissions == grant.permissions
    assert kept.ended_at is None


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([], id="no action"),
        pytest.param([("action", "delete")], id="unknown action"),
        pytest.param([("action", "take_back")], id="no permission named"),
    ],
)
async def test_half_a_form_is_refused(house: House, answers: list[tuple[str, str]]) -> None:
    await give(house)
    await house.sign_in()
    assert (await house.browser.post("/account/grants", [*await form(house), *answers])).status_code == 400
