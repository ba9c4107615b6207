"""The admin API in a command's hands: of the server named by ``--remote``, or of the database here, without a server.

Here the same routes run in this process, as an administrator: whoever can write the database is trusted already. So a
command written once does the same to both.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingpai.cli.options import read_config
from lingpai.cli.refusal import Refused
from lingpai.cli.remote import AdminApi, answered, current_remote

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_HERE = "http://localhost"
_NAME = "command line"


@contextmanager
def admin_api(config: Path | None) -> Iterator[AdminApi]:
    """The API this command is about. Raises ``Refused``."""
    if (remote := current_remote()) is not None:
        yield remote
        return
    from lingpai.cli.keeper import check_master_key, read_master_key
    from lingpai.cli.storage import check_schema
    from lingpai.server.clock import system_clock
    from lingpai.server.storage.driver import StorageUnavailable
    from lingpai.server.wiring import Server, open_driver
    from lingpai.server.wiring.admin_api import load_api

    settings = read_config(config)
    check_schema(settings)
    with asyncio.Runner() as runner:
        try:
            server = Server(settings, open_driver(settings), read_master_key(settings), system_clock)
            try:
                runner.run(check_master_key(settings, server.store.driver, system_clock()))
                runner.run(server.keyring.reload(system_clock()))
                runner.run(server.catalog.reload())
                yield _InProcess(runner, _as_administrator(load_api(server)))
            finally:
                runner.run(server.close())
        except StorageUnavailable as error:
            raise Refused(f"the database {settings.database_name} cannot be used: {error}") from None


class _InProcess(AdminApi):
    """The routes, called as functions."""

    def __init__(self, runner: asyncio.Runner, app: "ASGIApp") -> None:
        self._runner = runner
        self._app = app

    def ask(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """The answer."""
        return self._runner.run(self._ask(method, path, query, body))

    async def _ask(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        import httpx2

        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self._app), base_url=_HERE) as http:
            return answered("", await http.request(method, path, params=query, json=body))


def _as_administrator(app: "ASGIApp") -> "ASGIApp":
    from lingpai.server.administration.desk import Actor
    from lingpai.server.endpoints.admin_api.door import ACTOR_KEY

    async def call(scope: "Scope", receive: "Receive", send: "Send") -> None:
        await app({**scope, ACTOR_KEY: Actor(_NAME, "administrator")}, receive, send)

    return call
