"""Telling applications that a session has ended, with retries, until they have heard it or it is too late.

Owns the schedule. A notice is claimed before it is sent, so that of several processes one sends it; the claim runs out
by itself when that process dies. A slow application never holds up another: each is asked on its own, with a deadline.

Spec: OpenID Connect Back-Channel Logout 1.0 §2.5; OpenID Connect Back-Channel Logout 1.0 §2.8
"""

import asyncio

from lingpai.server.audit import LOGOUT_NOTICE_FAILED, LOGOUT_NOTICE_SENT, Audit
from lingpai.server.outbound import FetchRefused, Outbound
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client
from lingpai.server.storage.session_clients import SessionClient, SessionClients
from lingpai.server.tokens.id_token import sid_of
from lingpai.server.tokens.keyring import Keyring, NoSigningKey
from lingpai.server.tokens.logout_token import mint_logout_token
from lingpai.server.tokens.subjects import Subjects

RETRY_AFTER_S = (30, 60, 300, 900, 3600, 4 * 3600)
"""How long to wait after each failed attempt; after the last, the notice is given up."""


class LogoutNotices:
    """Delivers them."""

    def __init__(
        self,
        rows: SessionClients,
        clients: Clients,
        keyring: Keyring,
        subjects: Subjects,
        outbound: Outbound,
        audit: Audit,
        *,
        issuer: str,
    ) -> None:
        self._rows = rows
        self._clients = clients
        self._keyring = keyring
        self._subjects = subjects
        self._outbound = outbound
        self._audit = audit
        self._issuer = issuer

    async def send_due(self, now: int) -> int:
        """Try every notice that is due, side by side. How many were tried."""
        due = await self._rows.list_due(now)
        failures = await asyncio.gather(*(self._send(notice, now) for notice in due), return_exceptions=True)
        for failure in failures:
            if isinstance(failure, BaseException):
                raise failure  # the others were tried all the same; this one's claim runs out and it is tried again
        return len(due)

    async def _send(self, notice: SessionClient, now: int) -> None:
        client = await self._clients.get(notice.client_id)
        if client is None or not client.backchannel_logout_uri:
            await self._rows.delete(notice)
            return
        is_last = notice.attempts >= len(RETRY_AFTER_S)
        wait_s = RETRY_AFTER_S[min(notice.attempts, len(RETRY_AFTER_S) - 1)]
        if not await self._rows.postpone(notice, now + wait_s):
            return
        problem = await self._deliver(client, notice, now)
        event = LOGOUT_NOTICE_FAILED if problem else LOGOUT_NOTICE_SENT
        await self._audit.record(
            event,
            now=now,
            account_id=notice.account_id,
            client_id=client.client_id,
            reason=problem,
            attempt=notice.attempts + 1,
        )
        if not problem or is_last:
            await self._rows.delete(notice)

    async def _deliver(self, client: Client, notice: SessionClient, now: int) -> str:
        """Empty when the application accepted it, else why not."""
        try:
            logout_token = mint_logout_token(
                self._keyring,
                client,
                issuer=self._issuer,
                subject=self._subjects.subject(client, notice.account_id),
                sid=sid_of(notice.sid),
                now=now,
            )
            status = await self._outbound.post_form(client.backchannel_logout_uri, {"logout_token": logout_token})
        except NoSigningKey as error:
            return str(error)
        except FetchRefused as error:
            return error.reason
        return "" if status in (200, 204) else f"the application answered {status}"
