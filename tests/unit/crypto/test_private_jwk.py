import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.jwk import InvalidJwk, generate_private_key, parse_jwks, public_jwk
from lingpai.crypto.jws import Signer, verify
from lingpai.crypto.private_jwk import PrivateKeyMaterial, read_private_jwk, write_private_jwk

ALGS = ["ES256", "EdDSA", "RS256", "PS256"]
MATERIAL = {alg: PrivateKeyMaterial(alg, "mine", generate_private_key(alg)) for alg in ALGS}


@pytest.mark.spec("RFC 7517", "4", "a private key survives being written as a JWK")
@pytest.mark.parametrize("alg", ALGS)
def test_a_key_that_was_written_signs_as_before(alg: str) -> None:
    read = read_private_jwk(write_private_jwk(MATERIAL[alg]))
    assert (read.alg, read.kid) == (alg, "mine")
    token = Signer(read.alg, read.kid, read.private_der).sign("JWT", b"{}")
    public = public_jwk(MATERIAL[alg].private_der, kid="mine", alg=alg)
    assert verify(token, parse_jwks({"keys": [public]}), typ=("jwt",), algs=(alg,))[1] == {}


@pytest.mark.parametrize(("alg", "meant"), [("ES256", "ES256"), ("EdDSA", "EdDSA"), ("RS256", "RS256")])
def test_without_alg_the_usual_one_of_the_kind_is_meant(alg: str, meant: str) -> None:
    document = json.loads(write_private_jwk(MATERIAL[alg]))
    del document["alg"], document["kid"]
    read = read_private_jwk(json.dumps(document))
    assert (read.alg, read.kid) == (meant, "")


@pytest.mark.spec("RFC 9864", "2.2", "Ed25519 and EdDSA are the same algorithm")
def test_the_new_name_of_eddsa_is_known() -> None:
    document = json.loads(write_private_jwk(MATERIAL["EdDSA"])) | {"alg": "Ed25519"}
    assert read_private_jwk(json.dumps(document)).alg == "EdDSA"


def altered(alg: str, /, **changes: object) -> str:
    document = json.loads(write_private_jwk(MATERIAL[alg])) | changes
    return json.dumps({name: value for name, value in document.items() if value is not None})


OTHER = json.loads(write_private_jwk(PrivateKeyMaterial("EdDSA", "", generate_private_key("EdDSA"))))

REFUSED = {
    "nothing": "",
    "a list": "[]",
    "a public key": altered("ES256", d=None),
    "a symmetric key": json.dumps({"kty": "oct", "k": "AAAA"}),
    "an unknown kind": altered("ES256", kty="XYZ"),
    "a number for d": altered("ES256", d=7),
    "a name that is no text": altered("ES256", kid=7),
    "an alg of another kind": altered("ES256", alg="RS256"),
    "an alg nobody signs with here": altered("ES256", alg="HS256"),
    "another curve": altered("ES256", crv="P-521"),
    "a curve there is not": altered("ES256", crv="P-257"),
    "a missing half": altered("ES256", x=None),
    "somebody else's public half": altered("EdDSA", x=OTHER["x"]),
    "d that is not base64url": altered("EdDSA", d="!!!"),
    "deeply nested": '{"kty":' + "[" * 100_000,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_one_whole_private_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidJwk):
        read_private_jwk(text)


@given(st.dictionaries(st.sampled_from(["kty", "d", "x", "y", "crv", "alg", "kid", "n", "e"]), st.text(max_size=50)))
def test_any_object_is_read_or_refused(document: dict[str, str]) -> None:
    with suppress(InvalidJwk):
        read_private_jwk(json.dumps(document))


def test_a_key_is_not_shown() -> None:
    material = MATERIAL["ES256"]
    assert str(material.private_der) not in repr(material)
    assert json.loads(write_private_jwk(material))["d"] not in repr(material)
