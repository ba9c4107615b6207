"""What an application asks when it sends a browser to be signed out, and where the browser may go afterwards.

Owns checking the request and whether the person must be asked first. Leaves the page to ``web.end_session`` and telling
the other applications to ``accounts.logout_notices``.

Spec: OpenID Connect RP-Initiated Logout 1.0 §2; OpenID Connect RP-Initiated Logout 1.0 §3
"""

from urllib.parse import urlencode

from msgspec import Struct

from lingpai.crypto.digest import equal
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.records import Client, Session
from lingpai.server.tokens.id_token import IdTokenHint, IdTokens, sid_of

LIFETIME_S = 600


class LogoutRequest(Struct, frozen=True, array_like=True, kw_only=True):
    """A checked request on its way through our page. Travels sealed."""

    client_id: str = ""
    return_to: str = ""
    """Where to go afterwards, ``state`` included; empty: stay here."""
    subject_sid: str = ""
    """The session the application means, by the ID Token it showed."""
    ui_locales: str = ""
    asked_at: int = 0


class LogoutRequests:
    """Checks them."""

    def __init__(self, clients: Clients, id_tokens: IdTokens) -> None:
        self._clients = clients
        self._id_tokens = id_tokens

    async def check(self, params: Params, now: int) -> LogoutRequest:
        """The request, or ``InvalidRequest``, which is shown and never redirected."""
        hint = self._hint(params)
        client_id = params.get("client_id")
        if hint is not None and client_id is not None and not equal(hint.aud, client_id):
            raise InvalidRequest("client_id is not the one the id_token_hint was issued to")
        client = await self._client(client_id or (hint.aud if hint else None))
        return LogoutRequest(
            client_id=client.client_id if client else "",
            return_to=_return_to(params, client),
            subject_sid=hint.sid if hint else "",
            ui_locales=params.get("ui_locales") or "",
            asked_at=now,
        )

    def _hint(self, params: Params) -> IdTokenHint | None:
        text = params.get("id_token_hint")
        if text is None:
            return None
        hint = self._id_tokens.open_hint(text)
        if hint is None:
            raise InvalidRequest("id_token_hint is not an ID Token of this server")
        return hint

    async def _client(self, client_id: str | None) -> Client | None:
        if client_id is None:
            return None
        client = await self._clients.get(client_id)
        if client is None:
            raise InvalidRequest("client_id is not known here")
        return client


def must_confirm(request: LogoutRequest, session: Session) -> bool:
    """Whether to ask the person: unless the application showed an ID Token of this very session, anybody could have
    sent the browser here. Spec: OpenID Connect RP-Initiated Logout 1.0 §6
    """
    return not (request.subject_sid and equal(request.subject_sid, sid_of(session.sid)))


def _return_to(params: Params, client: Client | None) -> str:
    """Only an address the client registered, character by character. Spec: OpenID Connect RP-Initiated Logout 1.0 §3"""
    uri = params.get("post_logout_redirect_uri")
    if uri is None:
        return ""
    if client is None:
        raise InvalidRequest("post_logout_redirect_uri needs an id_token_hint or a client_id")
    if uri not in client.post_logout_redirect_uris:
        raise InvalidRequest("post_logout_redirect_uri is not one registered for this client")
    state = params.get("state")
    if state is None:
        return uri
    return uri + ("&" if "?" in uri else "?") + urlencode({"state": state})
