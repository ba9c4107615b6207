"""Which keys others want to be written to with, and that only they can read it."""

from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from lingpai.crypto.jwe import ALGS, ENCS, encrypt, key_for, parse_encryption_keys
from lingpai.crypto.jwk import InvalidJwk

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})


def members(key: Any, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (key.as_dict(private=False) | changes).items() if value is not None}


def parse(*keys: dict[str, Any]) -> Any:
    return parse_encryption_keys({"keys": list(keys)})


@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize("alg", ALGS)
def test_what_is_encrypted_is_read_by_its_owner(alg: str, enc: str) -> None:
    owner = RSA if alg.startswith("RSA") else EC
    key = key_for(parse(members(EC), members(RSA)), alg)
    assert key is not None
    text = encrypt(b"secret", key, alg, enc, content_type="JWT")
    opened = jwe.decrypt_compact(text, owner, algorithms=[alg, enc])
    assert opened.plaintext == b"secret"
    assert opened.headers() == opened.headers() | {"alg": alg, "enc": enc, "cty": "JWT", "kid": owner.kid}


def test_twice_the_same_is_twice_something_else() -> None:
    key = parse(members(RSA))[0]
    assert encrypt(b"x", key, "RSA-OAEP", "A128GCM") != encrypt(b"x", key, "RSA-OAEP", "A128GCM")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"use": "sig"}, id="for signatures"),
        pytest.param({"key_ops": ["verify"]}, id="for other operations"),
        pytest.param({"key_ops": "wrapKey"}, id="operations that are no list"),
        pytest.param({"alg": "RSA1_5"}, id="for an algorithm that is not here"),
        pytest.param({"alg": "RS256"}, id="for a signature algorithm"),
        pytest.param({"kty": "XYZ"}, id="of a kind nobody knows"),
    ],
)
def test_a_key_meant_for_something_else_is_passed_over(changes: dict[str, Any]) -> None:
    assert parse(members(RSA, **changes)) == ()


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"key_ops": ["wrapKey"]}, {"alg": "RSA-OAEP"}, {"kid": None}])
def test_a_key_that_may_be_used_is_used(changes: dict[str, Any]) -> None:
    assert key_for(parse(members(RSA, **changes)), "RSA-OAEP") is not None


def test_the_first_key_that_fits_is_taken() -> None:
    second = RSAKey.generate_key(2048, {"kid": "second"})
    for_one = members(RSA, alg="RSA-OAEP-256")
    keys = parse(for_one, members(second))
    assert [getattr(key_for(keys, alg), "kid", None) for alg in ("RSA-OAEP-256", "RSA-OAEP")] == ["rsa", "second"]
    assert key_for(keys, "ECDH-ES") is None


@pytest.mark.parametrize("crv", [[], {}, 7, None])
def test_a_curve_that_is_no_name_is_passed_over(crv: object) -> None:
    assert parse(members(EC) | {"crv": crv}) == ()


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, id="a short modulus"),
        pytest.param({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, id="a point beside the curve"),
        pytest.param(members(EC) | {"kid": 7}, id="a kid that is no text"),
        pytest.param(EC.as_dict(private=True), id="a private key"),
        pytest.param(OctKey.generate_key(256).as_dict(), id="a shared key"),
        pytest.param("key", id="no object"),
    ],
)
def test_a_malformed_set_is_refused(key: Any) -> None:
    with pytest.raises(InvalidJwk):
        parse(key)
