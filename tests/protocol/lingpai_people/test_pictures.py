"""Pictures people upload: what becomes of good ones, and what is said of bad ones."""

import io
import zlib

import httpx2
import pytest
from PIL import Image

from tests.browser import Browser
from tests.people import account_named
from tests.world import World


async def signed_in(world: World) -> Browser:
    await world.sign_in(browser := world.browser())
    await browser.get("/account")
    return browser


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is enormous, in a few bytes."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 100_000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )


async def upload(browser: Browser, body: bytes, **fields: str) -> httpx2.Response:
    form = browser.form("avatar-form")
    data = {**dict(form.fields), **fields}
    data.pop("picture", None)
    browser.page = await browser.http.post(form.action, data=data, files={"picture": ("me.png", body, "image/png")})
    return browser.page


@pytest.mark.parametrize(
    ("kind", "mode", "content_type"),
    [
        ("PNG", "RGB", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("GIF", "P", "image/jpeg"),
    ],
)
async def test_a_picture_is_encoded_anew(world: World, kind: str, mode: str, content_type: str) -> None:
    browser = await signed_in(world)
    assert (await upload(browser, picture(kind=kind, mode=mode))).status_code == 303
    address = (await account_named(world)).picture
    assert address.startswith("http://localhost:4000/avatar?id=")
    served = await world.http.get(address)
    assert served.headers["content-type"] == content_type
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert Image.open(io.BytesIO(served.content)).size == (256, 256)


async def test_nothing_that_was_hidden_in_it_survives(world: World) -> None:
    browser = await signed_in(world)
    secret = b"<script>alert('polyglot')</script>"
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    out = io.BytesIO()
    Image.new("RGB", (50, 50)).save(out, "JPEG", exif=exif, comment=secret)
    await upload(browser, out.getvalue() + b"PK\x03\x04" + secret)
    served = await world.http.get((await account_named(world)).picture)
    assert secret not in served.content
    assert b"PK\x03\x04" not in served.content
    assert not Image.open(io.BytesIO(served.content)).getexif()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", 422, "no picture", id="SVG"),
        pytest.param(b"GIF89a<script>alert(1)</script>", 422, "no picture", id="a script that begins like a GIF"),
        pytest.param(b"%PDF-1.4", 422, "no picture", id="PDF"),
        pytest.param(picture()[:60], 422, "no picture", id="damaged"),
        pytest.param(b"", 422, "No file", id="nothing"),
        pytest.param(png_header(10_000, 10_000), 413, "too large", id="10,000 by 10,000"),
        pytest.param(png_header(60_000, 60_000), 413, "too large", id="a bomb"),
        pytest.param(png_header(7_000, 7_000), 413, "too large", id="too many pixels altogether"),
        pytest.param(b"\x89PNG" + b"\0" * 5_000_001, 413, "too large", id="too many bytes"),
        pytest.param(b"\0" * 6_000_000, 413, "too large", id="far too many bytes"),
    ],
)
async def test_what_is_no_picture_is_refused_with_words(world: World, body: bytes, status: int, said: str) -> None:
    browser = await signed_in(world)
    before = world.rows()
    page = await upload(browser, body)
    assert page.status_code == status
    assert said in page.text
    assert world.rows() == before


async def test_a_picture_needs_the_token_of_the_form(world: World) -> None:
    browser = await signed_in(world)
    assert (await upload(browser, picture(), csrf_token="x")).status_code == 403
    assert (await account_named(world)).picture == ""


async def test_a_picture_is_removed(world: World) -> None:
    browser = await signed_in(world)
    await upload(browser, picture())
    address = (await account_named(world)).picture
    await browser.get("/account")
    await upload(browser, b"", action="remove")
    assert (await account_named(world)).picture == ""
    assert (await world.http.get(address)).status_code == 404
