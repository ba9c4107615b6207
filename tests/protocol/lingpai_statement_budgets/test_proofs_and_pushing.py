"""What DPoP, pushed requests and the other grants add to a request, in statements (docs/decisions/0006)."""

from urllib.parse import urlencode

import httpx2
import pytest

from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import PAR, TOKEN, bound_tokens, prove, prove_for, redeem, send, userinfo
from tests.world import PASSWORD, Ask, World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
PHOTOS = "http://localhost:5000"


def cost(world: World) -> tuple[int, int]:
    return len(world.driver.reads), len(world.driver.writes)


@pytest.mark.parametrize("with_proof", [False, True], ids=["bearer", "DPoP"])
async def test_a_proof_costs_one_insert(world: World, *, with_proof: bool) -> None:
    prover, ask = Prover(), Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    world.driver.reset()
    response = await redeem(world, ask, code, prove(world, prover) if with_proof else "")
    assert response.status_code == 200
    assert cost(world) == (1, 2 if with_proof else 1)


async def test_a_wrong_proof_costs_no_write(world: World) -> None:
    await world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    world.driver.reset()
    proof = prove(world, Prover(), iat=0)
    await send(world, TOKEN, proof, client="report", grant_type="client_credentials")
    assert cost(world) == (1, 0)


async def test_userinfo_with_a_proof_is_one_read_and_one_insert(world: World) -> None:
    prover = Prover()
    token = (await bound_tokens(world, prover))["access_token"]
    world.driver.reset()
    assert (await userinfo(world, token, prove_for(world, prover, token))).status_code == 200
    assert cost(world) == (1, 1)


async def test_client_credentials_are_the_client_and_nothing_else(world: World) -> None:
    await world.add_client("report", grant_types=("client_credentials",), scope="list_album")
    world.driver.reset()
    assert (await world.post(TOKEN, client="report", grant_type="client_credentials")).status_code == 200
    assert cost(world) == (1, 0)


async def test_pushing_is_the_client_and_nothing_else(world: World) -> None:
    world.driver.reset()
    assert (await world.post(PAR, **Ask(world).params)).status_code == 201
    assert cost(world) == (1, 0)


async def test_the_silent_path_of_a_pushed_request_is_one_read_and_one_insert_more(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    request_uri = (await world.post(PAR, **Ask(world, prompt="none").params)).json()["request_uri"]
    query = urlencode({"client_id": "photo-print", "request_uri": request_uri})
    world.driver.reset()
    await browser.get(f"{world.config.issuer}/oauth2/authorize?{query}")
    assert "code" in browser.sent_to
    assert cost(world) == (3, 1)


async def test_an_exchange_reads_the_client_and_what_the_token_hangs_on(world: World) -> None:
    await world.add_client("photos", grant_types=(EXCHANGE,), scope="list_album", resources=(PHOTOS,))
    ask = Ask(world, scope="list_album")
    tokens = (await ask.redeem((await ask.allow(world.browser()))["code"])).json()
    world.driver.reset()
    answer = await world.post(
        TOKEN,
        client="photos",
        grant_type=EXCHANGE,
        subject_token=tokens["access_token"],
        subject_token_type="urn:ietf:params:oauth:token-type:access_token",
        resource=PHOTOS,
    )
    assert answer.status_code == 200
    assert cost(world) == (2, 0)


async def test_the_password_grant_costs_what_a_sign_in_costs_and_one_insert(world: World) -> None:
    await world.add_client("old", grant_types=("password",), legacy=True)

    async def ask() -> httpx2.Response:
        params = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD}
        response: httpx2.Response = await world.post(TOKEN, client="old", **params)
        return response

    assert (await ask()).status_code == 200
    world.driver.reset()
    assert (await ask()).status_code == 200
    families = [sql for sql in world.driver.writes if sql.startswith("INSERT INTO token_family")]
    assert len(families) == 1
    assert not [sql for sql in world.driver.writes if "account_grant" in sql.partition("SELECT")[0]]
