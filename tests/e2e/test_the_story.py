"""A third-party application gets somebody's albums with that person's consent, and never sees the password."""

from playwright.sync_api import expect

from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor


def test_a_person_signs_in_allows_everything_and_sees_the_albums(visitor: Visitor) -> None:
    visitor.shop.begin_sign_in()
    expect(visitor.page.get_by_text("never sees your password")).to_be_visible()
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("would like access to your account")
    expect(visitor.page.locator(".person")).to_contain_text("zhangsan")
    expect(visitor.page.get_by_role("link", name="localhost")).to_be_visible()
    visitor.consent.allow("list_album")
    expect(visitor.shop.greeting).to_have_text("You are signed in. Welcome, zhangsan")
    visitor.shop.expect_albums()


def test_the_consent_page_has_both_pictures_and_ticks_only_what_is_required(visitor: Visitor) -> None:
    visitor.go_to_consent()
    widths = visitor.page.locator("main img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len(widths) == 2, "the application's icon and the person's picture"
    assert 0 not in widths
    assert visitor.consent.ticked == ["get_user_info"]
    expect(visitor.consent.box("get_user_info")).to_be_disabled()
    expect(visitor.page.get_by_text("does not work without it")).to_be_visible()


def test_without_the_albums_the_application_explains_and_asks_for_just_that(visitor: Visitor) -> None:
    visitor.go_to_consent()
    visitor.consent.allow()
    expect(visitor.shop.missing).to_be_visible()
    expect(visitor.shop.albums).to_have_count(0)
    visitor.shop.ask_again()
    assert visitor.consent.asked == ["list_album"]
    expect(visitor.page.locator("#already")).to_contain_text("You already allowed 1 permission")
    visitor.consent.allow("list_album")
    visitor.shop.expect_albums()


def test_who_refuses_is_taken_at_their_word(visitor: Visitor) -> None:
    visitor.go_to_consent()
    visitor.consent.refuse()
    expect(visitor.shop.message).to_have_text("You said no, and that is that")
    visitor.shop.open()
    expect(visitor.page.locator("#sign-in")).to_be_visible()
    visitor.grants.open()
    expect(visitor.grants.applications).to_have_count(0)


def test_refusing_more_leaves_everything_as_it_was(visitor: Visitor) -> None:
    visitor.allow()
    visitor.shop.ask_again()
    visitor.consent.refuse()
    expect(visitor.page.get_by_role("status")).to_contain_text("everything stays as it was")
    expect(visitor.shop.greeting).to_contain_text("zhangsan")


def test_the_second_time_there_is_no_page(visitor: Visitor) -> None:
    visitor.allow("list_album")
    visitor.shop.sign_out()
    visitor.shop.begin_sign_in()
    visitor.shop.expect_albums()


def test_a_choice_made_in_one_browser_counts_in_another(visitor: Visitor, open_browser: OpenBrowser) -> None:
    visitor.allow("list_album")
    other = open_browser()
    other.shop.begin_sign_in()
    other.sign_in.sign_in_as("zhangsan")
    other.shop.expect_albums()


def test_this_time_only_is_asked_again_the_next_time(visitor: Visitor) -> None:
    visitor.allow("list_album", lifetime="once")
    visitor.shop.expect_albums()
    visitor.shop.sign_out()
    visitor.shop.begin_sign_in()
    assert visitor.consent.asked == ["get_user_info", "list_album"]


def test_an_application_that_asks_for_more_gets_a_page_with_only_what_is_new(visitor: Visitor, demo: Demo) -> None:
    visitor.page.goto(demo.album_tools_url("get_user_info list_album"))
    visitor.sign_in.sign_in_as("zhangsan")
    visitor.consent.allow("get_user_info", "list_album")
    expect(visitor.shop.message).to_be_visible()  # the code lands at an application that did not ask for it
    visitor.page.goto(demo.album_tools_url("get_user_info list_album upload_pic"))
    assert visitor.consent.asked == ["upload_pic"]


def test_how_long_offers_what_the_policy_of_the_application_allows(visitor: Visitor, demo: Demo) -> None:
    visitor.go_to_consent()
    assert visitor.consent.lifetimes == ["once", "1d", "30d", "90d", "forever"]
    visitor.page.goto(demo.album_tools_url())
    assert visitor.consent.lifetimes == ["once", "1d"]
    expect(visitor.page.locator("#lifetime-1d")).to_be_checked()


def test_select_all_ticks_everything_and_then_nothing(visitor: Visitor, demo: Demo) -> None:
    visitor.page.goto(demo.album_tools_url())
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.consent.select_all).to_have_text("Select all")
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == ["get_user_info", "list_album", "upload_pic"]
    expect(visitor.consent.select_all).to_have_text("Select none")
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == []
    visitor.consent.allow()
    expect(visitor.page.locator("#problem")).to_contain_text("Nothing is selected")


