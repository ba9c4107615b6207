"""Our client against our server in QQ's dialect: each was written from the facts, not from the other."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from lingpai.client import AuthorizationDenied, TokenError
from lingpai.client.platforms import AsyncPlatformClient, PendingSignIn, get_platform
from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import SECRET, World


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


@pytest.fixture
async def client(app: App) -> AsyncIterator[AsyncPlatformClient]:
    issuer = app.world.config.issuer
    qq = get_platform("qq", client_id=APPID, client_secret=SECRET, base_url=issuer, unionid=True)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app.world.server.app)) as http:
        yield AsyncPlatformClient(qq, http=http, clock=app.world.clock)


async def test_a_person_signs_in_is_refreshed_and_stays_the_same(app: App, client: AsyncPlatformClient) -> None:
    pending = PendingSignIn.from_json((await client.begin(CALLBACK, "get_user_info,list_album")).to_json())
    person = await client.finish(pending, await app.to_answer(url=pending.url))
    assert person.name == "zhangsan"
    assert len(person.union_subject or "") == 32
    refreshed = await client.refresh(person.tokens)
    assert refreshed.access_token != person.tokens.access_token
    assert (await client.userinfo(refreshed)).subject == person.subject


@pytest.mark.parametrize("display", ["mobile", "pc"])
async def test_a_person_says_no(app: App, client: AsyncPlatformClient, display: str) -> None:
    pending = await client.begin(CALLBACK, display=display)
    with pytest.raises(AuthorizationDenied):
        await client.finish(pending, await app.to_answer(url=pending.url, decision="refuse"))


async def test_a_code_is_redeemed_once(app: App, client: AsyncPlatformClient) -> None:
    pending = await client.begin(CALLBACK)
    callback = await app.to_answer(url=pending.url)
    await client.finish(pending, callback)
    with pytest.raises(TokenError) as raised:
        await client.finish(pending, callback)
    assert raised.value.code == "100020"
