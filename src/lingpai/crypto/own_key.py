"""Signatures whose token brings its own public key. They prove that the sender has the key, and nothing about who that
is: only for DPoP proofs, which are asked just that.

Owns: reading the key in ``jwk``, and remembering it, because a client sends the same one with every request.
Leaves: what the claims mean to ``oauth.dpop``; every other signature to ``crypto.jws``, which refuses ``jwk``.

Spec: RFC 9449 §4.2; RFC 9449 §4.3
"""

from collections.abc import Collection

from msgspec import Struct

from lingpai.crypto.compact import InvalidJws, check_header, decode_segment, read_object, split_segments
from lingpai.crypto.jwk import InvalidJwk, PublicKey, parse_jwks, thumbprint
from lingpai.crypto.jws import is_signed


class OwnKey(Struct, frozen=True):
    """The key a header brings, and its thumbprint."""

    alg: str
    key: PublicKey
    thumbprint: str


class OwnKeyVerifier:
    """Verifies tokens of these types, signed with these algorithms.

    Reading a key costs more than comparing a header, so ``keys_limit`` keys that signed something are kept; the one
    kept first makes room.
    """

    def __init__(
        self, *, typ: Collection[str], algs: Collection[str], limit_bytes: int, keys_limit: int = 1000
    ) -> None:
        self._typ = tuple(typ)
        self._algs = tuple(algs)
        self._limit_bytes = limit_bytes
        self._keys_limit = keys_limit
        self._keys: dict[str, OwnKey] = {}

    def verify(self, token: str) -> tuple[dict[str, object], str]:
        """The claims and the thumbprint of the key; ``InvalidJws`` if it did not sign them. Spec: RFC 7638 §3"""
        header, payload, signature = split_segments(token, limit_bytes=self._limit_bytes)
        known = self._keys.get(header)
        own = known or self._read(header)
        signing_input = f"{header}.{payload}".encode("ascii", "replace")
        if not is_signed(signing_input, decode_segment(signature, "signature"), own.key, own.alg):
            raise InvalidJws("the signature is wrong")
        if known is None:
            self._keep(header, own)
        return read_object(decode_segment(payload, "payload"), "payload"), own.thumbprint

    def _read(self, segment: str) -> OwnKey:
        header = read_object(decode_segment(segment, "header"), "header")
        jwk = header.pop("jwk", None)
        if not isinstance(jwk, dict):
            raise InvalidJws("jwk is missing from the header")
        alg = check_header(header, typ=self._typ, algs=self._algs)
        try:
            keys = parse_jwks({"keys": [jwk]})
            own_thumbprint = thumbprint(jwk)
        except InvalidJwk as error:
            raise InvalidJws(f"jwk is not a public key we can use: {error}") from error
        if not keys or alg not in keys[0].algs:
            raise InvalidJws("alg does not fit the key")
        return OwnKey(alg, keys[0], own_thumbprint)

    def _keep(self, header: str, own: OwnKey) -> None:
        # Only who has a key gets it remembered, so that nobody fills the memory with what was never theirs.
        while len(self._keys) >= self._keys_limit:
            self._keys.pop(next(iter(self._keys)), None)
        self._keys[header] = own
