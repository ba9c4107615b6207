"""Private keys as JSON: how an application keeps its own, for DPoP proofs and ``private_key_jwt``.

Owns: that what is read is one key, whole and consistent, and which algorithm it signs with. Leaves: public keys to
``jwk``, signing to ``jws``; where the text is kept to the application.

Spec: RFC 7517 §4; RFC 7518 §6; RFC 8037 §2
"""

from collections.abc import Mapping

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from msgspec import Struct

from lingpai.crypto.jwk import InvalidJwk, canonical_alg, joserfc_key, load_private_key, public_jwk

_DEFAULT_ALGS = {"EC": "ES256", "OKP": "EdDSA", "RSA": "RS256"}
_KINDS: Mapping[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}


class PrivateKeyMaterial(Struct, frozen=True):
    """A private key (PKCS #8 DER) with the algorithm it signs with and, maybe, its name."""

    alg: str
    kid: str
    private_der: bytes

    def __repr__(self) -> str:
        return f"PrivateKeyMaterial({self.alg}, {self.kid!r})"


def write_private_jwk(material: PrivateKeyMaterial) -> str:
    """The key as a JSON Web Key, private members included. Spec: RFC 7517 §4"""
    key = joserfc_key(load_private_key(material.private_der, material.alg))
    members = {**key.as_dict(private=True), "alg": material.alg, "kid": material.kid}
    return msgspec.json.encode({name: value for name, value in members.items() if value}).decode()


def read_private_jwk(text: str | bytes) -> PrivateKeyMaterial:
    """The key in a private JSON Web Key; ``InvalidJwk`` for anything else. Without ``alg``: the usual one of its kind.

    Spec: RFC 7517 §4; RFC 7518 §6
    """
    try:
        document = msgspec.json.decode(text, type=dict[str, object])
    except (ValueError, RecursionError):
        raise InvalidJwk("not a JSON object") from None
    kind = _KINDS.get(str(document.get("kty")))
    kid = document.get("kid", "")
    if kind is None or not isinstance(document.get("d"), str) or not isinstance(kid, str):
        raise InvalidJwk("not a private EC, OKP or RSA key")
    alg = str(document.get("alg", _DEFAULT_ALGS[str(document["kty"])]))
    members = {name: value for name, value in document.items() if isinstance(value, str)}
    try:
        der = kind.import_key(dict(members)).as_der(private=True)
        public = public_jwk(der, kid=kid, alg=alg)
    except (JoseError, ValueError, TypeError, KeyError):  # KeyError: joserfc's answer to a curve it does not know
        raise InvalidJwk("malformed or of a kind that does not fit its alg") from None
    # A public half that is not this key's would be shown to servers that then believe somebody else's signatures.
    if any(members.get(name) != value for name, value in public.items() if name not in ("alg", "kid", "use")):
        raise InvalidJwk("the public half is not that of the private key")
    return PrivateKeyMaterial(canonical_name(alg), kid, der)


def canonical_name(alg: str) -> str:
    """The name we write: most servers know Ed25519 signatures as ``EdDSA``. Spec: RFC 9864 §2.2"""
    return "EdDSA" if canonical_alg(alg) == "Ed25519" else alg
