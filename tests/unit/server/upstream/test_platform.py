"""Platforms with an OAuth of their own, as upstream providers: the same two verbs."""

from typing import Any

import httpx2
import pytest

from lingpai.server.identity_provider_settings import IdentityProviderSettings
from lingpai.server.upstream.platform import PlatformProvider
from lingpai.server.upstream.provider import UpstreamRefused, Wanted
from tests.unit.client.people import FakeClock
from tests.unit.client.platforms.code_platforms import GitHub
from tests.unit.client.platforms.look_alike import REDIRECT_URI, LookAlike
from tests.unit.client.platforms.qq_and_wechat import QQ, WeChat

SITES = {"qq": QQ, "wechat": WeChat, "github": GitHub}


def _provider(platform: str, site: LookAlike, **more: Any) -> PlatformProvider:
    settings = IdentityProviderSettings(
        platform=platform, client_id=site.client_id, client_secret=site.client_secret, **more
    )
    return PlatformProvider(
        "theirs",
        settings,
        redirect_uri=REDIRECT_URI,
        http=httpx2.AsyncClient(transport=site.transport()),
        timeout_s=5,
        clock=FakeClock(),
    )


@pytest.mark.parametrize("platform", SITES)
async def test_somebody_goes_there_and_comes_back_as_the_same_person(platform: str) -> None:
    site = SITES[platform]()
    provider = _provider(platform, site)
    identities = []
    for _ in range(2):
        departure = await provider.begin(Wanted(prompt="select_account", locales="zh-CN"))
        callback = site.visit(departure.url)
        assert departure.state in callback
        identities.append(await provider.finish(departure.pending, callback.partition("?")[2]))
    assert identities[0] == identities[1]
    assert identities[0].provider == "theirs"
    assert identities[0].subject
    assert identities[0].auth_time is None
    assert identities[0].amr == ()


async def test_an_answer_with_another_state_is_refused() -> None:
    site = QQ()
    provider = _provider("qq", site)
    departure = await provider.begin(Wanted())
    with pytest.raises(UpstreamRefused):
        await provider.finish(departure.pending, "code=1&state=another")
    with pytest.raises(UpstreamRefused):
        await provider.finish("not what was remembered", "code=1&state=another")


async def test_who_must_sign_in_again_cannot_do_so_there() -> None:
    with pytest.raises(UpstreamRefused) as refused:
        await _provider("qq", QQ()).begin(Wanted(prompt="login", max_age=60))
    assert refused.value.problem == "upstream_not_fresh"


async def test_a_checked_address_that_is_too_long_is_not_cut_into_another_one() -> None:
    site = GitHub()
    address = f"{'a' * 185}@victim.example.attacker.example"
    said = [{"email": address, "primary": True, "verified": True}]
    site.answers["/user/emails"] = httpx2.Response(200, json=said)
    provider = _provider("github", site)
    departure = await provider.begin(Wanted())
    found = await provider.finish(departure.pending, site.visit(departure.url).partition("?")[2])
    assert found.subject
    assert found.email == ""


def test_the_button_says_what_everybody_calls_it_unless_told_otherwise() -> None:
    assert _provider("wechat", WeChat()).title("zh_CN") == "微信"
    assert _provider("wechat", WeChat()).title("en") == "WeChat"
    assert _provider("wechat", WeChat(), title={"en": "Chat"}).title("en") == "Chat"


@pytest.mark.parametrize("more", [{"options": {"no_such": "option"}}, {"base_url": "http://evil.example"}])
def test_what_it_cannot_be_asked_with_is_said_at_start(more: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        _provider("qq", QQ(), **more)
