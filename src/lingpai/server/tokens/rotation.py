"""When keys change: on schedule or on demand, published before use, kept until the last thing under them is dead.

Owns the arithmetic of when, and who takes over from a key that is withdrawn. Leaves making and loading keys to
``keyring``. Several processes may try at once: the row of a new key has a sequence, and only one insert of it succeeds.

Spec: docs/decisions/0003
"""

from collections.abc import Sequence
from typing import Literal

from lingpai.dialects import qq
from lingpai.server.config import Config
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.records import Key
from lingpai.server.tokens.keyring import Keyring

KeyState = Literal["next", "in_use", "retiring", "for_ever"]
_PAGE = 500


def living(keys: Sequence[Key], now: int) -> list[tuple[Key, KeyState]]:
    """The keys that something is or will be accepted under, and what each does."""
    alive = [key for key in keys if key.expires_at is None or key.expires_at > now]
    newest: dict[tuple[str, str], int] = {}
    for key in alive:
        if key.active_from <= now:
            newest[key.use, key.alg] = max(newest.get((key.use, key.alg), -1), key.sequence)
    return [(key, _state(key, newest, now)) for key in alive]


class KeyRotation:
    """Rotates signing and sealing keys."""

    def __init__(self, keyring: Keyring, keys: Keys, clients: Clients, catalog: CatalogRows, config: Config) -> None:
        self._keyring = keyring
        self._keys = keys
        self._clients = clients
        self._catalog = catalog
        self._config = config

    async def rotate_due(self, now: int) -> list[Key]:
        """Rotate every kind of key whose newest one is older than ``key_rotation_interval_s`` (0: never)."""
        interval_s = self._config.key_rotation_interval_s
        if interval_s == 0:
            return []
        newest = await self.kinds()
        due = [kind for kind, created_at in newest.items() if created_at + interval_s <= now]
        made = [await self.rotate(use, alg, now=now) for use, alg in due]
        return [key for key in made if key is not None]

    async def kinds(self) -> dict[tuple[str, str], int]:
        """(use, algorithm) of every kind of key that can rotate -> when its newest one was made.

        Not the pairwise secret: whoever rotates it makes everybody somebody else. Nor the key of an algorithm that was
        taken out of ``signing_algs``: it gets no successor.
        """
        newest: dict[tuple[str, str], int] = {}
        for key in await self._keys.list():
            if key.use == "seal" or (key.use == "sig" and key.alg in self._config.signing_algs):
                newest[key.use, key.alg] = max(newest.get((key.use, key.alg), 0), key.created_at)
        return newest

    async def rotate(self, use: str, alg: str, *, now: int, at_once: bool = False) -> Key | None:
        """A successor for one kind of key. ``at_once``: used without the delay in which everybody sees it.

        ``None``: another process rotated at this moment.
        """
        access_s, refresh_s = await self.longest_lifetimes_s()
        # Nobody but our own processes opens what is sealed, so they are all that must have seen the key.
        delay_s = self._config.key_activation_delay_s if use == "sig" else 2 * self._config.catalog_staleness_s
        return await self._keyring.rotate(
            alg,
            now=now,
            active_from=now if at_once else now + delay_s,
            keep_old_s=access_s if use == "sig" else max(access_s, refresh_s),
        )

    async def replace_leaked(self, kid: str, now: int) -> tuple[Key, Key | None] | None:
        """The key that is to be withdrawn, and the successor made for it; ``None``: there is no such key.

        There is no successor where another key stays that is in use, and none of the pairwise secret: with another
        one, everybody would be somebody else.
        """
        keys = [key for key, state in living(await self._keys.list(), now) if state != "for_ever"]
        leaked = next((key for key in keys if key.kid == kid), None)
        if leaked is None:
            return None
        for key in keys:
            # One with an end gives way to a key that may be the leaked one.
            stays = (key.use, key.alg) == (leaked.use, leaked.alg) and key.active_from <= now and key.expires_at is None
            if stays and key.kid != kid:
                return leaked, None
        successor = await self.rotate(leaked.use, leaked.alg, now=now, at_once=True)
        # Somebody else rotated at this moment, perhaps not at once: look again.
        return await self.replace_leaked(kid, now) if successor is None else (leaked, successor)

    async def longest_lifetimes_s(self) -> tuple[int, int]:
        """How long the longest-lived access and refresh tokens live, over settings, clients and resource servers."""
        access_s = [self._config.access_token_lifetime_s]
        access_s += [server.access_token_lifetime_s or 0 for server in await self._catalog.resource_servers()]
        refresh_s = [self._config.refresh_token_lifetime_s]
        page = await self._clients.list(limit=_PAGE)
        while page:
            access_s += [client.access_token_lifetime_s or 0 for client in page]
            refresh_s += [client.refresh_token_lifetime_s or 0 for client in page]
            if any(qq.NAME in client.dialects for client in page):
                refresh_s += [self._config.qq_access_token_lifetime_s, self._config.qq_refresh_chain_s]
            page = await self._clients.list(after=page[-1].client_id, limit=_PAGE)
        return max(access_s), max(refresh_s)


def _state(key: Key, newest: dict[tuple[str, str], int], now: int) -> KeyState:
    if key.use == "pair":
        return "for_ever"
    if key.active_from > now:
        return "next"
    return "in_use" if key.sequence == newest[key.use, key.alg] else "retiring"
