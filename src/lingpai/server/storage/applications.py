"""Applications of the developer portal, always together with the client of each: both are written in one transaction,
and only if nobody changed either meanwhile.

Leaves what may become of an application to ``portal``.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lingpai.server.storage.clients import decode_client
from lingpai.server.storage.deleted_clients import count_people, delete_grants, deletion
from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.portal_records import Application, ApplicationState, HistoryEntry, Icon, TeamRole
from lingpai.server.storage.records import Account, Client
from lingpai.server.storage.registrations import insert_statement, replace_statement

_decoder = msgspec.json.Decoder(Application)

_READ = """SELECT a.document, a.revision, c.document, c.revision, t.name, {role} FROM application a
JOIN client c ON c.client_id = a.client_id JOIN team t ON t.id = a.team_id"""
_MEMBER = "JOIN team_member m ON m.team_id = a.team_id AND m.account_id = $1"
_AS_MEMBER = f"{_READ.format(role='m.role')} {_MEMBER}"
_AS_REVIEWER = _READ.format(role="''")

_GET_FOR = f"{_AS_MEMBER} WHERE a.client_id = $2"
_LIST_FOR = f"{_AS_MEMBER} WHERE a.team_id = $2 AND a.client_id > $3 ORDER BY a.client_id LIMIT $4"
_GET = f"{_AS_REVIEWER} WHERE a.client_id = $1"
_QUEUE = f"""{_AS_REVIEWER} WHERE a.state = $1 AND (a.submitted_at, a.client_id) > ($2, $3)
ORDER BY a.submitted_at, a.client_id LIMIT $4"""
_COUNT_STATES = "SELECT state, count(*) FROM application GROUP BY state"
_IS_MEMBER = f"SELECT 1 FROM application a {_MEMBER} WHERE a.client_id = $2"
_MAY_TRY = f"""{_IS_MEMBER}
UNION ALL SELECT 1 FROM application_tester WHERE account_id = $1 AND client_id = $2"""

_INSERT = """INSERT INTO application (client_id, team_id, state, document, revision, submitted_at, approved_at)
SELECT $1, $2, $3, $4, 1, $5, $6 WHERE (SELECT count(*) FROM application WHERE team_id = $2) < $7
AND EXISTS (SELECT 1 FROM team WHERE id = $2)"""
_REPLACE = """UPDATE application SET state = $2, document = $3, revision = revision + 1, submitted_at = $4,
approved_at = $5 WHERE client_id = $1 AND revision = $6"""

# One that people use is switched off first: nobody gives it anything while what it has is taken away.
_DELETE = """DELETE FROM application WHERE client_id = $1 AND revision = $2 AND (approved_at IS NULL
OR EXISTS (SELECT 1 FROM client c WHERE c.client_id = $1 AND c.disabled_at IS NOT NULL))"""

# What a team does is told as long as there is room: nobody fills the table by changing things to and fro.
_ADD_ENTRY = """INSERT INTO application_entry (client_id, at, event, by_reviewer, author, text)
SELECT $1, $2, $3, $4, $5, $6 WHERE $4 = 1
OR (SELECT count(*) FROM application_entry WHERE client_id = $1 AND by_reviewer = 0) < $7"""
_ENTRIES = """SELECT client_id, at, event, by_reviewer, author, text, id FROM application_entry
WHERE client_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"""

_ADD_TESTER = """INSERT INTO application_tester (client_id, account_id, since) SELECT $1, $2, $3
WHERE (SELECT count(*) FROM application_tester WHERE client_id = $1) < $4
ON CONFLICT (client_id, account_id) DO NOTHING"""
_REMOVE_TESTER = "DELETE FROM application_tester WHERE client_id = $1 AND account_id = $2"
_END_TRIAL_GRANT = """UPDATE account_grant SET ended_at = $3, updated_at = $3, revision = revision + 1
WHERE client_id = $1 AND account_id = $2 AND ended_at IS NULL
AND EXISTS (SELECT 1 FROM application a WHERE a.client_id = $1 AND a.approved_at IS NULL)"""
_TESTERS = """SELECT a.id, a.username, a.name FROM application_tester t JOIN account a ON a.id = t.account_id
WHERE t.client_id = $1 ORDER BY t.since, a.id LIMIT $2"""

_PUT_ICON = "INSERT INTO application_icon (id, client_id, content_type, body, created_at) VALUES ($1, $2, $3, $4, $5)"
_DROP_ICONS = "DELETE FROM application_icon WHERE client_id = $1 AND id <> $2 AND id <> $3"
_GET_ICON = "SELECT id, client_id, content_type, body, created_at FROM application_icon WHERE id = $1"

_LAST_ID = 2**62
APPLICATIONS_PER_TEAM = 50
TESTERS_PER_APPLICATION = 20
ENTRIES_PER_TEAM = 500


class Kept(Struct, frozen=True, kw_only=True):
    """An application as it was read, with what ``Applications.put`` wants back."""

    application: Application
    client: Client
    team_name: str
    role: TeamRole | None
    """What the reader is in its team; ``None``: was not asked."""
    revision: int
    client_revision: int


class Applications:
    """Applications by ``client_id``."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get_for(self, client_id: str, account_id: bytes) -> Kept | None:
        """The application for somebody of its team; ``None`` for everybody else."""
        row = await self._driver.fetch_one(_GET_FOR, (account_id, client_id))
        return None if row is None else _decode(row)

    async def get(self, client_id: str) -> Kept | None:
        """The application for a reviewer."""
        row = await self._driver.fetch_one(_GET, (client_id,))
        return None if row is None else _decode(row)

    async def list_for(self, team_id: bytes, account_id: bytes, after: str = "", limit: int = 50) -> list[Kept]:
        """The team's applications whose id sorts behind ``after``, for a member."""
        return [_decode(row) for row in await self._driver.fetch_all(_LIST_FOR, (account_id, team_id, after, limit))]

    async def queue(self, state: ApplicationState, after: tuple[int, str] = (-1, ""), limit: int = 50) -> list[Kept]:
        """Those in ``state``, who waits longest first; ``after``: (submitted_at, client_id) of the last one seen."""
        return [_decode(row) for row in await self._driver.fetch_all(_QUEUE, (state, *after, limit))]

    async def count_states(self) -> dict[str, int]:
        """How many there are in each state."""
        return dict(await self._driver.fetch_all(_COUNT_STATES))

    async def is_member(self, client_id: str, account_id: bytes) -> bool:
        """Whether the account is in the application's team."""
        return await self._driver.fetch_one(_IS_MEMBER, (account_id, client_id)) is not None

    async def may_try(self, client_id: str, account_id: bytes) -> bool:
        """Whether the account is in the application's team or one of its test people."""
        return await self._driver.fetch_one(_MAY_TRY, (account_id, client_id)) is not None

    async def add(self, application: Application, client: Client, entry: HistoryEntry) -> bool:
        """Insert both. ``False``: the team has too many or is gone, or the id is taken."""
        a = application
        args = (a.client_id, a.team_id, a.state, _encode(a), a.submitted_at, a.approved_at, APPLICATIONS_PER_TEAM)
        statements = [
            Statement(_INSERT, args, expect_rows=1, counts="application"),
            insert_statement(client),
            _entry_statement(entry),
        ]
        return await self._driver.transact(statements) is not None

    async def put(
        self, kept: Kept, application: Application, client: Client, entries: Sequence[HistoryEntry] = ()
    ) -> bool:
        """Write both as they are now. ``False``: somebody changed one since ``kept`` was read; nothing was written."""
        a = application
        args = (a.client_id, a.state, _encode(a), a.submitted_at, a.approved_at, kept.revision)
        statements = [Statement(_REPLACE, args, expect_rows=1)]
        if client != kept.client:
            statements.append(replace_statement(client, kept.client_revision))
        statements += map(_entry_statement, entries)
        return await self._driver.transact(statements) is not None

    async def delete(self, kept: Kept) -> bool:
        """Everything of an application on trial or switched off. ``False``: it is neither, or was changed meanwhile."""
        client_id = kept.application.client_id
        if kept.client.disabled_at is not None:  # it may have many people; one on trial has a handful
            await delete_grants(self._driver, client_id)
        statements = [Statement(_DELETE, (client_id, kept.revision), expect_rows=1), *deletion(client_id)]
        return await self._driver.transact(statements) is not None

    async def count_people(self, client_id: str, now: int) -> int:
        """How many people allow it something, up to a limit."""
        return await count_people(self._driver, client_id, now)

    async def say(self, entry: HistoryEntry) -> bool:
        """Add to the history without changing anything. ``False``: a team that has said enough."""
        return await self._driver.transact([replace(_entry_statement(entry), expect_rows=1)]) is not None

    async def history(self, client_id: str, before: int | None = None, limit: int = 50) -> list[HistoryEntry]:
        """The latest first; ``before``: id of the last one seen."""
        rows = await self._driver.fetch_all(_ENTRIES, (client_id, before or _LAST_ID, limit))
        return [_decode_entry(row) for row in rows]

    async def add_tester(self, client_id: str, account_id: bytes, now: int) -> bool:
        """``False``: there already is this one, or as many as may be."""
        args = (client_id, account_id, now, TESTERS_PER_APPLICATION)
        statement = Statement(_ADD_TESTER, args, expect_rows=1, counts="application_tester")
        return await self._driver.transact([statement]) is not None

    async def remove_tester(self, client_id: str, account_id: bytes, now: int) -> None:
        """Take somebody off the list, and what they allowed an application on trial with it."""
        ended = Statement(_END_TRIAL_GRANT, (client_id, account_id, now))
        await self._driver.transact([Statement(_REMOVE_TESTER, (client_id, account_id)), ended])

    async def testers(self, client_id: str) -> list[Account]:
        """Its test people, as far as a list shows them: id, username and name."""
        rows = await self._driver.fetch_all(_TESTERS, (client_id, TESTERS_PER_APPLICATION))
        return [Account(id=row[0], username=row[1], name=row[2]) for row in rows]

    async def put_icon(self, icon: Icon, kept_id: bytes) -> None:
        """Keep the picture; of the older ones only ``kept_id`` stays, which people still see."""
        args = (icon.id, icon.client_id, icon.content_type, icon.body, icon.created_at)
        drop = Statement(_DROP_ICONS, (icon.client_id, icon.id, kept_id))
        await self._driver.transact([Statement(_PUT_ICON, args), drop])

    async def get_icon(self, icon_id: bytes) -> Icon | None:
        """The picture at that address."""
        row = await self._driver.fetch_one(_GET_ICON, (icon_id,))
        return None if row is None else Icon(**dict(zip(Icon.__struct_fields__, row, strict=True)))


def _encode(application: Application) -> str:
    return msgspec.json.encode(application).decode()


def _entry_statement(entry: HistoryEntry) -> Statement:
    e = entry
    args = (e.client_id, e.at, e.event, int(e.by_reviewer), e.author, e.text, ENTRIES_PER_TEAM)
    return Statement(_ADD_ENTRY, args)


def _decode(row: Row) -> Kept:
    return Kept(
        application=_decoder.decode(row[0]),
        revision=row[1],
        client=decode_client(row[2]),
        client_revision=row[3],
        team_name=row[4],
        role=row[5] or None,
    )


def _decode_entry(row: Row) -> HistoryEntry:
    names = ("client_id", "at", "event", "by_reviewer", "author", "text", "id")
    return HistoryEntry(**(dict(zip(names, row, strict=True)) | {"by_reviewer": bool(row[3])}))
