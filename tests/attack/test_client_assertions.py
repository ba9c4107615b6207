"""Forged, stolen, replayed and misdirected client assertions. Each test names the class of holes it keeps shut."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec
import pytest

from lingpai.crypto import b64
from lingpai.server.storage.sweep import sweep_all
from lingpai.server.tokens.master_key import load_master_key
from lingpai.server.wiring import Server, open_database
from tests.assertions import (
    ASSERTION_TYPE,
    TOKEN_ENDPOINT,
    Keyholder,
    add_secret_worker,
    add_worker,
    authenticate,
    claims_of,
    sign_with_secret,
)
from tests.world import ISSUER, SECRET, World, refusal

REFUSED = (401, "invalid_client")
HOLDER, STRANGER, RSA = Keyholder(), Keyholder(), Keyholder("RS256")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"alg": "none"}, id="none"),
        pytest.param({"alg": "None"}, id="None"),
        pytest.param({"alg": "nOnE"}, id="nOnE"),
        pytest.param({"alg": None}, id="no alg"),
        pytest.param({"alg": ["ES256"]}, id="a list"),
        pytest.param({"alg": "HS256"}, id="symmetric"),
        pytest.param({"alg": "RS256"}, id="of another key"),
        pytest.param({"typ": "at+jwt"}, id="an access token"),
        pytest.param({"typ": "dpop+jwt"}, id="a DPoP proof"),
        pytest.param({"typ": "oauth-authz-req+jwt"}, id="a request object"),
        pytest.param({"typ": "logout+jwt"}, id="a logout token"),
        pytest.param({"typ": 1}, id="a number for a type"),
        pytest.param({"crit": ["exp"], "exp": 1}, id="crit"),
        pytest.param({"jwk": STRANGER.jwk}, id="its own key"),
        pytest.param({"jku": "https://evil.example/jwks"}, id="an address of keys"),
        pytest.param({"x5u": "https://evil.example/cert"}, id="an address of a certificate"),
        pytest.param({"x5c": ["MIIB"]}, id="a certificate"),
        pytest.param({"zip": "DEF"}, id="compressed"),
        pytest.param({"b64": False}, id="b64"),
        pytest.param({"kid": "two"}, id="an unknown key"),
        pytest.param({"kid": 1}, id="a number for a key"),
        pytest.param({"kid": "../../dev/null"}, id="a path for a key"),
    ],
)
async def test_no_header_changes_how_an_assertion_is_checked(world: World, header: dict[str, Any]) -> None:
    # none: CVE-2026-28802; jwk: CVE-2026-27962; crit: CVE-2025-59420; zip: CVE-2025-62706; typ: GHSA-7fpj-9hr8-28vh
    await add_worker(world, jwks=HOLDER.jwks)
    assert refusal(await authenticate(world, HOLDER.sign(claims_of(world), **header))) == REFUSED


@pytest.mark.parametrize("drop_signature", [False, True])
@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_an_assertion_without_signature_is_nothing(world: World, alg: str, drop_signature: bool) -> None:
    # CVE-2026-28802
    await add_worker(world, jwks=HOLDER.jwks)
    token = sign_with_secret("", claims_of(world), alg)
    if drop_signature:
        token = token.rpartition(".")[0]
    assert refusal(await authenticate(world, token)) == REFUSED


def published_texts(holder: Keyholder) -> list[str]:
    """What an attacker can read of a key, as somebody might feed it to HMAC."""
    return [holder.jwk["n"], msgspec.json.encode(holder.jwk).decode(), msgspec.json.encode(holder.jwks).decode()]


@pytest.mark.spec("RFC 8725", "3.1", "a public key is never the secret of an HMAC")
async def test_a_public_key_is_never_a_secret(world: World) -> None:
    # CVE-2024-37568, CVE-2026-114615, CVE-2026-33322: algorithm confusion
    for fields in ({}, {"token_endpoint_auth_signing_alg": "HS256"}, {"token_endpoint_auth_signing_alg": "RS256"}):
        await add_worker(world, jwks=RSA.jwks, **fields)
        for text in published_texts(RSA):
            for alg in ("HS256", "HS384", "HS512"):
                token = sign_with_secret(text, claims_of(world), alg, kid=RSA.kid)
                assert refusal(await authenticate(world, token)) == REFUSED


async def test_a_digest_of_a_secret_is_no_secret(world: World) -> None:
    # DOT: HS256 signed with the hashed secret. Who reads the database must not be able to sign.
    client = await add_secret_worker(world)
    kept = client.client_secrets[0]
    for secret in (kept.digest.hex(), b64.encode(kept.digest), kept.sealed.hex(), "", client.client_id):
        assert refusal(await authenticate(world, sign_with_secret(secret, claims_of(world)))) == REFUSED


async def test_a_client_with_a_plain_secret_cannot_be_entered_by_signing(world: World) -> None:
    await add_worker(world, "basic", token_endpoint_auth_method="client_secret_basic")
    await add_worker(world, "app", token_endpoint_auth_method="none", grant_types=("authorization_code",))
    for client_id in ("photo-print", "basic", "app"):
        for token in (sign_with_secret(SECRET, claims_of(world, client_id)), HOLDER.sign(claims_of(world, client_id))):
            assert refusal(await authenticate(world, token)) == REFUSED


@pytest.mark.spec("RFC 7523", "3", "iss and sub are the client_id, aud is us, exp is in the future")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "photo-print"}, id="another issuer"),
        pytest.param({"sub": "photo-print"}, id="another subject"),
        pytest.param({"iss": "photo-print", "sub": "photo-print"}, id="for another client"),
        pytest.param({"iss": None}, id="no iss"),
        pytest.param({"sub": None}, id="no sub"),
        pytest.param({"sub": ["worker"]}, id="sub is a list"),
        pytest.param({"iss": "worker\0", "sub": "worker\0"}, id="NUL"),
        pytest.param({"aud": None}, id="no aud"),
        pytest.param({"aud": ""}, id="empty aud"),
        pytest.param({"aud": "https://other.example"}, id="another server"),
        pytest.param({"aud": [ISSUER, "https://other.example"]}, id="us and another server"),
        pytest.param({"aud": ISSUER + "/oauth2/introspect"}, id="another endpoint"),
        pytest.param({"aud": ISSUER + "/"}, id="a slash more"),
        pytest.param({"aud": TOKEN_ENDPOINT + "?a=b"}, id="a query"),
        pytest.param({"exp": None}, id="no exp"),
        pytest.param({"exp": 0}, id="expired long ago"),
        pytest.param({"exp": 4_000_000_000}, id="for ever"),
        pytest.param({"exp": "4000000000"}, id="exp is text"),
        pytest.param({"exp": 1e308}, id="exp is huge"),
        pytest.param({"iat": 4_000_000_000}, id="from the future"),
        pytest.param({"iat": 0}, id="made in 1970"),
        pytest.param({"nbf": 4_000_000_000}, id="not yet"),
        pytest.param({"jti": None}, id="no jti"),
        pytest.param({"jti": ""}, id="empty jti"),
        pytest.param({"jti": "a" * 5000}, id="a jti that fills the database"),
    ],
)
async def test_an_assertion_says_exactly_who_to_whom_and_when(world: World, changes: dict[str, Any]) -> None:
    # An audience of another server; CVE-2026-55669 (aud and exp not checked)
    await add_worker(world, jwks=HOLDER.jwks)
    assert refusal(await authenticate(world, HOLDER.sign(claims_of(world, **changes)))) == REFUSED


async def test_the_key_of_one_client_does_not_open_another(world: World) -> None:
    await add_worker(world, "victim", jwks=STRANGER.jwks)
    await add_worker(world, "evil", jwks=HOLDER.jwks)
    forged = HOLDER.sign(claims_of(world, "victim"))
    assert refusal(await authenticate(world, forged)) == REFUSED
    assert refusal(await authenticate(world, forged, client_id="evil")) == REFUSED
    own = HOLDER.sign(claims_of(world, "evil"))
    assert refusal(await authenticate(world, own, client_id="victim")) == REFUSED


@pytest.mark.spec("RFC 7523", "3", "an assertion is accepted once")
async def test_an_assertion_counts_once_wherever_it_is_shown(world: World) -> None:
    # CVE-2020-15222
    await add_worker(world, jwks=HOLDER.jwks)
    assertion = HOLDER.sign(claims_of(world))
    assert (await authenticate(world, assertion)).status_code == 200
    for path in ("/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par"):
        assert refusal(await authenticate(world, assertion, path, token="none")) == REFUSED
    same_jti = HOLDER.sign(claims_of(world, jti="again"))
    assert (await authenticate(world, same_jti)).status_code == 200
    assert (
        refusal(await authenticate(world, HOLDER.sign(claims_of(world, jti="again", exp=world.clock.now + 90))))
        == REFUSED
    )


async def test_of_many_shown_together_one_counts(world: World) -> None:
    await add_worker(world, jwks=HOLDER.jwks)
    assertion = HOLDER.sign(claims_of(world))
    answers = await asyncio.gather(*(authenticate(world, assertion) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


async def test_an_assertion_counts_once_in_all_processes_and_after_a_restart(world: World) -> None:
    # CVE-2026-9802: single-use memory lost with the process
    await add_worker(world, jwks=HOLDER.jwks)
    assertion = HOLDER.sign(claims_of(world))
    assert (await authenticate(world, assertion)).status_code == 200
    other = Server(world.config, open_database(world.config), load_master_key(world.config, create=False), world.clock)
    await other.start()
    transport = httpx2.ASGITransport(app=other.app)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        sent = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
        answer = await http.post("/oauth2/token", data=sent | {"grant_type": "client_credentials"})
    await other.close()
    assert refusal(answer) == REFUSED


async def test_a_jti_is_remembered_until_no_clock_takes_the_assertion(world: World) -> None:
    await add_worker(world, jwks=HOLDER.jwks)
    assertion = HOLDER.sign(claims_of(world, exp=world.clock.now + 60))
    assert (await authenticate(world, assertion)).status_code == 200
    for _ in range(100):
        world.clock.advance(1)
        await sweep_all(world.driver, world.clock.now)
        assert refusal(await authenticate(world, assertion)) == REFUSED
    assert world.rows()["spent"] == 0


async def test_another_client_may_use_the_same_jti(world: World) -> None:
    await add_worker(world, "one", jwks=HOLDER.jwks)
    await add_worker(world, "two", jwks=HOLDER.jwks)
    for client_id in ("one", "two"):
        assertion = HOLDER.sign(claims_of(world, client_id, jti="same"))
        assert (await authenticate(world, assertion)).status_code == 200


@pytest.mark.spec("RFC 6749", "2.3", "one method per request")
@pytest.mark.parametrize("extra", ["header", "secret"])
async def test_an_assertion_beside_another_credential_is_refused_and_not_spent(world: World, extra: str) -> None:
    await add_worker(world, jwks=HOLDER.jwks)
    assertion = HOLDER.sign(claims_of(world))
    sent = {
        "grant_type": "client_credentials",
        "client_assertion": assertion,
        "client_assertion_type": ASSERTION_TYPE,
    }
    if extra == "header":
        answer = await world.http.post("/oauth2/token", data=sent, auth=("photo-print", SECRET))
    else:
        answer = await world.http.post("/oauth2/token", data=sent | {"client_secret": SECRET})
    assert refusal(answer) == (400, "invalid_request")
    assert (await authenticate(world, assertion)).status_code == 200


GARBAGE: list[Callable[[str], str]] = [
    lambda _: "." * 8000,
    lambda _: "a" * 8000,
    lambda _: "..",
    lambda _: "a.b.c",
    lambda _: "é.é.é",
    lambda _: b64.encode(b"[" * 5000) + ".e30.e30",
    lambda _: b64.encode(b'{"alg":"ES256"}') + "." + b64.encode(b"[" * 5000) + ".e30",
    lambda good: good + "." + good,
    lambda good: good[:-1],
    lambda good: good + "=",
    lambda good: good.replace(".", ".\n", 1),
    lambda good: good.partition(".")[2],
    lambda good: good.rpartition(".")[0] + "." + b64.encode(b"\0" * 64),
    lambda good: good.rpartition(".")[0] + ".",
    lambda good: '{"payload":"' + good.split(".")[1] + '","signatures":[]}',
]


@pytest.mark.parametrize("spoil", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_refused_as_such(world: World, spoil: Callable[[str], str]) -> None:
    # CVE-2025-27144 (dots), CVE-2025-22868 (memory), CVE-2026-96760 (no signatures), and the empty signature r = s = 0
    await add_worker(world, jwks=HOLDER.jwks)
    answer = await authenticate(world, spoil(HOLDER.sign(claims_of(world))))
    assert refusal(answer) in {REFUSED, (400, "invalid_request")}


async def test_an_oversized_assertion_is_refused_before_it_is_read(world: World) -> None:
    # CVE-2025-61920
    await add_worker(world, jwks=HOLDER.jwks)
    assert refusal(await authenticate(world, HOLDER.sign(claims_of(world, padding="a" * 9000)))) == REFUSED
    huge = await authenticate(world, HOLDER.sign(claims_of(world, padding="a" * 60_000)))
    assert huge.status_code in {400, 413}
