"""Somebody who guesses passwords from an address of his choice, as the server's socket would report it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx2

from tests.world import World


class Guesser:
    """Holds one form token and its cookie: enough for any number of guesses."""

    def __init__(self, world: World, address: str = "203.0.113.7") -> None:
        transport = httpx2.ASGITransport(app=world.server.app, client=(address, 50_000))
        self._http = httpx2.AsyncClient(transport=transport, base_url=world.config.issuer)
        self._token = ""

    async def __aenter__(self) -> Self:
        page = await self._http.get("/sign-in")
        self._token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def guess(self, username: str, password: str = "wrong", headers: Mapping[str, str] | None = None) -> int:
        """The status of one try."""
        form = {"csrf_token": self._token, "username": username, "password": password}
        answer = await self._http.post("/sign-in", data=form, headers=headers)
        self._http.cookies.delete("lingpai_session")  # the token belongs to a browser that is not signed in
        return answer.status_code


async def guess(
    world: World,
    username: str,
    password: str = "wrong",
    *,
    address: str = "203.0.113.7",
    headers: Mapping[str, str] | None = None,
) -> int:
    """One try from a browser of its own."""
    async with Guesser(world, address) as guesser:
        return await guesser.guess(username, password, headers)
