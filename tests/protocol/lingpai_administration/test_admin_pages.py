"""The pages under /admin: who sees them, and that each act does what its button says and is kept."""

from typing import Any

import pytest
from msgspec.structs import replace

from lingpai.server.storage.audit import AuditFilter
from lingpai.server.storage.audit_chain import verify_chain
from lingpai.server.storage.records import Account
from lingpai.server.web import admin_paths
from tests.administration import add_person, as_role, form_with, press, sign_in
from tests.browser import Browser
from tests.world import PASSWORD, PHOTOS, World

PAGES = sorted(path for path in admin_paths.RETURN_PAGES.values() if path.startswith("/admin"))
PROBES = '"><script>alert(1)</script>'


async def _zhangsan(world: World) -> Account:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account is not None
    return account


def _more(browser: Browser) -> str:
    """Where the next page of the list is."""
    address = browser.page.text.split('id="more"')[0].rpartition('href="')[2].partition('"')[0]
    return address.replace("&amp;", "&")


@pytest.mark.parametrize("path", PAGES)
async def test_who_has_no_role_is_told_that_there_is_no_such_page(world: World, path: str) -> None:
    stranger = world.browser()
    await stranger.get(path)
    assert stranger.page.status_code == 303
    assert stranger.page.headers["location"].endswith("/sign-in")
    person = await as_role(world, None)
    await person.get(path)
    assert person.page.status_code == 404


@pytest.mark.parametrize("path", PAGES)
async def test_a_reader_reads_and_finds_no_button(world: World, path: str) -> None:
    reader = await as_role(world, "reader")
    await reader.get(path)
    assert reader.page.status_code == 200
    assert all(form.id == "language-form" or form.method == "get" for form in reader.forms() if form.buttons)


async def test_an_account_is_found_by_the_beginning_of_its_name_or_address(world: World) -> None:
    admin = await as_role(world, "support")
    await add_person(world, "wangwu", email="Wang.Wu@example.com")
    for text in ("wang", "WANGWU", "wang.wu@"):
        await admin.get(f"/admin/accounts?q={text}")
        assert "wangwu" in admin.page.text
        assert "zhangsan" not in admin.page.text


async def test_more_than_a_page_of_accounts_goes_on_behind_the_last(world: World) -> None:
    admin = await as_role(world, "reader")
    for number in range(51):
        await add_person(world, f"p{number:02}", email=f"p{number:02}@example.com")
    await admin.get("/admin/accounts?q=p")
    assert "p49" in admin.page.text
    assert "<bdi>p50</bdi>" not in admin.page.text
    await admin.get(_more(admin))
    assert "<bdi>p50</bdi>" in admin.page.text


async def test_an_account_is_disabled_and_enabled(world: World) -> None:
    admin = await as_role(world, "support")
    theirs = await sign_in(world, "zhangsan")
    account = await _zhangsan(world)
    await admin.get(f"/admin/accounts/{account.id.hex()}")
    await press(admin, "disable")
    assert 'id="is-disabled"' in admin.page.text
    await theirs.get("/account/grants")
    assert theirs.page.status_code == 303
    await press(admin, "enable")
    assert (await _zhangsan(world)).disabled_at is None
    events = await world.server.store.audit.list_page(AuditFilter(account_id=account.id), limit=2)
    assert [numbered.event.event for numbered in events] == ["account_changed", "account_disabled"]
    assert events[0].event.detail["by"] != account.id.hex()


async def test_a_forced_reset_takes_the_password_and_sends_a_link(world: World) -> None:
    admin = await as_role(world, "support")
    account = await add_person(world, "lisi", email="lisi@example.com")
    await admin.get(f"/admin/accounts/{account.id.hex()}")
    await press(admin, "force_reset")
    assert 'id="done"' in admin.page.text
    (mail,) = [mail for _, mail in await world.server.people.post.outbox(world.clock.now)]
    assert mail.recipient == "lisi@example.com"
    browser = world.browser()
    await browser.get("/sign-in")
    await browser.submit(browser.form("sign-in-form"), ("username", "lisi"), ("password", PASSWORD))
    assert browser.page.status_code != 303


