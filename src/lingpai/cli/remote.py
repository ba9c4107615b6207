"""Commands against a server elsewhere, through its admin API, as a client of it: ``lingpai --remote URL …``.

Owns getting a token and turning problems into sentences. Which commands can do without the database is theirs to say.
"""

import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

from lingpai.cli.refusal import Refused

CLIENT_ID_VARIABLE = "LINGPAI_REMOTE_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "LINGPAI_REMOTE_CLIENT_SECRET"
_TIMEOUT_S = 30
_issuer: ContextVar[str] = ContextVar("issuer", default="")


class Remote:
    """The admin API of one server. Every method raises ``Refused``."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._token = ""

    def get(self, path: str, **query: str) -> Any:
        """The JSON at ``path`` below the API's own."""
        return self._ask("GET", path, query, None)

    def items(self, path: str, **query: str) -> Iterator[Any]:
        """Every item of a list, page by page."""
        after = ""
        while True:
            page = self._ask("GET", path, query | ({"after": after} if after else {}), None)
            yield from page["items"]
            after = page["next"] or ""
            if not after:
                return

    def post(self, path: str, body: Any = None) -> Any:
        """Do something."""
        return self._ask("POST", path, {}, body)

    def put(self, path: str, body: Any) -> Any:
        """Write something."""
        return self._ask("PUT", path, {}, body)

    def account_id(self, username: str) -> str:
        """The id of the account with that username."""
        found = self.get("/accounts", username=username, limit="1")["items"]
        if not found or found[0]["username"].casefold() != username.casefold():
            raise Refused(f"there is no account {username}")
        account_id: str = found[0]["id"]
        return account_id

    def _ask(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        import httpx2

        headers = {"authorization": f"Bearer {self._access_token()}"}
        address = f"{self._issuer}/admin/api/v1{path}"
        try:
            answer = httpx2.request(method, address, params=query, json=body, headers=headers, timeout=_TIMEOUT_S)
            document = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Refused(f"{address} does not answer: {type(error).__name__}: {error}") from None
        if answer.is_success:
            return document
        problems = "".join(f"\n{name}: {what}" for name, what in document.get("problems", {}).items())
        raise Refused(f"{self._issuer} refused: {document.get('detail', answer.status_code)}{problems}")

    def _access_token(self) -> str:
        from lingpai.client import Client, ClientError
        from lingpai.server.tokens.admin_scopes import ADMIN_READ, ADMIN_WRITE

        if self._token:
            return self._token
        client_id, secret = os.environ.get(CLIENT_ID_VARIABLE), os.environ.get(CLIENT_SECRET_VARIABLE)
        if not client_id or not secret:
            raise Refused(f"set {CLIENT_ID_VARIABLE} and {CLIENT_SECRET_VARIABLE} to a client of the admin API")
        try:
            with Client(self._issuer, client_id, secret) as client:
                self._token = client.client_credentials(scope=f"{ADMIN_READ} {ADMIN_WRITE}").access_token
        except ClientError as error:
            raise Refused(f"{self._issuer} gives {client_id} no token for its admin API: {error}") from None
        return self._token


def use_remote(issuer: str | None) -> None:
    """Let this run's command work on that server; ``None``: on the database here."""
    _issuer.set(issuer or "")


def current_remote() -> Remote | None:
    """The server named by ``--remote``, if one was."""
    return Remote(_issuer.get()) if _issuer.get() else None


def segment(text: str) -> str:
    """``text`` as one part of a path."""
    return quote(text, safe="")
