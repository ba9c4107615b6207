"""Somebody was locked out, or took something back: every way to use what was given before is closed at once.

Spec: RFC 6819 §5.1.5.2, §5.3.3; RFC 7009 §1; RFC 9700 §4.14. Stops: CVE-2026-1609, CVE-2026-1486, CVE-2025-53942,
CVE-2024-46999, CVE-2024-47000, CVE-2026-9097, CVE-2026-33668, CVE-2026-43983, CVE-2026-8922, GHSA-895x-rfqp-jh5c.
"""

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from tests.attack.extension_scene import collect_more
from tests.attack.extension_sinks import (
    as_device_code,
    as_grant_assertion,
    as_id_token_hint,
    as_request_uri,
    as_subject_token,
)
from tests.attack.scene import SIGNED_API, Loot, bearer, claims_of, collect
from tests.attack.sinks import as_bearer_token, as_code, as_introspected_token, as_refresh_token, as_session
from tests.world import PASSWORD, Ask, World

Happening = Callable[[World, Loot], Awaitable[None]]


async def _disable_account(world: World, _loot: Loot) -> None:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.disable_account(account)


async def _disable_client(world: World, _loot: Loot) -> None:
    client = await world.server.store.clients.get("photo-print")
    assert client
    await world.server.store.clients.put(replace(client, disabled_at=world.clock.now))


async def _press(loot: Loot, action: str, scope: str = "") -> None:
    await loot.browser.get("/account/grants")
    ours = (form for form in loot.browser.forms() if ("client_id", "photo-print") in form.fields)
    forms = (form for form in ours if ("action", action) in form.buttons)
    form = next(form for form in forms if not scope or ("scope", scope) in form.fields)
    await loot.browser.submit(form, ("action", action))


async def _end_the_grant(_world: World, loot: Loot) -> None:
    await _press(loot, "end")


async def _take_everything_back(_world: World, loot: Loot) -> None:
    for scope in ("get_user_info", "list_album", "read_signed"):
        await _press(loot, "take_back", scope)


async def _let_the_grant_expire(world: World, _loot: Loot) -> None:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    grant = await world.server.store.grants.get(account.id, "photo-print")
    assert grant
    assert await world.server.store.grants.put(replace(grant, expires_at=world.clock.now), replaces=grant)


HAPPENINGS = [_disable_account, _disable_client, _end_the_grant, _take_everything_back, _let_the_grant_expire]


async def _silently(world: World, loot: Loot, _value: str) -> bool:
    """A new code without any page."""
    await loot.browser.get(Ask(world, prompt="none").url)
    location = loot.browser.page.headers.get("location", "")
    assert loot.browser.page.status_code in (303, 400)
    return "code=" in location


PATHS = {
    "redeeming a code": (as_code, "code"),
    "refreshing": (as_refresh_token, "refresh_token"),
    "UserInfo": (as_bearer_token, "access_token"),
    "introspection": (as_introspected_token, "access_token"),
    "introspection of a signed token": (as_introspected_token, "signed_token"),
    "the silent request": (_silently, "code"),
    "polling a device": (as_device_code, "device_code"),
    "exchanging": (as_subject_token, "access_token"),
    "exchanging a signed token": (as_subject_token, "signed_token"),
    "exchanging once more": (as_subject_token, "exchanged_token"),
    "introspection of an exchanged token": (as_introspected_token, "exchanged_token"),
}


@pytest.mark.spec("RFC 9700", "4.14.2", "what an account, client or grant stood for ends with it, everywhere at once")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("happens", HAPPENINGS)
async def test_every_path_is_closed_at_once(world: World, happens: Happening, path: str) -> None:
    loot = await collect_more(world)
    sink, kind = PATHS[path]
    await happens(world, loot)
    assert not await sink(world, loot, loot.everything()[kind])


@pytest.mark.parametrize("path", PATHS)
async def test_when_nothing_happens_every_path_is_open(world: World, path: str) -> None:
    loot = await collect_more(world)
    sink, kind = PATHS[path]
    assert await sink(world, loot, loot.everything()[kind])


