"""What one dialect binds, the other must not let loose; and what one does not tell, the other must not either.

Spec: RFC 9700 §2.1.1; RFC 9449 §10
"""

import pytest

from lingpai.dialects.qq_authorize import RESERVED
from lingpai.oauth.redirect_uri import matches_host_and_path
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import prove
from tests.qq import APPID, CALLBACK, App, add_qq_client
from tests.world import SECRET, Ask, World


@pytest.fixture
async def app(world: World) -> App:
    await add_qq_client(world)
    return App(world)


CREDENTIALS = {"client_id": APPID, "client_secret": SECRET}


@pytest.mark.parametrize("changes", [{}, {"code_verifier": "A" * 43}, {"code_verifier": ""}])
async def test_a_code_with_a_challenge_needs_its_verifier_in_the_dialect_too(
    world: World, app: App, changes: dict[str, str]
) -> None:
    code = (await Ask(world, APPID).allow(world.browser()))["code"]
    assert "access_token" not in (await app.token(code=code, **changes)).text


async def test_a_code_of_the_dialect_with_a_challenge_needs_its_verifier_at_the_standard_endpoint(
    world: World, app: App
) -> None:
    code = await app.code(code_challenge="A" * 43, code_challenge_method="S256")
    params = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert (await world.post("/oauth2/token", client=None, **params, **CREDENTIALS)).status_code == 400


async def test_a_code_bound_to_a_key_buys_nothing_without_proof_of_it(world: World, app: App) -> None:
    ask = Ask(world, APPID, dpop_jkt=Prover().jkt)
    code = (await ask.allow(world.browser()))["code"]
    assert "access_token" not in (await app.token(code=code, code_verifier=ask.code_verifier)).text


async def test_a_token_bound_to_a_key_is_no_bearer_token_in_the_dialect(world: World, app: App) -> None:
    ask, prover = Ask(world, APPID), Prover()
    code = (await ask.allow(world.browser()))["code"]
    data = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": ask.code_verifier,
        **CREDENTIALS,
    }
    answer = await world.http.post("/oauth2/token", data=data, headers={"dpop": prove(world, prover)})
    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    assert "openid" not in (await app.me(token)).text
    account = await world.server.store.accounts.get_by_username("zhangsan")
    client = await world.server.store.clients.get(APPID)
    assert account
    assert client
    openid = await world.server.openids.openid(client, account.id)
    assert (await app.api("/user/get_user_info", token, openid=openid)).json()["ret"] != 0


async def test_a_code_is_redeemed_once_at_either_endpoint(world: World, app: App) -> None:
    code = await app.code()
    assert "access_token" in (await app.token(code=code)).text
    params = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert (await world.post("/oauth2/token", client=None, **params, **CREDENTIALS)).status_code == 400
    first = await app.code()
    params["code"] = first
    await world.post("/oauth2/token", client=None, **params, **CREDENTIALS)
    assert "access_token" not in (await app.token(code=first)).text


async def test_nobodys_address_is_told_in_place_of_a_name(world: World, app: App) -> None:
    """Who registered with an address has it for a username; only the permission ``email`` opens it."""
    await world.add_account("lihua@example.com", name="", claims={})
    browser = world.browser()
    await browser.get(app.authorize_url())
    await browser.follow()
    await world.sign_in(browser, "lihua@example.com")
    tokens = await app.tokens(browser)
    for path in ("/user/get_user_info", "/user/get_simple_userinfo"):
        answer = await app.api(path, tokens["access_token"])
        assert "example.com" not in answer.text, path


@pytest.mark.parametrize(
    "added", ["Code=x", "code[]=x", "code[0]=x", " code=x", "access.token=x", "STATE=x", "a=1;code=x"]
)
def test_a_callback_brings_no_answer_of_its_own_however_its_framework_reads_names(added: str) -> None:
    """PHP cuts blanks and brackets and makes dots underscores, ASP.NET knows no case, older ones separate by ``;``."""
    encoded = added.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D")
    for query in (added, encoded):
        assert not matches_host_and_path([CALLBACK], f"{CALLBACK}?{query}", reserved=RESERVED)
        assert not matches_host_and_path([CALLBACK], f"{CALLBACK}?x=1&{query}", reserved=RESERVED)
    assert matches_host_and_path([CALLBACK], f"{CALLBACK}?x=1&y=2", reserved=RESERVED)
    assert matches_host_and_path([f"{CALLBACK}?a=1;b=2"], f"{CALLBACK}?a=1;b=2&c=3", reserved=RESERVED)
