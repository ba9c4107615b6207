"""An application looks at its registration, changes it and ends it; only itself, and only while it is in force."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.registration import CALLBACK, REGISTER, manage, put, register, stored
from tests.world import Ask, World, at_once

EVERYTHING: dict[str, Any] = {
    "client_name": "Print",
    "logo_uri": "https://print.example/logo.png",
    "contacts": ["admin@print.example"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid list_album",
    "default_max_age": 60,
    "post_logout_redirect_uris": ["https://print.example/bye"],
    "dpop_bound_access_tokens": True,
}
NOT_SHOWN_AGAIN = {"client_secret", "client_secret_expires_at"}


@pytest.mark.spec("RFC 7592", "3", "registration_access_token and registration_client_uri are in the answer")
@pytest.mark.spec("RFC 7592", "2.1", "reading gives the current registration with status 200")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "4.3", "reading")
async def test_reading_gives_what_was_registered(world: World) -> None:
    answer = await register(world, **EVERYTHING)
    response = await manage(world, answer, "GET")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {name: value for name, value in answer.items() if name not in NOT_SHOWN_AGAIN}


@pytest.mark.spec("RFC 7592", "2.2", "an update replaces everything; what is left out is gone")
async def test_a_change_replaces_everything(world: World) -> None:
    answer = await register(world, **EVERYTHING)
    response = await manage(world, answer, "PUT", client_id=answer["client_id"], redirect_uris=[f"{CALLBACK}/2"])
    assert response.status_code == 200, response.text
    after = response.json()
    bare = await register(world, redirect_uris=[f"{CALLBACK}/2"])
    differs = {"client_id", "client_name", "registration_access_token", "registration_client_uri"} | NOT_SHOWN_AGAIN
    assert {k: v for k, v in after.items() if k not in differs} == {k: v for k, v in bare.items() if k not in differs}
    assert after["client_name"] == after["client_id"] == answer["client_id"]
    assert (await manage(world, answer, "GET")).json() == after


async def test_what_was_changed_holds_at_once(world: World) -> None:
    answer = await register(world, scope="openid list_album")
    assert (await put(world, answer, scope="openid", redirect_uris=[f"{CALLBACK}/2"])).status_code == 200
    browser = world.browser()
    await browser.get(Ask(world, answer["client_id"], redirect_uri=CALLBACK, scope="openid").url)
    assert browser.page.status_code == 400
    await browser.get(Ask(world, answer["client_id"], redirect_uri=f"{CALLBACK}/2", scope="list_album").url)
    assert browser.sent_to["error"] == "invalid_scope"


@pytest.mark.spec("RFC 7592", "2.2", "the request holds the client_id, and a secret only if it is the current one")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": None}, id="no client_id"),
        pytest.param({"client_id": "photo-print"}, id="another client's id"),
        pytest.param({"client_id": 7}, id="a number"),
        pytest.param({"client_secret": "chosen-by-the-client-0123456789-0123456789"}, id="a secret of its choice"),
        pytest.param({"client_secret": 7}, id="a secret that is a number"),
        pytest.param({"scope": "admin"}, id="more than it may have"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(world: World, changes: dict[str, Any]) -> None:
    answer = await register(world, **EVERYTHING)
    before = await stored(world, answer)
    response = await put(world, answer, **changes)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert await stored(world, answer) == before


async def test_a_change_may_repeat_the_secret_and_what_only_we_say(world: World) -> None:
    answer = await register(world)
    response = await manage(world, answer, "PUT", **answer)
    assert response.status_code == 200
    assert not NOT_SHOWN_AGAIN & response.json().keys()


@pytest.mark.parametrize(
    ("before", "after", "new_secret"),
    [
        ("client_secret_basic", "client_secret_post", False),
        ("client_secret_jwt", "client_secret_basic", False),
        ("client_secret_basic", "client_secret_jwt", True),
        ("none", "client_secret_basic", True),
        ("client_secret_basic", "none", False),
    ],
)
async def test_another_method_has_a_secret_that_fits_it(
    world: World, before: str, after: str, new_secret: bool
) -> None:
    answer = await register(world, token_endpoint_auth_method=before)
    changed = (await put(world, answer, token_endpoint_auth_method=after)).json()
    assert changed["token_endpoint_auth_method"] == after
    assert ("client_secret" in changed) == new_secret
    assert ("client_secret_expires_at" in changed) == new_secret
    secrets = (await stored(world, answer)).client_secrets
    assert len(secrets) == (after != "none")
    assert all(bool(secret.sealed) == (after == "client_secret_jwt") for secret in secrets)
    if after.endswith(("basic", "post")):
        secret = changed.get("client_secret") or answer["client_secret"]
        in_body = {"client": None, "client_id": answer["client_id"], "client_secret": secret}
        in_header = {"client": answer["client_id"], "secret": secret}
        credentials = in_body if after.endswith("post") else in_header
        response = await world.post("/oauth2/token", grant_type="x", **credentials)
        assert response.json()["error"] == "unsupported_grant_type", "the secret was accepted"


@pytest.mark.spec("RFC 7592", "2.3", "deleting answers 204")
@pytest.mark.spec("RFC 7592", "2.3", "the client's grants and tokens end with it")
async def test_a_deleted_client_is_gone_with_everything_it_had(world: World) -> None:
    answer = await register(world, scope="openid profile", grant_types=["authorization_code", "refresh_token"])
    client = {"client": answer["client_id"], "secret": answer["client_secret"]}
    ask = Ask(world, answer["client_id"], redirect_uri=CALLBACK, scope="openid profile", nonce="n")
    code = (await ask.allow(world.browser()))["code"]
    proof = {"redirect_uri": CALLBACK, "code_verifier": ask.code_verifier}
    response = await world.post("/oauth2/token", **client, grant_type="authorization_code", code=code, **proof)
    bearer = {"authorization": f"Bearer {response.json()['access_token']}"}
    assert (await world.http.get("/oauth2/userinfo", headers=bearer)).status_code == 200
    deleted = await manage(world, answer, "DELETE")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await world.http.get("/oauth2/userinfo", headers=bearer)).status_code == 401
    refreshed = await world.post(
        "/oauth2/token", **client, grant_type="refresh_token", refresh_token=response.json()["refresh_token"]
    )
    assert (refreshed.status_code, refreshed.json()["error"]) == (401, "invalid_client")
    assert world.rows()["account_grant"] == 0
    browser = world.browser()
    await browser.get(ask.url)
    assert browser.page.status_code == 400
    for method in ("GET", "PUT", "DELETE"):
        assert (await manage(world, answer, method)).status_code == 401


@pytest.mark.spec("RFC 7592", "2.1", "a client that is not there, or another's token: 401")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_its_own_token_opens_a_registration(world: World, method: str) -> None:
    answer, other = await register(world), await register(world)
    token = other["registration_access_token"]
    before = await stored(world, answer)
    document = {"client_id": answer["client_id"], "redirect_uris": [CALLBACK]}
    refusals = [await manage(world, answer, method, token=wrong, **document) for wrong in (token, "x", token.lower())]
    unknown = answer | {"registration_client_uri": f"{world.config.issuer}{REGISTER}?client_id=nobody"}
    by_hand = answer | {"registration_client_uri": f"{world.config.issuer}{REGISTER}?client_id=photo-print"}
    bare = answer | {"registration_client_uri": f"{world.config.issuer}{REGISTER}"}
    refusals += [await manage(world, wrong, method, **document) for wrong in (unknown, by_hand, bare)]
    refusals += [await manage(world, by_hand, method, token=wrong, **document) for wrong in ("x", "AA==")]
    assert {refusal.status_code for refusal in refusals} == {401}
    assert len({refusal.content for refusal in refusals}) == 1, "nobody learns which clients there are"
    assert all(refusal.headers["www-authenticate"].startswith("Bearer ") for refusal in refusals)
    assert await stored(world, answer) == before
    assert await world.server.store.clients.get("photo-print")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_without_a_token_there_is_a_challenge_and_no_error_code_in_it(world: World, method: str) -> None:
    answer = await register(world)
    response = await world.http.request(method, answer["registration_client_uri"])
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == f'Bearer realm="{world.config.issuer}"'


@pytest.mark.parametrize("authorization", ["Basic eDp5", "Bearer", "Bearer ", "DPoP x", "x"])
async def test_other_credentials_are_refused(world: World, authorization: str) -> None:
    answer = await register(world)
    headers = {"authorization": authorization}
    response = await world.http.get(answer["registration_client_uri"], headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_neither_an_access_token_nor_an_initial_one_nor_the_secret_manages(world: World) -> None:
    answer = await register(world)
    assert (await manage(world, answer, "GET", token=answer["client_secret"])).status_code == 401
    assert (await world.introspect(answer["registration_access_token"])) == {"active": False}
    headers = {"authorization": f"Bearer {answer['registration_access_token']}"}
    assert (await world.http.get("/oauth2/userinfo", headers=headers)).status_code == 401
    response = await world.http.post(REGISTER, json={"redirect_uris": [CALLBACK]}, headers=headers)
    assert response.status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_disabled_client_manages_nothing(world: World, method: str) -> None:
    answer = await register(world)
    disabled = replace(await stored(world, answer), disabled_at=world.clock.now)
    await world.server.store.clients.put(disabled)
    document = {"client_id": answer["client_id"], "redirect_uris": [CALLBACK]}
    assert (await manage(world, answer, method, **document)).status_code == 401
    assert await stored(world, answer) == disabled


async def test_of_changes_that_arrive_together_each_is_whole(world: World) -> None:
    answer = await register(world)
    names = [f"Print {number}" for number in range(8)]
    changes = [put(world, answer, client_name=name, client_uri=f"https://{name[-1]}.example") for name in names]
    assert {response.status_code for response in await at_once(*changes)} <= {200, 503}
    client = await stored(world, answer)
    assert client.client_uri == f"https://{client.client_name[-1]}.example"


async def test_a_client_changes_its_registration_twenty_times_an_hour(world: World) -> None:
    answer = await register(world)
    for _ in range(20):
        assert (await put(world, answer)).status_code == 200
    refused = await put(world, answer)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await manage(world, answer, "GET")).status_code == 200
    assert (await manage(world, answer, "DELETE")).status_code == 204


async def test_changes_and_the_end_are_in_the_audit_log(world: World) -> None:
    answer = await register(world)
    await put(world, answer)
    await manage(world, answer, "DELETE")
    sql = "SELECT event FROM audit_event WHERE client_id = $1 ORDER BY id"
    events = [row[0] for row in await world.driver.fetch_all(sql, (answer["client_id"],))]
    assert events == ["client_created", "client_changed", "client_deleted"]
