"""Everything the server hands out or takes, shown by another client, browser, key or server, elsewhere, or again.

Spec: RFC 9700 §2.2, §4; RFC 6819 §5.1.5. Stops: CVE-2022-1245 (an exchange for any target), CVE-2026-45337 (any session
answers any device), assertions meant for another server, replays of proofs and requests.
"""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from tests.assertions import authenticate, claims_of
from tests.attack.extension_scene import ACCESS_TOKEN, KEY, PARTNER, TOKEN_EXCHANGE, collect_more
from tests.attack.extension_sinks import (
    ALL_SINKS,
    as_client_assertion,
    as_device_code,
    as_grant_assertion,
    as_logout_request,
    as_proof,
    as_request_uri,
)
from tests.attack.scene import EVIL, Loot, add_evil_app, bearer
from tests.attack.sinks import as_bearer_token
from tests.device import DEVICE_CODE
from tests.openid import APP, LOGGED_OUT
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import prove, prove_for, send
from tests.registration import REGISTER
from tests.world import ISSUER, PHOTOS, World

Try = Callable[[World, Loot], Awaitable[bool]]
ALL_GRANTS = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE, TOKEN_EXCHANGE)


async def _posted(world: World, client: str, **params: str) -> bool:
    await add_evil_app(world, grant_types=ALL_GRANTS, resources=(PHOTOS,))
    response = await world.post("/oauth2/token", client=client, **params)
    assert response.status_code < 500
    return bool(response.status_code == 200)


async def _device_code_of_another_client(world: World, loot: Loot) -> bool:
    world.clock.advance(5)
    return await _posted(world, EVIL, grant_type=DEVICE_CODE, device_code=loot.more["device_code"])


async def _device_code_again(world: World, loot: Loot) -> bool:
    assert await as_device_code(world, loot, loot.more["device_code"])
    return await as_device_code(world, loot, loot.more["device_code"])


async def _device_code_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    return await as_device_code(world, loot, loot.more["device_code"])


async def _device_question_in_another_browser(world: World, loot: Loot) -> bool:
    thief = world.browser()
    await world.sign_in(thief)
    page = await thief.http.get("/device/confirm", params={"request": loot.more["device_visit"]})
    return page.status_code == 200


async def _device_question_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    page = await loot.browser.http.get("/device/confirm", params={"request": loot.more["device_visit"]})
    return page.status_code == 200


async def _request_uri_of_another_client(world: World, loot: Loot) -> bool:
    await add_evil_app(world)
    params = {"client_id": EVIL, "request_uri": loot.more["request_uri"]}
    return (await loot.browser.http.get("/oauth2/authorize", params=params)).status_code == 303


async def _request_uri_again(_world: World, loot: Loot) -> bool:
    browser = loot.browser
    link = httpx2.QueryParams({"client_id": "photo-print", "request_uri": loot.more["request_uri"]})
    answers = []
    for _ in range(2):
        await browser.get(f"{ISSUER}/oauth2/authorize?{link}")
        await browser.follow()
        if browser.shows("consent-form"):
            await browser.submit(browser.form("consent-form"), ("decision", "allow"))
            await browser.follow()
        answers.append(browser.page.is_redirect and "code" in browser.sent_to)
    assert answers[0]
    return answers[1]


async def _request_uri_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    return await as_request_uri(world, loot, loot.more["request_uri"])


async def _logout_in_another_browser(world: World, loot: Loot) -> bool:
    victim = world.browser()
    await world.sign_in(victim)
    page = await victim.http.get("/oauth2/end_session", params={"logout": loot.more["logout_request"]})
    assert page.status_code < 500
    return (await victim.http.get("/account/grants")).status_code != 200


async def _logout_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    return await as_logout_request(world, loot, loot.more["logout_request"])


async def _id_token_of_another_client(_world: World, loot: Loot) -> bool:
    params = {
        "client_id": "photo-print",
        "id_token_hint": loot.more["id_token"],
        "post_logout_redirect_uri": LOGGED_OUT,
    }
    return (await loot.browser.http.get("/oauth2/end_session", params=params)).status_code == 303


async def _id_token_for_a_token(world: World, loot: Loot) -> bool:
    params = {"subject_token": loot.more["id_token"], "subject_token_type": ACCESS_TOKEN, "resource": PHOTOS}
    return await _posted(world, APP, grant_type=TOKEN_EXCHANGE, **params) or await _posted(
        world, "photos", grant_type=TOKEN_EXCHANGE, **params
    )


async def _exchanged_token_at_userinfo(world: World, loot: Loot) -> bool:
    return await as_bearer_token(world, loot, loot.more["exchanged_token"])


async def _exchanged_token_seen_by_another(world: World, loot: Loot) -> bool:
    await add_evil_app(world)
    answers = [await world.introspect(loot.more["exchanged_token"], client=who) for who in (EVIL, APP)]
    return any(answer["active"] for answer in answers)


async def _access_token_exchanged_by_a_stranger(world: World, loot: Loot) -> bool:
    params = {"subject_token": loot.access_token, "subject_token_type": ACCESS_TOKEN, "resource": PHOTOS}
    return await _posted(world, EVIL, grant_type=TOKEN_EXCHANGE, **params)


async def _registration_of_another_client(world: World, loot: Loot) -> bool:
    token = bearer(loot.more["registration_access_token"])
    answers = [
        await world.http.request(method, REGISTER, params={"client_id": client_id}, headers=token)
        for method in ("GET", "DELETE")
        for client_id in ("photo-print", "", "nobody")
    ]
    assert await world.server.store.clients.get("photo-print")
    return any(answer.status_code < 400 for answer in answers)


