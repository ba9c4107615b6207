"""The whole server while somebody holds its database: it says so, loses nothing, and goes on by itself afterwards."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lingpai.server.database_url import sqlite_path
from lingpai.server.storage.copying import SQLiteSide
from tests.log_lines import log_lines
from tests.world import Ask, World, at_once, grant_tokens, refusal

AWAY = (503, "temporarily_unavailable")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World.open(tmp_path)
    yield opened
    await opened.close()


async def test_a_code_and_a_refresh_token_that_could_not_be_spent_are_not_lost(world: World) -> None:
    tokens = await grant_tokens(world)
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    async with world.locked():
        for answer in (await ask.redeem(code), await world.refresh(tokens["refresh_token"])):
            assert refusal(answer) == AWAY
            assert int(answer.headers["retry-after"]) > 0
    assert (await ask.redeem(code)).status_code == 200
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_what_only_reads_goes_on_and_the_health_probe_is_red(world: World) -> None:
    tokens = await grant_tokens(world)
    async with world.locked():
        assert await world.is_active(tokens["access_token"])
        statuses = {path: (await world.http.get(path)).status_code for path in ("/health/live", "/health/ready")}
        assert statuses == {"/health/live": 200, "/health/ready": 503}
    assert (await world.http.get("/health/ready")).status_code == 200


async def test_a_person_is_told_to_try_again_and_is_not_signed_in_by_halves(world: World) -> None:
    browser = world.browser()
    await browser.get("/sign-in")
    async with world.locked():
        await world.sign_in(browser)
        assert browser.page.status_code == 503
        assert "retry-after" in browser.page.headers
        assert "lingpai_session" not in browser.http.cookies
    assert world.rows()["session"] == 0
    await world.sign_in(world.browser())
    assert world.rows()["session"] == 1


async def test_a_consent_that_could_not_be_kept_gives_no_code(world: World) -> None:
    browser = world.browser()
    await Ask(world).to_consent(browser)
    form = browser.form("consent-form")
    async with world.locked():
        page = await browser.submit(form, ("scope", "list_album"), ("decision", "allow"))
        assert page.status_code == 503
    assert world.rows()["account_grant"] == 0


async def test_a_revocation_is_not_said_to_be_done_before_it_is(world: World) -> None:
    tokens = await grant_tokens(world)
    async with world.locked():
        answer = await world.post("/oauth2/revoke", token=tokens["refresh_token"])
        assert answer.status_code == 503, "RFC 7009 §2.2.1: the client must know that the token still lives"
    assert await world.is_active(tokens["access_token"])


async def test_many_who_wait_are_all_told(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    async with world.locked():
        answers = await at_once(*[ask.redeem(code) for _ in range(20)])
    assert {refusal(answer) for answer in answers} == {AWAY}
    assert (await ask.redeem(code)).status_code == 200


async def test_a_file_that_was_moved_is_read_and_who_writes_is_told_to_come_back(tmp_path: Path) -> None:
    world = await World.open(tmp_path, database=f"sqlite:///{tmp_path}/moved.db")
    tokens = await grant_tokens(world)
    with contextlib.closing(SQLiteSide(sqlite_path(world.config.database))) as file:
        file.lock()
        file.refuse_writing("moved to postgresql://db.example/lingpai")
    assert await world.is_active(tokens["access_token"])
    with log_lines() as lines:
        for answer in (
            await world.refresh(tokens["refresh_token"]),
            await world.post("/oauth2/revoke", token=tokens["refresh_token"]),
        ):
            assert refusal(answer) == AWAY
    reasons = [line["reason"] for line in lines if line["event"] == "storage unavailable"]
    assert len(reasons) == 2
    assert all("moved to postgresql://db.example/lingpai" in reason for reason in reasons)
    await world.close()
