"""A browser without JavaScript: cookies, pages, forms. For tests that speak to the application in process."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from msgspec import Struct, field


class Form(Struct):
    """A form as it stands on the page. ``fields``: what a browser would send if the person touched nothing."""

    id: str
    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: dict[str, list[str]] = field(default_factory=dict)
    """Name -> values of every checkbox and radio button, ticked or not."""
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = True
            self.forms.append(Form(given.get("id", ""), given.get("method", "get"), given.get("action", "")))
        elif self._open and tag == "input" and given.get("name") and "disabled" not in given:
            self._input(given)
        elif self._open and tag == "button" and given.get("name"):
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def _input(self, given: dict[str, str]) -> None:
        form, name, value = self.forms[-1], given["name"], given.get("value", "")
        if given.get("type") in ("checkbox", "radio"):
            form.boxes.setdefault(name, []).append(value)
            if "checked" not in given:
                return
        form.fields.append((name, value))


class Browser:
    """One person's browser. Redirects are followed only when asked to; the last page is ``page``."""

    def __init__(self, http: httpx2.AsyncClient, home: str = "http://localhost:4000") -> None:
        self.http = http
        self.home = home
        self.page: httpx2.Response
        self._read: httpx2.Response | None = None
        self._forms: list[Form] = []

    async def get(self, url: str, **headers: str) -> httpx2.Response:
        """Open an address; ``headers`` with underscores for hyphens."""
        self.page = await self.http.get(
            urljoin(self._here, url), headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        return self.page

    async def follow(self) -> httpx2.Response:
        """Follow redirects while they stay with our server; the page is then the one shown, or the last redirect."""
        while self.page.is_redirect and urljoin(self._here, self.page.headers["location"]).startswith(self.home + "/"):
            await self.get(self.page.headers["location"])
        return self.page

    def forms(self) -> list[Form]:
        """Every form on the page."""
        if self._read is not self.page:
            parser = _Forms()
            parser.feed(self.page.text)
            self._read, self._forms = self.page, parser.forms
        return self._forms

    def shows(self, form_id: str) -> bool:
        """Whether the page has a form with that id."""
        return hasattr(self, "page") and any(form.id == form_id for form in self.forms())

    def form(self, form_id: str) -> Form:
        """The form with that id."""
        found = [form for form in self.forms() if form.id == form_id]
        assert found, f"no {form_id} on the page: {self.page.status_code} {self.page.text[:2000]}"
        return found[0]

    async def submit(self, form: Form, *changes: tuple[str, str], without: tuple[str, ...] = ()) -> httpx2.Response:
        """Send the form with ``changes``; a name that is changed replaces what stood there."""
        names = {name for name, _ in changes} | set(without)
        pairs = [pair for pair in form.fields if pair[0] not in names] + list(changes)
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        self.page = await self.http.post(urljoin(self._here, form.action), data=data)
        return self.page

    @property
    def sent_to(self) -> dict[str, str]:
        """The parameters of the redirect the page is: query and fragment."""
        parts = urlsplit(self.page.headers["location"])
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}

    @property
    def _here(self) -> str:
        page = getattr(self, "page", None)
        return self.home if page is None else str(page.url)