def test_select_all_is_there_in_the_demo_and_leaves_what_is_required(visitor: Visitor) -> None:
    visitor.go_to_consent()
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == ["get_user_info", "list_album"]
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == ["get_user_info"]


def test_somebody_else_can_take_over_at_the_consent_page(visitor: Visitor) -> None:
    visitor.go_to_consent("zhangsan")
    visitor.consent.not_you()
    visitor.sign_in.sign_in_as("lisi")
    expect(visitor.page.locator(".person")).to_contain_text("lisi")
    visitor.consent.allow("list_album")
    expect(visitor.shop.greeting).to_contain_text("lisi")
    expect(visitor.shop.albums.first).to_contain_text("Looking up")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(visitor: Visitor) -> None:
    visitor.shop.begin_sign_in()
    visitor.sign_in.try_as("zhangsan", "wrong-password")
    expect(visitor.sign_in.problem).to_contain_text("The username or the password is not right.")
    expect(visitor.page.locator("#username")).to_have_value("zhangsan")
    expect(visitor.page.locator("#password")).to_have_value("")
    said = visitor.sign_in.problem.inner_text()
    visitor.sign_in.try_as("nobody", "wrong-password")
    expect(visitor.page.locator("#username")).to_have_value("nobody")
    assert visitor.sign_in.problem.inner_text() == said
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.consent.form).to_be_visible()


def test_signing_out_asks_once_and_then_nobody_is_signed_in(visitor: Visitor, demo: Demo) -> None:
    visitor.page.goto(f"{demo.places.server}/sign-in")
    visitor.sign_in.sign_in_as("zhangsan")
    visitor.page.get_by_role("link", name="Sign out").click()
    visitor.page.locator("#sign-out").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    visitor.grants.open()
    expect(visitor.sign_in.form).to_be_visible()


def test_a_redirect_uri_that_is_not_registered_leads_nowhere(visitor: Visitor, demo: Demo) -> None:
    url = demo.album_tools_url().replace("%2Fuser%2Fcallback", "%2Felsewhere")
    answer = visitor.page.goto(url)
    assert answer is not None
    assert answer.status == 400
    expect(visitor.page.locator(".developer")).to_contain_text("redirect_uri must be exactly one of those registered")
    expect(visitor.page.locator(".developer code").first).to_have_text(f"{demo.places.photo_print}/elsewhere")
    assert visitor.page.url == url


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(visitor: Visitor, demo: Demo) -> None:
    visitor.page.goto(f"{demo.places.server}/sign-in")
    visitor.sign_in.sign_in_as("zhangsan")
    visitor.switch_language("zh-CN")
    cookies = {cookie["name"]: cookie for cookie in visitor.page.context.cookies(demo.places.server)}
    for_scripts = {"lingpai_browser_state"}  # OpenID Connect Session Management: says that, never who, signed in
    assert cookies.keys() == {"lingpai_session", "lingpai_browser", "lingpai_locale"} | for_scripts
    for name, cookie in cookies.items():
        assert (cookie["sameSite"], cookie["path"]) == ("Lax", "/")
        assert cookie["httpOnly"] == (name not in for_scripts)
    readable: str = visitor.page.evaluate("document.cookie")
    assert readable.partition("=")[0] in for_scripts
    assert ";" not in readable


def test_the_password_and_the_tokens_are_in_no_log(visitor: Visitor, demo: Demo) -> None:
    visitor.allow("list_album")
    logs = demo.logs()
    assert "/oauth2/token" in logs
    assert not [secret for secret in ("panda-eats-bamboo", "code=", "lpc_", "lpa_", "lpr_") if secret in logs]
