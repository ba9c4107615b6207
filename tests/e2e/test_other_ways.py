"""The same story in Chinese, without JavaScript, and with nothing but a keyboard."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import PASSWORDS, Visitor

_TAB_LIMIT = 40


def test_who_reads_chinese_is_spoken_to_in_chinese(open_browser: OpenBrowser) -> None:
    visitor = open_browser(locale="zh-CN")
    visitor.shop.begin_sign_in()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("登录")
    visitor.sign_in.sign_in_as("zhangsan")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("想访问你的账号")
    expect(visitor.consent.form).to_contain_text("获取你的相册列表")
    visitor.consent.allow("list_album")
    expect(visitor.shop.greeting).to_have_text("你已经登录，欢迎你 zhangsan")
    expect(visitor.shop.albums.first).to_contain_text("颐和园的一天")


def test_the_language_switch_counts_from_then_on_and_keeps_the_place(visitor: Visitor) -> None:
    visitor.go_to_consent()
    visitor.switch_language("zh-CN")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("想访问你的账号")
    assert visitor.consent.asked == ["get_user_info", "list_album"]
    visitor.grants.open()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("我的授权")
    visitor.switch_language("en")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("My permissions")


def test_everything_works_without_javascript(open_browser: OpenBrowser, demo: Demo) -> None:
    visitor = open_browser(java_script_enabled=False)
    visitor.go_to_consent()
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == ["get_user_info", "list_album"]
    visitor.consent.allow()
    expect(visitor.shop.albums).to_have_count(2)
    visitor.grants.open()
    visitor.grants.take_back("albums")
    visitor.shop.open()
    visitor.shop.ask_again()
    visitor.consent.allow("list_album")
    expect(visitor.shop.albums).to_have_count(2)
    visitor.grants.open()
    visitor.grants.end()
    visitor.shop.open()
    expect(visitor.shop.message).to_have_text("Our access has ended")
    visitor.page.goto(f"{demo.places.server}/sign-out")
    visitor.page.locator("#sign-out").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_select_all_without_javascript_keeps_how_long(open_browser: OpenBrowser, demo: Demo) -> None:
    visitor = open_browser(java_script_enabled=False)
    visitor.page.goto(demo.album_tools_url())
    visitor.sign_in.sign_in_as("zhangsan")
    visitor.consent.choose_lifetime("once")
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == ["get_user_info", "list_album", "upload_pic"]
    expect(visitor.page.locator("#lifetime-once")).to_be_checked()
    visitor.consent.select_all.click()
    assert visitor.consent.ticked == []


def test_a_keyboard_is_enough(visitor: Visitor) -> None:
    page, keyboard = visitor.page, visitor.page.keyboard
    visitor.shop.open()
    _press(page, "#sign-in")
    expect(page.locator("#username")).to_be_focused()
    keyboard.type("zhangsan")
    _tab_to(page, "#password")
    keyboard.type(PASSWORDS["zhangsan"])
    keyboard.press("Enter")
    expect(visitor.consent.form).to_be_visible()
    _press(page, 'input[value="list_album"]', "Space")
    _tab_to(page, 'input[name="lifetime"]')
    keyboard.press("ArrowDown")
    expect(page.locator("#lifetime-90d")).to_be_checked()
    _press(page, "#allow")
    expect(visitor.shop.albums).to_have_count(2)
    _press(page, "a[href$='/account/grants']")
    _press(page, "#take-back-1-2")
    expect(visitor.grants.done).to_be_visible()
    _press(page, "#end-1 > summary")
    _press(page, "#end-1-confirm")
    expect(visitor.grants.applications).to_have_count(0)
    _press(page, "nav a[href='/sign-out']")
    _press(page, "#sign-out")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_the_first_stop_of_the_keyboard_leads_to_the_content(visitor: Visitor, demo: Demo) -> None:
    visitor.page.goto(demo.places.server)
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator("a.skip")).to_be_focused()
    expect(visitor.page.locator("a.skip")).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()


def _press(page: Page, selector: str, key: str = "Enter") -> None:
    _tab_to(page, selector)
    page.keyboard.press(key)


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus; where the focus is must be seen at every stop."""
    page.locator(selector).first.wait_for()
    for _ in range(_TAB_LIMIT):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "wanted => { const here = document.activeElement, style = getComputedStyle(here);"
            " return [here.matches(wanted), here === document.body || parseFloat(style.outlineWidth) >= 2"
            " && style.outlineStyle !== 'none', here.outerHTML.slice(0, 120)]; }",
            selector,
        )
        assert stop[1], f"the focus cannot be seen on {stop[2]}"
        if stop[0]:
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
