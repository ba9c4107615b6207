"""Making the server ask addresses for an attacker: its own machine, its network, the metadata service of its cloud."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lingpai.server.storage.records import TrustedIssuer
from tests.assertions import JWT_BEARER, Keyholder, add_worker, authenticate, claims_of
from tests.foreign_web import ForeignWeb, send
from tests.log_lines import log_lines
from tests.world import ISSUER, SECRET, Ask, World, refusal

PUBLIC = "https://auth.example"
REFUSED = (401, "invalid_client")
HOLDER = Keyholder()


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[ForeignWeb]:
    """A service inside, which would give the attacker's keys to whoever asks."""
    async with ForeignWeb.open() as opened:
        opened.jwks(HOLDER.jwk)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def public_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A server on the Internet."""
    opened = await World.open(tmp_path_factory.mktemp("public"), issuer=PUBLIC)
    yield opened
    await opened.close()


INTERNAL = [
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "http://localhost:{port}/",
    "https://[::1]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://[2002:7f00:1::]:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://017700000001:{port}/",
    "https://127.1:{port}/",
    "https://0:{port}/",
    "https://0.0.0.0:{port}/",
    "https://[::]:{port}/",
    "https://auth.localhost:{port}/",
    "https://keys.example@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@keys.example/",
    "https://127.0.0.1:{port}#@keys.example/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/",
    "https://192.0.0.192/opc/v2/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "unix:///var/run/docker.sock",
    "data:application/json,{{}}",
]


@pytest.mark.parametrize("jwks_uri", INTERNAL)
async def test_no_jwks_uri_reaches_inside(public_world: World, web: ForeignWeb, jwks_uri: str) -> None:
    # CVE-2026-1180, CVE-2025-67494 (a deny-list that was bypassed three times)
    await add_worker(public_world, jwks_uri=jwks_uri.format(port=web.port))
    assertion = HOLDER.sign(claims_of(public_world, aud=PUBLIC))
    with log_lines() as lines:
        answer = await authenticate(public_world, assertion)
    assert refusal(answer) == REFUSED
    # Nobody outside learns what is inside: a refused port and an open one answer alike.
    assert answer.json()["error_description"] == "client authentication failed"
    assert web.asked == []
    assert len([line for line in lines if line["level"] == "warning"]) == 1


@pytest.mark.parametrize("jwks_uri", INTERNAL)
async def test_no_trusted_issuer_reaches_inside(public_world: World, web: ForeignWeb, jwks_uri: str) -> None:
    await public_world.add_client("presenter", grant_types=(JWT_BEARER,))
    await public_world.server.store.trusted_issuers.put(
        TrustedIssuer(
            issuer="https://partner.example",
            jwks_uri=jwks_uri.format(port=web.port),
            client_ids=("presenter",),
            scope="list_album",
        )
    )
    assertion = HOLDER.sign(claims_of(public_world, iss="https://partner.example", sub="zhangsan", aud=PUBLIC))
    answer = await public_world.post("/oauth2/token", client="presenter", grant_type=JWT_BEARER, assertion=assertion)
    assert refusal(answer) == (400, "invalid_grant")
    assert web.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_no_redirect_is_followed(world: World, web: ForeignWeb, status: str) -> None:
    # CVE-2026-4366, CVE-2026-49478: the first address is good, the one it leads to is not
    async with ForeignWeb.open() as inside:
        inside.jwks(HOLDER.jwk)
        web.answer = send(b"", status=status, location=inside.url(), content_length="0")
        await add_worker(world, jwks_uri=web.url())
        assert refusal(await authenticate(world, HOLDER.sign(claims_of(world)))) == REFUSED
        assert len(web.asked) == 1
        assert inside.asked == []


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_no_header_of_an_assertion_is_an_address_to_ask(world: World, web: ForeignWeb, name: str) -> None:
    # CVE-2026-27962 class: keys from the token itself
    await add_worker(world, jwks=Keyholder().jwks)
    assertion = HOLDER.sign(claims_of(world), **{name: web.url()})
    assert refusal(await authenticate(world, assertion)) == REFUSED
    assert web.asked == []


async def test_nobody_who_is_not_registered_makes_the_server_ask(world: World, web: ForeignWeb) -> None:
    assertion = HOLDER.sign(claims_of(world, web.url(), iss=web.url(), sub=web.url()))
    assert refusal(await authenticate(world, assertion)) == REFUSED
    await world.add_client(grant_types=(JWT_BEARER,))
    answer = await world.post("/oauth2/token", grant_type=JWT_BEARER, assertion=assertion)
    assert refusal(answer) == (400, "invalid_grant")
    assert web.asked == []


@pytest.mark.parametrize("how", ["authorize", "par"])
async def test_a_request_uri_is_not_fetched(world: World, web: ForeignWeb, how: str) -> None:
    # Blind requests from inside through request_uri
    params = Ask(world).params | {"request_uri": web.url()}
    if how == "authorize":
        answer = await world.http.get("/oauth2/authorize", params=params)
    else:
        answer = await world.http.post("/oauth2/par", data=params, auth=("photo-print", SECRET))
    assert answer.status_code in {302, 303, 400}
    assert web.asked == []


async def test_addresses_a_client_registers_for_people_are_not_fetched(world: World, web: ForeignWeb) -> None:
    # CVE-2026-23603 class: a picture that the server fetches
    addresses = dict.fromkeys(("logo_uri", "client_uri", "policy_uri", "tos_uri"), web.url())
    await world.add_client(**addresses)
    await world.add_account("lisi", picture=web.url())
    await Ask(world).allow(world.browser(), username="lisi")
    assert web.asked == []


async def test_a_fetch_tells_the_other_side_nothing(world: World, web: ForeignWeb) -> None:
    await add_worker(world, "quiet", jwks_uri=web.url())
    assertion = HOLDER.sign(claims_of(world, "quiet"))
    sent = {"cookie": "lingpai_session=secret", "x-forwarded-for": "10.1.2.3"}
    world.http.headers.update(sent)
    try:
        assert (await authenticate(world, assertion)).status_code == 200
    finally:
        for name in sent:
            del world.http.headers[name]
    request = web.asked[0]
    for secret in (assertion, "secret", "10.1.2.3", ISSUER, "quiet", "ookie", "uthorization"):
        assert secret not in request


async def test_an_unreachable_server_costs_its_own_client_only(world: World, web: ForeignWeb) -> None:
    gone = web.url()
    await add_worker(world, "gone", jwks_uri=gone.replace(str(web.port), "1"))
    await add_worker(world, "here", jwks_uri=web.url())
    assert refusal(await authenticate(world, HOLDER.sign(claims_of(world, "gone")))) == REFUSED
    assert (await authenticate(world, HOLDER.sign(claims_of(world, "here")))).status_code == 200
