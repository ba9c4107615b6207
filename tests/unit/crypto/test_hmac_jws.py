import hmac
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws
from lingpai.crypto.hmac_jws import HMAC_ALGS, verify_hmac
from lingpai.crypto.jwk import generate_private_key, parse_jwks, public_jwk
from lingpai.crypto.jws import Signer, verify

SECRET = "s" * 64
TYPES = ("", "jwt")


def sign(alg: str = "HS256", secret: str = SECRET, payload: bytes = b'{"a":1}', **header: Any) -> str:
    head = b64.encode(msgspec.json.encode({"alg": alg, "typ": "JWT"} | header))
    signing_input = f"{head}.{b64.encode(payload)}"
    mac = hmac.digest(secret.encode(), signing_input.encode(), "sha" + alg[2:]) if alg in HMAC_ALGS else b""
    return f"{signing_input}.{b64.encode(mac)}"


def read(token: str, *secrets: str, algs: tuple[str, ...] = HMAC_ALGS, **limits: int) -> dict[str, object]:
    return verify_hmac(token, [secret.encode() for secret in secrets or (SECRET,)], typ=TYPES, algs=algs, **limits)


@pytest.mark.spec("RFC 7515", "Appendix A.1", "the HMAC example of the specification verifies")
def test_the_example_of_the_specification_verifies() -> None:
    key = b64.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
    token = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    assert verify_hmac(token, [key], typ=TYPES, algs=("HS256",)) == {
        "iss": "joe",
        "exp": 1300819380,
        "http://example.com/is_root": True,
    }


@pytest.mark.parametrize("alg", HMAC_ALGS)
def test_what_was_signed_with_the_secret_is_read(alg: str) -> None:
    assert read(sign(alg)) == {"a": 1}


def test_any_of_the_living_secrets_will_do() -> None:
    assert read(sign(secret=SECRET), "t" * 64, SECRET) == {"a": 1}


@pytest.mark.spec("RFC 7518", "3.2", "a key is at least as long as the hash")
@pytest.mark.parametrize(("alg", "length"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_shorter_than_the_hash_is_refused(alg: str, length: int) -> None:
    assert read(sign(alg, "s" * length), "s" * length) == {"a": 1}
    with pytest.raises(InvalidJws, match="too short"):
        read(sign(alg, "s" * (length - 1)), "s" * (length - 1))


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param(sign(secret="t" * 64), "signature", id="another secret"),
        pytest.param(sign("none"), "alg", id="none"),
        pytest.param(sign("NONE"), "alg", id="NONE"),
        pytest.param(sign("ES256"), "alg", id="asymmetric"),
        pytest.param(sign("HS1"), "alg", id="unknown"),
        pytest.param(sign(typ="at+jwt"), "typ", id="another type"),
        pytest.param(sign(crit=["exp"]), "never believed", id="crit"),
        pytest.param(sign(jwk={"kty": "oct", "k": "cw"}), "never believed", id="its own key"),
        pytest.param(sign(zip="DEF"), "never believed", id="zip"),
        pytest.param(sign(b64=False), "never believed", id="b64"),
        pytest.param(sign(payload=b"[]"), "payload", id="payload no object"),
        pytest.param(sign() + "AA", "signature", id="longer signature"),
        pytest.param(sign() + "=", "base64url", id="padding"),
        pytest.param(sign().rpartition(".")[0] + ".", "signature", id="no signature"),
        pytest.param(sign().rpartition(".")[0], "compact", id="two segments"),
        pytest.param(sign() + ".", "compact", id="four segments"),
        pytest.param("." * 100_000, "longer", id="dots"),
        pytest.param("", "compact", id="empty"),
        pytest.param("é.é.é", "base64url", id="not ASCII"),
    ],
)
def test_everything_else_is_refused(token: str, reason: str) -> None:
    with pytest.raises(InvalidJws, match=reason):
        read(token)


def test_only_the_algorithms_named_are_accepted() -> None:
    with pytest.raises(InvalidJws, match="alg"):
        read(sign("HS512"), algs=("HS256",))
    with pytest.raises(InvalidJws, match="alg"):
        read(sign("HS256"), algs=("ES256",))
    with pytest.raises(InvalidJws, match="alg"):
        read(sign("HS256"), algs=())


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(InvalidJws, match="signature"):
        verify_hmac(sign(secret=""), (), typ=TYPES, algs=HMAC_ALGS)
    with pytest.raises(InvalidJws, match="too short"):
        verify_hmac(sign(secret=""), (b"",), typ=TYPES, algs=HMAC_ALGS)


@pytest.mark.spec("RFC 8725", "3.1", "the kind of key decides the algorithm, not the header")
def test_a_public_key_is_no_secret_and_a_secret_no_public_key() -> None:
    # CVE-2024-37568, CVE-2026-114615: HS256 "signed" with the text of the published key.
    private = generate_private_key("RS256")
    jwk = public_jwk(private, kid="one", alg="RS256")
    keys = parse_jwks({"keys": [jwk]})
    for secret in (jwk["n"], msgspec.json.encode(jwk).decode()):
        with pytest.raises(InvalidJws, match="alg"):
            verify(sign(secret=secret), keys, typ=TYPES, algs=("RS256", "HS256"))
    with pytest.raises(InvalidJws, match="alg"):
        read(Signer("RS256", "one", private).sign("JWT", b"{}"))


@given(st.text(max_size=300))
def test_any_text_is_refused_with_the_one_exception(text: str) -> None:
    for token in (text, f"{sign().split('.')[0]}.{text}", f"{text}.{text}.{text}"):
        with pytest.raises(InvalidJws):
            read(token)
