"""Commands against a server elsewhere, through its admin API, as a client of it: ``lingpai --remote URL …``.

Owns getting a token and turning problems into sentences. Which commands can do without the database is theirs to say.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    import httpx2

CLIENT_ID_VARIABLE = "LINGPAI_REMOTE_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "LINGPAI_REMOTE_CLIENT_SECRET"
PREFIX = "/admin/api/v1"
_TIMEOUT_S = 30
_issuer: ContextVar[str] = ContextVar("issuer", default="")


class AdminApi(ABC):
    """The admin API of one server. Every method raises ``Refused``."""

    @abstractmethod
    def ask(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """The JSON document of the answer. ``path``: with the API's own before it."""

    def get(self, path: str, **query: str) -> Any:
        """The JSON at ``path`` below the API's own."""
        return self.ask("GET", PREFIX + path, query, None)

    def items(self, path: str, **query: str) -> Iterator[Any]:
        """Every item of a list, page by page."""
        after = ""
        while True:
            page = self.get(path, **query, **({"after": after} if after else {}))
            yield from page["items"]
            after = page["next"] or ""
            if not after:
                return

    def post(self, path: str, body: Any = None) -> Any:
        """Do something."""
        return self.ask("POST", PREFIX + path, {}, body)

    def put(self, path: str, body: Any) -> Any:
        """Write something."""
        return self.ask("PUT", PREFIX + path, {}, body)

    def delete(self, path: str, **query: str) -> Any:
        """Take something away."""
        return self.ask("DELETE", PREFIX + path, query, None)

    def account_id(self, username: str) -> str:
        """The id of the account with that username."""
        found = self.get("/accounts", username=username, limit="1")["items"]
        if not found or found[0]["username"].casefold() != username.casefold():
            raise Refused(f"there is no account {username}")
        account_id: str = found[0]["id"]
        return account_id


class Remote(AdminApi):
    """The one of a server elsewhere."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._token = ""

    def ask(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """The answer."""
        import httpx2

        headers = {"authorization": f"Bearer {self._access_token()}"}
        address = f"{self._issuer}{path}"
        try:
            answer = httpx2.request(method, address, params=query, json=body, headers=headers, timeout=_TIMEOUT_S)
            return answered(self._issuer, answer)
        except (httpx2.HTTPError, ValueError) as error:
            raise Refused(f"{address} does not answer: {type(error).__name__}: {error}") from None

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


def answered(whose: str, answer: "httpx2.Response") -> Any:
    """The document of an answer. Raises ``Refused`` with what a refusal says, ``ValueError`` for what is no answer.

    ``whose``: the server's; empty: nobody's but ours.
    """
    document = answer.json()
    if answer.is_success:
        return document
    problems = "".join(f"\n{name}: {what}" for name, what in document.get("problems", {}).items())
    said = f"{document.get('detail', answer.status_code)}{problems}"
    raise Refused(f"{whose} refused: {said}" if whose else said)


def use_remote(issuer: str | None) -> None:
    """Let this run's command work on that server; ``None``: on the database here."""
    _issuer.set(issuer or "")


def current_remote() -> Remote | None:
    """The server named by ``--remote``, if one was."""
    return Remote(_issuer.get()) if _issuer.get() else None


def segment(text: str) -> str:
    """``text`` as one part of a path."""
    return quote(text, safe="")
