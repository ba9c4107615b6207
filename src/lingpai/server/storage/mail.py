"""The queue of mails, and the links in them. A mail is claimed before it is sent, so that of several processes one
sends it; the claim runs out by itself when that process dies.
"""

from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.people_records import LinkPurpose, MailLink, QueuedMail

_MAIL_COLUMNS = "id, sealed, created_at, next_at, attempts, expires_at"
_RECORD = f"INSERT INTO mail ({_MAIL_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)"
_LIST_DUE = f"""SELECT {_MAIL_COLUMNS} FROM mail WHERE next_at IS NOT NULL AND next_at <= $1 AND expires_at > $1
ORDER BY next_at, sequence LIMIT $2"""
_LIST = f"SELECT {_MAIL_COLUMNS} FROM mail WHERE expires_at > $1 ORDER BY sequence DESC LIMIT $2"
_POSTPONE = "UPDATE mail SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND next_at = $2"
_DELETE = "DELETE FROM mail WHERE id = $1"

_LINK_COLUMNS = "digest, purpose, account_id, email, request, created_at, expires_at"
_RECORD_LINK = f"INSERT INTO mail_link ({_LINK_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"
_GET_LINK = f"SELECT {_LINK_COLUMNS} FROM mail_link WHERE digest = $1 AND purpose = $2 AND expires_at > $3"
_SPEND_LINK = f"""DELETE FROM mail_link WHERE digest = $1 AND purpose = $2 AND expires_at > $3
RETURNING {_LINK_COLUMNS}"""
_END_LINKS = "DELETE FROM mail_link WHERE account_id = $1"


class MailQueue:
    """Mails to deliver, or to be read where there is nobody to deliver them."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, mail: QueuedMail) -> None:
        """Queue it durably."""
        args = (mail.id, mail.sealed, mail.created_at, mail.next_at, mail.attempts, mail.expires_at)
        await self._driver.transact([Statement(_RECORD, args)])

    async def list_due(self, now: int, limit: int = 20) -> list[QueuedMail]:
        """What is to be sent now, oldest first."""
        return [_decode_mail(row) for row in await self._driver.fetch_all(_LIST_DUE, (now, limit))]

    async def list(self, now: int, limit: int = 50) -> list[QueuedMail]:
        """What lies there, newest first."""
        return [_decode_mail(row) for row in await self._driver.fetch_all(_LIST, (now, limit))]

    async def postpone(self, mail: QueuedMail, next_at: int) -> bool:
        """Claim a due mail until ``next_at``. ``False``: another process has it."""
        return await self._driver.transact([Statement(_POSTPONE, (mail.id, mail.next_at, next_at), 1)]) is not None

    async def delete(self, mail: QueuedMail) -> None:
        """Sent, or given up."""
        await self._driver.transact([Statement(_DELETE, (mail.id,))])


class MailLinks:
    """Links by the digest of their secret; one made for one purpose is nothing for another."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def record(self, link: MailLink) -> None:
        """Remember a link that is about to be sent."""
        args = (link.digest, link.purpose, link.account_id, link.email, link.request, link.created_at, link.expires_at)
        await self._driver.transact([Statement(_RECORD_LINK, args)])

    async def get(self, digest: bytes, purpose: LinkPurpose, now: int) -> MailLink | None:
        """The living link, still unspent."""
        row = await self._driver.fetch_one(_GET_LINK, (digest, purpose, now))
        return None if row is None else MailLink(**dict(zip(MailLink.__struct_fields__, row, strict=True)))

    async def spend(self, digest: bytes, purpose: LinkPurpose, now: int) -> MailLink | None:
        """The link, which is nothing from then on. Of concurrent calls exactly one gets it."""
        rows = await self._driver.transact([Statement(_SPEND_LINK, (digest, purpose, now), expect_rows=1)])
        return MailLink(**dict(zip(MailLink.__struct_fields__, rows[0], strict=True))) if rows else None

    async def end_all(self, account_id: bytes) -> None:
        """Every link of an account is nothing any more: what it was for has been done, or its address is not hers."""
        await self._driver.transact([Statement(_END_LINKS, (account_id,))])


def _decode_mail(row: Row) -> QueuedMail:
    return QueuedMail(**dict(zip(QueuedMail.__struct_fields__, row, strict=True)))
