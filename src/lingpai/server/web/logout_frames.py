"""The pages of applications that sign out in the browser, for the page that says goodbye.

Spec: OpenID Connect Front-Channel Logout 1.0 §3
"""

from urllib.parse import urlencode

from lingpai.server.storage.clients import Clients
from lingpai.server.storage.session_clients import SessionClients
from lingpai.server.tokens.id_token import sid_of
from lingpai.server.web.views import web_address


class LogoutFrames:
    """Finds them."""

    def __init__(self, session_clients: SessionClients, clients: Clients, *, issuer: str) -> None:
        self._session_clients = session_clients
        self._clients = clients
        self._issuer = issuer

    async def list(self, sid: bytes) -> tuple[str, ...]:
        """Their addresses, saying which session ends. To be asked before it does."""
        frames = []
        for row in await self._session_clients.list(sid):
            client = await self._clients.get(row.client_id)
            uri = web_address(client.frontchannel_logout_uri) if client else ""
            if uri:
                query = urlencode({"iss": self._issuer, "sid": sid_of(sid)})
                frames.append(uri + ("&" if "?" in uri else "?") + query)
        return tuple(frames)