async def test_dangerous_acts_ask_first_who_is_there(world: World) -> None:
    admin = await as_role(world, "administrator")
    account = await _zhangsan(world)
    path = f"/admin/accounts/{account.id.hex()}"
    await admin.get(path)
    world.clock.advance(700)
    await press(admin, "disable", follow=False)
    assert admin.page.status_code == 303
    assert "/account/confirm" in admin.page.headers["location"]
    assert (await _zhangsan(world)).disabled_at is None
    await admin.follow()
    await admin.submit(admin.forms()[0], ("password", PASSWORD))
    assert admin.page.headers["location"].endswith(path)
    await admin.follow()
    await press(admin, "disable")
    assert (await _zhangsan(world)).disabled_at is not None


async def test_nobody_locks_themselves_out(world: World) -> None:
    admin = await as_role(world, "administrator")
    me = await world.server.store.accounts.get_by_username("a-administrator")
    assert me is not None
    await admin.get(f"/admin/accounts/{me.id.hex()}")
    assert not [form for form in admin.forms() if ("action", "disable") in form.buttons]
    await admin.get(f"/admin/accounts/{(await _zhangsan(world)).id.hex()}")
    _, fields = form_with(admin, "action", "disable")
    admin.page = await admin.http.post(f"/admin/accounts/{me.id.hex()}", data=dict(fields))
    assert admin.page.status_code == 409


async def test_an_administrator_gives_a_role_and_support_cannot(world: World) -> None:
    admin = await as_role(world, "administrator")
    account = await _zhangsan(world)
    path = f"/admin/accounts/{account.id.hex()}"
    await admin.get(path)
    await admin.submit(admin.form("role-form"), ("role", "reader"), ("action", "put_role"))
    assert await world.server.administration.roles.role_of(account.id) == "reader"
    support = await as_role(world, "support")
    await support.get(path)
    assert not support.shows("role-form")
    _, fields = form_with(support, "action", "end_sessions")
    data = dict(fields) | {"action": "put_role", "role": "administrator"}
    support.page = await support.http.post(path, data=data)
    assert support.page.status_code == 403
    assert await world.server.administration.roles.role_of(account.id) == "reader"


