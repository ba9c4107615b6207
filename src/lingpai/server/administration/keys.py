"""The signing and sealing keys: their state, and a successor on demand."""

from typing import Literal

from msgspec import Struct

from lingpai.server.accounts.roles import may
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import KEY_ROTATED
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.records import Key
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.rotation import KeyRotation

State = Literal["next", "in_use", "retiring", "for_ever"]


class KeyView(Struct, frozen=True):
    """A key without its secret."""

    kid: str
    use: str
    alg: str
    created_at: int
    active_from: int
    expires_at: int | None
    state: State


class KeyActs:
    """Lists and rotates keys."""

    def __init__(self, desk: Desk, keys: Keys, rotation: KeyRotation, keyring: Keyring) -> None:
        self._desk = desk
        self._keys = keys
        self._rotation = rotation
        self._keyring = keyring

    async def list(self, now: int) -> list[KeyView]:
        """Every key there is, newest first within a kind."""
        keys = await self._keys.list()
        return [
            KeyView(k.kid, k.use, k.alg, k.created_at, k.active_from, k.expires_at, _state(k, keys, now))
            for k in reversed(keys)
        ]

    async def rotate(self, actor: Actor, use: str, now: int, *, at_once: bool) -> int:
        """A successor for each key of a use (``sig``, ``seal``); returns how many. Raises ``ActRefused``."""
        if not may(actor.role, "rotate_key"):
            raise ActRefused("forbidden")
        wanted = sorted(kind for kind in await self._rotation.kinds() if kind[0] == use)
        if not wanted:
            raise ActRefused("not_found")
        for key_use, alg in wanted:
            key = await self._rotation.rotate(key_use, alg, now=now, at_once=at_once)
            if key is None:
                raise ActRefused("conflict")
            await self._desk.write(
                actor, "rotate_key", KEY_ROTATED, _nothing, now=now, kid=key.kid, alg=key.alg, at_once=at_once
            )
        await self._keyring.reload(now)
        return len(wanted)


async def _nothing(_driver: Driver) -> None:
    """The key was written by whoever makes keys."""


def _state(key: Key, keys: list[Key], now: int) -> State:
    if key.use == "pair":
        return "for_ever"
    if key.active_from > now:
        return "next"
    same = [other for other in keys if (other.use, other.alg) == (key.use, key.alg) and other.active_from <= now]
    return "in_use" if key.sequence == max(other.sequence for other in same) else "retiring"
