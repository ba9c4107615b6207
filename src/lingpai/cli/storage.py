"""Opening the server's database for a command, and saying in one sentence why that failed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from lingpai.cli.refusal import Refused
from lingpai.server.clock import system_clock
from lingpai.server.storage.driver import Driver, StorageUnavailable
from lingpai.server.storage.together import Together

if TYPE_CHECKING:
    from lingpai.server.config import Config
    from lingpai.server.storage.migrate import SchemaState

T = TypeVar("T")


def with_driver(config: "Config", work: Callable[[Driver, int], Awaitable[T]]) -> T:
    """Run ``work(driver, now)`` on the database of ``config``. Raises ``Refused`` when it is missing or not usable."""
    check_schema(config)
    try:
        return asyncio.run(_run(config, work))
    except StorageUnavailable as error:
        raise Refused(f"the database {config.database_name} cannot be used: {error}") from None


def write_with_driver(config: "Config", work: Callable[[Driver, int], Awaitable[T]]) -> T:
    """The same, with everything ``work`` writes as one transaction: a change and its audit row, or neither."""

    async def together(driver: Driver, now: int) -> T:
        collected = Together(driver)
        result = await work(collected, now)
        if not await collected.write():
            raise Refused("somebody else changed the same thing at this moment: run it again; nothing was changed")
        return result

    return with_driver(config, together)


async def _run(config: "Config", work: Callable[[Driver, int], Awaitable[T]]) -> T:
    async with _opened(config) as driver:
        return await work(driver, system_clock())


@asynccontextmanager
async def _opened(config: "Config") -> AsyncIterator[Driver]:
    from lingpai.server.wiring import open_driver

    driver = open_driver(config)
    try:
        yield driver
    finally:
        await driver.close()


def read_schema(config: "Config") -> "SchemaState":
    """Which schema the database has. Raises ``Refused`` when it cannot be read."""
    from lingpai.server.storage import migrate

    try:
        return migrate.check(config.database)
    except StorageUnavailable as error:
        raise Refused(f"the database {config.database_name} cannot be used: {error}") from None


def check_schema(config: "Config") -> None:
    """Raise ``Refused`` unless the database has the schema this code was written for."""
    state = read_schema(config)
    if state.current is None:
        raise Refused(f"there is no database at {config.database_name}: run `lingpai init`, or set the database to use")
    if state.is_newer_than_code:
        raise Refused(
            f"the database is at revision {state.current} and this lingpai knows revisions up to {state.head}: "
            "install the lingpai that wrote it"
        )
    if state.needs_upgrade:
        raise Refused(
            f"the database is at revision {state.current}, this lingpai needs {state.head}: "
            "make a copy of it, then run `lingpai db upgrade`"
        )


def create_database(config: "Config") -> None:
    """Make the database, the master key if there is none either, and the first keys. Raises ``Refused``."""
    from lingpai.cli.keeper import read_master_key
    from lingpai.server.storage import migrate
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.keyring import Keyring
    from lingpai.server.tokens.master_key import material_key

    try:
        migrate.make_folder(config.database)
        migrate.upgrade(config.database)
    except OSError as error:
        raise Refused(f"cannot make {error.filename}: {error.strerror}") from None
    except StorageUnavailable as error:
        raise Refused(f"the database {config.database_name} cannot be used: {error}") from None
    # Only beside a new database: a new key for an old one would open nothing in it and hide that the right one is lost.
    material = material_key(read_master_key(config, create=True))

    async def make_keys(driver: Driver, now: int) -> None:
        await Keyring(Keys(driver), material).ensure(config.signing_algs, now)

    with_driver(config, make_keys)
