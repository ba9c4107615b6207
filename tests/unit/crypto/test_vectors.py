"""The examples of the specifications: signatures and encryptions others made, and what we make of their keys.

RFC 7515 and RFC 8037 have theirs below; those of RFC 7520 are in ``rfc7520.json``, each with its section.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws, read_compact
from lingpai.crypto.hmac_jws import verify_hmac
from lingpai.crypto.jwe import encrypt, key_for, parse_encryption_keys
from lingpai.crypto.jwk import canonical_alg, parse_jwks
from lingpai.crypto.jws import is_signed, verify

_COOKBOOK = json.loads(Path(__file__).with_name("rfc7520.json").read_text(encoding="utf-8"))
_JOE = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
_JOES_CLAIMS = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
_HS256 = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{_JOES_CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_HS256_SECRET = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
_ES256 = (
    f"eyJhbGciOiJFUzI1NiJ9.{_JOES_CLAIMS}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
_ES256_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
_ED25519 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
_ED25519_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi")


def cookbook(kind: str, *sections: str) -> list[Any]:
    found = [entry for entry in _COOKBOOK[kind] if entry["section"] in sections]
    assert len(found) == len(sections)
    return [pytest.param(entry, id=f"{entry['section']} {entry['alg']}") for entry in found]


def public(key: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in _PRIVATE} | more


def is_signed_by(compact: str, key: dict[str, Any], alg: str) -> bool:
    """Not ``verify``: what the RFCs sign is prose, and ``verify`` is for claims."""
    parts = read_compact(compact)
    assert parts.header["alg"] == alg
    [verifying] = parse_jwks({"keys": [key]})
    assert canonical_alg(alg) in verifying.algs
    return is_signed(parts.signing_input, parts.signature, verifying, canonical_alg(alg))


@pytest.mark.spec("RFC 7515", "A.3", "the example of ES256")
def test_the_example_of_es256_verifies() -> None:
    _, claims = verify(_ES256, parse_jwks({"keys": [_ES256_KEY]}), typ=[""], algs=["ES256"])
    assert claims == _JOE


@pytest.mark.spec("RFC 7515", "A.1", "the example of HS256")
def test_the_example_of_hs256_verifies() -> None:
    assert verify_hmac(_HS256, [b64.decode(_HS256_SECRET)], typ=["JWT"], algs=["HS256"]) == _JOE


@pytest.mark.spec("RFC 7515", "A.5", "the example of no signature is no signature")
def test_the_example_of_an_unsecured_object_is_refused() -> None:
    unsecured = f"eyJhbGciOiJub25lIn0.{_JOES_CLAIMS}."
    with pytest.raises(InvalidJws):
        verify(unsecured, parse_jwks({"keys": [_ES256_KEY]}), typ=[""], algs=["ES256"])
    with pytest.raises(InvalidJws):
        verify_hmac(unsecured, [b64.decode(_HS256_SECRET)], typ=["", "JWT"], algs=["HS256", "none"])


@pytest.mark.spec("RFC 8037", "A.4", "the example of Ed25519")
def test_the_example_of_ed25519_verifies() -> None:
    assert is_signed_by(_ED25519, _ED25519_KEY, "EdDSA")
    assert not is_signed_by(_ED25519[:-4] + "AAAA", _ED25519_KEY, "EdDSA")


@pytest.mark.spec("RFC 7520", "4", "signatures of RSA v1.5, RSA-PSS and ECDSA")
@pytest.mark.parametrize("example", cookbook("jws", "4.1", "4.2", "4.3"))
def test_a_signature_of_the_cookbook_verifies(example: dict[str, Any]) -> None:
    compact, key = example["compact"], public(example["key"])
    assert is_signed_by(compact, key, example["alg"])
    assert read_compact(compact).payload.decode() == example["payload"]
    head, _, signature = compact.split(".")
    assert not is_signed_by(f"{head}.{b64.encode(b'something else')}.{signature}", key, example["alg"])


@pytest.mark.spec("RFC 7520", "4.4", "integrity with a shared secret")
@pytest.mark.parametrize("example", cookbook("jws", "4.4"))
def test_a_mac_of_the_cookbook_verifies(example: dict[str, Any]) -> None:
    secret = b64.decode(example["key"]["k"])
    # The signature is looked at before the payload: prose is no claims, but it is signed.
    with pytest.raises(InvalidJws, match="payload"):
        verify_hmac(example["compact"], [secret], typ=[""], algs=["HS256"])
    with pytest.raises(InvalidJws, match="signature"):
        verify_hmac(example["compact"], [bytes(32)], typ=[""], algs=["HS256"])


@pytest.mark.spec("RFC 7520", "5", "what is encrypted with RSA-OAEP and ECDH-ES")
@pytest.mark.parametrize("example", cookbook("jwe", "5.2", "5.4", "5.5"))
def test_the_keys_of_the_cookbook_can_be_written_to(example: dict[str, Any]) -> None:
    alg, enc = example["alg"], example["enc"]
    owner = (RSAKey if example["key"]["kty"] == "RSA" else ECKey).import_key(example["key"])
    theirs = jwe.decrypt_compact(example["compact"], owner, algorithms=[alg, enc])
    assert theirs.plaintext == example["plaintext"].encode(), "the library reads what the RFC encrypted"
    key = key_for(parse_encryption_keys({"keys": [public(example["key"], use="enc")]}), alg)
    assert key is not None
    ours = jwe.decrypt_compact(encrypt(b"ours", key, alg, enc), owner, algorithms=[alg, enc])
    assert ours.plaintext == b"ours"
    same = {name: theirs.protected.get(name) for name in ("alg", "enc", "kid")}
    assert {name: ours.protected.get(name) for name in same} == same
