"""Whoever must sign in first comes back to the page of the portal they wanted, and nowhere else."""

import pytest

from tests.portal import developer
from tests.world import World


async def _after_sign_in(world: World, address: str) -> str:
    browser = world.browser()
    await browser.get(address)
    await browser.follow()
    await world.sign_in(browser)
    return browser.page.headers["location"]


@pytest.mark.parametrize("tab", ["", "/review", "/refusals/0123456789abcdef"])
async def test_a_link_in_a_mail_leads_through_the_sign_in(world: World, tab: str) -> None:
    one = await developer(world)
    assert await _after_sign_in(world, one.path(tab)) == one.path(tab)


async def test_an_invitation_is_not_lost_on_the_way(world: World) -> None:
    address = "/developer/join?invitation=abc123"
    assert await _after_sign_in(world, address) == address


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example/",
        "https://evil.example/",
        "/developer/../evil",
        "/developer/join?x=1",
        "/sign-out",
        "/developer\n",
        "",
    ],
)
async def test_a_made_up_ticket_leads_to_no_other_place(world: World, place: str) -> None:
    location = await _after_sign_in(world, f"/sign-in?request=lpw_{place.encode().hex()}")
    assert location == "/account/grants"


async def test_a_ticket_that_is_no_text_leads_nowhere(world: World) -> None:
    assert await _after_sign_in(world, "/sign-in?request=lpw_fz") == "/account/grants"
