"""Signatures: joserfc agrees with ours, and everything else is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, OctKey, RSAKey, import_key

from lingpai.crypto import b64
from lingpai.crypto.jwk import PublicKey, canonical_alg, generate_private_key, parse_jwks, public_jwk
from lingpai.crypto.jws import InvalidJws, Signer, read_kid, verify

ALGS = ("ES256", "EdDSA", "Ed25519", "RS256", "PS256")
PRIVATE = {alg: generate_private_key(alg) for alg in ALGS}
JWKS = {alg: public_jwk(PRIVATE[alg], kid=alg, alg=alg) for alg in ALGS}
SIGNER = Signer("ES256", "ES256", PRIVATE["ES256"])
CLAIMS = {"sub": "zhangsan", "n": 1}
PAYLOAD = msgspec.json.encode(CLAIMS)
TOKEN = SIGNER.sign("at+jwt", PAYLOAD)
SIGNING_INPUTS = {alg: Signer(alg, alg, PRIVATE[alg]).sign("at+jwt", PAYLOAD).rpartition(".")[0] for alg in ALGS}


def keys_of(*algs: str) -> tuple[PublicKey, ...]:
    return parse_jwks({"keys": [JWKS[alg] for alg in algs]})


def accept(token: str, *algs: str) -> dict[str, object]:
    _, claims = verify(token, keys_of(*(algs or ("ES256",))), typ=("at+jwt",), algs=ALGS)
    return claims


def signed(header: object, payload: bytes = PAYLOAD) -> str:
    """A token with any header at all, rightly signed with ES256."""
    segments = f"{b64.encode(msgspec.json.encode(header))}.{b64.encode(payload)}"
    key = ECKey.import_key(PRIVATE["ES256"])
    algorithm = joserfc_jws.JWSRegistry.algorithms["ES256"]
    return f"{segments}.{b64.encode(algorithm.sign(segments.encode(), key))}"


GOOD_HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "ES256"}


@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.spec("RFC 7515", "5.1", "signatures others can verify")
def test_joserfc_verifies_what_we_sign(alg: str) -> None:
    token = Signer(alg, "k1", PRIVATE[alg]).sign("JWT", PAYLOAD)
    key = import_key({**JWKS[alg], "alg": canonical_alg(alg)})
    # joserfc warns of the name EdDSA; the bytes are those of Ed25519.
    algorithm = joserfc_jws.JWSRegistry.algorithms[canonical_alg(alg)]
    extracted = joserfc_jws.extract_compact(token.encode())
    assert extracted.headers() == {"alg": alg, "kid": "k1", "typ": "JWT"}
    assert extracted.payload == PAYLOAD
    signing_input, _, signature = token.rpartition(".")
    assert algorithm.verify(signing_input.encode(), b64.decode(signature), key)


@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.spec("RFC 7515", "5.2", "a valid signature is accepted")
def test_what_we_sign_we_accept(alg: str) -> None:
    token = Signer(alg, alg, PRIVATE[alg]).sign("at+jwt", PAYLOAD)
    header, claims = verify(token, keys_of(alg), typ=("at+jwt",), algs=(alg,))
    assert header == {"alg": alg, "kid": alg, "typ": "at+jwt"}
    assert claims == CLAIMS


def test_the_header_of_a_type_is_the_same_every_time() -> None:
    headers = [SIGNER.sign(typ, PAYLOAD).partition(".")[0] for typ in ("JWT", "JWT", "at+jwt")]
    assert headers[0] == headers[1] != headers[2]


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS384", "PS512", "ES384", "ES512"])
def test_we_accept_what_joserfc_signs_with_the_other_algorithms(alg: str) -> None:
    key = {"E": lambda: ECKey.generate_key({"ES384": "P-384", "ES512": "P-521"}[alg])}.get(
        alg[0], lambda: RSAKey.import_key(PRIVATE["RS256"])
    )()
    token = joserfc_jws.serialize_compact({"alg": alg, "typ": "JWT"}, PAYLOAD, key, algorithms=[alg])
    jwks = {"keys": [{**key.as_dict(private=False), "alg": alg}]}
    assert verify(token, parse_jwks(jwks), typ=("JWT",), algs=(alg,))[1] == CLAIMS


@pytest.mark.spec("RFC 7515", "Appendix A.2", "the example signed with RS256 verifies")
def test_the_rs256_example_of_the_specification() -> None:
    n = (
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
        "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
        "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
        "yuXpoQ"
    )
    token = (
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
        "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi"
        "12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGl"
        "UPQGe77Rw"
    )
    keys = parse_jwks({"keys": [{"kty": "RSA", "n": n, "e": "AQAB"}]})
    header, claims = verify(token, keys, typ=("",), algs=("RS256",))
    assert header == {"alg": "RS256"}
    assert claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


@pytest.mark.spec("RFC 7515", "Appendix A.3", "the example signed with ES256 verifies")
def test_the_es256_example_of_the_specification() -> None:
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    token = (
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    _, claims = verify(token, parse_jwks({"keys": [jwk]}), typ=("",), algs=("ES256",))
    assert claims["iss"] == "joe"


@pytest.mark.parametrize("named", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("accepted", ["EdDSA", "Ed25519"])
def test_both_names_of_ed25519_are_accepted_for_each_other(named: str, accepted: str) -> None:
    token = Signer(named, named, PRIVATE[named]).sign("at+jwt", PAYLOAD)
    assert verify(token, keys_of(named), typ=("at+jwt",), algs=(accepted,))[1] == CLAIMS


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
@pytest.mark.spec("RFC 7515", "4.1.9", "typ is a media type with or without application/")
def test_a_type_is_recognised_in_every_spelling(typ: str) -> None:
    assert accept(signed({**GOOD_HEADER, "typ": typ})) == CLAIMS


@pytest.mark.parametrize("changes", [{"typ": "JWT"}, {"typ": "logout+jwt"}, {"typ": ""}, {"typ": 1}, {"typ": None}])
@pytest.mark.spec("RFC 8725", "3.11", "a token of another type is refused")
def test_a_token_of_another_type_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidJws, match="typ"):
        accept(signed({**GOOD_HEADER, **changes}))


def test_a_missing_type_is_refused_unless_the_caller_says_otherwise() -> None:
    token = signed({"alg": "ES256"})
    with pytest.raises(InvalidJws, match="typ"):
        accept(token)
    assert verify(token, keys_of("ES256"), typ=("JWT", ""), algs=ALGS)[1] == CLAIMS


@pytest.mark.parametrize("name", ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip"])
@pytest.mark.spec("RFC 8725", "3.5", "a token cannot bring its own key")
def test_a_header_that_is_never_believed_is_refused_even_if_signed(name: str) -> None:
    with pytest.raises(InvalidJws, match="never believed"):
        accept(signed({**GOOD_HEADER, name: JWKS["ES256"]}))


def test_an_unknown_header_is_ignored() -> None:
    assert accept(signed({**GOOD_HEADER, "x-other": 1})) == CLAIMS


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES256 ", "es256", "RSA-OAEP", "", None, 1, ["ES256"]])
@pytest.mark.spec("RFC 8725", "3.1", "only algorithms the caller accepts")
def test_an_algorithm_nobody_asked_for_is_refused(alg: object) -> None:
    with pytest.raises(InvalidJws, match="alg"):
        accept(signed({**GOOD_HEADER, "alg": alg}))


def test_none_is_refused_even_if_a_careless_caller_lists_it() -> None:
    header = b64.encode(msgspec.json.encode({"alg": "none", "typ": "at+jwt"}))
    with pytest.raises(InvalidJws, match="does not fit the key"):
        verify(f"{header}.{b64.encode(PAYLOAD)}.", keys_of("ES256"), typ=("at+jwt",), algs=("none",))


@pytest.mark.parametrize("secret", [JWKS["RS256"]["n"], PRIVATE["RS256"].hex()])
def test_a_public_key_is_no_hmac_secret_even_if_a_careless_caller_lists_hmac(secret: str) -> None:
    token = joserfc_jws.serialize_compact(
        {"alg": "HS256", "typ": "at+jwt", "kid": "RS256"}, PAYLOAD, OctKey.import_key(secret), algorithms=["HS256"]
    )
    with pytest.raises(InvalidJws, match="does not fit the key"):
        verify(token, keys_of("RS256"), typ=("at+jwt",), algs=("RS256", "HS256"))


def test_the_key_decides_the_algorithm() -> None:
    """One RSA key registered for RS256 does not verify PS256, though the mathematics would."""
    token = Signer("PS256", "RS256", PRIVATE["RS256"]).sign("at+jwt", PAYLOAD)
    with pytest.raises(InvalidJws, match="does not fit the key"):
        accept(token, "RS256")


def test_the_kid_selects_the_key() -> None:
    other = public_jwk(generate_private_key("ES256"), kid="other", alg="ES256")
    keys = parse_jwks({"keys": [other, JWKS["ES256"]]})
    assert verify(TOKEN, keys, typ=("at+jwt",), algs=ALGS)[1] == CLAIMS
    assert verify(signed({"alg": "ES256", "typ": "at+jwt"}), keys, typ=("at+jwt",), algs=ALGS)[1] == CLAIMS
    with pytest.raises(InvalidJws, match="signature"):
        verify(signed({**GOOD_HEADER, "kid": "other"}), keys, typ=("at+jwt",), algs=ALGS)
    with pytest.raises(InvalidJws, match="no key with this kid"):
        verify(TOKEN, parse_jwks({"keys": [other]}), typ=("at+jwt",), algs=ALGS)


def test_a_key_without_a_kid_may_be_the_one_meant() -> None:
    nameless = {name: value for name, value in JWKS["ES256"].items() if name != "kid"}
    assert verify(TOKEN, parse_jwks({"keys": [nameless]}), typ=("at+jwt",), algs=ALGS)[1] == CLAIMS


def test_a_kid_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidJws, match="kid"):
        accept(signed({**GOOD_HEADER, "kid": {"$ne": ""}}))


def test_without_keys_nothing_is_believed() -> None:
    with pytest.raises(InvalidJws):
        verify(TOKEN, (), typ=("at+jwt",), algs=ALGS)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param(".", id="a dot"),
        pytest.param("..", id="two dots"),
        pytest.param(TOKEN + ".", id="four segments"),
        pytest.param(TOKEN.rpartition(".")[0], id="two segments"),
        pytest.param(TOKEN.rpartition(".")[0] + ".", id="no signature"),
        pytest.param(TOKEN + "=", id="padding"),
        pytest.param(TOKEN + "\n", id="newline"),
        pytest.param(TOKEN[:-1], id="a character less"),
        pytest.param(TOKEN.replace(".", ".Ａ", 1), id="not ASCII"),
        pytest.param("." * 10_000, id="dots"),
        pytest.param('{"payload":"","signatures":[]}', id="JSON serialization without signatures"),
        pytest.param(b64.encode(b"[" * 9_000) + "..", id="deep nesting in the header"),
        pytest.param(b64.encode(b"\xff\xfe{}") + "..", id="a header that is not UTF-8"),
        pytest.param(b64.encode(b"[]") + "..", id="a header that is a list"),
        pytest.param("A" * 20_000, id="too long"),
    ],
)
@pytest.mark.spec("RFC 7515", "7.1", "exactly three base64url segments")
def test_what_is_no_compact_jws_is_refused(token: str) -> None:
    with pytest.raises(InvalidJws) as refusal:
        accept(token)
    assert refusal.value.reason == str(refusal.value)


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b"\xff", b"[" * 9_000, b'{"a":NaN}', b'{"exp":' + b"9" * 9_000 + b"}"],
    ids=["empty", "list", "null", "not UTF-8", "deep", "NaN", "huge number"],
)
def test_signed_claims_that_are_no_json_object_are_refused(payload: bytes) -> None:
    with pytest.raises(InvalidJws, match="payload is not a JSON object"):
        accept(signed(GOOD_HEADER, payload))


def test_the_callers_limit_is_kept() -> None:
    with pytest.raises(InvalidJws, match="longer"):
        verify(TOKEN, keys_of("ES256"), typ=("at+jwt",), algs=ALGS, limit_bytes=len(TOKEN) - 1)
    verify(TOKEN, keys_of("ES256"), typ=("at+jwt",), algs=ALGS, limit_bytes=len(TOKEN))


@pytest.mark.parametrize("alg", ALGS)
@given(
    signature=st.binary(max_size=80) | st.just(bytes(64)) | st.just(bytes(256)) | st.binary(min_size=256, max_size=256)
)
def test_an_invented_signature_is_refused(alg: str, signature: bytes) -> None:
    signing_input = SIGNING_INPUTS[alg]
    with pytest.raises(InvalidJws, match="signature"):
        accept(f"{signing_input}.{b64.encode(signature)}", alg)


@given(st.text(alphabet="eyJ.-_A9= \x00é", max_size=60))
def test_nonsense_is_refused_and_never_raises_anything_else(token: str) -> None:
    with pytest.raises(InvalidJws):
        accept(token)


@given(st.binary(min_size=1, max_size=20))
def test_a_changed_payload_is_refused(suffix: bytes) -> None:
    header, _, signature = TOKEN.split(".")
    with pytest.raises(InvalidJws, match="signature"):
        accept(f"{header}.{b64.encode(PAYLOAD + suffix)}.{signature}")


@pytest.mark.parametrize(
    ("token", "kid"),
    [
        pytest.param(TOKEN, "ES256", id="a token of ours"),
        pytest.param(signed({"alg": "ES256"}), None, id="no kid"),
        pytest.param(signed({"kid": 1}), None, id="a kid that is no text"),
        pytest.param("nonsense", None, id="no token"),
    ],
)
def test_the_kid_of_an_unverified_token_can_be_read(token: str, kid: str | None) -> None:
    assert read_kid(token) == kid
