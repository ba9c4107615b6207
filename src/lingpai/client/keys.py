"""An application's own private keys: for DPoP proofs, and for saying who it is.

Owns: making, keeping and reading them, and what is signed with each. Leaves: when a proof or assertion is needed to
``dpop`` and ``client_auth``.

Spec: RFC 9449 §4.2; RFC 7523 §2.2
"""

from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.crypto.jwk import generate_private_key, public_jwk, thumbprint
from lingpai.crypto.jws import Signer
from lingpai.crypto.private_jwk import PrivateKeyMaterial, read_private_jwk, write_private_jwk
from lingpai.oauth.dpop import access_token_hash

_ASSERTION_LIFETIME_S = 60
_NOT_IN_PROOFS = ("alg", "kid", "use")


class DpopKey:
    """A key that access tokens are bound to: whoever steals one cannot use it without the key.

    Keep ``to_json()`` where you keep secrets. With another key the tokens of this one are worth nothing.

    Spec: RFC 9449 §4
    """

    def __init__(self, material: PrivateKeyMaterial) -> None:
        self._material = material
        members = public_jwk(material.private_der, kid="", alg=material.alg)
        jwk = {name: value for name, value in members.items() if name not in _NOT_IN_PROOFS}
        self.alg = material.alg
        self.thumbprint = thumbprint(jwk)
        self._signer = Signer(material.alg, "", material.private_der, jwk=jwk)

    @classmethod
    def generate(cls, alg: Literal["ES256", "EdDSA"] = "ES256") -> Self:
        """A new key."""
        return cls(PrivateKeyMaterial(alg, "", generate_private_key(alg)))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The key in a private JSON Web Key; raises ``ValueError`` for anything else. Spec: RFC 7517 §4"""
        return cls(read_private_jwk(text))

    def to_json(self) -> str:
        """The key as a private JSON Web Key. It is a secret."""
        return write_private_jwk(self._material)

    def proof(self, method: str, url: str, *, now: int, access_token: str = "", nonce: str = "") -> str:
        """A proof for one request: the value of its ``DPoP`` header. ``now``: epoch seconds.

        ``access_token``: the token the request carries; ``nonce``: what the server last gave out. Spec: RFC 9449 §4.2
        """
        address = urlsplit(url)._replace(query="", fragment="").geturl()
        claims: dict[str, object] = {"htm": method, "htu": address, "iat": now, "jti": new_id().hex()}
        if access_token:
            claims["ath"] = access_token_hash(access_token)
        if nonce:
            claims["nonce"] = nonce
        return self._signer.sign("dpop+jwt", msgspec.json.encode(claims))

    def __repr__(self) -> str:
        return f"DpopKey({self.alg}, thumbprint={self.thumbprint!r})"


class ClientKey:
    """A key an application proves with who it is (``private_key_jwt``): nothing secret is ever sent.

    Register ``public_jwk`` with the authorization server, keep ``to_json()`` where you keep secrets.

    Spec: RFC 7523 §2.2; OpenID Connect Core 1.0 §9
    """

    def __init__(self, material: PrivateKeyMaterial) -> None:
        self._material = material
        public = public_jwk(material.private_der, kid=material.kid, alg=material.alg)
        self.alg = material.alg
        self.kid = material.kid or thumbprint(public)
        self.public_jwk: dict[str, str] = {**public, "kid": self.kid}
        self._signer = Signer(material.alg, self.kid, material.private_der)

    @classmethod
    def generate(cls, alg: Literal["ES256", "EdDSA", "PS256", "RS256"] = "ES256", *, kid: str = "") -> Self:
        """A new key; its thumbprint is its name unless ``kid`` is."""
        return cls(PrivateKeyMaterial(alg, kid, generate_private_key(alg)))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The key in a private JSON Web Key; raises ``ValueError`` for anything else. Spec: RFC 7517 §4"""
        return cls(read_private_jwk(text))

    def to_json(self) -> str:
        """The key as a private JSON Web Key. It is a secret."""
        return write_private_jwk(PrivateKeyMaterial(self.alg, self.kid, self._material.private_der))

    def assertion(self, client_id: str, audience: str, *, now: int) -> str:
        """``client_assertion`` for one request to ``audience``, the issuer. Spec: RFC 7523 §3"""
        return self._signer.sign("JWT", assertion_claims(client_id, audience, now))

    def __repr__(self) -> str:
        return f"ClientKey({self.alg}, kid={self.kid!r})"


def assertion_claims(client_id: str, audience: str, now: int) -> bytes:
    """What an assertion says, whatever it is signed with: it is new every time and good for a minute.

    Spec: RFC 7523 §3
    """
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": new_id().hex()}
    return msgspec.json.encode({**claims, "iat": now, "exp": now + _ASSERTION_LIFETIME_S})
