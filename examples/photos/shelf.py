"""Albums and photos that people added, in one SQLite file. Those in ``albums`` come with the demonstration.

Owns: keeping them, how many there may be, what is a picture. Leaves: who may see them to ``app`` and ``openapi``. Two
processes may use the file at once, the photo service and the authorization server that serves ``openapi`` as well.
"""

import io
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct
from PIL import Image, UnidentifiedImageError

from examples.photos.albums import Album, Photo

ALBUMS_LIMIT = 10
PHOTOS_LIMIT = 100
"""In one album."""
PIXELS_LIMIT = 40_000_000
PICTURE_LIMIT_BYTES = 4_000_000
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_TABLES = """
CREATE TABLE IF NOT EXISTS album (id TEXT PRIMARY KEY, owner TEXT, name TEXT, about TEXT, created_at INTEGER);
CREATE TABLE IF NOT EXISTS photo (id TEXT PRIMARY KEY, album_id TEXT, name TEXT, about TEXT, created_at INTEGER,
    type TEXT, width INTEGER, height INTEGER, content BLOB);
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB);
"""


class NoPicture(ValueError):
    """What was sent is not a picture we keep."""


class ShelfFull(Exception):
    """There are as many as there may be."""


class Picture(Struct, frozen=True):
    """The bytes of a photo, proven to be a picture of this type and size."""

    content: bytes
    type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """Look whether this is a picture, whatever its name says. Raises ``NoPicture``."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
            width, height, format_ = image.width, image.height, image.format or ""
            if width * height > PIXELS_LIMIT:
                raise NoPicture("the picture has too many pixels")
            image.verify()
    except NoPicture:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NoPicture("not a JPEG, PNG, GIF or BMP picture") from error
    return Picture(content, _TYPES[format_], width, height)


class Shelf:
    """``file``: where everything lies; made when it is first used."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def albums_of(self, owner: str) -> tuple[Album, ...]:
        """What this person added, oldest first."""
        with self._open() as database:
            query = "SELECT id, name, about, created_at FROM album WHERE owner = ? ORDER BY created_at, id"
            rows = database.execute(query, (owner,)).fetchall()
            return tuple(
                Album(id_, owner, _text(name), self._photos(database, id_), about, created_at)
                for id_, name, about, created_at in rows
            )

    def add_album(self, owner: str, name: str, about: str, now: int) -> str:
        """The id of a new album. Raises ``ShelfFull``."""
        with self._open() as database:
            (count,) = database.execute("SELECT count(*) FROM album WHERE owner = ?", (owner,)).fetchone()
            if count >= ALBUMS_LIMIT:
                raise ShelfFull
            album_id = secrets.token_hex(16)
            database.execute("INSERT INTO album VALUES (?, ?, ?, ?, ?)", (album_id, owner, name, about, now))
            return album_id

    def add_photo(self, album_id: str, picture: Picture, name: str, about: str, now: int) -> str:
        """The id of a new photo. Whose album it is, the caller has looked. Raises ``ShelfFull``."""
        with self._open() as database:
            (count,) = database.execute("SELECT count(*) FROM photo WHERE album_id = ?", (album_id,)).fetchone()
            if count >= PHOTOS_LIMIT:
                raise ShelfFull
            photo_id = secrets.token_hex(16)
            p = picture
            values = (photo_id, album_id, name, about, now, p.type, p.width, p.height, p.content)
            database.execute("INSERT INTO photo VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            return photo_id

    def picture(self, photo_id: str) -> tuple[bytes, str] | None:
        """Content and type of an added photo."""
        with self._open() as database:
            row = database.execute("SELECT content, type FROM photo WHERE id = ?", (photo_id,)).fetchone()
            return None if row is None else (row[0], row[1])

    def link_key(self) -> bytes:
        """The key of ``PictureLinks``, made once: both processes write links, and one of them checks."""
        with self._open() as database:
            database.execute("INSERT OR IGNORE INTO secret VALUES ('links', ?)", (secrets.token_bytes(32),))
            key: bytes = database.execute("SELECT value FROM secret WHERE name = 'links'").fetchone()[0]
            return key

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file)) as database, database:
            database.executescript(_TABLES)
            yield database

    @staticmethod
    def _photos(database: sqlite3.Connection, album_id: str) -> tuple[Photo, ...]:
        query = "SELECT id, name, about, width, height FROM photo WHERE album_id = ? ORDER BY created_at, id"
        rows = database.execute(query, (album_id,))
        return tuple(Photo(id_, _text(name), _text(about), width, height) for id_, name, about, width, height in rows)


def _text(words: str) -> dict[str, str]:
    return dict.fromkeys(("en", "zh-CN"), words)
