from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from examples.photos.albums import ALBUMS
from examples.photos.app import AVATARS, PICTURES
from tests.unit.examples.stand_in import Town

TOKEN: Mapping[str, str] = {"Authorization": "Bearer access-0"}


async def test_without_a_token_there_are_no_albums(town: Town) -> None:
    answer = await town.api.get("/albums")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_the_owner_of_the_token_sees_their_own_albums(town: Town) -> None:
    answer = await town.api.get("/albums", headers=TOKEN)
    assert [album["id"] for album in answer.json()["albums"]] == ["summer-palace", "slow-sunday"]


async def test_a_token_without_the_permission_is_refused_and_told_which_is_missing(town: Town) -> None:
    town.server.scope = "get_user_info"
    answer = await town.api.get("/albums", headers=TOKEN)
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert 'scope="list_album"' in answer.headers["www-authenticate"]


async def test_a_permission_that_was_taken_back_is_refused_from_the_next_request_on(town: Town) -> None:
    assert (await town.api.get("/albums", headers=TOKEN)).status_code == 200
    town.server.is_ended = True
    assert (await town.api.get("/albums", headers=TOKEN)).status_code == 401


@pytest.mark.parametrize("album", ["looking-up", "no-such-album"], ids=["somebody else's", "nobody's"])
async def test_an_album_that_is_not_the_persons_is_not_found(town: Town, album: str) -> None:
    assert (await town.api.get(f"/albums/{album}/photos", headers=TOKEN)).status_code == 404


async def test_a_picture_is_shown_by_the_link_of_the_answer_and_not_without(town: Town) -> None:
    photos = (await town.api.get("/albums/slow-sunday/photos", headers=TOKEN)).json()["photos"]
    assert [photo["id"] for photo in photos] == ["cat", "espresso"]
    picture = await town.api.get(photos[0]["url"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert (await town.api.get(urlsplit(photos[0]["url"]).path)).status_code == 404


async def test_a_link_dies_after_some_minutes(town: Town) -> None:
    photos = (await town.api.get("/albums/slow-sunday/photos", headers=TOKEN)).json()["photos"]
    town.photos_clock.now += 299
    assert (await town.api.get(photos[0]["url"])).status_code == 200
    town.photos_clock.now += 1
    assert (await town.api.get(photos[0]["url"])).status_code == 404


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/cat.jpg", "/pagoda.jpg"),
        ("expires=1", "expires=9"),
        ("signature=", "signature=0"),
        ("signature=", "signature=%C3%A9"),
    ],
    ids=["for another picture", "for longer", "with another signature", "with a signature that is not ASCII"],
)
async def test_a_changed_link_opens_nothing(town: Town, old: str, new: str) -> None:
    photos = (await town.api.get("/albums/slow-sunday/photos", headers=TOKEN)).json()["photos"]
    assert old in photos[0]["url"]
    assert (await town.api.get(photos[0]["url"].replace(old, new, 1))).status_code == 404


async def test_an_avatar_is_public_and_an_unknown_one_not_found(town: Town) -> None:
    answer = await town.api.get("/avatars/zhangsan.png")
    assert answer.headers["content-type"] == "image/png"
    for name in ("nobody", "..%2f..%2fapp", "%00"):
        assert (await town.api.get(f"/avatars/{name}.png")).status_code == 404


async def test_a_token_about_nobody_opens_no_albums(town: Town) -> None:
    town.server.username = ""
    answer = await town.api.get("/albums", headers=TOKEN)
    assert answer.json() == {"albums": []}


def test_every_picture_and_avatar_is_there_and_small() -> None:
    files = [*PICTURES.values(), *AVATARS.values()]
    assert all(file.is_file() for file in files)
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_every_picture_is_credited_and_no_other_file_lies_there() -> None:
    folder = next(iter(PICTURES.values())).parent
    credits_text = (folder / "CREDITS.md").read_text(encoding="utf-8")
    names = {file.name for file in folder.glob("*.jpg")}
    assert names == {f"{photo.id}.jpg" for album in ALBUMS for photo in album.photos}
    assert all(f"`{name}`" in credits_text for name in names)
