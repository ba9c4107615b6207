import hashlib
import hmac
import json

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lingpai.crypto import b64
from lingpai.crypto.jws import Signer
from lingpai.guard import Jwks, Verifier
from lingpai.oauth.errors import InvalidToken
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, claims_of, token_of


def handmade(header: object, claims: object, signature: bytes = b"") -> str:
    segments = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(b64.encode(segment) for segment in segments)


@pytest.mark.spec("RFC 9068", "4", "a token that passes every check is accepted")
async def test_a_good_token_says_who_may_do_what(verifier: Verifier, signer: Signer) -> None:
    access_token = await verifier.check(token_of(signer, extra="kept"), NOW)
    assert access_token.subject == "zhangsan"
    assert access_token.client_id == "photo-print"
    assert access_token.scope.names == ("get_user_info", "list_album")
    assert access_token.audience == (AUDIENCE,)
    assert (access_token.issued_at, access_token.expires_at) == (NOW - 10, NOW + 600)
    assert access_token.claims["extra"] == "kept"


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", RSAKey.generate_key(2048, {"kid": "theirs", "alg": "RS256"})),
        ("PS256", RSAKey.generate_key(2048, {"kid": "theirs"})),
        ("ES256", ECKey.generate_key("P-256", {"kid": "theirs"})),
        ("EdDSA", OKPKey.generate_key("Ed25519", {"kid": "theirs", "alg": "EdDSA"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "theirs", "alg": "Ed25519"})),
    ],
    ids=["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.spec("RFC 9068", "4", "typ is at+jwt or application/at+jwt")
async def test_tokens_another_library_signed_are_good(
    verifier: Verifier, server: ForeignServer, alg: str, key: RSAKey | ECKey | OKPKey
) -> None:
    server.keys.append({name: str(value) for name, value in key.as_dict(private=False).items() if value})
    header = {"alg": alg, "typ": "application/at+jwt", "kid": "theirs"}
    token = jwt.encode(header, claims_of(aud=["https://other.example", AUDIENCE]), key, algorithms=[alg])
    assert (await verifier.check(token, NOW)).subject == "zhangsan"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://evil.example"}, id="other issuer"),
        pytest.param({"iss": ISSUER + "/"}, id="issuer with a slash more"),
        pytest.param({"aud": "https://other.example"}, id="other audience"),
        pytest.param({"aud": [AUDIENCE, 7]}, id="audience list with a number"),
        pytest.param({"aud": []}, id="empty audience list"),
        pytest.param({"aud": {AUDIENCE: True}}, id="audience is an object"),
        pytest.param({"exp": NOW - 60}, id="expired"),
        pytest.param({"exp": True}, id="exp is true"),
        pytest.param({"exp": str(NOW + 60)}, id="exp is text"),
        pytest.param({"exp": 1e300}, id="exp beyond any calendar"),
        pytest.param({"iat": NOW + 3600}, id="issued in the future"),
        pytest.param({"nbf": NOW + 3600}, id="not valid yet"),
        pytest.param({"scope": 7}, id="scope is a number"),
        pytest.param({"scope": ["list_album"]}, id="scope is a list"),
        pytest.param({"scope": 'list_album "quoted"'}, id="scope with characters no scope has"),
        pytest.param({"sub": 7}, id="sub is a number"),
        pytest.param({"sub": ""}, id="sub is empty"),
        pytest.param({"client_id": ["photo-print"]}, id="client_id is a list"),
        pytest.param({"jti": 7}, id="jti is a number"),
        pytest.param({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}, id="bound to a DPoP key"),
        pytest.param({"cnf": {}}, id="bound to nothing we know"),
    ],
)
@pytest.mark.spec("RFC 9068", "4", "iss, aud and exp are checked; anything else is refused")
async def test_a_signed_token_with_a_bad_claim_is_refused(
    verifier: Verifier, signer: Signer, changes: dict[str, object]
) -> None:
    with pytest.raises(InvalidToken):
        await verifier.check(token_of(signer, **changes), NOW)


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "client_id", "jti"])
@pytest.mark.spec("RFC 9068", "2.2", "these claims are required")
async def test_a_signed_token_without_a_required_claim_is_refused(
    verifier: Verifier, signer: Signer, name: str
) -> None:
    with pytest.raises(InvalidToken, match=name):
        await verifier.check(token_of(signer, **{name: None}), NOW)


async def test_a_null_claim_is_not_a_claim(verifier: Verifier, signer: Signer) -> None:
    for name in ("sub", "client_id", "jti", "aud", "iss"):
        token = signer.sign("at+jwt", json.dumps({**claims_of(), name: None}).encode())
        with pytest.raises(InvalidToken):
            await verifier.check(token, NOW)


