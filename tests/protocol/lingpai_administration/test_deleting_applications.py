"""An administrator deletes an application, on a page and through the API."""

import pytest

from lingpai.server.accounts.roles import Role
from lingpai.server.administration.desk import Actor
from tests.administration import as_role
from tests.browser import Browser
from tests.world import PASSWORD, World, grant_tokens, refusal

PATH = "/admin/applications/photo-print/delete"


async def _press(admin: Browser, *changes: tuple[str, str]) -> int:
    await admin.get(PATH)
    await admin.submit(admin.form("delete-form"), *changes)
    return admin.page.status_code


async def test_it_goes_with_everything_people_allowed_it(world: World) -> None:
    tokens = await grant_tokens(world)
    admin = await as_role(world, "administrator")
    await admin.get("/admin/applications/photo-print")
    assert f'href="{PATH}"' in admin.page.text
    assert await _press(admin) == 422, "not without the tick"
    assert "1 person allows it something" in admin.page.text
    assert await _press(admin, ("sure", "yes")) == 303
    await admin.follow()
    assert 'id="done"' in admin.page.text
    userinfo = await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert userinfo.status_code == 401
    assert refusal(await world.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert world.rows()["account_grant"] == 0
    said = [(event.event, event.client_id) for event in await world.server.store.audit.list()]
    assert ("client_deleted", "photo-print") in said
    assert (await admin.get(PATH)).status_code == 404


async def test_it_takes_a_fresh_proof_of_who_acts(world: World) -> None:
    admin = await as_role(world, "administrator")
    world.clock.advance(700)
    assert await _press(admin, ("sure", "yes")) == 303
    assert "/account/confirm" in admin.page.headers["location"]
    assert await world.server.store.clients.get("photo-print")
    await admin.follow()
    await admin.submit(admin.forms()[0], ("password", PASSWORD))
    assert admin.page.headers["location"].endswith(PATH)


@pytest.mark.parametrize("role", ["reader", "reviewer", "support"])
async def test_other_roles_may_not(world: World, role: Role) -> None:
    browser = await as_role(world, role)
    assert "Your role does not allow it." in (await browser.get(PATH)).text
    assert not browser.shows("delete-form")
    await browser.get("/account")
    token = dict(browser.form("profile-form").fields)["csrf_token"]
    answer = await browser.http.post(PATH, data={"csrf_token": token, "sure": "yes"})
    assert answer.status_code == 403
    assert await world.server.store.clients.get("photo-print")


async def test_what_an_api_is_checked_in_the_name_of_stays(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/applications/photos/delete")
    await admin.submit(admin.form("delete-form"), ("sure", "yes"))
    assert admin.page.status_code == 409
    assert "checked in its name" in admin.page.text
    kept = await world.server.store.clients.get("photos")
    assert kept is not None
    assert kept.disabled_at is None


async def test_a_deletion_that_was_interrupted_is_finished_by_the_next(world: World) -> None:
    await grant_tokens(world)
    acts = world.server.administration.applications
    operator = Actor("operator", "administrator")
    await acts.disable(operator, "photo-print", world.clock.now)
    await acts.delete(operator, "photo-print", world.clock.now)
    assert await world.server.store.clients.get("photo-print") is None
