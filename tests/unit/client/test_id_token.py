"""Every reason not to believe an ID Token, with tokens made by somebody else's library."""

import base64
import hmac
from typing import Any

import pytest
from joserfc.jwk import ECKey
from msgspec import json, structs

from lingpai.client.errors import IdTokenError
from lingpai.client.id_token import Expected, claimed_kid, parse_id_token
from lingpai.crypto.jwk import parse_jwks
from tests.unit.client.foreign import KEYS, NOW, at_hash, changed, jwks, sign

TRUSTED = parse_jwks(jwks())
ISSUER = "https://as.example"
EXPECTED = Expected(
    issuer=ISSUER,
    client_id="photos",
    algs=("ES256", "RS256", "EdDSA"),
    access_token="acc3ss",
    nonce="N" * 43,
)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "photos",
    "sub": "zhang",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "N" * 43,
    "at_hash": at_hash("acc3ss"),
}


def parse(token: str, *, expected: Expected = EXPECTED, now: int = NOW) -> dict[str, object]:
    return parse_id_token(token, TRUSTED, expected, now=now)


def refused(token: str, **options: Any) -> str:
    with pytest.raises(IdTokenError) as raised:
        parse(token, **options)
    return str(raised.value)


@pytest.mark.parametrize(("alg", "hash_name"), [("ES256", "sha256"), ("RS256", "sha256"), ("EdDSA", "sha512")])
@pytest.mark.parametrize("typ", ["JWT", "jwt", None])
def test_a_good_token_is_believed(alg: str, hash_name: str, typ: str | None) -> None:
    claims = {**CLAIMS, "at_hash": at_hash("acc3ss", hash_name)}
    assert parse(sign(claims, alg=alg, header={"typ": typ})) == claims


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": ["photos"]}, id="audience in a list"),
        pytest.param({"aud": ["photos", "api"], "azp": "photos"}, id="several audiences, asked for by us"),
        pytest.param({"azp": "photos"}, id="azp without need"),
        pytest.param({"at_hash": None}, id="no at_hash"),
        pytest.param({"exp": NOW - 59}, id="a clock a little ahead"),
        pytest.param({"iat": NOW + 59}, id="a clock a little behind"),
    ],
)
def test_what_the_standard_allows_is_believed(changes: dict[str, object]) -> None:
    assert parse(sign(changed(CLAIMS, changes)))["sub"] == "zhang"


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.3.7", "every claim is checked")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss", id="another issuer"),
        pytest.param({"iss": f"{ISSUER}/"}, "iss", id="nearly the issuer"),
        pytest.param({"iss": None}, "iss", id="no issuer"),
        pytest.param({"aud": "other"}, "aud", id="another audience"),
        pytest.param({"aud": []}, "aud", id="no audience"),
        pytest.param({"aud": None}, "aud", id="audience missing"),
        pytest.param({"aud": ["photos", "api"]}, "azp", id="several audiences without azp"),
        pytest.param({"aud": ["photos", "api"], "azp": "api"}, "azp", id="asked for by somebody else"),
        pytest.param({"azp": "other"}, "azp", id="another azp"),
        pytest.param({"exp": NOW - 61}, "expired", id="expired"),
        pytest.param({"exp": None}, "exp", id="never expires"),
        pytest.param({"exp": True}, "exp", id="exp is a boolean"),
        pytest.param({"exp": "9999999999"}, "exp", id="exp is text"),
        pytest.param({"iat": NOW + 61}, "future", id="from the future"),
        pytest.param({"iat": None}, "iat", id="no iat"),
        pytest.param({"nonce": "M" * 43}, "nonce", id="of another sign-in"),
        pytest.param({"nonce": None}, "nonce", id="no nonce"),
        pytest.param({"nonce": 7}, "nonce", id="nonce is a number"),
        pytest.param({"sub": None}, "sub", id="about nobody"),
        pytest.param({"sub": ""}, "sub", id="about an empty name"),
        pytest.param({"sub": 7}, "sub", id="about a number"),
        pytest.param({"sub": "z" * 256}, "sub", id="a name too long"),
        pytest.param({"at_hash": at_hash("other")}, "at_hash", id="beside another access token"),
        pytest.param({"at_hash": 7}, "at_hash", id="at_hash is a number"),
    ],
)
def test_a_wrong_claim_is_refused(changes: dict[str, object], reason: str) -> None:
    assert reason in refused(sign(changed(CLAIMS, changes)))


