"""The way of a mail: into the database, out through SMTP, with retries until it is there or too late.

Owns the queue's schedule. Nothing is lost with a process, and of several processes one sends each mail: it is claimed
before it is sent. A process killed between the mail server's answer and our note of it sends once more, with the same
Message-ID. Leaves the rows to ``storage.mail`` and the connection to ``smtp``.

Spec: RFC 5321 §4.5.4.1
"""

from collections.abc import Awaitable, Callable

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.crypto.seal import Unsealable, seal_material, unseal_material
from lingpai.server.log import Logger
from lingpai.server.mail.message import Content, Mail, MailWriter
from lingpai.server.storage.mail import MailQueue
from lingpai.server.storage.people_records import QueuedMail

RETRY_AFTER_S = (30, 120, 600, 3600, 4 * 3600, 12 * 3600)
"""How long to wait after each failed attempt; after the last, the mail is given up."""

KEPT_S = 2 * 86_400
_SEALED_AS = "mail"


class MailRefused(Exception):
    """The mail server did not take it. ``is_final``: and never will."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


Send = Callable[[str, str, bytes], Awaitable[None]]
"""(sender, recipient, message) -> handed on, or ``MailRefused``."""


class Post:
    """Takes mails and delivers them. ``send`` is ``None`` where there is no mail server: they lie in the outbox."""

    def __init__(self, queue: MailQueue, writer: MailWriter, send: Send | None, log: Logger, *, key: bytes) -> None:
        self._queue = queue
        self._writer = writer
        self._send = send
        self._log = log
        self._key = key

    async def put(self, recipient: str, content: Content, now: int) -> None:
        """Queue a mail; returns as soon as it cannot be lost any more."""
        mail = self._writer.write(recipient, content)
        sealed = seal_material(self._key, _SEALED_AS, msgspec.json.encode(mail))
        next_at = None if self._send is None else now
        await self._queue.record(
            QueuedMail(id=new_id(), sealed=sealed, created_at=now, next_at=next_at, expires_at=now + KEPT_S)
        )

    async def send_due(self, now: int) -> int:
        """Try every mail that is due, one after the other. How many were tried."""
        if self._send is None:
            return 0
        due = await self._queue.list_due(now)
        for queued in due:
            await self._try(queued, self._send, now)
        return len(due)

    async def outbox(self, now: int) -> list[tuple[int, Mail]]:
        """(when, mail) of what lies here, newest first."""
        mails = [(queued.created_at, self._open(queued)) for queued in await self._queue.list(now)]
        return [(at, mail) for at, mail in mails if mail is not None]

    async def _try(self, queued: QueuedMail, send: Send, now: int) -> None:
        wait_s = RETRY_AFTER_S[min(queued.attempts, len(RETRY_AFTER_S) - 1)]
        if not await self._queue.postpone(queued, now + wait_s):
            return
        mail = self._open(queued)
        if mail is None:
            await self._queue.delete(queued)
            return
        try:
            message = self._writer.message(mail, queued.id, queued.created_at)
            await send(self._writer.sender, mail.recipient, message)
        except MailRefused as refused:
            is_last = refused.is_final or queued.attempts >= len(RETRY_AFTER_S)
            self._log.warning(
                "a mail was not taken", reason=refused.reason, attempt=queued.attempts + 1, given_up=is_last
            )
            if not is_last:
                return
        except ValueError as error:  # a header that cannot be written: trying again would not help
            self._log.error("a mail cannot be written", reason=type(error).__name__)
        await self._queue.delete(queued)

    def _open(self, queued: QueuedMail) -> Mail | None:
        try:
            return msgspec.json.decode(unseal_material(self._key, _SEALED_AS, queued.sealed), type=Mail)
        except (Unsealable, msgspec.ValidationError):
            self._log.error("a mail cannot be opened: the master key is another one")
            return None
