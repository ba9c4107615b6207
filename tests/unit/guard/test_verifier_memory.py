"""What a verifier remembers, for how long, and whose keys it believes."""

import asyncio

import httpx2
import pytest

from lingpai.crypto.jws import Signer
from lingpai.guard import Jwks, TokenCheckUnavailable, Verifier
from lingpai.oauth.errors import InvalidToken
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, token_of


async def test_a_remembered_token_is_forgotten_when_it_expires(verifier: Verifier, signer: Signer) -> None:
    token = token_of(signer, exp=NOW + 20)
    first = await verifier.check(token, NOW)
    assert await verifier.check(token, NOW + 19) is first
    with pytest.raises(InvalidToken):
        await verifier.check(token, NOW + 25)


async def test_a_key_that_is_withdrawn_takes_its_remembered_tokens_with_it(
    verifier: Verifier, server: ForeignServer, signer: Signer
) -> None:
    token = token_of(signer)
    await verifier.check(token, NOW)
    server.keys.clear()
    server.new_signer("key-2")
    assert await verifier.check(token, NOW + 299)
    with pytest.raises(InvalidToken):
        await verifier.check(token, NOW + 300)


async def test_renewing_unchanged_keys_keeps_what_is_remembered(verifier: Verifier, signer: Signer) -> None:
    token = token_of(signer)
    first = await verifier.check(token, NOW)
    assert await verifier.check(token, NOW + 301) is first


async def test_a_new_key_is_found_when_a_token_names_it(
    verifier: Verifier, server: ForeignServer, signer: Signer
) -> None:
    await verifier.check(token_of(signer), NOW)
    rotated = server.new_signer("key-2")
    assert await verifier.check(token_of(rotated), NOW + 60)
    assert server.count("/jwks") == 2


async def test_a_flood_of_invented_kids_asks_once_per_cooldown(
    verifier: Verifier, server: ForeignServer, signer: Signer
) -> None:
    await verifier.check(token_of(signer), NOW)
    stranger = ForeignServer()
    tokens = [token_of(stranger.new_signer(f"invented-{n}")) for n in range(20)]
    for later in (10, 12, 14):
        outcomes = await asyncio.gather(
            *(verifier.check(token, NOW + later) for token in tokens), return_exceptions=True
        )
        assert all(isinstance(outcome, InvalidToken) for outcome in outcomes)
    assert server.count("/jwks") == 2
    # The flood did not cost anybody the real key.
    assert await verifier.check(token_of(signer), NOW + 15)


async def test_without_keys_nobody_is_let_in(verifier: Verifier, server: ForeignServer, signer: Signer) -> None:
    server.metadata["issuer"] = "https://evil.example"
    with pytest.raises(TokenCheckUnavailable):
        await verifier.check(token_of(signer), NOW)


async def test_verifiers_that_share_keys_share_no_verdicts(http: httpx2.AsyncClient, signer: Signer) -> None:
    jwks = Jwks(issuer=ISSUER, http=http)
    photos = Verifier(issuer=ISSUER, audience=AUDIENCE, jwks=jwks)
    mail = Verifier(issuer=ISSUER, audience="https://mail.example", jwks=jwks)
    token = token_of(signer)
    assert await photos.check(token, NOW)
    with pytest.raises(InvalidToken):
        await mail.check(token, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"issuer": "as.example"},
        {"issuer": "http://as.example"},
        {"issuer": "https://as.example?x=1"},
        {"issuer": "https://as.example#x"},
        {"issuer": "https://user@as.example"},
        {"issuer": "HTTPS://as.example"},
        {"audience": ""},
        {"audience": "  "},
        {"algs": []},
        {"algs": "ES256"},
        {"algs": ["HS256"]},
        {"algs": ["ES256", "none"]},
        {"leeway_s": 3600},
        {"leeway_s": -1},
        {"issuer": "https://other.example"},
    ],
    ids=str,
)
async def test_a_verifier_is_not_made_with_a_setting_that_checks_nothing(
    http: httpx2.AsyncClient, wrong: dict[str, object]
) -> None:
    settings: dict = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": Jwks(issuer=ISSUER, http=http), **wrong}
    with pytest.raises(ValueError, match=r"\w"):
        Verifier(**settings)


@pytest.mark.parametrize("missing", ["issuer", "audience"])
def test_issuer_and_audience_have_no_default(missing: str) -> None:
    settings: dict = {"issuer": ISSUER, "audience": AUDIENCE}
    del settings[missing]
    with pytest.raises(TypeError, match=missing):
        Verifier(**settings)


async def test_a_verifier_closes_only_the_connections_it_opened(verifier: Verifier, signer: Signer) -> None:
    await verifier.aclose()
    assert await verifier.check(token_of(signer), NOW)
    await Verifier(issuer=ISSUER, audience=AUDIENCE).aclose()
