"""The keys in use: which one signs or seals now, which ones still verify, and the JWKS as prebuilt bytes.

Owns which key does what: a new one is published before it is used, an old one stays until it expires. Leaves when that
is to ``rotation``, storage to ``storage.keys`` and the arithmetic of signatures to ``crypto``.

Spec: RFC 7517 §5; docs/decisions/0003
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from lingpai.crypto import digest as digests
from lingpai.crypto.jwk import PublicKey, generate_private_key, parse_jwks, public_jwk, thumbprint
from lingpai.crypto.jws import Signer
from lingpai.crypto.seal import Sealer, SealingKey, seal_material, unseal_material
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.records import Key

SEALING_ALG = "A256GCM-SIV"
PAIRWISE_ALG = "HMAC-SHA256"
"""The secret behind pairwise subjects: made once, never rotated, or everybody would be somebody else."""
SIGNING_ALGS = ("ES256", "EdDSA", "RS256", "PS256")

_USES: dict[str, Literal["seal", "pair"]] = {SEALING_ALG: "seal", PAIRWISE_ALG: "pair"}


class NoSigningKey(Exception):
    """A client or an API wants an algorithm there is no key for; ``lingpai doctor`` names it."""

    def __init__(self, alg: str) -> None:
        super().__init__(f"there is no key that signs with {alg}: is it in signing_algs?")


def default_id_token_alg(algs: Sequence[str]) -> str:
    """What the ID Tokens of a client are signed with that asked for nothing.

    Spec: OpenID Connect Dynamic Client Registration 1.0 §2
    """
    return "RS256" if "RS256" in algs else "ES256"


class KeySet(Struct, frozen=True):
    """What one look at the key table yields. Replaced as a whole, never changed."""

    sealer: Sealer
    signers: dict[str, Signer]
    """``alg`` -> the key that signs now."""
    public_keys: tuple[PublicKey, ...]
    jwks: bytes
    jwks_etag: str
    pairwise_key: bytes = b""

    def signer(self, alg: str) -> Signer:
        """The key that signs with ``alg`` now. Raises ``NoSigningKey``: nobody expects a signature of another."""
        signer = self.signers.get(alg)
        if signer is None:
            raise NoSigningKey(alg)
        return signer


class Keyring:
    """Loads the keys, and makes the first ones. ``current`` is valid after ``reload``."""

    def __init__(self, rows: Keys, material_key: bytes) -> None:
        self._rows = rows
        self._material_key = material_key
        self.current = KeySet(Sealer(()), {}, (), b"", "")
        self._seen: list[tuple[Key, bool, bool]] = []

    async def reload(self, now: int) -> None:
        """Look at the table again. Cheap enough to do every few seconds."""
        keys = await self._rows.list()
        # Loading keys takes milliseconds in which nobody is answered: only when something changed.
        seen = [(key, key.active_from <= now, key.expires_at is None or key.expires_at > now) for key in keys]
        if seen != self._seen:
            self.current, self._seen = self._read(keys, now), seen

    async def ensure(self, algs: Sequence[str], now: int) -> None:
        """Make the first sealing key and a first signing key for each algorithm where there is none, then load."""
        known = {(key.use, key.alg) for key in await self._rows.list()}
        for use, alg in (("seal", SEALING_ALG), ("pair", PAIRWISE_ALG), *(("sig", alg) for alg in algs)):
            if (use, alg) not in known:
                await self._rows.record(self._new(alg, sequence=0, now=now, active_from=now))
        await self.reload(now)

    async def rotate(self, alg: str, *, now: int, active_from: int, keep_old_s: int) -> Key | None:
        """Publish a successor that takes over at ``active_from``; the old one dies ``keep_old_s`` after that.

        ``None``: another process rotated at the same moment.
        """
        older = [key for key in await self._rows.list() if key.alg == alg]
        sequence = max((key.sequence for key in older), default=-1) + 1
        key = self._new(alg, sequence=sequence, now=now, active_from=active_from)
        if not await self._rows.record(key):
            return None
        for old in older:
            await self._rows.retire(old.kid, active_from + keep_old_s)
        await self.reload(now)
        return key

    def _new(self, alg: str, *, sequence: int, now: int, active_from: int) -> Key:
        if alg in (SEALING_ALG, PAIRWISE_ALG):
            material = digests.new_id() + digests.new_id()
            kid = digests.new_id()[:4].hex()
        else:
            material = generate_private_key(alg)
            # A command line would take a dash at the front for an option.
            kid = thumbprint(public_jwk(material, kid="", alg=alg, made_here=True)).lstrip("-")[:16]
        return Key(
            kid=kid,
            use=_USES.get(alg, "sig"),
            alg=alg,
            sequence=sequence,
            sealed_material=seal_material(self._material_key, kid, material),
            created_at=now,
            active_from=active_from,
        )

    def _read(self, keys: list[Key], now: int) -> KeySet:
        alive = [key for key in keys if key.expires_at is None or key.expires_at > now]
        material = {key.kid: unseal_material(self._material_key, key.kid, key.sealed_material) for key in alive}
        # Newest active key first; keys that are not active yet can already open and verify what others made. Should a
        # clock have gone back before the first of them, that first one still works: better than no tokens at all.
        order = sorted((key for key in alive if key.active_from <= now), key=lambda key: key.sequence, reverse=True)
        order += sorted((key for key in alive if key.active_from > now), key=lambda key: key.sequence)
        sealing = [SealingKey(bytes.fromhex(key.kid), material[key.kid]) for key in order if key.use == "seal"]
        pairwise = next((material[key.kid] for key in order if key.use == "pair"), b"")
        signing = [key for key in order if key.use == "sig"]
        signers: dict[str, Signer] = {}
        for key in signing:
            if key.alg not in signers:
                signers[key.alg] = Signer(key.alg, key.kid, material[key.kid], made_here=True)
        document = {"keys": [_public_jwk(key, material[key.kid]) for key in signing]}
        jwks = msgspec.json.encode(document)
        return KeySet(
            sealer=Sealer(sealing),
            signers=signers,
            public_keys=parse_jwks(document),
            jwks=jwks,
            pairwise_key=pairwise,
            jwks_etag=f'"{digests.digest(jwks.decode()).hex()[:32]}"',
        )


def _public_jwk(key: Key, material: bytes) -> dict[str, str]:
    # Made by ``_new``, and sealed ever since: ``unseal_material`` would have refused a changed one.
    return public_jwk(material, kid=key.kid, alg=key.alg, made_here=True)
