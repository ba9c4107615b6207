"""What was allowed can be taken back at any time, and the photo service refuses from then on."""

import json

from playwright.sync_api import expect

from tests.e2e.conftest import OpenBrowser
from tests.e2e.pages import Visitor


def test_the_account_page_shows_what_was_allowed_since_when_and_until_when(visitor: Visitor) -> None:
    visitor.allow("list_album", lifetime="forever")
    visitor.grants.open()
    card = visitor.grants.applications.first
    expect(card.get_by_role("heading")).to_contain_text("Bear Photo Print")
    expect(card.locator(".facts")).to_contain_text("Since")
    expect(card.locator(".facts")).to_contain_text("you end it")
    expect(visitor.grants.permissions).to_have_count(2)


def test_one_permission_taken_back_reaches_the_photo_service_at_once(visitor: Visitor) -> None:
    visitor.allow("list_album")
    visitor.shop.expect_albums()
    visitor.grants.open()
    visitor.grants.take_back("albums")
    expect(visitor.grants.done).to_contain_text("no longer has that permission")
    expect(visitor.grants.permissions).to_have_count(1)
    visitor.shop.open()
    expect(visitor.shop.missing).to_be_visible()
    expect(visitor.shop.greeting).to_contain_text("zhangsan")
    visitor.shop.ask_again()
    visitor.consent.allow("list_album")
    visitor.shop.expect_albums()


def test_ending_all_access_reaches_the_photo_service_at_once(visitor: Visitor) -> None:
    visitor.allow("list_album")
    visitor.shop.expect_albums()
    visitor.grants.open()
    visitor.grants.end()
    expect(visitor.grants.done).to_contain_text("no longer has access")
    expect(visitor.grants.applications).to_have_count(0)
    visitor.shop.open()
    expect(visitor.shop.message).to_have_text("Our access has ended")
    visitor.shop.sign_in_again()
    assert visitor.consent.asked == ["get_user_info", "list_album"]


def test_taking_back_the_last_permission_ends_everything(visitor: Visitor) -> None:
    visitor.allow()
    visitor.grants.open()
    visitor.grants.take_back("nickname")
    expect(visitor.grants.applications).to_have_count(0)
    visitor.shop.open()
    visitor.shop.ask_again()
    assert visitor.consent.asked == ["get_user_info", "list_album"]


def test_the_application_links_to_the_page_where_it_is_taken_back(visitor: Visitor) -> None:
    visitor.allow("list_album")
    visitor.page.get_by_role("link", name="What may this shop see?").click()
    expect(visitor.grants.applications).to_have_count(1)


def test_the_time_is_changed_and_a_receipt_taken_along_without_scripts(open_browser: OpenBrowser) -> None:
    visitor = open_browser(java_script_enabled=False)
    visitor.allow("list_album")
    visitor.grants.open()
    visitor.page.locator("#more-1").click()
    visitor.page.locator("#lifetime-forever").check()
    visitor.page.locator("#change-lifetime").click()
    expect(visitor.grants.done).to_contain_text("The new time holds from now")
    expect(visitor.page.locator(".facts")).to_contain_text("you end it")
    expect(visitor.page.locator("#history > li").first).to_contain_text("You changed how long")
    with visitor.page.expect_download() as download:
        visitor.page.locator("#receipt").click()
    receipt = json.loads(download.value.path().read_text(encoding="utf-8"))["receipt"]
    assert (receipt["username"], receipt["lifetime"], receipt["until"]) == ("zhangsan", "forever", None)
    visitor.page.locator("#end").click()
    expect(visitor.page.locator("#is-over")).to_be_visible()
    visitor.grants.open()
    expect(visitor.grants.applications).to_have_count(0)
