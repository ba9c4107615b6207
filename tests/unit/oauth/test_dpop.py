"""Proofs of the standard, proofs of others, and everything that is no proof of this request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lingpai.crypto import b64
from lingpai.oauth.dpop import ALGS, DpopProof, DpopProofs, Nonces, access_token_hash
from lingpai.oauth.errors import InvalidDpopProof
from tests.proofs import Prover, ath

NOW = 1_800_000_000
TOKEN_URL = "https://as.example/oauth2/token"
PROVER = Prover()

RFC_HEADER = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoR"
    "jQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
RFC_TOKEN_PROOF = (
    f"{RFC_HEADER}."
    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijo"
    "xNTYyMjYyNjE2fQ."
    "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
RFC_ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_RESOURCE_PROOF = (
    f"{RFC_HEADER}."
    "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXN"
    "vdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9."
    "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
RFC_JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.fixture
def proofs() -> DpopProofs:
    return DpopProofs()


def check(proofs: DpopProofs, proof: str, **changes: Any) -> DpopProof:
    asked: dict[str, Any] = {"method": "POST", "url": TOKEN_URL, "now": NOW}
    return proofs.check(proof, **(asked | changes))


@pytest.mark.spec("RFC 9449", "5", "the proof of the example token request is good")
@pytest.mark.spec("RFC 9449", "6.1", "jkt is the thumbprint of the key in the proof")
def test_the_token_request_of_the_standard(proofs: DpopProofs) -> None:
    proof = proofs.check(RFC_TOKEN_PROOF, method="POST", url="https://server.example.com/token", now=1562262616)
    assert proof == DpopProof(RFC_JKT, "-BwC3ESc6acc2lTc", 1562262616, None)


@pytest.mark.spec("RFC 9449", "7.1", "the proof of the example resource request is good")
@pytest.mark.spec("RFC 9449", "4.2", "ath is the digest of the access token")
def test_the_resource_request_of_the_standard(proofs: DpopProofs) -> None:
    url = "https://resource.example.org/protectedresource"
    assert access_token_hash(RFC_ACCESS_TOKEN) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    proof = proofs.check(RFC_RESOURCE_PROOF, method="GET", url=url, now=1562262618, access_token=RFC_ACCESS_TOKEN)
    assert proof.jkt == RFC_JKT


@pytest.mark.spec("RFC 9449", "4.3", "the htu of the example stands for all its spellings")
@pytest.mark.parametrize(
    ("htu", "url"),
    [
        (f"{TOKEN_URL}?a=b", TOKEN_URL),
        (f"{TOKEN_URL}#f", TOKEN_URL),
        (TOKEN_URL, f"{TOKEN_URL}?a=b"),
        ("HTTPS://AS.EXAMPLE/oauth2/token", TOKEN_URL),
        ("https://as.example:443/oauth2/token", TOKEN_URL),
        (TOKEN_URL, "https://as.example:443/oauth2/token"),
        ("http://localhost/x", "http://localhost:80/x"),
        ("https://as.example", "https://as.example/"),
        ("https://as.example/%7ezhang/%e4%BB%a4", "https://as.example/~zhang/%E4%BB%A4"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(proofs: DpopProofs, htu: str, url: str) -> None:
    assert check(proofs, PROVER.prove("POST", htu, now=NOW), url=url)


@pytest.mark.spec("RFC 9449", "4.3", "htm and htu are those of the request")
@pytest.mark.parametrize(
    "htu",
    [
        "https://as.example/oauth2/revoke",
        "https://as.example/oauth2/token/",
        "https://as.example/oauth2/Token",
        "https://as.example/oauth2%2Ftoken",
        "http://as.example/oauth2/token",
        "https://as.example:8443/oauth2/token",
        "https://as.example.evil.example/oauth2/token",
        "https://evil.example@as.example/oauth2/token",
        "https://as.example:99999/oauth2/token",
        "https://[as.example/oauth2/token",
        "/oauth2/token",
        "",
        None,
        7,
        ["https://as.example/oauth2/token"],
    ],
)
def test_another_address_is_refused(proofs: DpopProofs, htu: Any) -> None:
    with pytest.raises(InvalidDpopProof, match="htu"):
        check(proofs, PROVER.prove("POST", htu, now=NOW))


@pytest.mark.parametrize("htm", ["GET", "post", "POST ", None, 7, ["POST"]])
def test_another_method_is_refused(proofs: DpopProofs, htm: Any) -> None:
    with pytest.raises(InvalidDpopProof, match="htm"):
        check(proofs, PROVER.prove(htm, TOKEN_URL, now=NOW))


@pytest.mark.spec("RFC 9449", "4.3", "iat is within an acceptable window")
@pytest.mark.parametrize("seconds", [-60, -59, 0, 0.5, 60])
def test_a_proof_may_be_a_minute_off(proofs: DpopProofs, seconds: float) -> None:
    proof = check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, iat=NOW + seconds))
    assert proofs.forget_at(proof) > NOW + seconds + 60, "remembered for as long as it is good"


@pytest.mark.parametrize("iat", [NOW - 61, NOW + 61, 0, -1, 1e300, None, True, str(NOW), [NOW], NOW * 1000])
def test_an_older_or_later_one_is_refused(proofs: DpopProofs, iat: Any) -> None:
    with pytest.raises(InvalidDpopProof, match="iat"):
        check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, iat=iat))


@pytest.mark.spec("RFC 9449", "4.3", "all required claims are there")
@pytest.mark.parametrize("jti", [None, "", 7, "a b", "x" * 257, "密", ["x"]])
def test_a_jti_is_a_printable_name_of_bounded_length(proofs: DpopProofs, jti: Any) -> None:
    with pytest.raises(InvalidDpopProof, match="jti"):
        check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, jti=jti))


def test_a_nonce_is_handed_on_and_is_text(proofs: DpopProofs) -> None:
    assert check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, nonce="n")).nonce == "n"
    with pytest.raises(InvalidDpopProof, match="nonce"):
        check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, nonce=7))


@pytest.mark.spec("RFC 9449", "4.3", "ath is compared where an access token is presented")
@pytest.mark.parametrize("wrong", [None, "", ath("another"), 7, ath("token") + "="])
def test_a_proof_for_another_token_is_refused(proofs: DpopProofs, wrong: Any) -> None:
    assert check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, ath=ath("token")), access_token="token")
    with pytest.raises(InvalidDpopProof, match="ath"):
        check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, ath=wrong), access_token="token")


HEADERS: dict[str, dict[str, object]] = {
    "another typ": {"typ": "JWT"},
    "no typ": {"typ": None},
    "an access token": {"typ": "at+jwt"},
    "alg none": {"alg": "none"},
    "a symmetric alg": {"alg": "HS256"},
    "an alg of another curve": {"alg": "ES384"},
    "an alg of another kind": {"alg": "RS256"},
    "no alg": {"alg": None},
    "no key": {"jwk": None},
    "a key in a string": {"jwk": "{}"},
    "a key of another": {"jwk": Prover().jwk},
    "a private key": {"jwk": PROVER.jwk | {"d": "AAAA"}},
    "a symmetric key": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "half a key": {"jwk": {"kty": "EC", "crv": "P-256", "x": PROVER.jwk["x"]}},
    "a point not on the curve": {"jwk": PROVER.jwk | {"y": PROVER.jwk["x"]}},
    "a key for encryption": {"jwk": PROVER.jwk | {"use": "enc"}},
    "an unknown critical header": {"crit": ["exp"], "exp": NOW},
    "an unencoded payload": {"crit": ["b64"], "b64": False},
    "a key elsewhere": {"jku": "https://evil.example/jwks"},
    "a certificate": {"x5c": ["AAAA"]},
    "compression": {"zip": "DEF"},
}


@pytest.mark.spec("RFC 9449", "4.3", "typ, alg and jwk of the header are checked, private keys are refused")
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_that_does_not_fit_is_refused(proofs: DpopProofs, header: dict[str, object]) -> None:
    check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW))  # the good key is remembered; the bad header is not it
    with pytest.raises(InvalidDpopProof):
        check(proofs, PROVER.prove("POST", TOKEN_URL, now=NOW, header=header))


@pytest.mark.spec("RFC 9449", "4.3", "the signature verifies with the key in the header")
def test_a_proof_somebody_changed_is_refused(proofs: DpopProofs) -> None:
    good = PROVER.prove("POST", TOKEN_URL, now=NOW)
    header, payload, signature = good.split(".")
    other = PROVER.prove("GET", TOKEN_URL, now=NOW).split(".")
    forged = b64.encode(bytes(64))
    for proof in (
        f"{header}.{other[1]}.{signature}",
        f"{header}.{payload}.{other[2]}",
        f"{header}.{payload}.{forged}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{good}.",
        f"{header}.{payload}é.{signature}",
        "",
        "...",
        good + "x" * 8192,
        PROVER.sign(f"{header}.{b64.encode(b'[]')}"),
        PROVER.sign(f"{header}.{b64.encode(b'no json')}"),
        PROVER.sign(f"{header}.!!"),
    ):
        for fresh in (proofs, DpopProofs()):
            with pytest.raises(InvalidDpopProof):
                check(fresh, proof)
        check(proofs, good)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("ES256", ECKey.generate_key("P-256")),
        ("ES384", ECKey.generate_key("P-384")),
        ("ES512", ECKey.generate_key("P-521")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
        ("RS256", RSAKey.generate_key(2048)),
        ("PS256", RSAKey.generate_key(2048)),
    ],
)
def test_the_proofs_of_another_library_are_good(proofs: DpopProofs, alg: str, key: Any) -> None:
    assert alg in ALGS
    header = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)}
    claims = {"htm": "POST", "htu": TOKEN_URL, "iat": NOW, "jti": "x"}
    proof = jwt.encode(header, claims, key, algorithms=[alg])
    assert check(proofs, proof).jkt == key.thumbprint()


def test_a_server_may_accept_fewer_algorithms() -> None:
    only = DpopProofs(algs=("EdDSA",))
    assert check(only, Prover("EdDSA").prove("POST", TOKEN_URL, now=NOW))
    with pytest.raises(InvalidDpopProof, match="alg"):
        check(only, PROVER.prove("POST", TOKEN_URL, now=NOW))


@given(st.text(max_size=200))
def test_any_text_is_a_proof_or_refused(text: str) -> None:
    with pytest.raises(InvalidDpopProof):
        check(DpopProofs(), text)


@pytest.mark.spec("RFC 9449", "8", "a nonce is not guessable and lives a limited time")
def test_a_nonce_is_good_for_a_while_and_only_under_its_key() -> None:
    nonces = Nonces(b"k" * 32)
    nonce = nonces.current(NOW)
    assert nonces.current(NOW + 1) == nonce
    assert all(nonces.is_good(nonce, NOW + later) for later in (0, 60, 119, 120))
    assert not nonces.is_good(nonce, NOW + 240)
    assert not nonces.is_good(nonce, NOW - 120), "it did not exist yet"
    assert nonces.current(NOW + 120) != nonce
    assert Nonces(b"k" * 32).is_good(nonce, NOW), "every process with the key knows it"
    assert not Nonces(b"x" * 32).is_good(nonce, NOW)
    assert not any(nonces.is_good(made_up, NOW) for made_up in ("", "x", nonce[:-1], nonce + "0", nonce.upper(), "密"))
