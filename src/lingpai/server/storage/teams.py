"""Teams of developers: who is in them, and the links that let somebody in."""

from lingpai.server.storage.driver import Driver, Row, Statement
from lingpai.server.storage.portal_records import Invitation, Team, TeamMember, TeamRole

_PUT = """INSERT INTO team (id, name, created_at) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET name = excluded.name"""
_ADD_FIRST = """INSERT INTO team_member (team_id, account_id, role, since) SELECT $1, $2, 'owner', $3
WHERE (SELECT count(*) FROM team_member WHERE account_id = $2) < $4"""
_GET_FOR = """SELECT t.id, t.name, t.created_at, m.role FROM team t JOIN team_member m ON m.team_id = t.id
WHERE t.id = $1 AND m.account_id = $2"""
_LIST_FOR = """SELECT t.id, t.name, t.created_at, m.role FROM team_member m JOIN team t ON t.id = m.team_id
WHERE m.account_id = $1 ORDER BY t.name, t.id LIMIT $2"""
_MEMBERS = """SELECT m.team_id, m.account_id, m.role, m.since, a.username, a.name FROM team_member m
JOIN account a ON a.id = m.account_id WHERE m.team_id = $1 ORDER BY m.since, m.account_id LIMIT $2"""
_MAILS = """SELECT a.id FROM team_member m JOIN account a ON a.id = m.account_id
WHERE m.team_id = $1 AND a.disabled_at IS NULL ORDER BY m.since, m.account_id LIMIT $2"""

_ANOTHER_OWNER = """EXISTS (SELECT 1 FROM team_member o
WHERE o.team_id = $1 AND o.role = 'owner' AND o.account_id <> $2)"""
_SET_ROLE = f"""UPDATE team_member SET role = $3 WHERE team_id = $1 AND account_id = $2
AND ($3 = 'owner' OR {_ANOTHER_OWNER})"""
_REMOVE = f"""DELETE FROM team_member WHERE team_id = $1 AND account_id = $2
AND (role <> 'owner' OR {_ANOTHER_OWNER})"""
_END_TRIAL_GRANTS = """UPDATE account_grant SET ended_at = $3, updated_at = $3, revision = revision + 1
WHERE account_id = $2 AND ended_at IS NULL AND client_id IN (SELECT a.client_id FROM application a
WHERE a.team_id = $1 AND a.approved_at IS NULL AND NOT EXISTS (SELECT 1 FROM application_tester t
WHERE t.client_id = a.client_id AND t.account_id = $2))"""

# Whoever leaves these for good leaves somebody, or an application, with nobody to decide.
_HELD = """SELECT m.team_id FROM team_member m WHERE m.account_id = $1 AND m.role = 'owner'
AND NOT EXISTS (SELECT 1 FROM team_member o
WHERE o.team_id = m.team_id AND o.role = 'owner' AND o.account_id <> $1)
AND (EXISTS (SELECT 1 FROM team_member o WHERE o.team_id = m.team_id AND o.account_id <> $1)
OR EXISTS (SELECT 1 FROM application a JOIN client c ON c.client_id = a.client_id WHERE a.team_id = m.team_id))"""
_LIST_HELD = f"SELECT id, name, created_at FROM team WHERE id IN ({_HELD}) ORDER BY name, id LIMIT $2"
_IS_HELD = f"UPDATE team SET name = name WHERE id IN ({_HELD})"
_ALONE = """SELECT m.team_id FROM team_member m WHERE m.account_id = $1 AND NOT EXISTS (
SELECT 1 FROM team_member o WHERE o.team_id = m.team_id AND o.account_id <> $1)"""
_END_ALONE = (
    f"DELETE FROM team_invitation WHERE team_id IN ({_ALONE})",
    f"DELETE FROM team WHERE id IN ({_ALONE})",
)

_END = """DELETE FROM team WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM application WHERE team_id = $1)
AND EXISTS (SELECT 1 FROM team_member WHERE team_id = $1 AND account_id = $2 AND role = 'owner')"""
_END_INVITATIONS = "DELETE FROM team_invitation WHERE team_id = $1"
_END_MEMBERS = "DELETE FROM team_member WHERE team_id = $1"

_INVITATION_COLUMNS = "digest, team_id, role, email, created_at, expires_at"
_INVITE = f"""INSERT INTO team_invitation ({_INVITATION_COLUMNS}) SELECT $1, $2, $3, $4, $5, $6
WHERE (SELECT count(*) FROM team_invitation WHERE team_id = $2) + (SELECT count(*) FROM team_member WHERE team_id = $2)
< $7"""
_GET_INVITATION = """SELECT i.digest, i.team_id, i.role, i.email, i.created_at, i.expires_at, t.name
FROM team_invitation i JOIN team t ON t.id = i.team_id WHERE i.digest = $1 AND i.expires_at > $2"""
_INVITATIONS = f"""SELECT {_INVITATION_COLUMNS} FROM team_invitation WHERE team_id = $1 AND expires_at > $2
ORDER BY created_at, digest LIMIT $3"""
_SPEND = "DELETE FROM team_invitation WHERE digest = $1 AND team_id = $2 AND role = $3 AND expires_at > $4"
_JOIN = """INSERT INTO team_member (team_id, account_id, role, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (team_id, account_id) DO NOTHING"""
_REVOKE = "DELETE FROM team_invitation WHERE digest = $1 AND team_id = $2"

_TEAMS_PER_ACCOUNT = 20
_PEOPLE_PER_TEAM = 100


