"""ID Tokens: who signed in, when and how, said to one client.

Owns the claims and the hashes that tie an ID Token to the code and token beside it. Leaves the signature to
``crypto.jws`` and which person's claims a client may see to ``oauth.claims`` and the account.

Spec: OpenID Connect Core 1.0 §2; OpenID Connect Core 1.0 §3.3.2.11
"""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws
from lingpai.crypto.jws import verify
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import SIGNING_ALGS, Keyring

_json = msgspec.json.Encoder()


class SignInFacts(Struct, frozen=True, kw_only=True):
    """What an ID Token says about a sign-in."""

    subject: str
    auth_time: int
    nonce: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    sid: str = ""
    claims: Mapping[str, object] = {}
    """Claims about the person that were asked for in the ID Token itself."""


class IdTokenHint(Struct, frozen=True):
    """An ID Token that came back to say who is meant."""

    iss: str
    sub: str
    aud: str
    exp: int
    """Not compared with the time, but it must be there: what we sign for UserInfo has none."""
    sid: str = ""


class IdTokens:
    """Signs them."""

    def __init__(self, keyring: Keyring, *, issuer: str, lifetime_s: int) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._lifetime_s = lifetime_s

    def mint(
        self,
        client: Client,
        facts: SignInFacts,
        *,
        now: int,
        access_token: str = "",
        code: str = "",
        state: str = "",
    ) -> str:
        """The signed ID Token. ``access_token``, ``code``, ``state``: what comes with it and gets hashed into it.

        Spec: OpenID Connect Core 1.0 §3.1.3.6; OpenID Connect Core 1.0 §3.3.2.11
        """
        signer = self._keyring.current.signer(client.id_token_signed_response_alg)
        alg = signer.alg
        claims: dict[str, object] = {
            **facts.claims,
            "iss": self._issuer,
            "sub": facts.subject,
            "aud": client.client_id,
            "iat": now,
            "exp": now + self._lifetime_s,
            "auth_time": facts.auth_time,
        }
        optional = {"nonce": facts.nonce, "acr": facts.acr, "amr": facts.amr, "sid": facts.sid}
        claims.update({name: value for name, value in optional.items() if value})
        beside = {"at_hash": access_token, "c_hash": code, "s_hash": state}
        claims.update({name: half_hash(value, alg) for name, value in beside.items() if value})
        return signer.sign("JWT", _json.encode(claims))

    def open_hint(self, text: str) -> IdTokenHint | None:
        """What an ID Token of ours, expired or not, says; ``None`` for anything else.

        Spec: OpenID Connect Core 1.0 §3.1.2.1; OpenID Connect RP-Initiated Logout 1.0 §2
        """
        try:
            _, claims = verify(text, self._keyring.current.public_keys, typ=("jwt",), algs=SIGNING_ALGS)
            hint = msgspec.convert(claims, IdTokenHint)
        except (InvalidJws, msgspec.ValidationError):
            return None
        return hint if hint.iss == self._issuer else None


def half_hash(value: str, alg: str) -> str:
    """The left half of the digest that goes with ``alg``, base64url. Spec: OpenID Connect Core 1.0 §3.1.3.6"""
    # Ed25519 signs over SHA-512, so that is the hash "of the algorithm" (RFC 8032 §5.1).
    digest = (hashlib.sha512 if alg in ("EdDSA", "Ed25519") else hashlib.sha256)(value.encode("ascii")).digest()
    return b64.encode(digest[: len(digest) // 2])


def sid_of(sid: bytes) -> str:
    """What an RP calls the browser session. Spec: OpenID Connect Front-Channel Logout 1.0 §3"""
    return sid.hex()
