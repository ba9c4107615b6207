"""The requests a client makes, as values. Pure: nothing here sends anything.

Owns: ``HttpRequest``, and that no secret of a record is shown. Leaves: what is asked to ``flow`` and its neighbours,
sending to the shells.
"""

from typing import ClassVar, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

ANSWER_LIMIT_BYTES = 256 * 1024
DOCUMENT_LIMIT_BYTES = 1024 * 1024

Headers = tuple[tuple[str, str], ...]


class HidesSecrets(Struct, frozen=True):
    """A record whose ``repr`` (and so any log line or traceback) shows only the fields named in ``shown``."""

    shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.shown)}, …)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.shown]


class Storable(HidesSecrets, frozen=True):
    """A record an application keeps in its session store between two requests of a browser."""

    def to_json(self) -> str:
        """Text for a session store; it holds secrets."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError`` for anything else."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (ValueError, RecursionError):
            raise ValueError(f"not a {cls.__name__} written by to_json") from None


class HttpRequest(HidesSecrets, frozen=True):
    """A request for the shell to send: redirects not followed, answers over ``limit_bytes`` refused."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    limit_bytes: int = ANSWER_LIMIT_BYTES

    shown = ("method", "place")

    @property
    def place(self) -> str:
        """The URL without its query, for messages."""
        return urlsplit(self.url)._replace(query="").geturl()


class Pause(Struct, frozen=True):
    """Not a request: the shell waits for so long and goes on."""

    seconds: int


def document_request(url: str, *, limit_bytes: int = DOCUMENT_LIMIT_BYTES, headers: Headers = ()) -> HttpRequest:
    """GET a JSON document: metadata, keys, userinfo."""
    return HttpRequest("GET", url, (("Accept", "application/json"), *headers), limit_bytes=limit_bytes)
