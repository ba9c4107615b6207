"""The sign-in page."""

from collections.abc import Callable

import pytest
from msgspec import structs

from lingpai.crypto.digest import digest
from tests.unit.server.web.conftest import NOW, PASSWORD, Browser, House

RIGHT = [("username", "zhangsan"), ("password", PASSWORD)]
WRONG = [("username", "zhangsan"), ("password", "guess")]


async def test_the_page_says_who_is_asking(house: House) -> None:
    page = await house.browser.get(f"/sign-in?request={house.seal()}")
    assert page.status_code == 200
    assert "<bdi>Photo Print</bdi>" in page.text
    assert 'href="https://print.example.com/"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert "img-src 'self' data: https://print.example.com;" in page.headers["content-security-policy"]


async def test_signing_in_goes_on_with_the_request_that_asked(house: House) -> None:
    page = await house.browser.get(f"/sign-in?request={house.seal()}")
    response = await house.browser.submit(page, "sign-in-form", RIGHT)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/oauth2/authorize/resume?request=")
    secret = house.browser.http.cookies["lingpai_session"]
    assert house.unseal(response.headers["location"]).signed_in == digest(secret)
    assert response.headers["cache-control"] == "no-store"


async def test_signing_in_without_a_request_leads_to_the_account(house: House) -> None:
    page = await house.browser.get("/sign-in")
    response = await house.browser.submit(page, "sign-in-form", RIGHT)
    assert (response.status_code, response.headers["location"]) == (303, "/account/grants")
    again = await house.browser.get("/sign-in")
    assert (again.status_code, again.headers["location"]) == (303, "/account/grants")


async def test_the_session_is_new_at_every_sign_in(house: House) -> None:
    await house.sign_in()
    planted = house.browser.http.cookies["lingpai_session"]
    page = await house.browser.get(f"/sign-in?request={house.seal()}")
    await house.browser.submit(page, "sign-in-form", RIGHT)
    assert house.browser.http.cookies["lingpai_session"] != planted
    assert await house.server.browser_sessions.find(planted, NOW) is None


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(WRONG, id="wrong password"),
        pytest.param([("username", "nobody"), ("password", "guess")], id="no such account"),
        pytest.param([("username", "zhangsan")], id="no password"),
        pytest.param([("username", "\u202e"), ("password", "guess")], id="a name that cannot be one"),
    ],
)
async def test_every_refusal_reads_the_same(house: House, answers: list[tuple[str, str]]) -> None:
    page = await house.browser.get("/sign-in")
    response = await house.browser.submit(page, "sign-in-form", answers)
    assert response.status_code == 422
    assert "The username or the password is not right." in response.text
    assert 'role="alert"' in response.text
    assert "lingpai_session" not in house.browser.http.cookies
    assert "guess" not in response.text


async def test_a_throttled_person_is_told_when_to_come_back(house: House) -> None:
    for _ in range(house.server.config.sign_in_attempts_per_account):
        page = await house.browser.get("/sign-in")
        await house.browser.submit(page, "sign-in-form", WRONG)
    page = await house.browser.get("/sign-in")
    response = await house.browser.submit(page, "sign-in-form", RIGHT)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert "Too many tries." in response.text


async def test_a_form_of_another_browser_signs_nobody_in(house: House, stranger: Callable[[], Browser]) -> None:
    attacker = stranger()
    form = await attacker.get("/sign-in")
    response = await house.browser.submit(form, "sign-in-form", RIGHT)
    assert response.status_code == 403
    assert "lingpai_session" not in house.browser.http.cookies
    assert "Nothing was changed." in response.text


async def test_a_browser_without_cookies_is_told_so(house: House, stranger: Callable[[], Browser]) -> None:
    page = await house.browser.get("/sign-in")
    response = await stranger().submit(page, "sign-in-form", RIGHT)
    assert response.status_code == 403
    assert "does not accept cookies" in response.text


async def test_a_first_visit_can_sign_in(stranger: Callable[[], Browser]) -> None:
    somebody = stranger()
    page = await somebody.get("/sign-in")
    response = await somebody.submit(page, "sign-in-form", RIGHT)
    assert response.status_code == 303


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"asked_at": NOW - 100_000}, "took too long", id="expired"),
        pytest.param({"browser": digest("other")}, "another browser", id="another browser's"),
    ],
)
async def test_a_lost_request_is_explained(house: House, changes: dict[str, object], words: str) -> None:
    page = await house.browser.get(f"/sign-in?request={house.seal(**changes)}")
    assert page.status_code == 400
    assert words in page.text


@pytest.mark.parametrize("sealed", ["x", "lpq_00", "%00", "<script>", "1" * 5000])
async def test_a_garbled_request_is_explained(house: House, sealed: str) -> None:
    page = await house.browser.get(f"/sign-in?request={sealed}")
    assert page.status_code == 400
    assert "<script>" not in page.text.replace("<script src", "")


async def test_a_request_of_a_client_switched_off_meanwhile_ends(house: House) -> None:
    sealed = house.seal()
    await house.server.store.clients.put(structs.replace(house.client, disabled_at=NOW))
    assert (await house.browser.get(f"/sign-in?request={sealed}")).status_code == 400


async def test_the_hint_of_the_application_is_filled_in_escaped(house: House) -> None:
    sealed = house.seal(login_hint='"><b>zhangsan')
    page = await house.browser.get(f"/sign-in?request={sealed}")
    assert 'value="&#34;&gt;&lt;b&gt;zhangsan"' in page.text


async def test_the_page_speaks_the_language_the_application_asks_for(house: House) -> None:
    page = await house.browser.get(f"/sign-in?request={house.seal(ui_locales='fr zh-CN')}", accept_language="en")
    assert '<html lang="zh-CN">' in page.text
    assert "用户名" in page.text


async def test_what_a_form_cannot_be_is_refused(house: House) -> None:
    response = await house.browser.http.post("/sign-in", json={"username": "zhangsan"})
    assert response.status_code == 400
    long = await house.browser.post("/sign-in", [("username", "x" * 100_000)])
    assert long.status_code == 413
    twice = await house.browser.post("/sign-in", [("username", "a"), ("username", "b")])
    assert twice.status_code == 400
