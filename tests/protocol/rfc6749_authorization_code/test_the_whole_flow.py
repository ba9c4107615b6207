import pytest

from tests.world import CALLBACK, ISSUER, Ask, World


@pytest.mark.spec("RFC 6749", "4.1", "a person's consent becomes a code, the code becomes tokens")
async def test_a_person_allows_and_the_application_gets_tokens(world: World) -> None:
    ask = Ask(world)
    browser = world.browser()
    answer = await ask.allow(browser)
    assert browser.page.headers["location"].startswith(CALLBACK + "?")
    assert answer["state"] == "state-of-the-client"
    assert answer["iss"] == ISSUER
    response = await ask.redeem(answer["code"])
    assert response.status_code == 200
    tokens = response.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == world.config.access_token_lifetime_s
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
