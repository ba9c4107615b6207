"""What else belongs to a person: the picture, the browsers known, and the end of it all.

Owns the statement list that deletes an account; ``tests/storage`` sees to it that no table with people's rows is
forgotten. The audit log stays without the network addresses: its rows name the account's id, which nothing leads from
any more.
"""

from lingpai.server.storage.accounts import COLUMNS, decode_account
from lingpai.server.storage.audit import addresses_erased, appended
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.people_records import Avatar
from lingpai.server.storage.records import Account, AuditEvent
from lingpai.server.storage.session_clients import notices_of_account
from lingpai.server.storage.teams import leaving_for_good

_LIST_BY_EMAIL = f"""SELECT {COLUMNS} FROM account a WHERE lower(a.email) = $1 AND a.email <> ''
ORDER BY a.username LIMIT $2"""

_PUT_AVATAR = """INSERT INTO avatar (account_id, id, content_type, body, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id) DO UPDATE SET id = excluded.id, content_type = excluded.content_type,
body = excluded.body, created_at = excluded.created_at"""
_GET_AVATAR = "SELECT account_id, id, content_type, body, created_at FROM avatar WHERE id = $1"
_DELETE_AVATAR = "DELETE FROM avatar WHERE account_id = $1"

_SEE_BROWSER = "UPDATE known_browser SET expires_at = $3 WHERE account_id = $1 AND digest = $2"
_RECORD_BROWSER = """INSERT INTO known_browser (account_id, digest, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id, digest) DO NOTHING"""
_HAS_BROWSER = "SELECT 1 FROM known_browser WHERE account_id = $1 LIMIT 1"

# In this order: nothing may point at what is gone. Families are deleted, not revoked: without a grant nothing of
# theirs opens, and they name the person.
TABLES_OF_A_PERSON = (
    *("session", "sign_in_step", "mail_link", "totp", "recovery_code", "passkey", "avatar", "known_browser"),
    *("external_identity", "token_family", "account_grant", "admin_role", "terms_acceptance"),
    *("team_member", "application_tester", "qq_openid", "qq_unionid"),
)
"""Every table with rows of one account that go with it; ``session_client`` goes when its notices are delivered."""

_DELETE_ROWS = tuple(f"DELETE FROM {table} WHERE account_id = $1" for table in TABLES_OF_A_PERSON)
_REFUSE_DEVICES = "UPDATE device_code SET decision = 'refused' WHERE account_id = $1"
_DELETE_ACCOUNT = "DELETE FROM account WHERE id = $1"


class People:
    """Rows beside the account."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def list_by_email(self, email: str, limit: int = 5) -> list[Account]:
        """The accounts with this address, verified or not; ``email`` in small letters."""
        return [decode_account(row) for row in await self._driver.fetch_all(_LIST_BY_EMAIL, (email, limit))]

    async def put_avatar(self, avatar: Avatar) -> None:
        """Keep the picture, in place of an earlier one."""
        args = (avatar.account_id, avatar.id, avatar.content_type, avatar.body, avatar.created_at)
        await self._driver.transact([Statement(_PUT_AVATAR, args)])

    async def get_avatar(self, avatar_id: bytes) -> Avatar | None:
        """The picture at that address."""
        row = await self._driver.fetch_one(_GET_AVATAR, (avatar_id,))
        return None if row is None else Avatar(**dict(zip(Avatar.__struct_fields__, row, strict=True)))

    async def delete_avatar(self, account_id: bytes) -> None:
        """Forget the picture."""
        await self._driver.transact([Statement(_DELETE_AVATAR, (account_id,))])

    async def know_browser(self, account_id: bytes, digest: bytes, expires_at: int) -> bool:
        """Remember that the account signed in in this browser. ``True``: it is new, and the account has others.

        A first browser is nobody's surprise.
        """
        args = (account_id, digest, expires_at)
        if await self._driver.transact([Statement(_SEE_BROWSER, args, expect_rows=1)]) is not None:
            return False
        has_others = await self._driver.fetch_one(_HAS_BROWSER, (account_id,)) is not None
        is_new = await self._driver.transact([Statement(_RECORD_BROWSER, args, expect_rows=1)]) is not None
        return is_new and has_others

    async def delete_account(self, account_id: bytes, proof: AuditEvent | None = None) -> bool:
        """Everything of this person, as one transaction, which ``proof`` is part of.

        Applications signed in to are told that the sessions ended. ``False``: somebody must decide for a team first,
        see ``Teams.held_by``.
        """
        done = await self._driver.transact(
            [
                *leaving_for_good(account_id),
                *([appended(proof)] if proof else []),
                notices_of_account(account_id),
                Statement(_REFUSE_DEVICES, (account_id,)),
                *(Statement(sql, (account_id,)) for sql in _DELETE_ROWS),
                addresses_erased(account_id),
                Statement(_DELETE_ACCOUNT, (account_id,)),
            ]
        )
        return done is not None