async def _registration_ended(world: World, loot: Loot) -> bool:
    params, token = {"client_id": loot.more["registered_client_id"]}, bearer(loot.more["registration_access_token"])
    assert (await world.http.request("DELETE", REGISTER, params=params, headers=token)).status_code == 204
    return (await world.http.get(REGISTER, params=params, headers=token)).status_code == 200


async def _assertion_of_another_client(world: World, loot: Loot) -> bool:
    await world.add_client("other", token_endpoint_auth_method="private_key_jwt", jwks=KEY.jwks, scope="list_album")
    answer = await authenticate(world, loot.more["client_assertion"], client_id="other")
    return answer.status_code == 200


async def _assertion_again(world: World, loot: Loot) -> bool:
    assert await as_client_assertion(world, loot, loot.more["client_assertion"])
    answers = [
        await authenticate(world, loot.more["client_assertion"], path) for path in ("/oauth2/token", "/oauth2/par")
    ]
    return any(answer.status_code != 401 for answer in answers)


async def _assertion_for_another_server(world: World, _loot: Loot) -> bool:
    foreign = ("https://other.example", f"{ISSUER}.evil.example", f"{ISSUER}/", [ISSUER, "https://other.example"])
    answers = [await authenticate(world, KEY.sign(claims_of(world, aud=audience))) for audience in foreign]
    return any(answer.status_code == 200 for answer in answers)


async def _person_vouched_for_to_another_client(world: World, loot: Loot) -> bool:
    grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    await world.add_client("other", grant_types=(grant_type,), scope="list_album")
    response = await world.post(
        "/oauth2/token", client="other", grant_type=grant_type, assertion=loot.more["grant_assertion"]
    )
    return bool(response.status_code == 200)


async def _person_vouched_for_elsewhere(world: World, loot: Loot) -> bool:
    elsewhere = KEY.sign(claims_of(world, iss=PARTNER, sub="zhangsan", aud="https://other.example"))
    return await as_grant_assertion(world, loot, elsewhere)


async def _person_vouched_for_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    return await as_grant_assertion(world, loot, loot.more["grant_assertion"])


async def _proof_again(world: World, loot: Loot) -> bool:
    params = {"grant_type": "refresh_token", "refresh_token": loot.refresh_token}
    assert (await send(world, "/oauth2/token", loot.more["dpop_proof"], **params)).status_code == 200
    return await as_proof(world, loot, loot.more["dpop_proof"])


async def _proof_for_another_endpoint(world: World, loot: Loot) -> bool:
    return await as_proof(world, loot, prove(world, Prover(), "/oauth2/par"))


async def _proof_with_another_method(world: World, loot: Loot) -> bool:
    return await as_proof(world, loot, prove(world, Prover(), method="GET"))


async def _proof_too_late(world: World, loot: Loot) -> bool:
    world.clock.advance(3600)
    return await as_proof(world, loot, loot.more["dpop_proof"])


async def _proof_with_a_token_of_nobody(world: World, loot: Loot) -> bool:
    proof = prove_for(world, Prover(), loot.access_token)
    headers = {"authorization": f"DPoP {loot.access_token}", "dpop": proof}
    return (await world.http.get("/oauth2/userinfo", headers=headers)).status_code == 200


CONTEXTS: dict[str, Try] = {
    "a device code: another client": _device_code_of_another_client,
    "a device code: again": _device_code_again,
    "a device code: too late": _device_code_too_late,
    "a way to a device: another browser": _device_question_in_another_browser,
    "a way to a device: too late": _device_question_too_late,
    "a pushed request: another client": _request_uri_of_another_client,
    "a pushed request: again": _request_uri_again,
    "a pushed request: too late": _request_uri_too_late,
    "a logout request: another browser": _logout_in_another_browser,
    "a logout request: too late": _logout_too_late,
    "an ID Token: another client": _id_token_of_another_client,
    "an ID Token: as a token to exchange": _id_token_for_a_token,
    "an exchanged token: at UserInfo": _exchanged_token_at_userinfo,
    "an exchanged token: another client": _exchanged_token_seen_by_another,
    "an access token: exchanged by a stranger": _access_token_exchanged_by_a_stranger,
    "a registration access token: another client": _registration_of_another_client,
    "a registration access token: after the end": _registration_ended,
    "a client assertion: another client": _assertion_of_another_client,
    "a client assertion: again": _assertion_again,
    "a client assertion: another server": _assertion_for_another_server,
    "an assertion about a person: another client": _person_vouched_for_to_another_client,
    "an assertion about a person: another server": _person_vouched_for_elsewhere,
    "an assertion about a person: too late": _person_vouched_for_too_late,
    "a proof: again": _proof_again,
    "a proof: another endpoint": _proof_for_another_endpoint,
    "a proof: another method": _proof_with_another_method,
    "a proof: too late": _proof_too_late,
    "a proof: a token that is bound to no key": _proof_with_a_token_of_nobody,
}


@pytest.mark.spec("RFC 9700", "2.2", "what is bound to a client, browser, key or use is worth nothing to another")
@pytest.mark.parametrize("context", CONTEXTS)
async def test_what_is_shown_in_the_wrong_place_is_refused(world: World, context: str) -> None:
    loot = await collect_more(world)
    assert not await CONTEXTS[context](world, loot)


def test_every_later_place_has_a_wrong_context() -> None:
    named = {context.partition(":")[0] for context in CONTEXTS}
    assert named <= {*ALL_SINKS, "an exchanged token", "an access token"}
    assert {kind for kind in named if kind in ALL_SINKS} >= {
        "a device code",
        "a pushed request",
        "an ID Token",
        "a proof",
    }
