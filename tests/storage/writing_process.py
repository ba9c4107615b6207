"""A program for tests to start: writes rows and says each on standard output once the driver has answered.

``python writing_process.py <file> forever``: until somebody kills it. ``… full``: with a file size limit that it meets,
then lifts, as a disk that fills up and is made free again.
"""

import asyncio
import resource
import sys
from pathlib import Path

from lingpai.server.storage.driver import Statement, StorageUnavailable
from lingpai.server.storage.sqlite import SQLiteDriver

_INSERT = "INSERT INTO heartbeat (id, at) VALUES ($1, $2)"
_BIG = "INSERT INTO scope_definition (name, document) VALUES ($1, $2)"


async def write_forever(driver: SQLiteDriver) -> None:
    """Eight writers side by side, so that there is always a batch under way."""

    async def write(first: int) -> None:
        number = first
        while True:
            assert await driver.transact([Statement(_INSERT, (number, number))]) == []
            print(number, flush=True)  # noqa: T201 - how a test hears of it
            number += 8

    await asyncio.gather(*map(write, range(8)))


async def fill_the_disk(driver: SQLiteDriver, path: Path) -> None:
    """Prints what happens: ``full``, ``written`` how many and how many are there, ``still full``, ``again``."""
    most = _limit_files(path)
    written = 0
    try:
        while written < 1000:
            await driver.transact([Statement(_BIG, (f"scope{written}", "x" * 20_000))])
            written += 1
    except StorageUnavailable:
        print("full", flush=True)  # noqa: T201 - the same
    print("written", written, *await _count(driver), flush=True)  # noqa: T201 - the same
    try:
        await driver.transact([Statement(_BIG, ("one more", "x" * 20_000))])
    except StorageUnavailable:
        print("still full", *await _count(driver), flush=True)  # noqa: T201 - the same
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await driver.transact([Statement(_BIG, ("again", "x"))])
    print("again", *await _count(driver), flush=True)  # noqa: T201 - the same


def _limit_files(path: Path) -> int:
    """From now on no file of this process grows much beyond the database's; returns the limit there was."""
    log = path.with_name(f"{path.name}-wal")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(path.stat().st_size, log.stat().st_size) + 400_000, most))
    return most


async def _count(driver: SQLiteDriver) -> tuple[int, ...]:
    return await driver.fetch_one("SELECT count(*) FROM scope_definition") or ()


async def main(path: Path, what: str) -> None:
    """What the arguments say."""
    driver = SQLiteDriver(path)
    await driver.transact([Statement("DELETE FROM heartbeat")])
    await (write_forever(driver) if what == "forever" else fill_the_disk(driver, path))
    await driver.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
