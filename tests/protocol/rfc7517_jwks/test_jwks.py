"""The published keys: complete, public only, and there before they sign."""

from typing import Any

import pytest
from joserfc import jwk, jws

from tests.world import PHOTOS, World, grant_tokens

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


async def keys(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.http.get("/oauth2/jwks")).json()["keys"]
    return found


@pytest.mark.spec("RFC 7517", "5", "the key set is a JSON object with keys")
@pytest.mark.spec("RFC 7517", "8.5.2", "its media type is application/jwk-set+json")
async def test_the_key_set_has_its_media_type_and_may_be_kept_for_a_while(world: World) -> None:
    response = await world.http.get("/oauth2/jwks")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/jwk-set+json"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert set(response.json()) == {"keys"}


@pytest.mark.spec("RFC 7517", "4", "every key says what it is for")
@pytest.mark.spec("RFC 7517", "9.2", "no private member is published")
async def test_every_key_is_public_and_says_what_it_is_for(world: World) -> None:
    found = await keys(world)
    assert found
    for key in found:
        assert not PRIVATE & key.keys()
        assert key["use"] == "sig"
        assert key["alg"]
        assert jwk.import_key(key).is_private is False
    assert len({key["kid"] for key in found}) == len(found)


@pytest.mark.spec("RFC 9110", "13.1.2", "a client that has the key set gets 304")
async def test_who_has_them_already_gets_304(world: World) -> None:
    etag = (await world.http.get("/oauth2/jwks")).headers["etag"]
    assert (await world.http.get("/oauth2/jwks", headers={"if-none-match": etag})).status_code == 304


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays_after(world: World) -> None:
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format="at+jwt")
    old = (await grant_tokens(world, scope="list_album"))["access_token"]
    before = {key["kid"] for key in await keys(world)}
    now, ring = world.clock.now, world.server.keyring
    assert await ring.rotate("ES256", now=now, active_from=now + 600, keep_old_s=7200)
    after = {key["kid"] for key in await keys(world)}
    assert before < after
    (new_kid,) = after - before

    tokens = await grant_tokens(world, scope="list_album")
    assert kid_of(tokens["access_token"]) != new_kid, "published, not active yet"
    world.clock.advance(601)
    tokens = (await world.refresh(tokens["refresh_token"])).json()
    assert kid_of(tokens["access_token"]) == new_kid
    assert (await world.introspect(old, client="photos"))["active"], "signed by the old key, which still verifies"
    world.clock.advance(7200)
    assert before & {key["kid"] for key in await keys(world)} == set()


async def test_keys_survive_a_restart(world: World) -> None:
    before = await keys(world)
    await world.restart()
    assert await keys(world) == before


def kid_of(token: str) -> str:
    kid: str = jws.extract_compact(token.encode()).headers()["kid"]
    return kid
