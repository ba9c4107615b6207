"""Signing in that begins with us: from the list of permissions to the application's own sign-in.

Spec: OpenID Connect Core 1.0 §4
"""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import Browser
from tests.openid import CORE, add_app, sign_in
from tests.world import ISSUER, World

LOGIN = "https://app.example/login"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and (given.get("id") or "").startswith("open-"):
            self.found.append(given.get("href") or "")


async def links(browser: Browser) -> list[str]:
    await browser.get("/account/grants")
    parser = _Links()
    parser.feed(browser.page.text)
    return parser.found


@pytest.mark.spec(CORE, "4", "the person is sent to initiate_login_uri with iss")
async def test_the_list_leads_to_the_applications_own_sign_in(world: World) -> None:
    await add_app(world, initiate_login_uri=LOGIN)
    [link] = await links((await sign_in(world)).browser)
    assert link.partition("?")[0] == LOGIN
    assert parse_qs(urlsplit(link).query) == {"iss": [ISSUER]}


@pytest.mark.spec(CORE, "4", "login_hint is optional")
async def test_the_name_goes_along_only_where_the_application_may_see_it(world: World) -> None:
    await add_app(world, initiate_login_uri=f"{LOGIN}?tenant=1")
    [link] = await links((await sign_in(world, scope="openid profile")).browser)
    query = parse_qs(urlsplit(link).query)
    assert query == {"tenant": ["1"], "iss": [ISSUER], "login_hint": ["zhangsan"]}


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "data:text/html,x", "//evil.example"])
async def test_what_is_no_web_address_becomes_no_link(world: World, address: str) -> None:
    await add_app(world, initiate_login_uri=address)
    assert await links((await sign_in(world)).browser) == []