@pytest.mark.parametrize("path", list(PATHS)[:6])
async def test_a_permission_that_is_taken_back_is_gone_from_every_answer(world: World, path: str) -> None:
    loot = await collect(world)
    await _press(loot, "take_back", "list_album")
    await _press(loot, "take_back", "read_signed")
    match path:
        case "redeeming a code":
            assert (await loot.ask.redeem(loot.code)).json()["scope"] == "get_user_info"
        case "refreshing":
            assert (await world.refresh(loot.refresh_token)).json()["scope"] == "get_user_info"
        case "introspection":
            assert (await world.introspect(loot.access_token))["scope"] == "get_user_info"
        case "introspection of a signed token":
            assert "read_signed" not in (await world.introspect(loot.signed_token)).get("scope", "")
        case "UserInfo":
            await _press(loot, "take_back", "get_user_info")
            answer = await world.http.get("/oauth2/userinfo", headers=bearer(loot.access_token))
            assert answer.status_code == 401
        case _:
            await loot.browser.get(Ask(world, prompt="none").url)
            code = loot.browser.sent_to.get("code", "")
            if code:
                tokens = (await Ask(world).redeem(code)).json()
                assert "list_album" not in tokens.get("scope", "")


async def test_a_disabled_account_is_signed_out_and_cannot_sign_in(world: World) -> None:
    loot = await collect(world)
    await _disable_account(world, loot)
    assert not await as_session(world, loot, loot.cookie("session"))
    browser = world.browser()
    await world.sign_in(browser, "zhangsan", PASSWORD)
    assert browser.page.status_code == 422


@pytest.mark.parametrize("happens", [_disable_account, _disable_client, _end_the_grant])
async def test_nobody_is_vouched_for_who_was_locked_out_or_said_no(world: World, happens: Happening) -> None:
    loot = await collect_more(world)
    await happens(world, loot)
    assert not await as_grant_assertion(world, loot, loot.more["grant_assertion"])


async def test_a_request_pushed_before_its_client_was_disabled_goes_nowhere(world: World) -> None:
    loot = await collect_more(world)
    await _disable_client(world, loot)
    assert not await as_request_uri(world, loot, loot.more["request_uri"])


async def test_an_id_token_brings_nobody_back(world: World) -> None:
    loot = await collect_more(world)
    await _disable_account(world, loot)
    assert not await as_id_token_hint(world, loot, loot.more["id_token"])


async def test_a_disabled_client_is_refused_wherever_it_shows_its_secret(world: World) -> None:
    loot = await collect(world)
    await _disable_client(world, loot)
    for path in (
        "/oauth2/token",
        "/oauth2/introspect",
        "/oauth2/revoke",
        "/oauth2/par",
        "/oauth2/device_authorization",
    ):
        answer = await world.post(path, token=loot.access_token, grant_type="refresh_token")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), path


async def test_a_request_under_way_does_not_outlive_its_client(world: World) -> None:
    browser = world.browser()
    await Ask(world).to_consent(browser)
    form = browser.form("consent-form")
    client = await world.server.store.clients.get("photo-print")
    assert client
    await world.server.store.clients.put(replace(client, disabled_at=world.clock.now))
    page = await browser.submit(form, ("scope", "list_album"), ("decision", "allow"))
    assert page.status_code == 400
    assert "location" not in page.headers


async def test_enabling_again_brings_back_what_was_only_asleep(world: World) -> None:
    loot = await collect(world)
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    await world.disable_account(account)
    assert not await world.is_active(loot.access_token)
    await world.server.store.accounts.put(account)
    assert await world.is_active(loot.access_token)


async def test_a_token_never_outlives_its_grant(world: World) -> None:
    await world.add_client(access_token_lifetime_s=30 * 86_400)
    ask = Ask(world)
    answer = await ask.allow(world.browser(), lifetime="once")
    tokens = (await ask.redeem(answer["code"])).json()
    assert tokens["expires_in"] == 3600
    assert "refresh_token" not in tokens
    world.clock.advance(3600)
    assert not await world.is_active(tokens["access_token"])


async def test_a_signed_token_says_no_more_than_the_grant_lasts(world: World) -> None:
    """Who verifies it alone asks nobody: it must not claim to live longer than the person said."""
    loot = await collect(world)
    claims = claims_of(loot.signed_token)
    assert claims["aud"] == SIGNED_API
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    grant = await world.server.store.grants.get(account.id, "photo-print")
    assert grant
    assert grant.expires_at
    assert claims["exp"] <= grant.expires_at
