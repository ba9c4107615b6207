"""The pages as a person meets them: what there is to see and to do, by the words of their ids.

Owns: where things are on a page. Leaves: what should be there to the tests.
"""

from msgspec import Struct
from playwright.sync_api import Locator, Page, expect

from examples.demo import Places

PASSWORDS = {"zhangsan": "panda-eats-bamboo", "lisi": "fox-likes-berries"}

# Waits for the picture however long it takes; a broken one has no width.
_ALL_LOADED = """images => Promise.all(images.map(image => {
  image.loading = 'eager';
  return image.complete || new Promise(done => { image.onload = image.onerror = done; });
})).then(() => images.map(image => image.naturalWidth))"""


class SignInPage(Struct, frozen=True):
    """Asks for name and password."""

    page: Page

    @property
    def form(self) -> Locator:
        """There while somebody is asked to sign in."""
        return self.page.locator("#sign-in-form")

    @property
    def problem(self) -> Locator:
        """What was wrong with the last try."""
        return self.page.locator("#problem")

    def try_as(self, username: str, password: str) -> None:
        """Fill in the form and send it."""
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(password)
        self.page.locator("#sign-in").click()

    def sign_in_as(self, username: str = "zhangsan") -> None:
        """With the right password."""
        self.try_as(username, PASSWORDS[username])


class ConsentPage(Struct, frozen=True):
    """Asks what the application may do."""

    page: Page

    @property
    def form(self) -> Locator:
        """There while somebody is asked."""
        return self.page.locator("#consent-form")

    def box(self, scope: str) -> Locator:
        """The checkbox of one permission."""
        return self.page.locator(f'input[name="scope"][value="{scope}"]')

    @property
    def asked(self) -> list[str]:
        """The permissions there is a checkbox for."""
        return _values(self.form.locator('input[name="scope"]'))

    @property
    def ticked(self) -> list[str]:
        """Those of them that are ticked."""
        return _values(self.form.locator('input[name="scope"]:checked'))

    @property
    def lifetimes(self) -> list[str]:
        """The choices of how long."""
        return _values(self.form.locator('input[name="lifetime"]'))

    @property
    def select_all(self) -> Locator:
        """The button that ticks everything, then nothing."""
        return self.page.locator("#select-all")

    def choose_lifetime(self, lifetime: str) -> None:
        """``once``, ``1d``, ``30d``, ``90d`` or ``forever``."""
        self.page.locator(f"#lifetime-{lifetime}").check()

    def allow(self, *scopes: str) -> None:
        """Tick these and say yes."""
        for scope in scopes:
            self.box(scope).check()
        self.page.locator("#allow").click()

    def refuse(self) -> None:
        """Say no."""
        self.page.locator("#refuse").click()

    def not_you(self) -> None:
        """Somebody else is sitting here."""
        self.page.locator("#not-you").click()


class PhotoPrint(Struct, frozen=True):
    """The application."""

    page: Page
    address: str

    def open(self) -> None:
        """Its start page."""
        self.page.goto(self.address)

    def begin_sign_in(self) -> None:
        """Press its sign-in button."""
        self.open()
        self.page.locator("#sign-in").click()

    def sign_in_again(self) -> None:
        """Press the button below a message that says access has ended."""
        self.page.locator("section.message a.button").click()

    def ask_again(self) -> None:
        """Press the button below the explanation of what is missing."""
        self.page.locator("#ask-list-album").click()

    def sign_out(self) -> None:
        """Leave the application, not the authorization server."""
        self.page.locator("#sign-out").click()
        expect(self.page.locator("#sign-in")).to_be_visible()

    @property
    def greeting(self) -> Locator:
        """Whom it welcomes."""
        return self.page.locator(".greeting h1")

    @property
    def avatar(self) -> Locator:
        """The person's picture."""
        return self.page.locator("img.avatar")

    @property
    def albums(self) -> Locator:
        """One section per album."""
        return self.page.locator("section.album")

    @property
    def missing(self) -> Locator:
        """The explanation of the permission it was not given."""
        return self.page.locator("#missing")

    @property
    def message(self) -> Locator:
        """What a page of few words says."""
        return self.page.locator("section.message h1")

    def expect_albums(self) -> None:
        """The person's albums are there, and every picture has come."""
        expect(self.greeting).to_be_visible()
        expect(self.albums).to_have_count(2)
        widths: list[int] = self.page.locator("section.album img, img.avatar").evaluate_all(_ALL_LOADED)
        assert len(widths) >= 4
        assert 0 not in widths


class GrantsPage(Struct, frozen=True):
    """What each application may do."""

    page: Page
    address: str

    def open(self) -> None:
        """The page at its address."""
        self.page.goto(f"{self.address}/account/grants")

    @property
    def applications(self) -> Locator:
        """One card per application."""
        return self.page.locator("article[data-client-id]")

    @property
    def permissions(self) -> Locator:
        """What the first application may do."""
        return self.applications.first.locator("li.permission")

    @property
    def done(self) -> Locator:
        """The message after taking something back."""
        return self.page.locator("#done")

    def take_back(self, description: str) -> None:
        """One permission of the first application."""
        self.permissions.filter(has_text=description).get_by_role("button").click()

    def end(self) -> None:
        """Everything of the first application."""
        self.page.locator("#end-1 > summary").click()
        self.page.locator("#end-1-confirm").click()


class Visitor(Struct, frozen=True):
    """A person with a browser of their own."""

    page: Page
    places: Places

    @property
    def sign_in(self) -> SignInPage:
        """The sign-in page."""
        return SignInPage(self.page)

    @property
    def consent(self) -> ConsentPage:
        """The consent page."""
        return ConsentPage(self.page)

    @property
    def shop(self) -> PhotoPrint:
        """The application."""
        return PhotoPrint(self.page, self.places.photo_print)

    @property
    def grants(self) -> GrantsPage:
        """The account page."""
        return GrantsPage(self.page, self.places.server)

    def go_to_consent(self, username: str = "zhangsan") -> None:
        """From the application's button through sign-in to the question."""
        self.shop.begin_sign_in()
        self.sign_in.sign_in_as(username)
        expect(self.consent.form).to_be_visible()

    def allow(self, *scopes: str, lifetime: str = "30d") -> None:
        """The whole way, allowing these besides what is required."""
        self.go_to_consent()
        self.consent.choose_lifetime(lifetime)
        self.consent.allow(*scopes)
        expect(self.shop.greeting).to_be_visible()

    def switch_language(self, tag: str) -> None:
        """With the switch at the bottom of a page of the server."""
        self.page.locator(f"#language-{tag}").click()


def _values(inputs: Locator) -> list[str]:
    values: list[str] = inputs.evaluate_all("inputs => inputs.map(input => input.value)")
    return values
