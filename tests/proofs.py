"""DPoP proofs made by hand, wrong in any way a test wants: shares no code with ``lingpai.client``."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from lingpai.crypto import b64
from lingpai.crypto.digest import new_id
from lingpai.crypto.jwk import generate_private_key, public_jwk, thumbprint
from lingpai.crypto.jws import Signer


def ath(access_token: str) -> str:
    return b64.encode(sha256(access_token.encode()).digest())


class Prover:
    """Somebody with a key. ``header`` and claims can be changed; a change to ``None`` leaves a member out."""

    def __init__(self, alg: str = "ES256") -> None:
        self.alg = alg
        self._der = generate_private_key(alg)
        members = public_jwk(self._der, kid="", alg=alg)
        self.jwk = {name: value for name, value in members.items() if name not in ("kid", "use", "alg")}
        self.jkt = thumbprint(self.jwk)

    def prove(
        self, method: str, url: str, *, now: int, header: Mapping[str, object] | None = None, **claims: object
    ) -> str:
        """A proof for this request; its ``jti`` is new unless given."""
        protected = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk} | dict(header or {})
        payload = {"htm": method, "htu": url, "iat": now, "jti": new_id().hex()} | claims
        segments = [
            b64.encode(msgspec.json.encode({name: value for name, value in part.items() if value is not None}))
            for part in (protected, payload)
        ]
        return self.sign(".".join(segments))

    def sign(self, signing_input: str) -> str:
        """Any two segments with this key's signature."""
        return f"{signing_input}.{b64.encode(Signer(self.alg, '', self._der).signature(signing_input.encode()))}"
