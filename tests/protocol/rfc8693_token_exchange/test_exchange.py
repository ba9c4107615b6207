"""One token for another: who may exchange which, for what, and how it ends. Never for more."""

from typing import Any

import httpx2
import pytest

from tests.browser import Browser
from tests.world import ISSUER, PHOTOS, SECRET, World, grant_tokens, refusal

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
PRINTERS = "http://localhost:6000"


@pytest.fixture
async def shop(world: World) -> World:
    """A photo service that calls a printing service for the people who called it."""
    await world.add_resource_server(PRINTERS, name="printers", client_ids=("printers",))
    await world.add_scope("print", resource=PRINTERS)
    await world.add_client("printers", grant_types=(), response_types=(), redirect_uris=(), scope="")
    await world.add_client("photo-print", scope="get_user_info list_album print")
    await world.add_client(
        "photos",
        grant_types=(GRANT_TYPE, "client_credentials"),
        response_types=(),
        redirect_uris=(),
        scope="print list_album",
        resources=(PRINTERS, PHOTOS),
    )
    return world


async def tokens_of(world: World, browser: Browser | None = None, scope: str = "list_album print") -> dict[str, Any]:
    return await grant_tokens(world, browser, scope=scope)


async def exchange(world: World, subject_token: str, client: str = "photos", /, **changes: Any) -> httpx2.Response:
    params: dict[str, Any] = {
        "grant_type": GRANT_TYPE,
        "subject_token": subject_token,
        "subject_token_type": ACCESS_TOKEN,
        "resource": PRINTERS,
    }
    sent = {name: value for name, value in (params | changes).items() if value is not None}
    response: httpx2.Response = await world.post("/oauth2/token", client=client, **sent)
    return response


@pytest.mark.spec("RFC 8693", "2.2.1", "the answer names the type of the issued token")
@pytest.mark.spec("RFC 8693", "4.1", "act says who acts")
async def test_a_service_gets_a_token_for_the_next_one(shop: World) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    answer = (await exchange(shop, theirs)).json()
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert (answer["token_type"], answer["scope"]) == ("Bearer", "print")
    assert "refresh_token" not in answer
    account = await shop.server.store.accounts.get_by_username("zhangsan")
    assert account
    claims = await shop.introspect(answer["access_token"], client="printers")
    assert (claims["sub"], claims["client_id"], claims["aud"]) == (account.id.hex(), "photos", PRINTERS)
    assert claims["act"] == {"sub": "photos", "client_id": "photos"}
    assert (claims["auth_time"], claims["acr"]) == (shop.clock.now, "urn:lingpai:acr:1")


@pytest.mark.spec("RFC 8693", "2.1", "audience names the target by its logical name")
async def test_the_target_may_be_named_by_its_name(shop: World) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    answer = (await exchange(shop, theirs, resource=None, audience="printers")).json()
    assert (await shop.introspect(answer["access_token"], client="printers"))["aud"] == PRINTERS


@pytest.mark.spec("RFC 8693", "2.1", "scope narrows")
async def test_an_exchange_never_widens(shop: World) -> None:
    theirs = (await tokens_of(shop, scope="list_album"))["access_token"]
    for scope in ("print", "list_album print", "get_user_info", "upload_pic"):
        assert refusal(await exchange(shop, theirs, scope=scope)) == (400, "invalid_scope")
    answer = (await exchange(shop, theirs, resource=PHOTOS, scope="list_album")).json()
    assert answer["scope"] == "list_album"


