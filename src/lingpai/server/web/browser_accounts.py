"""The accounts signed in in one browser: the current one, and those the account chooser offers beside it."""

from collections.abc import Sequence

from msgspec import Struct

from lingpai.server.accounts.session import BrowserSessions, SignedIn
from lingpai.server.http import Cookies
from lingpai.server.web.visit import Visit


class BrowserAccount(Struct, frozen=True):
    """An account of this browser. The secret stays here; a form names the account."""

    secret: str
    signed_in: SignedIn

    @property
    def name(self) -> str:
        """In forms."""
        return self.signed_in.account.id.hex()


class BrowserAccounts:
    """Finds them."""

    def __init__(self, sessions: BrowserSessions, cookies: Cookies) -> None:
        self._sessions = sessions
        self._cookies = cookies

    async def sessions(self, visit: Visit) -> list[BrowserAccount]:
        """Living sessions of this browser, the current one first; an account may have two."""
        found = []
        for secret in (visit.session_secret, *self._cookies.others(visit.request)):
            signed_in = await self._sessions.find(secret, visit.now)
            if secret is not None and signed_in is not None:
                found.append(BrowserAccount(secret, signed_in))
        return found

    async def list(self, visit: Visit) -> list[BrowserAccount]:
        """The same, one for each account."""
        choices: dict[bytes, BrowserAccount] = {}
        for found in await self.sessions(visit):
            choices.setdefault(found.signed_in.account.id, found)
        return list(choices.values())

    async def others(self, visit: Visit) -> Sequence[BrowserAccount]:
        """Those beside the current one."""
        current = visit.signed_in.account.id if visit.signed_in else None
        return [found for found in await self.list(visit) if found.signed_in.account.id != current]
