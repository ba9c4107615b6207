"""Which accounts may do what the operator does. One role per account; what a role may do is ``accounts.roles``'."""

from typing import Literal, cast, get_args

from msgspec import Struct

from lingpai.server.storage.driver import Driver, Statement

Role = Literal["reader", "reviewer", "support", "administrator"]

ROLES: tuple[Role, ...] = get_args(Role)

_GET = "SELECT role FROM admin_role WHERE account_id = $1"
_PUT = """INSERT INTO admin_role (account_id, role, created_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET role = excluded.role"""
_REMOVE = "DELETE FROM admin_role WHERE account_id = $1"
# Sorted here and not there: a database asked for the order of names would go through every account there is.
_LIST = """SELECT r.account_id, (SELECT a.username FROM account a WHERE a.id = r.account_id), r.role, r.created_at
FROM admin_role r LIMIT $1"""


class RoleHolder(Struct, frozen=True):
    """Somebody with a role. ``since``: epoch seconds."""

    account_id: bytes
    username: str
    role: Role
    since: int


class Roles:
    """Roles by account."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def role_of(self, account_id: bytes) -> Role | None:
        """The account's role; almost nobody has one."""
        row = await self._driver.fetch_one(_GET, (account_id,))
        return None if row is None else cast("Role", row[0])

    async def put(self, account_id: bytes, role: Role, now: int) -> None:
        """Give the account this role in place of any it had."""
        await self._driver.transact([Statement(_PUT, (account_id, role, now))])

    async def remove(self, account_id: bytes) -> bool:
        """Take the role away. ``False``: there was none."""
        return await self._driver.transact([Statement(_REMOVE, (account_id,), expect_rows=1)]) is not None

    async def list(self, limit: int = 500) -> list[RoleHolder]:
        """Everybody with a role, by username."""
        holders = [RoleHolder(*row) for row in await self._driver.fetch_all(_LIST, (limit,)) if row[1] is not None]
        return sorted(holders, key=lambda holder: holder.username)
