"""Where every act of an administrator is written: the change and its audit row in one transaction, or neither.

Owns who acts, the ways an act is refused, and that nothing is done without proof of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from lingpai.server.accounts.roles import Act, Role, may
from lingpai.server.audit import Audit
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import AuditEvent
from lingpai.server.storage.together import Together


class Actor(Struct, frozen=True):
    """Who acts. ``name``: the account's id in hexadecimal, or the ``client_id`` of a program."""

    name: str
    role: Role
    ip: str = ""


class ActRefused(Exception):
    """The act was not done. ``problems``: field -> what is wrong with it, in a form for programs."""

    def __init__(
        self,
        reason: Literal["forbidden", "not_found", "conflict", "invalid"],
        problems: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.problems = problems


class Desk:
    """Writes acts."""

    def __init__(self, driver: Driver, audit: Audit) -> None:
        self._driver = driver
        self._audit = audit

    async def write(
        self,
        actor: Actor,
        act: Act,
        event: str,
        work: Callable[[Driver], Awaitable[object]],
        *,
        now: int,
        account_id: bytes | None = None,
        client_id: str | None = None,
        **detail: object,
    ) -> None:
        """Do what ``work`` writes, and keep that ``actor`` did it. Raises ``ActRefused``."""
        if not may(actor.role, act):
            raise ActRefused("forbidden")
        together = Together(self._driver)
        await work(together)
        kept = {**detail, "by": actor.name}
        await AuditLog(together).record(
            AuditEvent(at=now, event=event, account_id=account_id, client_id=client_id, ip=actor.ip, detail=kept)
        )
        if not await together.write():
            raise ActRefused("conflict")
        self._audit.note(event, account_id=account_id, client_id=client_id, ip=actor.ip, **kept)
