"""Nobody, whoever has an initial access token, or everybody: as the settings say, and no more of them than they say."""

from pathlib import Path

import httpx2
import pytest

from lingpai.server.config import Config, ConfigInvalid, load_config
from lingpai.server.storage.sweep import sweep_all
from tests.registration import CALLBACK, REGISTER, initial_token, post, register, registering_world, stored
from tests.world import Ask, World, at_once

DAY_S = 86_400


async def test_registration_is_off_by_default(tmp_path: Path) -> None:
    assert Config().registration == "off"
    async with registering_world(tmp_path, registration="off") as world:
        for method in ("POST", "GET", "PUT", "DELETE"):
            assert (await world.http.request(method, REGISTER, json={})).status_code == 404
        document = (await world.http.get("/.well-known/openid-configuration")).json()
        assert "registration_endpoint" not in document
        # a token that was made before changes nothing
        assert (await post(world, token=await initial_token(world))).status_code == 404


@pytest.mark.spec("RFC 7591", "3", "an initial access token, as a bearer token in the header")
async def test_where_a_token_is_needed_nobody_registers_without_a_good_one(tmp_path: Path) -> None:
    async with registering_world(tmp_path, registration="token") as world:
        bare = await post(world)
        assert (bare.status_code, bare.json()["error"]) == (401, "invalid_token")
        assert bare.headers["www-authenticate"] == f'Bearer realm="{world.config.issuer}"'
        good, old = await initial_token(world), await initial_token(world, lifetime_s=60)
        world.clock.advance(60)
        for token in ("x", good[:-1], good + "x", old):
            response = await post(world, token=token)
            assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
            assert 'error="invalid_token"' in response.headers["www-authenticate"]
        answer = await register(world, token=good)
        assert (await stored(world, answer)).expires_at is None, "an operator vouched for it"
        assert (await post(world, token=good)).status_code == 401, "it was good for one"
        basic = await world.http.post(REGISTER, json={"redirect_uris": [CALLBACK]}, auth=("photo-print", "x"))
        assert basic.status_code in (400, 401)
        in_the_body = await post(world, access_token=await initial_token(world))
        assert in_the_body.status_code == 401


async def test_a_refused_registration_uses_nothing_of_the_token(world: World) -> None:
    token = await initial_token(world)
    assert (await post(world, token=token, scope="admin")).status_code == 400
    assert (await post(world, token=token, redirect_uris=[])).status_code == 400
    await register(world, token=token)


async def test_of_many_who_use_one_token_together_as_many_succeed_as_it_has_uses(world: World) -> None:
    token = await initial_token(world, uses=3)
    before = world.rows()["client"]
    answers = await at_once(*[post(world, token=token) for _ in range(12)])
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [401] * 9
    assert world.rows()["client"] == before + 3


async def test_one_address_registers_twenty_an_hour(world: World) -> None:
    for _ in range(20):
        await register(world)
    refused = await post(world)
    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert 0 < int(refused.headers["retry-after"]) <= 7200
    elsewhere = httpx2.ASGITransport(app=world.server.app, client=("203.0.113.9", 50_000))
    async with httpx2.AsyncClient(transport=elsewhere, base_url=world.config.issuer) as other:
        assert (await other.post(REGISTER, json={"redirect_uris": [CALLBACK]})).status_code == 201
    await register(world, token=await initial_token(world))
    world.clock.advance(2 * 3600)
    await register(world)


async def test_however_many_ask_at_once_one_address_gets_no_more(world: World) -> None:
    answers = await at_once(*[post(world) for _ in range(40)])
    assert sum(answer.status_code == 201 for answer in answers) <= 20


async def test_strangers_register_no_more_applications_than_the_limit(tmp_path: Path) -> None:
    async with registering_world(tmp_path, registration_limit=3, registrations_per_address=1000) as world:
        answers = await at_once(*[post(world) for _ in range(8)])
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 5
        assert int((await post(world)).headers["retry-after"]) > 0
        await register(world, token=await initial_token(world))
        world.clock.advance(30 * DAY_S)
        await sweep_all(world.driver, world.clock())
        await register(world)


async def test_an_application_nobody_allows_anything_goes_after_30_days_and_no_other_does(world: World) -> None:
    unused, used = await register(world), await register(world, scope="openid")
    vouched = await register(world, token=await initial_token(world))
    ask = Ask(world, used["client_id"], redirect_uri=CALLBACK, scope="openid")
    await ask.allow(world.browser(), lifetime="forever")
    clients = world.server.store.clients
    world.clock.advance(30 * DAY_S - 1)
    await sweep_all(world.driver, world.clock())
    assert await clients.get(unused["client_id"])
    world.clock.advance(1)
    await sweep_all(world.driver, world.clock())
    assert await clients.get(unused["client_id"]) is None
    assert await clients.get(used["client_id"])
    assert await clients.get(vouched["client_id"])
    assert await clients.get("photo-print")


def test_what_needs_no_person_cannot_be_open_to_everybody() -> None:
    with pytest.raises(ConfigInvalid, match="client_credentials"):
        load_config(registration="open", registration_grant_type_ceiling=("client_credentials",))
    assert load_config(registration="token", registration_grant_type_ceiling=("client_credentials",))


@pytest.mark.parametrize("grant_type", ["password", "urn:ietf:params:oauth:grant-type:token-exchange", "x"])
def test_some_grant_types_can_be_no_ceiling(grant_type: str) -> None:
    with pytest.raises(ConfigInvalid, match="registration_grant_type_ceiling"):
        load_config(registration="token", registration_grant_type_ceiling=(grant_type,))
