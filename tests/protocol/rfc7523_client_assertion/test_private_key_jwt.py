"""``private_key_jwt``: a client that proves itself with a key of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.assertions import ASSERTION_TYPE, TOKEN_ENDPOINT, Keyholder, add_worker, authenticate, claims_of
from tests.foreign_web import ForeignWeb, send
from tests.log_lines import log_lines
from tests.world import ISSUER, World, refusal

REFUSED = (401, "invalid_client")


@pytest.fixture
def holder() -> Keyholder:
    return Keyholder()


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        yield opened


@pytest.mark.spec("RFC 7523", "2.2", "a client authenticates with a JWT it signed")
@pytest.mark.spec("OpenID Connect Core 1.0", "9", "private_key_jwt")
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256", "PS256"])
async def test_a_client_authenticates_with_its_key(world: World, alg: str) -> None:
    holder = Keyholder(alg)
    await add_worker(world, jwks=holder.jwks)
    response = await authenticate(world, holder.sign(claims_of(world)))
    assert response.status_code == 200, response.text
    assert response.json()["scope"] == "list_album"


@pytest.mark.spec("RFC 7521", "4.2", "client_id is unnecessary, and if sent must identify the same client")
async def test_client_id_may_be_sent_if_it_is_the_same(world: World, holder: Keyholder) -> None:
    await add_worker(world, jwks=holder.jwks)
    for client_id, status in (("worker", 200), ("photo-print", 401)):
        response = await authenticate(world, holder.sign(claims_of(world)), client_id=client_id)
        assert response.status_code == status


@pytest.mark.spec("RFC 7523", "3", "aud is the issuer identifier or the token endpoint")
@pytest.mark.parametrize("aud", [ISSUER, TOKEN_ENDPOINT, [ISSUER], [TOKEN_ENDPOINT]], ids=str)
async def test_it_is_addressed_to_the_issuer_or_the_token_endpoint(
    world: World, holder: Keyholder, aud: object
) -> None:
    await add_worker(world, jwks=holder.jwks)
    assert (await authenticate(world, holder.sign(claims_of(world, aud=aud)))).status_code == 200


@pytest.mark.spec("RFC 9126", "2", "at another endpoint its own address is accepted as aud too")
@pytest.mark.parametrize(
    "path", ["/oauth2/introspect", "/oauth2/revoke", "/oauth2/par", "/oauth2/device_authorization"]
)
async def test_at_another_endpoint_it_may_be_addressed_to_that(world: World, holder: Keyholder, path: str) -> None:
    await add_worker(world, jwks=holder.jwks)
    for aud in (ISSUER, TOKEN_ENDPOINT, ISSUER + path):
        response = await authenticate(world, holder.sign(claims_of(world, aud=aud)), path, token="none")
        assert response.status_code != 401, response.text
    # and not to that one anywhere else
    assert refusal(await authenticate(world, holder.sign(claims_of(world, aud=ISSUER + path)))) == REFUSED


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/jwt"])
async def test_its_type_is_left_out_or_right(world: World, holder: Keyholder, typ: str | None) -> None:
    await add_worker(world, jwks=holder.jwks)
    assert (await authenticate(world, holder.sign(claims_of(world), typ=typ))).status_code == 200


async def test_of_several_keys_the_one_named_counts(world: World) -> None:
    old, new = Keyholder(kid="old"), Keyholder(kid="new")
    await add_worker(world, jwks={"keys": [old.jwk, new.jwk]})
    for holder in (old, new):
        assert (await authenticate(world, holder.sign(claims_of(world)))).status_code == 200
        assert (await authenticate(world, holder.sign(claims_of(world), kid=None))).status_code == 200
    assert refusal(await authenticate(world, old.sign(claims_of(world), kid="new"))) == REFUSED


@pytest.mark.spec("RFC 7591", "2", "token_endpoint_auth_signing_alg is the only algorithm accepted")
async def test_only_the_registered_algorithm_is_accepted(world: World) -> None:
    es256, eddsa = Keyholder("ES256", "a"), Keyholder("EdDSA", "b")
    jwks = {"keys": [es256.jwk, eddsa.jwk]}
    await add_worker(world, jwks=jwks, token_endpoint_auth_signing_alg="EdDSA")
    assert (await authenticate(world, eddsa.sign(claims_of(world)))).status_code == 200
    assert refusal(await authenticate(world, es256.sign(claims_of(world)))) == REFUSED
    await add_worker(world, jwks=jwks, token_endpoint_auth_signing_alg="HS256")
    assert refusal(await authenticate(world, es256.sign(claims_of(world)))) == REFUSED


async def test_authenticating_writes_one_row_and_reads_the_client(world: World, holder: Keyholder) -> None:
    await add_worker(world, jwks=holder.jwks)
    assertion = holder.sign(claims_of(world))
    world.driver.reset()
    assert (await authenticate(world, assertion)).status_code == 200
    assert (len(world.driver.reads), len(world.driver.writes)) == (1, 1)


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        pytest.param({"client_assertion_type": ASSERTION_TYPE}, (400, "invalid_request"), id="type alone"),
        pytest.param({"client_assertion": "a.b.c"}, (400, "invalid_request"), id="assertion alone"),
        pytest.param({"client_assertion": "", "client_assertion_type": ""}, REFUSED, id="both empty"),
        pytest.param({"client_assertion": "a.b.c", "client_assertion_type": "saml2"}, REFUSED, id="another type"),
        pytest.param(
            {"client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE}, REFUSED, id="no JWT at all"
        ),
    ],
)
async def test_assertion_and_type_go_together(world: World, params: dict[str, str], answer: tuple[int, str]) -> None:
    response = await world.http.post("/oauth2/token", data={"grant_type": "client_credentials"} | params)
    assert refusal(response) == answer


async def test_who_holds_the_key_is_told_what_is_wrong_with_the_claims(world: World, holder: Keyholder) -> None:
    await add_worker(world, jwks=holder.jwks)
    response = await authenticate(world, holder.sign(claims_of(world, exp=world.clock.now - 60)))
    assert response.json()["error_description"] == "client_assertion: expired"
    stranger = Keyholder()
    response = await authenticate(world, stranger.sign(claims_of(world, exp=world.clock.now - 60)))
    assert response.json()["error_description"] == "client authentication failed"
    unknown = await authenticate(world, stranger.sign(claims_of(world, "nobody")))
    assert unknown.json() == response.json()


async def test_a_disabled_client_is_refused(world: World, holder: Keyholder) -> None:
    await add_worker(world, jwks=holder.jwks, disabled_at=world.clock.now)
    assert refusal(await authenticate(world, holder.sign(claims_of(world)))) == REFUSED


@pytest.mark.spec("RFC 7517", "5", "keys are found at jwks_uri")
async def test_keys_are_fetched_from_the_registered_address(world: World, holder: Keyholder, web: ForeignWeb) -> None:
    web.jwks(holder.jwk)
    await add_worker(world, jwks_uri=web.url())
    for _ in range(3):
        assert (await authenticate(world, holder.sign(claims_of(world)))).status_code == 200
    assert len(web.asked) == 1


async def test_a_new_key_is_found_by_its_name(world: World, holder: Keyholder, web: ForeignWeb) -> None:
    await add_worker(world, "rotating", jwks_uri=web.url())
    web.jwks(holder.jwk)
    assert (await authenticate(world, holder.sign(claims_of(world, "rotating")))).status_code == 200
    new = Keyholder(kid="new")
    web.jwks(new.jwk)
    assert refusal(await authenticate(world, new.sign(claims_of(world, "rotating")))) == REFUSED
    world.clock.advance(30)
    assert (await authenticate(world, new.sign(claims_of(world, "rotating")))).status_code == 200
    assert refusal(await authenticate(world, holder.sign(claims_of(world, "rotating")))) == REFUSED


async def test_keys_that_cannot_be_fetched_refuse_the_client_with_one_line_for_the_operator(
    world: World, holder: Keyholder, web: ForeignWeb
) -> None:
    web.answer = send(b"", status="500 Broken")
    await add_worker(world, "broken", jwks_uri=web.url())
    assertion = holder.sign(claims_of(world, "broken"))
    with log_lines() as lines:
        response = await authenticate(world, assertion)
    assert refusal(response) == REFUSED
    assert response.json()["error_description"] == "client authentication failed"
    warnings = [line for line in lines if line["level"] != "info"]
    assert [(line["event"], line["owner"], line["jwks_uri"], line["reason"]) for line in warnings] == [
        ("keys not fetched", "client broken", web.url(), "answered 500")
    ]
    assert assertion not in str(lines)
