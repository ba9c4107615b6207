"""People and their application under load: what the server acknowledged is written down, and held against it later.

Each person signs in, refreshes, revokes and signs in again. An answer that did not come is a *doubt*: the same is asked
again once the server is back, which must then either have done it or not, never by halves and never twice.
"""

import asyncio
import re
from collections import Counter
from secrets import SystemRandom
from typing import NamedTuple
from urllib.parse import urlencode

import httpx2

from lingpai.oauth.pkce import code_challenge_s256
from tests.chaos.service import CALLBACK, CLIENT_ID, SCOPE, SECRET

_VERIFIER = "a-verifier-of-somebody-in-chaos-0123456789-abcdef"
_CODE = re.compile(r"[?&]code=([^&]+)")
_TRIES = 400
_PAUSE_S = 0.05


class Tokens(NamedTuple):
    """What a sign-in or a refresh gave."""

    access: str
    refresh: str


class Doubt(Exception):
    """No answer came, or one that says to try again: it was done or it was not."""


class Record:
    """What everybody together saw. ``findings``: promises that were broken, in words."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.findings: list[str] = []
        self.refused = asyncio.Event()
        """Somebody was told 503."""

    def check(self, what: str, *, holds: bool, detail: str = "") -> None:
        """Count a promise that was looked at, and say when it does not hold."""
        self.checks[what] += 1
        if not holds:
            self.findings.append(f"{what}: {detail}" if detail else what)


class Person:
    """Somebody with a signed-in browser, and the application that acts for them."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        cookie: str,
        record: Record,
        chance: SystemRandom,
        *,
        revokes: bool = True,
    ) -> None:
        """``revokes``: else sign-ins are forgotten, and only the audit log would grow by a revocation."""
        self._http = http
        self._cookie = cookie
        self._record = record
        self._chance = chance
        self._revokes = revokes
        self._tokens: Tokens | None = None
        self._used_code = ""
        """The code that ``_tokens`` descend from: it worked once."""
        self._past: list[str] = []
        """Refresh tokens of this line that worked, oldest first."""
        self._doubt: tuple[str, str] | None = None
        self._dead: list[Tokens] = []
        """Revoked, and the revocation was acknowledged."""

    async def live(self, stops: asyncio.Event, *, pause_s: float = 0.0) -> None:
        """Go on and on until told to stop, or until an answer fails to come; ``pause_s`` between two steps.

        Nothing is broken off in the middle: what a server still works on must not be asked for again meanwhile.
        """
        while not stops.is_set():
            try:
                await self._step()
                await asyncio.sleep(pause_s)
            except Doubt:
                await asyncio.sleep(_PAUSE_S)  # an application's own patience; the doubt is settled afterwards
                if self._doubt is not None:
                    return

    async def settle(self) -> None:
        """The server is back: clear up what was in doubt, then look whether everything acknowledged still holds."""
        if self._doubt is not None:
            what, value = self._doubt
            await self._until_answered(what, value)
            self._doubt = None
        if self._tokens is not None:
            active = await self._is_active(self._tokens.access)
            self._record.check("an acknowledged token works", holds=active)
        for tokens in self._dead[-3:]:
            await self._check_dead(tokens)
        if self._tokens is not None and self._chance.random() < 0.3:
            await self._replay()

    async def look_back(self) -> None:
        """At the very end: every revocation there ever was."""
        for tokens in self._dead:
            await self._check_dead(tokens)

    async def _step(self) -> None:
        if self._tokens is None:
            await self._sign_in()
        elif (dice := self._chance.random()) < 0.75:
            await self._refresh(self._tokens.refresh)
        elif dice < 0.85:
            self._record.check("an acknowledged token works", holds=await self._is_active(self._tokens.access))
        elif self._revokes:
            await self._revoke(self._tokens.refresh)
        else:
            await self._sign_in()

    async def _until_answered(self, what: str, value: str) -> None:
        asked = {"redeem": self._redeem, "refresh": self._refresh, "revoke": self._revoke}[what]
        for _ in range(_TRIES):
            try:
                await asked(value)
            except Doubt:
                await asyncio.sleep(_PAUSE_S)
            else:
                return
        self._record.check("the server recovers by itself", holds=False, detail=f"no answer to {what}")

    async def _sign_in(self) -> None:
        params = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "scope": SCOPE}
        pkce = {"state": "s", "code_challenge": code_challenge_s256(_VERIFIER), "code_challenge_method": "S256"}
        answer = await self._ask("GET", f"/oauth2/authorize?{urlencode(params | pkce)}", "authorize")
        code = _CODE.search(answer.headers.get("location", ""))
        self._record.check("a signed-in browser gets a code", holds=code is not None, detail=str(answer.status_code))
        if code is not None:
            await self._redeem(code[1])

    async def _redeem(self, code: str) -> None:
        was_in_doubt = self._doubt is not None
        self._doubt = ("redeem", code)
        params = {"code": code, "redirect_uri": CALLBACK, "code_verifier": _VERIFIER}
        answer = await self._ask("POST", "/oauth2/token", "redeem", grant_type="authorization_code", **params)
        self._doubt = None
        if answer.status_code == 200:
            self._tokens, self._used_code, self._past = _tokens(answer), code, []
        else:
            # Redeemed, and the answer was lost: that code is spent, which is what it must be.
            lost = was_in_doubt and _error(answer) == "invalid_grant"
            self._record.check("a new code works", holds=lost, detail=answer.text)

    async def _refresh(self, token: str) -> None:
        self._doubt = ("refresh", token)
        answer = await self._ask("POST", "/oauth2/token", "refresh", grant_type="refresh_token", refresh_token=token)
        self._doubt = None
        works = answer.status_code == 200
        self._record.check("an acknowledged refresh token works", holds=works, detail=answer.text)
        self._tokens = _tokens(answer) if works else None
        self._past.append(token)

    async def _revoke(self, token: str) -> None:
        assert self._tokens
        self._doubt = ("revoke", token)
        answer = await self._ask("POST", "/oauth2/revoke", "revoke", token=token)
        self._doubt = None
        self._record.check("revoking works", holds=answer.status_code == 200, detail=answer.text)
        self._dead.append(self._tokens)
        self._tokens = None

    async def _replay(self) -> None:
        """A code, or a refresh token whose successor was used, comes again: it is refused and everything ends."""
        assert self._tokens
        if len(self._past) >= 2 and self._chance.random() < 0.5:
            params = {"grant_type": "refresh_token", "refresh_token": self._past[-2]}
        else:
            params = {"grant_type": "authorization_code", "code": self._used_code, "redirect_uri": CALLBACK}
            params |= {"code_verifier": _VERIFIER}
        answer = await self._patiently("POST", "/oauth2/token", "replay", **params)
        refused = answer.status_code == 400 and _error(answer) == "invalid_grant"
        what = f"no {'refresh token' if 'refresh_token' in params else 'code'} works twice"
        self._record.check(what, holds=refused, detail=answer.text)
        self._dead.append(self._tokens)
        self._tokens = None

    async def _check_dead(self, tokens: Tokens) -> None:
        self._record.check("an acknowledged revocation holds", holds=not await self._is_active(tokens.access))
        params = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        answer = await self._patiently("POST", "/oauth2/token", "refresh of a revoked one", **params)
        self._record.check("an acknowledged revocation holds", holds=_error(answer) == "invalid_grant")

    async def _is_active(self, access_token: str) -> bool:
        answer = await self._patiently("POST", "/oauth2/introspect", "introspect", token=access_token)
        return answer.status_code == 200 and answer.json()["active"] is True

    async def _patiently(self, method: str, path: str, what: str, **params: str) -> httpx2.Response:
        """For what may be asked again without changing more: again until it is answered."""
        for _ in range(_TRIES):
            try:
                return await self._ask(method, path, what, **params)
            except Doubt:
                await asyncio.sleep(_PAUSE_S)
        raise AssertionError(f"{path} was not answered any more")

    async def _ask(self, method: str, path: str, what: str, **params: str) -> httpx2.Response:
        """The answer. Raises ``Doubt``."""
        headers = {"cookie": self._cookie} if method == "GET" else {}
        auth = None if method == "GET" else (CLIENT_ID, SECRET)
        try:
            answer = await self._http.request(method, path, data=params or None, headers=headers, auth=auth)
        except httpx2.TransportError as error:
            self._record.answers[f"none ({type(error).__name__})"] += 1
            raise Doubt from None
        self._record.answers[f"{what} {answer.status_code}"] += 1
        if answer.status_code == 503:
            self._record.refused.set()
            raise Doubt
        self._record.check("no other 5xx than 503", holds=answer.status_code < 500, detail=f"{what}: {answer.text}")
        return answer


def _tokens(answer: httpx2.Response) -> Tokens:
    body = answer.json()
    return Tokens(body["access_token"], body["refresh_token"])


def _error(answer: httpx2.Response) -> str:
    return str(answer.json().get("error", "")) if answer.status_code == 400 else ""
