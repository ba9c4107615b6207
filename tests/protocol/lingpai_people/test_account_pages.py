"""Profile, picture, address, sessions, export, deletion."""

import pytest

from lingpai.server.storage.external_identities import LinkedIdentity
from tests.browser import Browser
from tests.people import ADDRESS, account_named, give_address, link_in_mail, mails
from tests.world import PASSWORD, World, grant_tokens

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


async def signed_in(world: World) -> Browser:
    await world.sign_in(browser := world.browser())
    await browser.get("/account")
    return browser


async def test_names_are_changed(world: World) -> None:
    browser = await signed_in(world)
    await browser.submit(browser.form("profile-form"), ("name", " 张\n三 "), ("nickname", "小张"), ("locale", "zh_CN"))
    assert browser.page.status_code in (303, 400)
    await browser.get("/account")
    await browser.submit(browser.form("profile-form"), ("name", "张三"), ("nickname", "小张"), ("locale", "zh_CN"))
    account = await account_named(world)
    assert (account.name, account.claims["nickname"], account.locale) == ("张三", "小张", "zh_CN")


@pytest.mark.parametrize(
    "page", ["/account", "/account/security", "/account/data", "/account/confirm", "/account/grants"]
)
async def test_what_somebody_calls_themselves_is_text_everywhere(world: World, page: str) -> None:
    browser = await signed_in(world)
    await browser.submit(browser.form("profile-form"), ("name", EVIL[:64]), ("nickname", EVIL[:64]))
    await browser.get(page)
    assert browser.page.status_code == 200
    assert "<script>alert" not in browser.page.text
    assert "onerror=alert(1)>" not in browser.page.text.replace("&gt;", "")
    assert "49" not in browser.page.text.split("<main")[1].split("Lingpai")[0][:200]


async def test_a_new_address_is_proved_and_the_old_one_told(world: World) -> None:
    await give_address(world, await account_named(world), "old@example.com")
    browser = await signed_in(world)
    await browser.submit(browser.form("email-form"), ("email", "New@Example.com"))
    assert browser.page.headers["location"] == "/account?done=email_sent"
    assert (await account_named(world)).email == "old@example.com", "nothing before the link is followed"
    link = await link_in_mail(world, "new@example.com")
    await browser.get(link)
    await browser.submit(browser.form("verify-email-form"))
    assert (await account_named(world)).email == "new@example.com"
    told = (await mails(world, "old@example.com"))[0]
    assert "n…@example.com" in told.text
    assert "new@example.com" not in told.text
    await browser.get(link)
    assert browser.page.status_code == 410


async def test_a_link_changes_only_the_account_that_asked(world: World) -> None:
    await world.add_account("lisi")
    browser = await signed_in(world)
    await browser.submit(browser.form("email-form"), ("email", ADDRESS))
    link = await link_in_mail(world)
    await world.sign_in(other := world.browser(), "lisi")
    await other.get(link)
    await other.submit(other.form("verify-email-form"))
    assert (await account_named(world, "lisi")).email == ""
    assert (await account_named(world)).email == ADDRESS


async def test_a_host_header_leads_no_mail_astray(world: World) -> None:
    await give_address(world, await account_named(world))
    browser = world.browser()
    await browser.get("/reset-password")
    form = dict(browser.form("reset-form").fields) | {"email": ADDRESS}
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}):
        await browser.http.post("http://localhost:4000/reset-password", data=form, headers=headers)
    found = await mails(world, ADDRESS)
    assert found
    assert all("evil.example" not in mail.text + mail.html for mail in found)
    assert all(mail.link.startswith("http://localhost:4000/") for mail in found)


async def test_signing_out_another_browser(world: World) -> None:
    there = await signed_in(world)
    here = await signed_in(world)
    await here.get("/account/security")
    form = next(form for form in here.forms() if ("action", "end_session") in form.buttons)
    await here.submit(form, ("action", "end_session"))
    await there.get("/account")
    assert there.page.status_code == 303
    await here.get("/account")
    assert here.page.status_code == 200


async def test_a_session_of_somebody_else_is_out_of_reach(world: World) -> None:
    await world.add_account("lisi")
    await world.sign_in(lisi := world.browser(), "lisi")
    here, _ = await signed_in(world), await signed_in(world)
    await lisi.get("/account/security")
    await here.get("/account/security")
    form = next(form for form in here.forms() if ("action", "end_session") in form.buttons)
    from lingpai.server.accounts.session import session_name

    sessions = await world.server.browser_sessions.list((await account_named(world, "lisi")).id, world.clock.now)
    await here.submit(form, ("session", session_name(sessions[0])), ("action", "end_session"))
    await lisi.get("/account")
    assert lisi.page.status_code == 200


async def test_a_new_browser_is_told_about_and_a_known_one_is_not(world: World) -> None:
    await give_address(world, await account_named(world))
    first = await signed_in(world)
    assert await mails(world) == [], "nobody is surprised by their first browser"
    await world.sign_in(second := world.browser())
    assert "new browser" in (await mails(world))[0].subject
    for known in (first, second):
        await known.get("/sign-out")
        await known.submit(known.form("sign-out-form"))
        await world.sign_in(known)
    assert len(await mails(world)) == 1


