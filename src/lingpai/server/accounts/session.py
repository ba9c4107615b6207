"""Browser sessions: the secret in the cookie, its digest in the database.

Owns the life of a session: it starts at a sign-in with a new secret, is found by that secret, and ends. Leaves the
cookie itself to ``server.http`` and the proof of who it is to ``sign_in``.
"""

import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from lingpai.crypto.digest import digest, keyed_digest, new_id, new_secret
from lingpai.server.storage.records import Account, Grant, Session
from lingpai.server.storage.sessions import Sessions

_USER_AGENT_LIMIT = 200
_SECRET_LIMIT = 128


class SignedIn(Struct, frozen=True):
    """A living session of an account that may sign in."""

    session: Session
    account: Account


class BrowserSessions:
    """Starts, finds and ends sessions, which last ``lifetime_s`` seconds from the sign-in."""

    def __init__(self, rows: Sessions, *, lifetime_s: int) -> None:
        self._rows = rows
        self._lifetime_s = lifetime_s

    async def start(
        self,
        account_id: bytes,
        *,
        amr: Sequence[str],
        user_agent: str,
        old_secret: str | None,
        now: int,
        auth_time: int | None = None,
    ) -> str:
        """The secret for the cookie of a session that starts now. ``auth_time``: when the person proved who they are,
        if that was earlier and elsewhere.

        The secret is new at every sign-in and the one behind ``old_secret`` dies in the same transaction, whoever it
        belonged to: a secret somebody planted in this browser before (session fixation) is worth nothing after. To
        applications it is the same session if it is the same person's.
        """
        secret = new_secret()
        session = Session(
            digest=digest(secret),
            account_id=account_id,
            sid=new_id(),
            auth_time=now if auth_time is None else min(auth_time, now),
            amr=tuple(amr),
            user_agent=_readable(user_agent),
            created_at=now,
            expires_at=now + self._lifetime_s,
        )
        await self._rows.replace(_digest_of(old_secret), session)
        return secret

    async def find(self, secret: str | None, now: int) -> SignedIn | None:
        """Who is signed in with this cookie. One read; ended, expired, or the account disabled: ``None``."""
        session_digest = _digest_of(secret)
        if session_digest is None:
            return None
        found = await self._rows.get_signed_in(session_digest, now)
        return None if found is None else SignedIn(*found)

    async def find_with_grant(
        self, secret: str | None, client_id: str, now: int
    ) -> tuple[SignedIn, Grant | None] | None:
        """The same with what the account allowed ``client_id``, living or not: one read for the silent path."""
        session_digest = _digest_of(secret)
        if session_digest is None:
            return None
        found = await self._rows.get_signed_in_with_grant(session_digest, client_id, now)
        return None if found is None else (SignedIn(found[0], found[1]), found[2])

    async def confirm(self, session: Session, amr: Sequence[str], now: int) -> None:
        """Its person has proved who they are again: what they proved before counts as well."""
        await self._rows.confirm(session.digest, tuple(dict.fromkeys((*session.amr, *amr))), now)

    async def list(self, account_id: bytes, now: int) -> list[Session]:
        """The account's living sessions, newest first."""
        return await self._rows.list(account_id, now)

    async def end_one(self, account_id: bytes, name: str, now: int) -> bool:
        """End the session of the account that ``session_name`` calls so. ``False``: there is none."""
        found = [session for session in await self._rows.list(account_id, now) if session_name(session) == name]
        for session in found:
            await self._rows.end(session.digest)
        return bool(found)

    async def end(self, secret: str | None) -> None:
        """End the session, so that the cookie is dead even for whoever copied it."""
        session_digest = _digest_of(secret)
        if session_digest is not None:
            await self._rows.end(session_digest)

    async def end_all(self, account_id: bytes) -> None:
        """End every session of the account."""
        await self._rows.end_all(account_id)


def session_name(session: Session) -> str:
    """What a session is called in the forms of its owner: leads to no other secret."""
    return keyed_digest(b"session name", session.digest).hex()[:32]


def _digest_of(secret: str | None) -> bytes | None:
    """``None`` for what cannot be a secret of ours, so that it costs no read."""
    if not secret or len(secret) > _SECRET_LIMIT or not secret.isascii():
        return None
    return digest(secret)


def _readable(user_agent: str) -> str:
    """What a browser says it is, fit for the list of sessions a person sees."""
    shown = (char for char in user_agent[:_USER_AGENT_LIMIT] if unicodedata.category(char)[0] != "C")
    return "".join(shown)
