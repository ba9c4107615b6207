"""The sandbox walks every flow for real, and shows no secret on the way."""

import re

from tests.portal import Developer, developer
from tests.world import World


async def _step(one: Developer, form_id: str, action: str, secret: str = "") -> str:
    changes = [("action", action)] + ([("client_secret", secret)] if secret else [])
    response = await one.browser.submit(one.browser.form(form_id), *changes)
    assert response.status_code == 200, response.text
    return response.text


async def _begun(one: Developer) -> str:
    """Register the sandbox's callback, begin a sign-in, allow it; the page that came back."""
    await one.open("/sandbox")
    await one.browser.submit(one.browser.form("register-form"), ("action", "register"))
    await one.open("/sandbox")
    page = await _step(one, "begin-form", "begin")
    link = re.search(r'id="go" href="([^"]+)"', page)
    assert link
    await one.browser.get(link[1].replace("&amp;", "&"))
    await one.browser.follow()
    form = one.browser.form("consent-form")
    await one.browser.submit(form, *[("scope", name) for name in form.boxes.get("scope", [])], ("decision", "allow"))
    await one.browser.follow()
    assert one.browser.page.status_code == 200
    return one.browser.page.text


async def test_a_sign_in_is_walked_to_the_refreshed_token(world: World) -> None:
    one = await developer(world)
    secret = await one.make_secret()
    code = re.search(r"code=(lpc_\w+)", await _begun(one))
    assert code is None
    page = await _step(one, "redeem-form", "redeem", secret)
    assert 'data-status="200"' in page
    assert secret not in page
    assert not re.search(r"lp[acr]_[0-9a-f]{40}|eyJ", page)
    assert 'data-status="200"' in await _step(one, "refresh-form", "refresh", secret)


async def test_a_wrong_secret_leads_to_its_explanation(world: World) -> None:
    one = await developer(world)
    await one.make_secret()
    await _begun(one)
    page = await _step(one, "redeem-form", "redeem", "wrong")
    assert 'data-status="401"' in page
    link = re.search(r'href="([^"]+/refusals/[0-9a-f]{16})"', page)
    assert link
    assert (await one.browser.get(link[1])).status_code == 200


async def test_a_machine_gets_its_token(world: World) -> None:
    one = await developer(world, kind="machine")
    secret = await one.make_secret()
    await world.add_scope("print", resource="https://api.example/")
    await one.want("print", "")
    await one.open("/sandbox")
    page = await _step(one, "machine-form", "machine", secret)
    assert 'data-status="200"' in page


async def test_a_device_waits_and_is_allowed(world: World) -> None:
    one = await developer(world, kind="native")
    await one.open("/sandbox")
    page = await _step(one, "device-form", "device")
    code = re.search(r'class="user-code-shown">([\w-]+)<', page)
    assert code
    page = await _step(one, "poll-form", "poll")
    assert "authorization_pending" in page


async def test_what_one_person_holds_is_nothing_for_another(world: World) -> None:
    one, other = await developer(world), await developer(world, "lisi")
    for each in (one, other):
        await each.make_secret()
    await _begun(one)
    held = dict(one.browser.form("redeem-form").fields)["held"]
    await _begun(other)
    await other.browser.submit(
        other.browser.form("redeem-form"), ("held", held), ("action", "redeem"), ("client_secret", "x")
    )
    assert other.browser.page.status_code == 403


async def test_snippets_have_the_real_ids_in_them(world: World) -> None:
    for kind, with_qq in (("web", True), ("native", False), ("machine", False)):
        one = await developer(world, kind=kind, with_qq=with_qq)
        page = await one.open("/snippets")
        assert one.client_id in page
        assert ("PHP (QQ SDK)" in page) is with_qq
