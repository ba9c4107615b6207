"""Asks the photo service for somebody's albums with that person's access token.

Owns: the requests, and what each refusal means for us. Leaves: tokens to ``app``.
"""

import asyncio
from typing import TypeVar

import httpx2
import msgspec
from msgspec import Struct

T = TypeVar("T")
Text = dict[str, str]


class AccessEnded(Exception):
    """The token is no longer good: the person took the permission back, or its time is over (401)."""


class PermissionMissing(Exception):
    """The token is good, but the person did not allow the albums (403)."""


class PhotoServiceAway(Exception):
    """No answer, or none we understand."""


class Photo(Struct, frozen=True):
    """A picture; ``url`` works for a few minutes."""

    caption: Text
    description: Text
    url: str
    width: int
    height: int

    def in_language(self, language: str) -> dict[str, object]:
        """What a page shows of it."""
        return {
            "caption": self.caption.get(language, ""),
            "description": self.description.get(language, ""),
            "url": self.url,
            "width": self.width,
            "height": self.height,
        }


class Album(Struct, frozen=True):
    """An album without its pictures."""

    id: str
    title: Text


class AlbumPage(Struct, frozen=True):
    """The answer of ``GET /albums``."""

    albums: list[Album]


class PhotoPage(Struct, frozen=True):
    """The answer of ``GET /albums/{id}/photos``."""

    photos: list[Photo]


class PhotoService:
    """The photo service at ``address`` (no slash at the end), reached through ``http``."""

    def __init__(self, address: str, http: httpx2.AsyncClient) -> None:
        self._address = address
        self._http = http

    async def albums(self, access_token: str) -> list[tuple[Album, list[Photo]]]:
        """Every album the person has, with its pictures."""
        albums = _read(await self._get("/albums", access_token), AlbumPage).albums
        pages = await asyncio.gather(*(self._get(f"/albums/{album.id}/photos", access_token) for album in albums))
        return [(album, _read(page, PhotoPage).photos) for album, page in zip(albums, pages, strict=True)]

    async def _get(self, path: str, access_token: str) -> bytes:
        try:
            answer = await self._http.get(self._address + path, headers={"Authorization": f"Bearer {access_token}"})
        except httpx2.TransportError as error:
            raise PhotoServiceAway from error
        if answer.status_code == 401:
            raise AccessEnded
        if answer.status_code == 403:
            raise PermissionMissing
        if answer.status_code != 200:
            raise PhotoServiceAway
        return answer.content


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise PhotoServiceAway from error
