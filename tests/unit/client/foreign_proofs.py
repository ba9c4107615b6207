"""How a stranger's server checks DPoP proofs and client assertions: with joserfc, and with no code of lingpai."""

import base64
import hashlib
import warnings
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from msgspec import json

KINDS: dict[str, Any] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey, "oct": OctKey}


class Refused(Exception):
    """The error code to answer with."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _decode(token: str, key: Any, algs: list[str]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.decode(token, key, algorithms=algs)


class ProofCheck:
    """Remembers every ``jti``; where ``nonce`` is set, a proof must carry it."""

    def __init__(self) -> None:
        self.nonce = ""
        self.seen: set[str] = set()

    def jkt(self, proof: str, method: str, url: str, *, now: int, access_token: str = "") -> str:
        header = json.decode(base64.urlsafe_b64decode(proof.partition(".")[0] + "=="))
        key = KINDS[header["jwk"]["kty"]].import_key(header["jwk"])
        try:
            token = _decode(proof, key, [header["alg"]])
        except JoseError as error:
            raise Refused("invalid_dpop_proof") from error
        claims = token.claims
        expected = {"htm": method, "htu": url}
        if access_token:
            digest = hashlib.sha256(access_token.encode()).digest()
            expected["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = header["typ"] == "dpop+jwt" and all(claims.get(name) == value for name, value in expected.items())
        if not good or abs(claims["iat"] - now) > 5 or claims["jti"] in self.seen or "d" in header["jwk"]:
            raise Refused("invalid_dpop_proof")
        self.seen.add(claims["jti"])
        if self.nonce and claims.get("nonce") != self.nonce:
            raise Refused("use_dpop_nonce")
        return str(key.thumbprint())


class AssertionCheck:
    """Knows one key; every assertion is good once."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.jwk: dict[str, Any] = {}
        self.seen: set[str] = set()

    def is_good(self, form: dict[str, str], client_id: str, *, now: int) -> bool:
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        key = KINDS[self.jwk["kty"]].import_key(dict(self.jwk))
        token = _decode(form["client_assertion"], key, [self.jwk.get("alg", "HS256")])
        claims = token.claims
        fits = (claims["iss"], claims["sub"], claims["aud"]) == (client_id, client_id, self.issuer)
        fresh = claims["jti"] not in self.seen and now <= claims["exp"] <= now + 300
        self.seen.add(claims["jti"])
        return fits and fresh