@pytest.mark.spec("RFC 9068", "5", "a client acting for itself is not taken for a person")
async def test_a_client_that_acts_for_itself_is_no_subject(verifier: Verifier, signer: Signer) -> None:
    access_token = await verifier.check(token_of(signer, sub="zhangsan", client_id="zhangsan"), NOW)
    assert (access_token.subject, access_token.client_id) == (None, "zhangsan")


async def test_a_token_without_scope_permits_nothing(verifier: Verifier, signer: Signer) -> None:
    assert (await verifier.check(token_of(signer, scope=None), NOW)).scope.names == ()


@pytest.mark.parametrize("typ", ["JWT", "", "logout+jwt", "dpop+jwt", "id_token", "application/jwt", "at+jwt+x"])
@pytest.mark.spec("RFC 9068", "4", "a token whose typ is not at+jwt is rejected")
async def test_a_token_of_another_kind_is_refused(verifier: Verifier, signer: Signer, typ: str) -> None:
    with pytest.raises(InvalidToken, match="typ"):
        await verifier.check(signer.sign(typ, json.dumps(claims_of()).encode()), NOW)


@pytest.mark.spec("RFC 8725", "3.2", "none is never accepted")
async def test_an_unsigned_token_is_refused(verifier: Verifier, signer: Signer) -> None:
    for alg in ("none", "None", "NONE"):
        with pytest.raises(InvalidToken):
            await verifier.check(handmade({"alg": alg, "typ": "at+jwt", "kid": signer.kid}, claims_of()), NOW)


@pytest.mark.spec("RFC 8725", "2.1", "a public key is never used as an HMAC secret")
async def test_a_token_authenticated_with_the_public_key_as_a_secret_is_refused(
    verifier: Verifier, server: ForeignServer
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    server.keys.append({name: str(value) for name, value in key.as_dict(private=False).items() if value})
    secrets = [key.as_pem(private=False), json.dumps(server.keys[0]).encode(), b64.decode(server.keys[0]["n"])]
    for secret in secrets:
        signing_input = handmade({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}, claims_of()).rpartition(".")[0]
        mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
        with pytest.raises(InvalidToken):
            await verifier.check(f"{signing_input}.{b64.encode(mac)}", NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "." * 100_000,
        "x" * 1_000_000,
        "ey\x00.ey.ey",
        "é.é.é",
        "\ud800.\udc00.\ud800",
        '{"payload":"e30","signatures":[]}',
        handmade([], claims_of()),
        handmade({"alg": "ES256", "typ": "at+jwt", "kid": "key-1"}, claims_of()),
        handmade({"alg": "ES256", "typ": "at+jwt", "kid": "key-1"}, claims_of(), b"\x00" * 64),
        handmade({"alg": "ES256", "typ": "at+jwt", "kid": 7}, claims_of()),
        handmade({"alg": ["ES256"], "typ": "at+jwt"}, claims_of()),
        b64.encode(b"[" * 9000) + ".e30.",
    ],
    ids=[
        "empty",
        "one dot",
        "two dots",
        "three dots",
        "letters",
        "many dots",
        "long",
        "NUL",
        "not ASCII",
        "lone surrogates",
        "JSON form",
        "header is a list",
        "no signature",
        "zero signature",
        "kid is a number",
        "alg is a list",
        "deep nesting",
    ],
)
async def test_garbage_is_refused_and_breaks_nothing(verifier: Verifier, signer: Signer, token: str) -> None:
    assert signer.kid == "key-1"
    with pytest.raises(InvalidToken):
        await verifier.check(token, NOW)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"])
async def test_a_token_that_brings_its_own_key_or_reading_is_refused(
    verifier: Verifier, server: ForeignServer, name: str
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "key-1"})
    server.new_signer("key-1")
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "key-1"}
    genuine = jwt.encode(header, claims_of(), key)
    changed = b64.encode(json.dumps({**header, name: key.as_dict(private=False)}).encode())
    with pytest.raises(InvalidToken):
        await verifier.check(f"{changed}.{genuine.partition('.')[2]}", NOW)


async def test_a_token_with_one_bit_flipped_is_refused(verifier: Verifier, signer: Signer) -> None:
    head, payload, signature = token_of(signer).split(".")
    flipped = bytearray(b64.decode(payload))
    flipped[10] ^= 1
    with pytest.raises(InvalidToken):
        await verifier.check(f"{head}.{b64.encode(bytes(flipped))}.{signature}", NOW)


async def test_an_algorithm_that_is_switched_off_is_refused(
    http: httpx2.AsyncClient, server: ForeignServer, signer: Signer
) -> None:
    strict = Verifier(issuer=ISSUER, audience=AUDIENCE, jwks=Jwks(issuer=ISSUER, http=http), algs=["EdDSA"])
    with pytest.raises(InvalidToken, match="alg"):
        await strict.check(token_of(signer), NOW)
    assert await strict.check(token_of(server.new_signer("ed", "EdDSA")), NOW + 10)