async def test_an_application_with_access_is_told_about_once(world: World) -> None:
    await give_address(world, await account_named(world))
    browser = await signed_in(world)
    await grant_tokens(world, browser)
    await grant_tokens(world, browser)
    told = [mail for mail in await mails(world) if "application" in mail.subject]
    assert len(told) == 1
    assert "“Photo Print”" in told[0].text


async def test_my_data_is_whole_and_holds_nothing_that_opens_the_account(world: World) -> None:
    browser = await signed_in(world)
    await grant_tokens(world, browser)
    account = await account_named(world)
    elsewhere = LinkedIdentity(provider="work", subject="42", account_id=account.id, label="Zhang San")
    await world.server.store.external_identities.record(elsewhere)
    await browser.get("/account/data/export")
    data = browser.page.json()
    assert [(way["provider"], way["subject"]) for way in data["sign_in"]["elsewhere"]] == [("work", "42")]
    assert data["account"]["username"] == "zhangsan"
    assert [application["client_id"] for application in data["applications"]] == ["photo-print"]
    assert {"sign_in", "consent_given"} <= {event["event"] for event in data["events"]}
    assert "argon2" not in browser.page.text
    assert browser.page.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("page", ["/account/data/export", "/account/security/app"])
async def test_after_a_while_it_takes_proof_of_the_person(world: World, page: str) -> None:
    browser = await signed_in(world)
    world.clock.advance(700)
    await browser.get(page)
    assert browser.page.headers["location"].startswith("/account/confirm")


async def test_an_account_is_deleted_with_all_it_holds(world: World) -> None:
    await give_address(world, account := await account_named(world))
    browser = await signed_in(world)
    tokens = await grant_tokens(world, browser)
    await browser.get("/account/data")
    assert (await browser.submit(browser.form("delete-form"))).status_code == 422, "not without the tick"
    await browser.submit(browser.form("delete-form"), ("sure", "yes"))
    assert browser.page.status_code == 200
    assert await world.server.store.accounts.get(account.id) is None
    assert not await world.is_active(tokens["access_token"])
    assert (await world.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    await world.sign_in(again := world.browser())
    assert again.page.status_code == 422
    rows = world.rows()
    assert not any(rows[name] for name in ("session", "account_grant", "token_family", "known_browser", "sign_in_step"))
    assert "deleted" in (await mails(world))[0].subject


async def test_applications_are_told_when_an_account_is_deleted(world: World) -> None:
    await world.add_scope("openid")
    await world.add_client(scope="openid get_user_info", backchannel_logout_uri="https://photo-print.example/logout")
    browser = await signed_in(world)
    await grant_tokens(world, browser, scope="openid get_user_info")
    await browser.get("/account/data")
    await browser.submit(browser.form("delete-form"), ("sure", "yes"))
    due = await world.server.store.session_clients.list_due(world.clock.now)
    assert [notice.client_id for notice in due] == ["photo-print"]


async def test_deleting_takes_proof_of_the_person(world: World) -> None:
    browser = await signed_in(world)
    await browser.get("/account/data")
    form = browser.form("delete-form")
    world.clock.advance(700)
    await browser.submit(form, ("sure", "yes"))
    assert browser.page.headers["location"] == "/account/confirm?to=data"
    await world.sign_in(world.browser(), "zhangsan", PASSWORD)


@pytest.mark.parametrize(
    "path",
    ["/account", "/account/email", "/account/security", "/account/data", "/account/confirm", "/account/security/app"],
)
async def test_a_foreign_form_does_nothing(world: World, path: str) -> None:
    browser = await signed_in(world)
    if path == "/account/security/app":
        await browser.get(path)
    before = world.rows()
    data = {
        "action": "end_others",
        "sure": "yes",
        "name": "evil",
        "email": ADDRESS,
        "csrf_token": "x",
        "code": "123456",
    }
    page = await browser.http.post(path, data=data)
    assert page.status_code == 403
    assert world.rows() == before
    assert (await account_named(world)).name == "zhangsan"


@pytest.mark.parametrize("path", ["/account/security/codes", "/account/security/passkeys", "/sign-in/passkey"])
async def test_a_foreign_form_leads_to_a_page_and_does_nothing(world: World, path: str) -> None:
    browser = await signed_in(world)
    before = world.rows()
    page = await browser.http.post(path, data={"csrf_token": "x", "credential": "{}"})
    assert page.status_code == 303
    assert world.rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/account/security",
        "/account/data",
        "/account/data/export",
        "/account/confirm",
        "/account/security/app",
    ],
)
async def test_nobody_sees_them_without_signing_in(world: World, path: str) -> None:
    await (browser := world.browser()).get(path)
    assert browser.page.headers["location"] == "/sign-in"
