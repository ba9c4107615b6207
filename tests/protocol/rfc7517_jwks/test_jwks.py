"""The published keys: complete, public only, and there before they sign."""

from typing import Any

import pytest
from joserfc import jwk, jws

from tests.log_lines import log_lines
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


async def withdraw(world: World, use: str) -> str:
    """What an operator does in another process: this one sees it when it looks again."""
    store, now = world.server.store, world.clock.now
    (leaked,) = [key for key in await store.keys.list() if key.use == use]
    assert await world.server.key_rotation.replace_leaked(leaked.kid, now)
    assert await store.keys.withdraw(leaked.kid, now)
    await world.server.keyring.reload(now)
    return leaked.kid


async def test_what_a_withdrawn_key_signed_is_refused_and_applications_go_on(world: World) -> None:
    await world.add_resource_server(PHOTOS, client_ids=("photos",), access_token_format="at+jwt")
    tokens = await grant_tokens(world, scope="list_album")
    assert (await world.introspect(tokens["access_token"], client="photos"))["active"]
    leaked = await withdraw(world, "sig")
    assert leaked not in {key["kid"] for key in await keys(world)}
    assert not (await world.introspect(tokens["access_token"], client="photos"))["active"]
    renewed = (await world.refresh(tokens["refresh_token"])).json()
    assert kid_of(renewed["access_token"]) in {key["kid"] for key in await keys(world)}
    assert (await world.introspect(renewed["access_token"], client="photos"))["active"]


async def test_what_was_sealed_under_a_withdrawn_key_is_refused_and_people_come_back(world: World) -> None:
    tokens = await grant_tokens(world, scope="list_album")
    await withdraw(world, "seal")
    assert not (await world.introspect(tokens["access_token"], client="photos"))["active"]
    refused = await world.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    again = await grant_tokens(world, scope="list_album")
    assert (await world.introspect(again["access_token"], client="photos"))["active"]


@pytest.mark.parametrize("leaked", ["old", "new"])
async def test_whichever_of_two_keys_is_withdrawn_one_signs_now(world: World, leaked: str) -> None:
    now, ring, rotation = world.clock.now, world.server.keyring, world.server.key_rotation
    new = await ring.rotate("ES256", now=now, active_from=now + 600, keep_old_s=60)
    assert new
    kid = {"new": new.kid, "old": ring.current.signer("ES256").kid}[leaked]
    assert await rotation.replace_leaked(kid, now)
    assert await world.server.store.keys.withdraw(kid, now)
    await ring.reload(now)
    signs_now = ring.current.signer("ES256").kid
    assert signs_now != kid
    world.clock.advance(3600)
    await ring.reload(world.clock.now)
    assert ring.current.signer("ES256").kid in {key["kid"] for key in await keys(world)}
    assert kid not in {key["kid"] for key in await keys(world)}


async def test_a_clock_that_went_back_before_the_first_key_leaves_a_server_that_signs_and_seals(world: World) -> None:
    ring, now = world.server.keyring, world.clock.now
    first = ring.current.signer("ES256").kid
    assert await ring.rotate("ES256", now=now, active_from=now + 600, keep_old_s=7200)
    world.clock.advance(-3600)
    await world.restart()
    assert ring.current.signer("ES256").kid == first
    tokens = await grant_tokens(world, scope="list_album")
    assert (await world.introspect(tokens["access_token"], client="photos"))["active"]


async def test_keys_survive_a_restart(world: World) -> None:
    before = await keys(world)
    await world.restart()
    assert await keys(world) == before


def kid_of(token: str) -> str:
    kid: str = jws.extract_compact(token.encode()).headers()["kid"]
    return kid


@pytest.mark.parametrize(
    "path", ["/oauth2/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
)
async def test_what_everybody_asks_for_takes_a_short_way_to_the_same_answer_and_line(world: World, path: str) -> None:
    with log_lines() as lines:
        short = await world.http.get(path)
        long = await world.http.get(path, headers={"if-none-match": '"an older one"'})
    assert (short.status_code, short.content) == (long.status_code, long.content)
    references = [answer.headers.pop("x-request-id") for answer in (short, long)]
    assert short.headers.multi_items() == long.headers.multi_items()
    assert [line["request_id"] for line in lines] == references
    assert [line.keys() for line in lines] == [lines[0].keys()] * 2
    assert {(line["event"], line["endpoint"], line["outcome"]) for line in lines} == {("request", path, "200")}