async def test_a_token_does_not_outlive_the_one_it_came_from(shop: World) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    shop.clock.advance(3000)
    assert (await exchange(shop, theirs)).json()["expires_in"] == 600


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no subject_token": ({"subject_token": None}, "invalid_request"),
    "no subject_token_type": ({"subject_token_type": None}, "invalid_request"),
    "an ID Token": ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
    "a refresh token wanted": (
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        "invalid_request",
    ),
    "an actor type without actor": ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
    "an actor without type": ({"actor_token": "x"}, "invalid_request"),
    "an actor that is no token": ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
    "no target": ({"resource": None}, "invalid_target"),
    "an unknown target": ({"resource": "https://unknown.example"}, "invalid_target"),
    "an unknown name": ({"resource": None, "audience": "nobody"}, "invalid_target"),
    "ourselves": ({"resource": ISSUER}, "invalid_target"),
}


@pytest.mark.spec("RFC 8693", "2.2.2", "a wrong exchange is refused with the error for it")
@pytest.mark.parametrize(("changes", "error"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_exchange_is_refused(shop: World, changes: dict[str, Any], error: str) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    assert refusal(await exchange(shop, theirs, **changes)) == (400, error)


@pytest.mark.parametrize("kind", ["refresh_token", "garbage", "code"])
async def test_nothing_but_a_living_access_token_is_exchanged(shop: World, kind: str) -> None:
    tokens = await tokens_of(shop)
    presented = {"refresh_token": tokens["refresh_token"], "garbage": "lpa_00", "code": "lpc_" + "0" * 100}[kind]
    assert refusal(await exchange(shop, presented)) == (400, "invalid_request")


@pytest.mark.parametrize("how", ["revoked", "expired", "permission ended", "account disabled"])
async def test_a_dead_token_buys_nothing_and_takes_its_successors_with_it(shop: World, how: str) -> None:
    person = await shop.add_account("lisi")
    browser = shop.browser()
    await browser.get(f"{ISSUER}/sign-in")
    await shop.sign_in(browser, "lisi")
    tokens = await tokens_of(shop, browser)
    mine = (await exchange(shop, tokens["access_token"])).json()["access_token"]
    assert (await shop.introspect(mine, client="printers"))["active"]
    match how:
        case "revoked":
            await shop.post("/oauth2/revoke", token=tokens["refresh_token"])
        case "expired":
            shop.clock.advance(3600)
        case "permission ended":
            await shop.server.store.grants.end(person.id, "photo-print", shop.clock.now)
        case _:
            await shop.disable_account(person)
    assert refusal(await exchange(shop, tokens["access_token"])) == (400, "invalid_request")
    assert not (await shop.introspect(mine, client="printers"))["active"]


async def test_who_the_token_is_not_for_may_not_exchange_it(shop: World) -> None:
    await shop.add_client("stranger", grant_types=(GRANT_TYPE,), scope="print", resources=(PRINTERS,))
    theirs = (await tokens_of(shop))["access_token"]
    assert refusal(await exchange(shop, theirs, "stranger")) == (400, "invalid_grant")


@pytest.mark.spec("RFC 8693", "4.4", "may_act names who may act")
async def test_who_was_named_may_exchange_it(shop: World) -> None:
    await shop.add_client("helper", grant_types=(GRANT_TYPE,), scope="print", resources=(PRINTERS,))
    await shop.add_client("photo-print", scope="list_album print", may_act=("helper",))
    theirs = (await tokens_of(shop))["access_token"]
    answer = (await exchange(shop, theirs, "helper")).json()
    claims = await shop.introspect(answer["access_token"], client="printers")
    assert claims["act"]["client_id"] == "helper"


async def test_a_client_may_narrow_its_own_token_and_acts_for_nobody(shop: World) -> None:
    await shop.add_client(
        "photo-print",
        grant_types=("authorization_code", "refresh_token", GRANT_TYPE),
        scope="list_album print",
        resources=(PRINTERS,),
    )
    own = (await tokens_of(shop))["access_token"]
    answer = (await exchange(shop, own, "photo-print")).json()
    assert "act" not in await shop.introspect(answer["access_token"], client="printers")


@pytest.mark.spec("RFC 8693", "4.1", "act nests: who acted before is inside")
async def test_whoever_hands_it_on_is_remembered(shop: World) -> None:
    await shop.add_client("printers", grant_types=(GRANT_TYPE,), scope="print", resources=(PRINTERS,))
    first = (await exchange(shop, (await tokens_of(shop))["access_token"])).json()["access_token"]
    second = (await exchange(shop, first, "printers")).json()["access_token"]
    claims = await shop.introspect(second, client="printers")
    assert claims["act"] == {
        "sub": "printers",
        "client_id": "printers",
        "act": {"sub": "photos", "client_id": "photos"},
    }


async def test_a_token_is_not_handed_on_for_ever(shop: World) -> None:
    fields: dict[str, Any] = {"grant_types": (GRANT_TYPE,), "scope": "print", "resources": (PRINTERS,)}
    names = [f"hop-{number}" for number in range(6)]
    await shop.add_resource_server(PRINTERS, name="printers", client_ids=tuple(names))
    for name in names:
        await shop.add_client(name, **fields)
    token = (await exchange(shop, (await tokens_of(shop))["access_token"])).json()["access_token"]
    answers = []
    for name in names:
        answers.append(await exchange(shop, token, name))
        token = answers[-1].json().get("access_token", token)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400, 400]


@pytest.mark.spec("RFC 8693", "2.1", "an actor token says who acts")
async def test_an_actor_shows_its_own_token(shop: World) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    own = (await shop.post("/oauth2/token", client="photos", grant_type="client_credentials")).json()["access_token"]
    answer = await exchange(shop, theirs, actor_token=own, actor_token_type=ACCESS_TOKEN)
    assert (await shop.introspect(answer.json()["access_token"], client="printers"))["act"]["sub"] == "photos"
    foreign = await exchange(shop, theirs, actor_token=theirs, actor_token_type=ACCESS_TOKEN)
    assert refusal(foreign) == (400, "invalid_grant")


async def test_a_token_of_a_client_for_itself_can_be_exchanged(shop: World) -> None:
    await shop.add_client("report", grant_types=("client_credentials",), scope="list_album print")
    token = (await shop.post("/oauth2/token", client="report", grant_type="client_credentials")).json()["access_token"]
    answer = (await exchange(shop, token)).json()
    claims = await shop.introspect(answer["access_token"], client="printers")
    assert (claims["sub"], claims["client_id"]) == ("report", "photos")
    assert "username" not in claims
    await shop.add_client("report", disabled_at=shop.clock.now)
    assert not (await shop.introspect(answer["access_token"], client="printers"))["active"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_types": ("client_credentials",)}, "unauthorized_client"),
        ({"resources": ()}, "invalid_target"),
        ({"resources": (PHOTOS,)}, "invalid_target"),
    ],
    ids=["not registered for it", "registered for no target", "registered for another target"],
)
async def test_a_client_exchanges_only_what_it_is_registered_for(
    shop: World, fields: dict[str, Any], error: str
) -> None:
    registered: dict[str, Any] = {"grant_types": (GRANT_TYPE,), "scope": "print", "resources": (PRINTERS,)}
    theirs = (await tokens_of(shop))["access_token"]
    await shop.add_client("photos", **(registered | fields))
    assert refusal(await exchange(shop, theirs)) == (400, error)


async def test_a_public_client_exchanges_nothing(shop: World) -> None:
    await shop.add_client("app", secret=None, grant_types=(GRANT_TYPE,), scope="print", resources=(PRINTERS,))
    params = {"grant_type": GRANT_TYPE, "subject_token": "x", "subject_token_type": ACCESS_TOKEN, "client_id": "app"}
    answer = await shop.http.post("/oauth2/token", data=params)
    assert refusal(answer) == (400, "unauthorized_client")
    assert SECRET not in answer.text


async def test_nothing_is_stored_for_an_exchange(shop: World) -> None:
    theirs = (await tokens_of(shop))["access_token"]
    before = shop.rows()
    for _ in range(3):
        await exchange(shop, theirs)
    assert shop.rows() == before
