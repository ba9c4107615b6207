"""Keys: ours, and those of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from lingpai.crypto.jwk import (
    InvalidJwk,
    canonical_alg,
    generate_private_key,
    load_private_key,
    parse_jwks,
    public_jwk,
    thumbprint,
)

ALGS = ("ES256", "EdDSA", "Ed25519", "RS256", "PS256")
EC = public_jwk(generate_private_key("ES256"), kid="ec", alg="ES256")
OKP = public_jwk(generate_private_key("EdDSA"), kid="okp", alg="EdDSA")
RSA = public_jwk(generate_private_key("RS256"), kid="rsa", alg="RS256")
SHORT_N = "ow" + "AAAA" * 42

# RFC 7638 §3.1
RSA_EXAMPLE = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q"
        "MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ"
        "zKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def without(jwk: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in jwk.items() if name not in names}


@pytest.mark.parametrize("alg", ALGS)
def test_the_public_half_names_key_algorithm_and_use_and_nothing_private(alg: str) -> None:
    jwk = public_jwk(generate_private_key(alg), kid="k1", alg=alg)
    assert (jwk["kid"], jwk["alg"], jwk["use"]) == ("k1", alg, "sig")
    assert jwk.keys() - {"kid", "alg", "use", "kty", "crv", "x", "y", "n", "e"} == set()


@pytest.mark.parametrize("alg", ALGS)
def test_our_keys_are_read_as_keys_for_their_algorithm_only(alg: str) -> None:
    (key,) = parse_jwks({"keys": [public_jwk(generate_private_key(alg), kid="k1", alg=alg)]})
    assert key.kid == "k1"
    assert key.algs == {canonical_alg(alg)}


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", ""])
def test_keys_are_made_for_known_algorithms_only(alg: str) -> None:
    with pytest.raises(ValueError, match="no keys are made"):
        generate_private_key(alg)


@pytest.mark.parametrize(("made_for", "used_for"), [("ES256", "EdDSA"), ("EdDSA", "RS256"), ("RS256", "ES256")])
def test_a_key_is_not_used_for_another_algorithm(made_for: str, used_for: str) -> None:
    with pytest.raises(ValueError, match="not a private key for"):
        load_private_key(generate_private_key(made_for), used_for)


@pytest.mark.spec("RFC 9864", "2.2", "Ed25519 and EdDSA name the same algorithm")
def test_both_names_of_ed25519_are_one() -> None:
    assert canonical_alg("EdDSA") == canonical_alg("Ed25519") == "Ed25519"
    assert canonical_alg("ES256") == "ES256"


@pytest.mark.spec("RFC 7638", "3.1", "the example's thumbprint")
def test_the_thumbprint_of_the_specification() -> None:
    assert thumbprint(RSA_EXAMPLE) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(
    ("jwk", "kind"), [pytest.param(EC, ECKey, id="EC"), pytest.param(OKP, OKPKey, id="OKP"), (RSA, RSAKey)]
)
def test_thumbprints_are_what_joserfc_computes(jwk: dict[str, str], kind: type[ECKey | OKPKey | RSAKey]) -> None:
    assert thumbprint(jwk) == kind.import_key(dict(jwk)).thumbprint()


@pytest.mark.parametrize("jwk", [{}, {"kty": "oct", "k": "AAAA"}, {"kty": "RSA", "n": "AQAB"}, {"kty": 1}])
def test_what_is_no_key_has_no_thumbprint(jwk: dict[str, object]) -> None:
    with pytest.raises(InvalidJwk):
        thumbprint(jwk)


def test_a_key_without_alg_may_verify_what_its_kind_allows() -> None:
    keys = parse_jwks({"keys": [without(jwk, "alg", "use", "kid") for jwk in (EC, OKP, RSA)]})
    assert [set(key.algs) for key in keys] == [
        {"ES256"},
        {"Ed25519"},
        {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
    ]
    assert [key.kid for key in keys] == [None, None, None]


@pytest.mark.parametrize(("curve", "alg"), [("P-384", "ES384"), ("P-521", "ES512")])
def test_larger_curves_are_read(curve: str, alg: str) -> None:
    jwk = ECKey.generate_key(curve, private=False).as_dict(private=False)
    (key,) = parse_jwks({"keys": [jwk]})
    assert key.algs == {alg}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"use": "enc"}, id="for encryption"),
        pytest.param({"key_ops": ["encrypt"]}, id="for other operations"),
        pytest.param({"key_ops": "verify"}, id="operations that are no list"),
        pytest.param({"alg": "ECDH-ES"}, id="an algorithm that is no signature"),
        pytest.param({"alg": "ES256K"}, id="an algorithm we do not know"),
        pytest.param({"crv": "secp256k1"}, id="a curve we do not know"),
        pytest.param({"kty": "AKP"}, id="a kind we do not know"),
    ],
)
@pytest.mark.spec("RFC 7517", "5", "keys that are not understood are ignored")
def test_a_key_we_do_not_understand_is_ignored(changes: dict[str, object]) -> None:
    assert [key.kid for key in parse_jwks({"keys": [{**EC, **changes}, OKP]})] == ["okp"]


def test_an_alg_that_does_not_fit_its_key_is_refused() -> None:
    with pytest.raises(InvalidJwk, match="does not fit"):
        parse_jwks({"keys": [{**EC, "alg": "RS256"}]})


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(OctKey.import_key("k" * 32).as_dict(private=True), id="symmetric"),
        pytest.param(ECKey.generate_key("P-256").as_dict(private=True), id="private EC"),
        pytest.param(OKPKey.generate_key("Ed25519").as_dict(private=True), id="private OKP"),
        pytest.param({**RSA, "d": "AQAB"}, id="private RSA"),
        pytest.param({"kty": "unknown", "d": "AQAB"}, id="private, of a kind we do not know"),
    ],
)
def test_a_set_that_publishes_a_private_key_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(InvalidJwk, match="published"):
        parse_jwks({"keys": [EC, entry]})


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(without(EC, "y"), id="half a point"),
        pytest.param({**EC, "x": EC["y"], "y": EC["x"]}, id="a point that is not on the curve"),
        pytest.param({**EC, "x": EC["x"] + "="}, id="padded base64"),
        pytest.param({**EC, "x": 1}, id="a number for text"),
        pytest.param({**OKP, "x": "AAAA"}, id="a short point"),
        pytest.param({**RSA, "n": SHORT_N}, id="a 1024-bit modulus"),
        pytest.param({**RSA, "n": "_" * 2000}, id="a modulus that takes seconds"),
        pytest.param({**RSA, "e": "AQ"}, id="an exponent of one"),
        pytest.param({**RSA, "e": "AQAAAAAB"}, id="a huge exponent"),
        pytest.param({**RSA, "kid": 1}, id="a kid that is no text"),
        pytest.param({"kid": "k1"}, id="no kty"),
        pytest.param("key", id="text"),
        pytest.param(None, id="null"),
    ],
)
def test_a_malformed_key_is_refused(entry: object) -> None:
    with pytest.raises(InvalidJwk):
        parse_jwks({"keys": [OKP, entry]})


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, "keys", 1])
def test_what_is_no_key_set_is_refused(document: object) -> None:
    with pytest.raises(InvalidJwk, match="not a JWK Set"):
        parse_jwks(document)


def test_a_hundred_keys_are_enough() -> None:
    assert len(parse_jwks({"keys": [OKP] * 100})) == 100
    with pytest.raises(InvalidJwk, match="more than 100"):
        parse_jwks({"keys": [OKP] * 101})


NAMES = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "kid", "key_ops"])
VALUES: st.SearchStrategy[object] = st.sampled_from(
    ["EC", "OKP", "RSA", "P-256", "Ed25519", "ES256", "AQAB", EC["x"], RSA["n"], 1, None, []]
)


@given(st.dictionaries(NAMES, VALUES))
def test_nonsense_is_ignored_or_refused_and_never_raises_anything_else(entry: dict[str, object]) -> None:
    try:
        parse_jwks({"keys": [entry]})
    except InvalidJwk as refusal:
        assert RSA["n"] not in str(refusal)  # noqa: PT017 - the other outcome is no exception at all
