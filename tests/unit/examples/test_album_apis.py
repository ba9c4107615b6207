"""The album APIs of QQ, as the photo service serves them behind the guard."""

import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
from PIL import Image

from tests.unit.examples.stand_in import OPENID, Town

COMMON = {"access_token": "access-0", "oauth_consumer_key": "photo-print", "openid": OPENID}


async def call(town: Town, api: str, **changes: Any) -> httpx2.Response:
    params = {name: value for name, value in (COMMON | changes).items() if value is not None}
    if api in ("add_album", "upload_pic"):
        return await town.api.post(f"/photo/{api}", data=params)
    return await town.api.get(f"/photo/{api}", params=params)


def png(width: int = 3, height: int = 2) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def town(town: Town) -> Town:
    town.server.scope = "list_album add_album upload_pic"
    return town


async def test_the_albums_are_listed_as_qq_lists_them(town: Town) -> None:
    answer = await call(town, "list_album")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith('{"ret" : 0,"msg" : "",')  # one old client looks for just this
    members = answer.json()
    assert members["albumnum"] == len(members["album"]) == 2
    assert list(members["album"][0]) == ["albumid", "classid", "createtime", "desc", "name", "coverurl", "picnum"]


async def test_they_are_listed_as_xml_when_asked(town: Town) -> None:
    document = ET.fromstring((await call(town, "list_album", format="xml")).text)  # noqa: S314 - our own
    assert [album.findtext("name") for album in document.iter("album")] == ["颐和园的一天", "慢悠悠的星期天"]
    assert (document.findtext("albumnum"), document.findtext("ret")) == ("2", "0")


async def test_the_photos_of_an_album_come_with_links_that_open(town: Town) -> None:
    members = (await call(town, "list_photo", albumid="slow-sunday")).json()
    assert members["total"] == 2
    assert (await town.api.get(members["photos"][0]["large_image"]["url"])).headers["content-type"] == "image/jpeg"


async def test_an_album_is_added_filled_and_seen_everywhere(town: Town) -> None:
    added = (await call(town, "add_album", albumname="新相册", albumdesc="<b>&")).json()
    assert added["ret"] == 0
    data = COMMON | {"albumid": added["albumid"], "photodesc": "红", "title": "red.png"}
    files = {"picture": ("red.png", png(), "image/png")}
    uploaded = (await town.api.post("/photo/upload_pic", data=data, files=files)).json()
    assert (uploaded["ret"], uploaded["width"], uploaded["height"]) == (0, 3, 2)
    assert (await town.api.get(uploaded["large_url"])).content == png()
    listed = (await call(town, "list_photo", albumid=added["albumid"])).json()
    assert [photo["lloc"] for photo in listed["photos"]] == [uploaded["lloc"]]
    rest = await town.api.get("/albums", headers={"Authorization": "Bearer access-0"})
    assert rest.json()["albums"][-1]["photo_count"] == 1


@pytest.mark.parametrize(
    ("changes", "ret"),
    [
        ({"access_token": None}, -1),
        ({"openid": None}, -1),
        ({"oauth_consumer_key": None}, -1),
        ({"openid": "0" * 32}, -22),
        ({"oauth_consumer_key": "another"}, -23),
        ({"albumname": None}, -1),
        ({"albumname": "x" * 31}, -1),
        ({"albumname": "x", "albumdesc": "x" * 201}, -1),
    ],
)
async def test_what_is_wrong_has_its_number(town: Town, changes: dict[str, str | None], ret: int) -> None:
    answer = await call(town, "add_album", **({"albumname": "x"} | changes))
    assert (answer.status_code, answer.json()["ret"]) == (200, ret)
    assert answer.json()["msg"]


async def test_every_api_needs_its_own_permission(town: Town) -> None:
    town.server.scope = "list_album"
    assert (await call(town, "list_album")).json()["ret"] == 0
    assert (await call(town, "add_album", albumname="x")).json()["ret"] == 100030


async def test_a_token_that_ended_opens_nothing_and_a_server_that_is_away_is_said_to_be_busy(town: Town) -> None:
    town.server.is_ended = True
    assert (await call(town, "list_album")).json()["ret"] == -23
    town.server.is_away = True
    assert (await call(town, "list_album")).json()["ret"] == 1001


async def test_the_eleventh_album_is_refused(town: Town) -> None:
    rets = [(await call(town, "add_album", albumname=f"{n}")).json()["ret"] for n in range(11)]
    assert rets == [0] * 10 + [1]


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"x" * 4_200_000, png()[:40]],
    ids=["empty", "only a head", "svg", "too long", "cut"],
)
async def test_what_is_no_picture_is_not_kept(town: Town, content: bytes) -> None:
    album_id = (await call(town, "add_album", albumname="x")).json()["albumid"]
    data = COMMON | {"albumid": album_id}
    answer = await town.api.post("/photo/upload_pic", data=data, files={"picture": ("a.png", content, "image/png")})
    assert answer.json()["ret"] == -1
    assert (await call(town, "list_photo", albumid=album_id)).json()["total"] == 0


@pytest.mark.parametrize("album_id", ["looking-up", "no-such-album", "slow-sunday"])
async def test_nothing_is_put_into_an_album_the_person_did_not_add(town: Town, album_id: str) -> None:
    data = COMMON | {"albumid": album_id}
    answer = await town.api.post("/photo/upload_pic", data=data, files={"picture": ("a.png", png(), "image/png")})
    assert answer.json()["ret"] == -1


async def test_another_method_is_refused_by_number(town: Town) -> None:
    answer = await town.api.get("/photo/add_album", params=COMMON)
    assert json.loads(answer.text) == {"ret": 100012, "msg": "http method is not post"}