def unsigned(header: dict[str, object]) -> str:
    parts = (base64.urlsafe_b64encode(json.encode(part)).rstrip(b"=").decode() for part in (header, CLAIMS))
    return ".".join((*parts, ""))


def with_public_key_as_secret() -> str:
    """The oldest trick: HMAC with the public key, which everybody has, for a secret."""
    signing_input = unsigned({"alg": "HS256", "kid": "rs", "typ": "JWT"}).rpartition(".")[0]
    mac = hmac.digest(KEYS["RS256"].as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.spec("RFC 8725", "3.1", "the algorithm is one expected and fits the key")
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(unsigned({"alg": "none", "typ": "JWT"}), id="alg none"),
        pytest.param(unsigned({"alg": "None", "kid": "es"}), id="alg None"),
        pytest.param(unsigned({"alg": "ES256", "kid": "es"}), id="an empty signature"),
        pytest.param(with_public_key_as_secret(), id="HMAC with the public key"),
        pytest.param(sign(CLAIMS, alg="PS256", key=KEYS["RS256"]), id="an algorithm not offered"),
        pytest.param(sign(CLAIMS, header={"kid": "rs"}), id="the kid of a key of another kind"),
        pytest.param(sign(CLAIMS, key=ECKey.generate_key("P-256", {"kid": "es"})), id="another key by that name"),
        pytest.param(sign(CLAIMS, header={"kid": "new"}), id="an unknown key"),
        pytest.param(sign(CLAIMS, header={"typ": "at+jwt"}), id="an access token"),
        pytest.param(sign(CLAIMS, header={"jwk": KEYS["ES256"].as_dict(private=False)}), id="brings its own key"),
        pytest.param(sign(CLAIMS)[:-4] + "AAAA", id="a broken signature"),
        pytest.param(sign(CLAIMS) + ".x", id="four parts"),
        pytest.param("a.b.c", id="not base64"),
        pytest.param("", id="nothing"),
        pytest.param("令牌", id="not ASCII"),
        pytest.param("." * 1_000_000, id="a megabyte of dots"),
    ],
)
def test_a_token_nobody_signed_for_us_is_refused(token: str) -> None:
    refused(token)


def test_a_refusal_shows_neither_token_nor_claims() -> None:
    token = sign({**CLAIMS, "nonce": "M" * 43})
    reason = refused(token)
    assert "M" * 43 not in reason
    assert token.split(".")[2] not in reason
    assert "acc3ss" not in repr(EXPECTED)
    assert "N" * 43 not in repr(EXPECTED)


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1", "max_age demands a recent auth_time")
@pytest.mark.parametrize(
    ("auth_time", "is_good"),
    [(NOW - 300, True), (NOW - 360, True), (NOW - 361, False), (NOW + 61, False), (None, False), (True, False)],
)
def test_max_age_is_enforced_by_us_and_not_only_asked_for(auth_time: int | None, is_good: bool) -> None:
    token = sign(changed(CLAIMS, {"auth_time": auth_time}))
    expected = structs.replace(EXPECTED, max_age=300)
    if is_good:
        assert parse(token, expected=expected)["auth_time"] == auth_time
    else:
        assert "auth_time" in refused(token, expected=expected)


@pytest.mark.spec("OpenID Connect Core 1.0", "12.2", "a refreshed ID Token is about the same person")
def test_a_refresh_cannot_change_who_is_signed_in() -> None:
    token = sign(changed(CLAIMS, {"nonce": None}))
    refreshed = structs.replace(EXPECTED, nonce=None, subject="zhang")
    assert parse(token, expected=refreshed)["sub"] == "zhang"
    assert "person" in refused(token, expected=structs.replace(refreshed, subject="li"))


@pytest.mark.parametrize("token", ["", "x", "令牌", "eyJ9.e30.", "W10.e30.", "eyJraWQiOjd9.e30."])
def test_a_garbled_token_names_no_key(token: str) -> None:
    assert claimed_kid(token) is None


def test_a_token_names_its_key() -> None:
    assert claimed_kid(sign(CLAIMS)) == "es"