async def test_an_application_is_disabled_and_marked(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/applications?q=photo-print")
    assert "/admin/applications/photo-print" in admin.page.text
    await admin.get("/admin/applications/photo-print")
    await press(admin, "disable")
    client = await world.server.store.clients.get("photo-print")
    assert client is not None
    assert client.disabled_at is not None
    await press(admin, "mark_legacy")
    assert 'id="is-legacy"' in admin.page.text
    await press(admin, "unmark_legacy")
    assert 'id="is-legacy"' not in admin.page.text


async def test_a_permission_is_made_changed_and_deleted(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/permissions/edit")
    words = (("name", "albums"), ("description_en", "See albums"), ("action", "save"))
    await admin.submit(admin.form("permission-form"), *words)
    assert admin.page.status_code == 422
    assert 'aria-invalid="true"' in admin.page.text
    await admin.submit(admin.form("permission-form"), *words, ("description_zh_CN", "查看相册"), ("resource", PHOTOS))
    await admin.follow()
    assert "albums" in admin.page.text
    await admin.get("/admin/permissions/edit?name=albums")
    await admin.submit(admin.form("permission-form"), ("action", "delete"))
    assert "albums" not in [scope.name for scope in await world.server.store.catalog.scopes()]


async def test_a_resource_server_is_made_and_deleted(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/resource-servers/edit")
    form = admin.form("server-form")
    await admin.submit(form, ("resource", "javascript:alert(1)#x"), ("action", "save"))
    assert admin.page.status_code == 422
    made = (("resource", "https://api.example.com"), ("access_token_format", "at+jwt"), ("action", "save"))
    await admin.submit(form, *made, ("access_token_lifetime_s", "600"), ("access_token_signing_alg", "ES256"))
    assert admin.page.status_code == 303
    await admin.get("/admin/resource-servers/edit?resource=https%3A%2F%2Fapi.example.com")
    await admin.submit(admin.form("server-form"), ("action", "delete"))
    assert admin.page.status_code == 303


async def test_an_announcement_is_on_every_page_between_its_times(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/announcements")
    await admin.submit(
        admin.form("announcement-form"),
        *(("text_en", f"Maintenance\ntonight {PROBES}"), ("text_zh_CN", "今晚维护"), ("audience", "people")),
        *(("begins_at", ""), ("ends_at", ""), ("action", "announce")),
    )
    assert admin.page.status_code == 303, admin.page.text
    await world.server.board.reload(world.clock.now)
    anybody = world.browser()
    await anybody.get("/sign-in", accept_language="en")
    assert "Maintenance\ntonight &#34;&gt;&lt;script&gt;" in anybody.page.text
    await anybody.get("/sign-in", accept_language="zh-CN")
    assert "今晚维护" in anybody.page.text
    world.clock.advance(86_400)
    await anybody.get("/sign-in")
    assert "今晚维护" not in anybody.page.text


async def test_a_secret_setting_is_not_shown(world: World) -> None:
    reader = await as_role(world, "reader")
    await reader.get("/admin/settings")
    assert "smtp_password" in reader.page.text
    assert str(world.config.master_key_file) in reader.page.text  # where it lies is no secret
    key = world.config.master_key_file.read_text().strip()
    assert key not in reader.page.text


async def test_the_log_is_filtered_and_goes_on(world: World) -> None:
    admin = await as_role(world, "reader")
    account = await _zhangsan(world)
    for _ in range(51):
        await world.server.audit.record("consent_given", now=world.clock.now, account_id=account.id, client_id="x")
    await admin.get("/admin/audit?event=consent_given&account=zhangsan&client=x")
    assert admin.page.text.count("<code>consent_given</code>") == 50
    await admin.get(_more(admin))
    assert admin.page.text.count("<code>consent_given</code>") == 1
    await admin.get("/admin/audit?until=2000-01-01")
    assert 'id="nothing"' in admin.page.text
    await admin.get("/admin/audit?account=nobody-like-this")
    assert 'id="nothing"' in admin.page.text


async def test_the_log_is_taken_out_and_that_is_kept(world: World) -> None:
    admin = await as_role(world, "administrator")
    await admin.get("/admin/audit")
    await admin.submit(admin.form("export-form"), ("after", "0"))
    lines = admin.page.text.splitlines()
    assert admin.page.headers["content-type"].startswith("application/jsonl")
    assert '"event":"audit_exported"' in lines[-1]
    state = await verify_chain(world.driver)
    assert state.broken_at is None
    assert state.rows == len(lines)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/admin/accounts/{account}", {"action": "disable"}),
        ("/admin/applications/photo-print", {"action": "disable"}),
        ("/admin/permissions/edit", {"action": "delete", "name": "list_album"}),
        ("/admin/resource-servers/edit", {"action": "delete", "resource": PHOTOS}),
        ("/admin/keys", {"action": "rotate", "use": "sig"}),
        ("/admin/keys", {"action": "withdraw", "kid": "x"}),
        ("/admin/announcements", {"action": "announce"}),
        ("/admin/terms", {"text_en": "x"}),
        ("/admin/audit/export", {"after": "0"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_no_act_without_the_token_of_a_form(world: World, path: str, data: dict[str, Any]) -> None:
    admin = await as_role(world, "administrator")
    account = await _zhangsan(world)
    answer = await admin.http.post(path.format(account=account.id.hex()), data=data)
    assert answer.status_code == 403
    answer = await admin.http.post(path.format(account=account.id.hex()), data=data | {"csrf_token": "x"})
    assert answer.status_code == 403


async def test_what_others_typed_is_shown_and_does_nothing(world: World) -> None:
    admin: Browser = await as_role(world, "administrator")
    account = await add_person(world, "evil", email="evil@example.com")
    await world.server.store.accounts.put(replace(account, name=PROBES, email=PROBES))
    await world.add_client("evil-app", client_name=PROBES, contacts=(PROBES,), client_uri=PROBES)
    for path in (
        "/admin/accounts?q=evil",
        f"/admin/accounts/{account.id.hex()}",
        "/admin/applications",
        "/admin/applications/evil-app",
        f"/admin/accounts?q={PROBES}",
        f"/admin/applications?q={PROBES}",
        f"/admin/audit?account={PROBES}&client={PROBES}&until={PROBES}",
    ):
        await admin.get(path)
        assert admin.page.status_code == 200
        assert "<script>alert" not in admin.page.text


async def test_whoever_has_a_role_is_shown_the_way_to_the_administration(world: World) -> None:
    await add_person(world, "helper", "support")
    world.clock.advance(world.config.catalog_staleness_s + 1)
    helper, person = await sign_in(world, "helper"), world.browser()
    await world.sign_in(person)
    for path in ("/", "/account", "/account/grants", "/account/security", "/developer"):
        for browser, leads in ((helper, True), (person, False)):
            page = await browser.get(path)
            assert ('href="/admin" id="to-admin"' in page.text) is leads
            assert 'href="/developer"' in page.text
