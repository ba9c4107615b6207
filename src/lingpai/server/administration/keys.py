"""The signing and sealing keys: their state, a successor on demand, and the end of a key that leaked."""

from msgspec import Struct

from lingpai.server.accounts.roles import may
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import KEY_ROTATED, KEY_WITHDRAWN
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.keys import Keys
from lingpai.server.storage.records import Key
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.rotation import KeyRotation, KeyState, living


class KeyView(Struct, frozen=True):
    """A key without its secret."""

    kid: str
    use: str
    alg: str
    created_at: int
    active_from: int
    expires_at: int | None
    state: KeyState


class KeyActs:
    """Lists, rotates and withdraws keys."""

    def __init__(self, desk: Desk, keys: Keys, rotation: KeyRotation, keyring: Keyring) -> None:
        self._desk = desk
        self._keys = keys
        self._rotation = rotation
        self._keyring = keyring

    async def list(self, now: int) -> list[KeyView]:
        """Every key that is not dead, newest first within a kind."""
        return [
            KeyView(k.kid, k.use, k.alg, k.created_at, k.active_from, k.expires_at, state)
            for k, state in reversed(living(await self._keys.list(), now))
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
            await self._note_rotated(actor, key, now, at_once=at_once)
        await self._keyring.reload(now)
        return len(wanted)

    async def withdraw(self, actor: Actor, kid: str, now: int) -> None:
        """End a key that leaked: what was made under it is refused from now on. Raises ``ActRefused``."""
        if not may(actor.role, "rotate_key"):
            raise ActRefused("forbidden")
        replaced = await self._rotation.replace_leaked(kid, now)
        if replaced is None:
            raise ActRefused("not_found")
        leaked, successor = replaced
        if successor is not None:
            await self._note_rotated(actor, successor, now, at_once=True)

        async def work(driver: Driver) -> None:
            await Keys(driver).withdraw(kid, now)

        await self._desk.write(actor, "rotate_key", KEY_WITHDRAWN, work, now=now, kid=kid, alg=leaked.alg)
        await self._keyring.reload(now)

    async def _note_rotated(self, actor: Actor, key: Key, now: int, *, at_once: bool) -> None:
        await self._desk.write(
            actor, "rotate_key", KEY_ROTATED, _nothing, now=now, kid=key.kid, alg=key.alg, at_once=at_once
        )


async def _nothing(_driver: Driver) -> None:
    """The key was written by whoever makes keys."""