def leaving_for_good(account_id: bytes) -> list[Statement]:
    """For the transaction that deletes the account, before its memberships go: teams with nobody else in them end.

    The transaction is refused while the account is the only owner of a team that goes on.
    """
    refused = Statement(_IS_HELD, (account_id,), expect_rows=0, counts="team_member")
    return [refused, *(Statement(sql, (account_id,)) for sql in _END_ALONE)]


class Teams:
    """Teams by id, always through the eyes of somebody: who is no member finds nothing."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def found(self, team: Team, account_id: bytes) -> bool:
        """Make a team with its first owner. ``False``: the account is in too many."""
        statements = [
            Statement(_PUT, (team.id, team.name, team.created_at)),
            Statement(
                _ADD_FIRST,
                (team.id, account_id, team.created_at, _TEAMS_PER_ACCOUNT),
                expect_rows=1,
                counts="team_member",
            ),
        ]
        return await self._driver.transact(statements) is not None

    async def rename(self, team: Team) -> None:
        """Give the team the name in ``team``."""
        await self._driver.transact([Statement(_PUT, (team.id, team.name, team.created_at))])

    async def get_for(self, team_id: bytes, account_id: bytes) -> tuple[Team, TeamRole] | None:
        """The team and what the account is in it; ``None`` for whoever is no member."""
        row = await self._driver.fetch_one(_GET_FOR, (team_id, account_id))
        return None if row is None else _decode_team(row)

    async def list_for(self, account_id: bytes) -> list[tuple[Team, TeamRole]]:
        """The account's teams by name; nobody is in more than fit."""
        return [_decode_team(row) for row in await self._driver.fetch_all(_LIST_FOR, (account_id, _PEOPLE_PER_TEAM))]

    async def held_by(self, account_id: bytes) -> list[Team]:
        """Teams with other people or with applications, whose only owner the account is."""
        rows = await self._driver.fetch_all(_LIST_HELD, (account_id, _TEAMS_PER_ACCOUNT))
        return [Team(id=row[0], name=row[1], created_at=row[2]) for row in rows]

    async def members(self, team_id: bytes) -> list[TeamMember]:
        """Everybody in it, who came first first."""
        rows = await self._driver.fetch_all(_MEMBERS, (team_id, _PEOPLE_PER_TEAM))
        return [TeamMember(**dict(zip(TeamMember.__struct_fields__, row, strict=True))) for row in rows]

    async def account_ids(self, team_id: bytes) -> list[bytes]:
        """Whom to write to."""
        return [row[0] for row in await self._driver.fetch_all(_MAILS, (team_id, _PEOPLE_PER_TEAM))]

    async def set_role(self, team_id: bytes, account_id: bytes, role: TeamRole) -> bool:
        """``False``: no such member, or the team would have no owner."""
        statement = Statement(_SET_ROLE, (team_id, account_id, role), expect_rows=1, counts="team_member")
        return await self._driver.transact([statement]) is not None

    async def remove(self, team_id: bytes, account_id: bytes, now: int) -> bool:
        """Take somebody out, and what they allowed applications on trial with it. ``False`` as for ``set_role``."""
        statements = [
            Statement(_END_TRIAL_GRANTS, (team_id, account_id, now)),
            Statement(_REMOVE, (team_id, account_id), expect_rows=1, counts="team_member"),
        ]
        return await self._driver.transact(statements) is not None

    async def end(self, team_id: bytes, account_id: bytes) -> bool:
        """End the team for good. ``False``: it has applications, or the account is no owner of it."""
        statements = [
            Statement(_END_INVITATIONS, (team_id,)),  # first: who is joining just now waits, or is waited for
            Statement(_END, (team_id, account_id), expect_rows=1, counts="application"),
            Statement(_END_MEMBERS, (team_id,)),
        ]
        return await self._driver.transact(statements) is not None

    async def invite(self, invitation: Invitation) -> bool:
        """Remember a link about to be handed out. ``False``: the team is full."""
        i = invitation
        args = (i.digest, i.team_id, i.role, i.email, i.created_at, i.expires_at, _PEOPLE_PER_TEAM)
        return await self._driver.transact([Statement(_INVITE, args, 1, counts="team_invitation")]) is not None

    async def get_invitation(self, digest: bytes, now: int) -> tuple[Invitation, str] | None:
        """The living invitation and the team's name."""
        row = await self._driver.fetch_one(_GET_INVITATION, (digest, now))
        return None if row is None else (_decode_invitation(row[:-1]), row[-1])

    async def invitations(self, team_id: bytes, now: int) -> list[Invitation]:
        """Those nobody followed yet."""
        rows = await self._driver.fetch_all(_INVITATIONS, (team_id, now, _PEOPLE_PER_TEAM))
        return [_decode_invitation(row) for row in rows]

    async def join(self, invitation: Invitation, account_id: bytes, now: int) -> bool:
        """Spend the invitation and be in. Of concurrent calls exactly one gets ``True``."""
        i = invitation
        statements = [
            Statement(_SPEND, (i.digest, i.team_id, i.role, now), expect_rows=1),
            Statement(_JOIN, (i.team_id, account_id, i.role, now)),
        ]
        return await self._driver.transact(statements) is not None

    async def revoke_invitation(self, team_id: bytes, digest: bytes) -> None:
        """The link is nothing any more."""
        await self._driver.transact([Statement(_REVOKE, (digest, team_id))])


def _decode_team(row: Row) -> tuple[Team, TeamRole]:
    return Team(id=row[0], name=row[1], created_at=row[2]), row[3]


def _decode_invitation(row: Row) -> Invitation:
    return Invitation(**dict(zip(Invitation.__struct_fields__, row, strict=True)))
