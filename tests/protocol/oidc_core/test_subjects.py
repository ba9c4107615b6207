"""What applications call people: the same for all, or another name in every sector."""

from typing import Any

import pytest

from tests.openid import CORE, add_app, add_person, claims_at_userinfo, open_request, sign_in
from tests.world import World

PRINT = "http://localhost:3000/user/callback"


async def subject(world: World, client_id: str, **params: Any) -> str:
    return str((await sign_in(world, client_id=client_id, **params)).claims["sub"])


@pytest.mark.spec(CORE, "8", "public: the same sub for every client")
async def test_public_is_the_same_everywhere(world: World) -> None:
    for name in ("one", "two"):
        await add_app(world, name)
    assert await subject(world, "one") == await subject(world, "two")


@pytest.mark.spec(CORE, "8.1", "pairwise: another sub in every sector, the same within one")
async def test_pairwise_is_another_in_every_sector(world: World) -> None:
    elsewhere = ("https://other.example/callback",)
    await add_app(world, "public")
    await add_app(world, "here", subject_type="pairwise")
    await add_app(world, "beside", subject_type="pairwise", redirect_uris=("http://localhost:3001/cb", PRINT))
    await add_app(world, "elsewhere", subject_type="pairwise", redirect_uris=elsewhere)
    subjects = {name: await subject(world, name) for name in ("public", "here", "beside")}
    subjects["elsewhere"] = await subject(world, "elsewhere", redirect_uri=elsewhere[0])
    assert subjects["here"] == subjects["beside"], "one host is one sector"
    assert len(set(subjects.values())) == 3


@pytest.mark.spec(CORE, "8.1", "the sector identifier's host is the sector")
async def test_a_sector_document_joins_several_hosts(world: World) -> None:
    sector = {"subject_type": "pairwise", "sector_identifier_uri": "https://sector.example/uris.json"}
    other = ("https://other.example/callback",)
    await add_app(world, "one", **sector)
    await add_app(world, "two", **sector, redirect_uris=other)
    assert await subject(world, "one") == await subject(world, "two", redirect_uri=other[0])


async def test_several_hosts_without_a_document_are_a_sector_of_their_own(world: World) -> None:
    hosts = (PRINT, "https://other.example/callback")
    await add_app(world, "one", subject_type="pairwise", redirect_uris=hosts)
    await add_app(world, "two", subject_type="pairwise", redirect_uris=hosts)
    assert await subject(world, "one") != await subject(world, "two")


@pytest.mark.spec(CORE, "5.3.2", "sub of UserInfo is that of the ID Token, pairwise too")
async def test_a_pairwise_client_sees_one_name_wherever_it_looks(world: World) -> None:
    await add_app(world, "pair", subject_type="pairwise")
    signed_in = await sign_in(world, client_id="pair", scope="openid offline_access")
    sub = signed_in.claims["sub"]
    assert (await claims_at_userinfo(world, signed_in.access_token))["sub"] == sub
    assert (await world.introspect(signed_in.access_token, client="pair"))["sub"] == sub
    again = (await world.refresh(signed_in.tokens["refresh_token"], client="pair")).json()
    assert (await claims_at_userinfo(world, again["access_token"]))["sub"] == sub
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account is not None
    assert account.id.hex() not in str(signed_in.claims), "what others call the person stays secret"


async def test_two_people_are_two(world: World) -> None:
    await add_app(world, "pair", subject_type="pairwise")
    await add_person(world)
    assert await subject(world, "pair") != await subject(world, "pair", username="wang")


async def test_a_subject_is_for_ever(world: World) -> None:
    await add_app(world, "pair", subject_type="pairwise")
    before = await subject(world, "pair")
    now = world.clock.now
    for alg in ("ES256", "A256GCM-SIV"):
        assert await world.server.keyring.rotate(alg, now=now, active_from=now, keep_old_s=3600)
    assert await subject(world, "pair") == before


@pytest.mark.spec(CORE, "8.1", "a hint holds the client's own name for the person")
async def test_a_hint_of_a_pairwise_client_is_understood(world: World) -> None:
    await add_app(world, "pair", subject_type="pairwise")
    signed_in = await sign_in(world, client_id="pair")
    hint = signed_in.tokens["id_token"]
    browser = await open_request(world, signed_in.browser, "pair", prompt="none", id_token_hint=hint)
    assert "code" in browser.sent_to
