"""The pictures of the README, taken of the running programs: `UPDATE_PICTURES=1 make e2e ARGS="-k pictures"`.

Without that variable they are taken all the same, into .build, so that a page nobody can photograph fails a test.
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import OpenBrowser
from tests.e2e.demo_programs import Demo
from tests.e2e.pages import Visitor
from tools.tree import ROOT

LIMIT_BYTES = 80_000
_COLOURS = 96
_FOLDER = ROOT / "docs/images" if os.environ.get("UPDATE_PICTURES") else ROOT / ".build/e2e/pictures"
_DESK = {"viewport": {"width": 640, "height": 760}, "device_scale_factor": 1.5}
_PHONE = {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 1.5, "color_scheme": "dark"}
_USUAL_PORTS = """([port]) => document.querySelectorAll('a').forEach(link => {
  if (link.textContent.startsWith('localhost:')) link.firstChild.textContent = `localhost:${port}`; })"""


def test_pictures_of_the_story_for_the_readme(open_browser: OpenBrowser, demo: Demo) -> None:
    visitor = open_browser(**_DESK)
    visitor.shop.begin_sign_in()
    visitor.page.locator("#username").fill("zhangsan")
    _take(visitor, "sign-in.png")
    visitor.sign_in.sign_in_as("zhangsan")
    visitor.consent.box("list_album").check()
    _take(visitor, "consent.png")
    visitor.switch_language("zh-CN")
    visitor.consent.box("list_album").check()
    _take(visitor, "consent-zh.png")
    visitor.switch_language("en")
    visitor.consent.allow("list_album")
    visitor.page.set_viewport_size({"width": 900, "height": 760})
    visitor.shop.expect_albums()
    _take(visitor, "albums.jpg")
    visitor.page.set_viewport_size({"width": 760, "height": 620})
    visitor.grants.open()
    _take(visitor, "my-permissions.png")
    visitor.page.goto(demo.places.server)


def test_pictures_of_a_phone_at_night_for_the_readme(open_browser: OpenBrowser) -> None:
    visitor = open_browser(**_PHONE)
    visitor.go_to_consent("lisi")
    visitor.consent.box("list_album").check()
    _take(visitor, "consent-phone-dark.png")


def _take(visitor: Visitor, name: str) -> None:
    """Photograph the window as it would be on the usual ports, small enough for a page that loads at once."""
    visitor.page.evaluate(_USUAL_PORTS, ["3000"])
    visitor.page.evaluate("document.activeElement.blur()")
    _expect_pictures(visitor.page.locator("main img"))
    picture = Image.open(io.BytesIO(visitor.page.screenshot(full_page=name != "albums.jpg")))
    _FOLDER.mkdir(parents=True, exist_ok=True)
    file = _FOLDER / name
    _write(picture.convert("RGB"), file)
    assert file.stat().st_size < LIMIT_BYTES, name


def _write(picture: Image.Image, file: Path) -> None:
    if file.suffix == ".jpg":
        picture.resize((900, picture.height * 900 // picture.width)).save(file, quality=78, optimize=True)
    else:
        picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def _expect_pictures(images: Locator) -> None:
    for image in images.all():
        expect(image).to_have_js_property("complete", value=True)
