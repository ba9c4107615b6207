"""Forms of signed-in people and of strangers that are written to break who reads them.

Whatever comes, the answer is a refusal: never an error of ours, which would be a line in the operator's log for every
one of them. Spec: RFC 6819 §4.6.5
"""

import zlib

import pytest

from examples.photos.shelf import NoPicture, read_picture
from tests.attack.pictures import upload_of
from tests.browser import Browser
from tests.world import World

DEEP = "[" * 15_000
DEEP_INSIDE = '{"response":{"clientDataJSON":"' + "W1tb" * 3000 + '"}}'
ANSWERS = {
    "deep": DEEP,
    "deep objects": '{"a":' * 2500,
    "deep inside": DEEP_INSIDE,
    "not base64": '{"response":{"clientDataJSON":"é"}}',
    "a number": "1",
    "a lone surrogate": '"\\ud800"',
    "types mixed up": '{"id":5,"response":[]}',
}
CHARSETS = ("unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "idna", "punycode", "rot13", "undefined", "hex")


async def _signed_in(world: World, path: str) -> tuple[Browser, str]:
    await world.sign_in(browser := world.browser())
    await browser.get(path)
    token = next(value for form in browser.forms() for name, value in form.fields if name == "csrf_token")
    return browser, token


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("path", ["/account/security/passkeys", "/sign-in/passkey"])
async def test_an_authenticators_answer_that_is_none_is_refused(world: World, path: str, answer: str) -> None:
    browser, token = await _signed_in(world, "/account/security")
    page = await browser.http.post(path, data={"csrf_token": token, "credential": answer})
    assert page.status_code == 303
    assert "passkey" in page.headers["location"]
    assert world.rows()["passkey"] == 0


@pytest.mark.parametrize("name", ["!", "a", "é", "A" * 15_000])
@pytest.mark.parametrize("action", ["rename_passkey", "remove_passkey"])
async def test_a_passkey_nobody_has_is_neither_renamed_nor_removed(world: World, action: str, name: str) -> None:
    browser, token = await _signed_in(world, "/account/security")
    data = {"csrf_token": token, "action": action, "passkey": name, "name": "x"}
    assert (await browser.http.post("/account/security", data=data)).status_code < 500


@pytest.mark.parametrize("charset", CHARSETS)
async def test_an_upload_in_a_charset_that_decodes_to_no_text_is_refused(world: World, charset: str) -> None:
    browser, token = await _signed_in(world, "/account")
    content_type, body = upload_of(token, parameters=f"; charset={charset}")
    page = await browser.http.post("/account/avatar", content=body, headers={"content-type": content_type})
    assert page.status_code < 500


def _png_with_a_bomb_in_a_comment() -> bytes:
    header = (8).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    comment = b"k\x00\x00" + zlib.compress(b"a" * 70_000_000)
    pixels = zlib.compress(b"\x00" * 8 * 25)
    chunks = ((b"IHDR", header), (b"zTXt", comment), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )


async def test_a_picture_with_a_bomb_in_its_comment_is_none(world: World) -> None:
    bomb = _png_with_a_bomb_in_a_comment()
    with pytest.raises(NoPicture):
        read_picture(bomb)
    browser, token = await _signed_in(world, "/account")
    content_type, body = upload_of(token, bomb)
    page = await browser.http.post("/account/avatar", content=body, headers={"content-type": content_type})
    assert page.status_code == 422
