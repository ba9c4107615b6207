"""A script in every text field of every form, and a look at every page and mail afterwards.

Generated from the forms on the pages: a field added tomorrow is filled as well. What is shown must be there as text,
and never as an element or an attribute.

Spec: RFC 6819 §4.4.1.13; RFC 9700 §4.16
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx2
from msgspec import Struct, field

from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.storage.people_records import Passkey
from lingpai.server.wiring.pages import browser_routes
from tests.administration import add_person, sign_in
from tests.attack.test_cross_site_scripting import read
from tests.browser import Browser
from tests.people import give_address, mails
from tests.portal import WEBSITE, Developer, developer, reviewer
from tests.world import PHOTOS, World, grant_tokens

# Short enough for a name; the mark says which field it was.
_PROBE = "{}\"'><img src=x onerror=a(1)>"
_MARK = re.compile(r"q\d+q")
# What a field must look like to be taken at all; in these a probe only comes back with the refusal.
_FORM = {
    "website": WEBSITE,
    "redirect_uris": "https://prints.example/callback",
    "resource": PHOTOS,
    "begins": "2020-01-01T00:00",
    "ends": "2099-01-01T00:00",
    "active_from": "2099-01-01T00:00",
    "access_token_lifetime_s": "600",
    "client_ids": "photos",
    "claims": "nickname",
    "/admin/permissions/edit name": "read_notes",
}
# Not filled: they take away what the other forms need, or are no forms of this page.
_LEFT_OUT = (
    "language-form",
    "sign-out-form",
    "delete-form",
    "end-team-form",
    "password-form",
    "search",
    "confirm-form",
)
_ENDING = ("end", "leave", "remove", "disable", "delete", "withdraw", "suspend", "reject", "rotate", "make")
# Where a text must come to light somewhere: (path of the form, field).
_SHOWN = {
    ("/account", "name"),
    ("/account", "nickname"),
    ("/account/security", "name"),
    ("/developer", "name"),
    ("/developer/teams/{team_id}", "name"),
    ("/developer/teams/{team_id}/new", "name"),
    ("/developer/applications/{client_id}", "name"),
    ("/developer/applications/{client_id}", "description"),
    ("/developer/applications/{client_id}", "filing_number"),
    ("/developer/applications/{client_id}/permissions", "justification"),
    ("/developer/applications/{client_id}/review", "text"),
    ("/admin/reviews/{client_id}", "text"),
    ("/admin/permissions/edit", "description_en"),
    ("/admin/resource-servers/edit", "name"),
    ("/admin/announcements", "text_en"),
    ("/admin/terms", "text_en"),
}


class _Form(Struct):
    id: str
    action: str
    is_upload: bool
    fixed: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """The forms of a page that send something, with their text fields."""

    def __init__(self, page: httpx2.Response) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._open: _Form | None = None
        self._select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, type_ = given.get("name", ""), given.get("type", "text")
        if tag == "form":
            is_upload = given.get("enctype", "").startswith("multipart/")
            self._open = _Form(given.get("id", ""), given.get("action", ""), is_upload)
            if given.get("method") == "post":
                self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "button":
            self._open.buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._open.fixed.setdefault(self._select, given.get("value", ""))
        elif tag == "textarea" or (tag == "input" and type_ in ("text", "search", "url", "email", "datetime-local")):
            self._open.texts.append(name)
        elif tag == "input" and name and (type_ not in ("checkbox", "radio") or "checked" in given):
            self._open.fixed[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


class _Walk:
    """Fills forms, and remembers what it wrote where."""

    def __init__(self, world: World, one: Developer) -> None:
        self.world = world
        self.written: dict[str, tuple[str, str]] = {}
        self.shown: set[str] = set()
        self._ids = {
            "client_id": one.client_id,
            "team_id": one.team_id,
            "account_id": one.account.id.hex(),
            "reference": "0123456789abcdef",
        }
        paths = [path for path, route in browser_routes(world.server).items() if "GET" in route.methods]
        pages = [path for path in paths if path.startswith(("/account", "/developer", "/admin", "/terms", "/sign-"))]
        self.patterns = [*(path for path in pages if not path.endswith(("/callback/", "/export"))), "/", "/device"]

    async def look(self, browser: Browser) -> None:
        """Every page with the eyes of this person."""
        for pattern in self.patterns:
            self.check(await browser.get(pattern.format(**self._ids)))

    def check(self, page: httpx2.Response) -> None:
        """Nothing on it runs; remember what it shows. It weighs no more than it may."""
        if page.headers.get("content-type", "").startswith("text/html"):
            reader = read(page)
            assert _awake(reader.elements) == [], page.url
            assert len(page.content) < 60_000, page.url
            self.shown.update(_MARK.findall(reader.words))
            for _, attributes in reader.elements:
                self.shown.update(mark for value in attributes.values() for mark in _MARK.findall(value))

    async def fill(self, browser: Browser) -> None:
        """Every form this person may send."""
        for pattern in self.patterns:
            page = await browser.get(pattern.format(**self._ids))
            if page.status_code == 200 and page.headers["content-type"].startswith("text/html"):
                for form in _Forms(page).forms:
                    await self._send(browser, pattern, form)

    async def _send(self, browser: Browser, pattern: str, form: _Form) -> None:
        buttons = [button for button in form.buttons if not button[1].startswith(_ENDING)]
        if form.id in _LEFT_OUT or not form.texts or form.is_upload or (form.buttons and not buttons):
            return
        for typed in self._fillings(pattern, form):
            data = form.fixed | typed | dict(buttons[:1])
            self.check(await browser.http.post(browser.home + form.action, data=data))

    def _fillings(self, pattern: str, form: _Form) -> Iterator[dict[str, str]]:
        """With a probe in every field that takes any text; then with one in those too that do not."""
        good = {name: _FORM.get(f"{pattern} {name}") or _FORM.get(name) for name in form.texts}
        if any(good.values()):
            yield {name: self._probe(pattern, name) for name in form.texts}
        yield {name: value or self._probe(pattern, name) for name, value in good.items()}

    def _probe(self, pattern: str, name: str) -> str:
        mark = f"q{len(self.written)}q"
        self.written[mark] = (pattern, name)
        return _PROBE.format(mark)


def _awake(elements: list[tuple[str, dict[str, str]]]) -> list[str]:
    """What a probe has become, if it is more than text."""
    return [tag for tag, attributes in elements if "onerror" in attributes or attributes.get("src") == "x"]


def test_a_probe_that_is_not_escaped_is_found() -> None:
    page = httpx2.Response(200, text=f"<p>{_PROBE.format('q1q')}</p>")
    assert _awake(read(page).elements) == ["img"]
    page = httpx2.Response(200, text=f'<input value="{_PROBE.format("q1q")}">')
    assert _awake(read(page).elements) == ["img"]


async def test_nothing_typed_anywhere_runs_anywhere(world: World) -> None:
    one = await developer(world)
    await give_address(world, one.account, "owner@example.com")
    await Passkeys(world.driver).record(
        Passkey(id=b"key", account_id=one.account.id, public_key=b"key", sign_count=0, name="key")
    )
    await grant_tokens(world, one.browser)
    await add_person(world, "boss", "administrator", email="boss@example.com")
    admin, judge = await sign_in(world, "boss"), await reviewer(world)
    walk = _Walk(world, one)
    await walk.fill(one.browser)
    for browser in (judge, admin, world.browser()):
        await walk.fill(browser)
    world.clock.advance(world.config.catalog_staleness_s + 1)
    for browser in (one.browser, judge, admin, world.browser()):
        await walk.look(browser)
    written = await mails(world)
    assert any(_MARK.search(mail.text) for mail in written)
    assert [mail.subject for mail in written if _awake(read(httpx2.Response(200, text=mail.html)).elements)] == []
    receipt = await one.browser.get("/account/grants/photo-print/receipt")
    assert not receipt.headers["content-type"].startswith("text/html")
    assert receipt.headers["content-disposition"].startswith("attachment")
    not_shown = _SHOWN - {walk.written[mark] for mark in walk.shown}
    assert not_shown == set(), "these were refused, or are shown nowhere"
