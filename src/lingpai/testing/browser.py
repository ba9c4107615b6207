"""The person's browser: signs in, ticks boxes, allows or refuses. Cookies and forms, no scripts.

Owns reading our own pages. A page that asks for something else is said to do so, in its own words.
"""

import re
from collections.abc import Collection
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urljoin

import httpx2
from msgspec import Struct, field

from lingpai.testing.application import Person

_PAGE_LIMIT = 20
_SHOWN_CHARS = 600
_BLANKS = re.compile(r"\s+")


class SignInFailed(Exception):
    """The person came no further; the message says what the last page said."""


class _Form(Struct):
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, _Form] = {}
        self.words: list[str] = []
        self._form: _Form | None = None
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.forms[given.get("id", "")] = _Form(given.get("action", ""))
        elif tag in ("script", "style", "title"):
            self._silent += 1
        elif tag == "input" and self._form is not None and given.get("name") and "disabled" not in given:
            self._read_input(self._form, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("script", "style", "title"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.words.append(data.strip())

    def _read_input(self, form: _Form, given: dict[str, str]) -> None:
        if given.get("type") == "checkbox" and given["name"] == "scope":
            form.boxes.append(given.get("value", ""))
        elif given.get("type") not in ("checkbox", "radio") or "checked" in given:
            form.fields.append((given["name"], given.get("value", "")))


class Browser:
    """A browser with no cookies yet. ``issuer`` is the server; whatever leads elsewhere is the callback."""

    def __init__(self, http: httpx2.AsyncClient, issuer: str, person: Person) -> None:
        self._http = http
        self._issuer = issuer
        self._person = person

    async def answer(
        self, authorize_url: str, decision: Literal["allow", "refuse"], *, scope: Collection[str] | None
    ) -> str:
        """Go to ``authorize_url``, sign in, decide; returns the callback's URL. Raises ``SignInFailed``."""
        response = await self._http.get(authorize_url)
        for _ in range(_PAGE_LIMIT):
            if response.is_redirect:
                location = urljoin(str(response.url), response.headers["location"])
                if not location.startswith(f"{self._issuer}/"):
                    return location
                response = await self._http.get(location)
                continue
            response = await self._fill_in(response, decision, scope)
        raise SignInFailed("the pages lead in a circle")

    async def _fill_in(
        self, response: httpx2.Response, decision: Literal["allow", "refuse"], scope: Collection[str] | None
    ) -> httpx2.Response:
        page = _Page(response.text)
        if "sign-in-form" in page.forms and response.status_code == 200:
            own = [("username", self._person.username), ("password", self._person.password)]
            return await self._submit(response, page.forms["sign-in-form"], own)
        if "consent-form" in page.forms and response.status_code == 200:
            form = page.forms["consent-form"]
            ticked = [("scope", name) for name in form.boxes if scope is None or name in scope]
            return await self._submit(response, form, [*ticked, ("decision", decision)])
        words = _BLANKS.sub(" ", " ".join(page.words))[:_SHOWN_CHARS]
        raise SignInFailed(f"HTTP {response.status_code}: {words}")

    async def _submit(self, response: httpx2.Response, form: _Form, own: list[tuple[str, str]]) -> httpx2.Response:
        names = {name for name, _ in own}
        sent: dict[str, list[str]] = {}
        for name, value in [*(pair for pair in form.fields if pair[0] not in names), *own]:
            sent.setdefault(name, []).append(value)
        return await self._http.post(urljoin(str(response.url), form.action), data=sent)
