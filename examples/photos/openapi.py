"""The album APIs of QQ: list_album, list_photo, add_album and upload_pic, for clients that speak QQ Connect.

This is all a service writes: a path, and a function from a call to the members of its answer. Who is calling, whether
they may, ``format=xml`` and every refusal are done by ``lingpai.dialects.openapi``. The same list is served twice, by
this service behind ``lingpai.guard`` and, for SDKs that know one host, by the authorization server:

    openapi = ["examples.photos.openapi:ENDPOINTS"]
"""

from collections.abc import Callable, Mapping, Sequence

from examples.photos.albums import Album, Photo, albums_of
from examples.photos.links import PictureLinks, process_seconds
from examples.photos.settings import Settings, settings_from
from examples.photos.shelf import ALBUMS_LIMIT, PICTURE_LIMIT_BYTES, NoPicture, Shelf, ShelfFull, read_picture
from lingpai.client.transport import system_clock
from lingpai.dialects.openapi import OpenApiCall, OpenApiEndpoint, OpenApiRefused
from lingpai.dialects.qq_errors import RET_PARAMETER_INVALID, RET_PARAMETER_WRONG

_LANGUAGE = "zh-CN"
_FORM_BYTES = 100_000
"""What the fields around a picture may need."""


class AlbumApis:
    """The four of them."""

    def __init__(self, shelf: Shelf, address: str, *, clock: Callable[[], int], link_clock: Callable[[], int]) -> None:
        self._shelf = shelf
        self._address = address
        self._clock = clock
        self._link_clock = link_clock

    def endpoints(self) -> Sequence[OpenApiEndpoint]:
        """Where each of them is, and what is special about it."""
        return (
            OpenApiEndpoint(path="/photo/list_album", answer=self.list_album, spaced=True),
            OpenApiEndpoint(path="/photo/list_photo", answer=self.list_photo, permission="list_album", spaced=True),
            OpenApiEndpoint(path="/photo/add_album", answer=self.add_album, methods=("POST",), spaced=True),
            OpenApiEndpoint(
                path="/photo/upload_pic",
                answer=self.upload_pic,
                methods=("POST",),
                spaced=True,
                upload_limit_bytes=PICTURE_LIMIT_BYTES + _FORM_BYTES,
            ),
        )

    async def list_album(self, call: OpenApiCall) -> Mapping[str, object]:
        """Every album of the person."""
        albums = [self._album(album) for album in self._albums(call)]
        return {"albumnum": len(albums), "album": albums}

    async def list_photo(self, call: OpenApiCall) -> Mapping[str, object]:
        """The photos of one album, each with links that work for some minutes."""
        album = self._find(call, call.require("albumid"))
        return {"total": len(album.photos), "photos": [self._photo(photo, album.created_at) for photo in album.photos]}

    async def add_album(self, call: OpenApiCall) -> Mapping[str, object]:
        """A new album, without photos."""
        call.require("albumname")
        name, about = call.text("albumname", limit_chars=30), call.text("albumdesc", limit_chars=200)
        now = self._clock()
        try:
            album_id = self._shelf.add_album(call.caller.username, name, about, now)
        except ShelfFull:
            raise OpenApiRefused(RET_PARAMETER_WRONG, f"at most {ALBUMS_LIMIT} albums") from None
        return {"albumid": album_id, "classid": 0, "createtime": now, "name": name, "desc": about}

    async def upload_pic(self, call: OpenApiCall) -> Mapping[str, object]:
        """A photo into an album the person added; without ``albumid`` into the first of them."""
        upload = call.files.get("picture")
        if upload is None:
            raise OpenApiRefused(RET_PARAMETER_INVALID, "client request's parameters are invalid, lost picture")
        title, about = (
            call.text("title", limit_chars=255, default=upload.filename),
            call.text("photodesc", limit_chars=200),
        )
        album_id = self._album_to_fill(call)
        try:
            picture = read_picture(upload.content)
            photo_id = self._shelf.add_photo(album_id, picture, title, about, self._clock())
        except NoPicture as error:
            raise OpenApiRefused(RET_PARAMETER_INVALID, f"invalid picture: {error}") from error
        except ShelfFull:
            raise OpenApiRefused(RET_PARAMETER_WRONG, "the album is full") from None
        photo = Photo(photo_id, {_LANGUAGE: title}, {_LANGUAGE: about}, picture.width, picture.height)
        url = self._url(photo)
        size = {"width": picture.width, "height": picture.height}
        return {"albumid": album_id, "lloc": photo_id, "sloc": photo_id, "large_url": url, "small_url": url, **size}

    def _albums(self, call: OpenApiCall) -> tuple[Album, ...]:
        owner = call.caller.username
        return (*albums_of(owner), *self._shelf.albums_of(owner))

    def _find(self, call: OpenApiCall, album_id: str) -> Album:
        album = next((album for album in self._albums(call) if album.id == album_id), None)
        if album is None:  # also when it is somebody else's, so that ids cannot be probed
            raise OpenApiRefused(RET_PARAMETER_INVALID, "client request's parameters are invalid, invalid albumid")
        return album

    def _album_to_fill(self, call: OpenApiCall) -> str:
        own = [album.id for album in self._shelf.albums_of(call.caller.username)]
        wanted = call.params.get("albumid") or (own[0] if own else "")
        if wanted not in own:
            raise OpenApiRefused(RET_PARAMETER_INVALID, "client request's parameters are invalid, invalid albumid")
        return wanted

    def _album(self, album: Album) -> dict[str, object]:
        cover = self._url(album.photos[0]) if album.photos else ""
        return {
            "albumid": album.id,
            "classid": 0,
            "createtime": album.created_at,
            "desc": album.about,
            "name": album.title[_LANGUAGE],
            "coverurl": cover,
            "picnum": len(album.photos),
        }

    def _photo(self, photo: Photo, at: int) -> dict[str, object]:
        url = self._url(photo)
        return {
            "sloc": photo.id,
            "lloc": photo.id,
            "name": photo.caption[_LANGUAGE],
            "desc": photo.description[_LANGUAGE],
            "updated_time": at,
            "uploaded_time": at,
            "small_url": url,
            "large_image": {"height": photo.height, "width": photo.width, "url": url},
        }

    def _url(self, photo: Photo) -> str:
        links = PictureLinks(self._shelf.link_key())
        return f"{self._address}/pictures/{photo.id}.jpg?{links.query(photo.id, now=self._link_clock())}"


def endpoints_from(settings: Settings, *, link_clock: Callable[[], int] = process_seconds) -> Sequence[OpenApiEndpoint]:
    """The album APIs over the shelf of these settings."""
    shelf = Shelf(settings.shelf)
    return AlbumApis(shelf, settings.address, clock=system_clock, link_clock=link_clock).endpoints()


ENDPOINTS = endpoints_from(settings_from())
"""For the authorization server's setting ``openapi``."""
