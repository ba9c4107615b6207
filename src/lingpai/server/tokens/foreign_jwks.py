"""The public keys of others: of clients that sign their assertions, of issuers we trust.

Owns how long keys that were fetched are kept and when they are looked at again. Leaves how they are fetched to
``outbound``, reading them to ``crypto.jwk``, and what they verify to the callers.

Spec: RFC 7517 §5; RFC 8725 §3.1; RFC 5861 §4
"""

import asyncio

from lingpai.crypto.jwe import EncryptionKey, parse_encryption_keys
from lingpai.crypto.jwk import InvalidJwk, PublicKey, parse_jwks
from lingpai.server.log import Logger
from lingpai.server.outbound import FetchRefused, Outbound

_LIFETIME_S = 300
_SHORTEST_LIFETIME_S = 60
_LONGEST_LIFETIME_S = 86_400
_COOLDOWN_S = 30
_RETRY_S = 5
_STALE_LIMIT_S = 3600
_ENTRY_LIMIT = 1000

Keys = tuple[PublicKey, ...]


class KeysUnavailable(Exception):
    """There are no keys to verify with; ``reason`` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ForeignJwks:
    """Keys by owner. What one owner's requests provoke is never felt by another."""

    def __init__(self, outbound: Outbound, log: Logger) -> None:
        self._outbound = outbound
        self._log = log
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def keys_of(
        self, owner: str, jwks: dict[str, object] | None, jwks_uri: str, *, kid: str | None, now: int
    ) -> Keys:
        """The keys of ``owner``: those registered, or those at the address registered. Raises ``KeysUnavailable``.

        ``kid``: the key a token names. One we do not know is looked for again, at most every 30 seconds: keys rotate,
        and anybody can invent a name.
        """
        if jwks_uri:
            kept = self._kept_of(owner, jwks_uri)
            return await kept.get(self._outbound, self._log, kid, now)
        try:
            return parse_jwks(jwks)
        except InvalidJwk as error:
            raise KeysUnavailable(f"the keys registered for {owner} cannot be used: {error}") from error

    async def encryption_keys_of(
        self, owner: str, jwks: dict[str, object] | None, jwks_uri: str, *, now: int
    ) -> tuple[EncryptionKey, ...]:
        """The keys to encrypt for ``owner`` with. Raises ``KeysUnavailable``."""
        if jwks_uri:
            kept = self._kept_of(owner, jwks_uri)
            await kept.get(self._outbound, self._log, None, now)
            return kept.encryption_keys
        return _encryption_keys(jwks)

    def _kept_of(self, owner: str, jwks_uri: str) -> "_Kept":
        """The entry, which is now the one used last; the one not used for longest makes room."""
        at = owner, jwks_uri
        kept = self._kept.pop(at, None) or _Kept(owner, jwks_uri)
        self._kept[at] = kept
        if len(self._kept) > _ENTRY_LIMIT:
            del self._kept[next(iter(self._kept))]
        return kept


class _Kept:
    """What was fetched from one address for one owner, and what happened when it was tried last."""

    def __init__(self, owner: str, jwks_uri: str) -> None:
        self._owner = owner
        self._jwks_uri = jwks_uri
        self._keys: Keys = ()
        self.encryption_keys: tuple[EncryptionKey, ...] = ()
        self._fetched_at: int | None = None
        self._lifetime_s = _LIFETIME_S
        self._tried_at: int | None = None
        self._failure = ""
        self._flight = asyncio.Lock()

    async def get(self, outbound: Outbound, log: Logger, kid: str | None, now: int) -> Keys:
        """The keys, fetched if they are too old or lack ``kid``. Of many who need that, one asks."""
        if self._serves(kid, now):
            return self._keys
        if self._flight.locked() and self._knows(kid) and self._is_usable(now):
            return self._keys  # somebody is looking; no reason to wait
        async with self._flight:
            if not self._serves(kid, now) and not self._is_cooling_down(now):
                await self._fetch(outbound, log, now)
        if not self._is_usable(now):
            raise KeysUnavailable(f"no keys from {self._jwks_uri}: {self._failure}")
        return self._keys

    async def _fetch(self, outbound: Outbound, log: Logger, now: int) -> None:
        # Only an outcome starts the cooldown: a request that is cancelled half-way must not lock the others out.
        try:
            document = await outbound.fetch_json(self._jwks_uri)
            keys = parse_jwks(document.content)
        except (FetchRefused, InvalidJwk) as error:
            self._tried_at, self._failure = now, str(error)
            log.warning("keys not fetched", owner=self._owner, jwks_uri=self._jwks_uri, reason=str(error))
            return
        max_age_s = _LIFETIME_S if document.max_age_s is None else document.max_age_s
        self._keys, self._failure = keys, ""
        self.encryption_keys = _encryption_keys(document.content)
        self._fetched_at = self._tried_at = now
        self._lifetime_s = min(max(max_age_s, _SHORTEST_LIFETIME_S), _LONGEST_LIFETIME_S)

    def _serves(self, kid: str | None, now: int) -> bool:
        return self._knows(kid) and self._is_younger(self._lifetime_s, now)

    def _knows(self, kid: str | None) -> bool:
        return kid is None or any(key.kid in (None, kid) for key in self._keys)

    def _is_usable(self, now: int) -> bool:
        # After this nobody gets in: a withdrawn key must not live on because its server is kept from answering.
        return self._is_younger(self._lifetime_s + _STALE_LIMIT_S, now)

    def _is_younger(self, seconds: int, now: int) -> bool:
        # Either way, so that a clock that was set back does not keep a copy from the future.
        return self._fetched_at is not None and abs(now - self._fetched_at) < seconds

    def _is_cooling_down(self, now: int) -> bool:
        wait_s = _RETRY_S if self._failure else _COOLDOWN_S
        return self._tried_at is not None and abs(now - self._tried_at) < wait_s


def _encryption_keys(document: object) -> tuple[EncryptionKey, ...]:
    """None when they cannot be read: that must not keep the owner's signatures from being verified."""
    try:
        return parse_encryption_keys(document)
    except InvalidJwk:
        return ()
