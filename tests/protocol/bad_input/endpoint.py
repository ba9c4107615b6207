"""An endpoint as the tables of bad input see it: a good request, and which of its parameters may be spoiled."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from msgspec import Struct

from tests.world import SECRET, World

POSTER = "poster"
STRANGER = "stranger"
"""A client nobody has allowed anything, so that people are asked."""
OTHER_CALLBACK = "http://localhost:3000/other"


class Good(Struct, frozen=True):
    """A request that would succeed."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Mapping[str, str] | None = None
    cookie: str = ""


class Param(Struct, frozen=True):
    """A parameter. ``absent``: the outcome without it; empty: it may be left out."""

    name: str
    absent: str = ""
    where: Literal["query", "body"] = "body"
    may_repeat: bool = False


class Endpoint(Struct, frozen=True):
    """``form``: how it refuses. ``json``; ``page``; ``client``: by redirect once client and URI are proven."""

    name: str
    form: Literal["json", "page", "client"]
    make: Callable[[World], Awaitable[Good]]
    params: tuple[Param, ...]


CREDENTIALS = {"client_id": POSTER, "client_secret": SECRET, "unknown": "x"}
CLIENT = (Param("client_id", "401 invalid_client"), Param("client_secret", "401 invalid_client"), Param("unknown"))
