"""What is killed, and how it must come back: each trial is one server under load, killed again and again."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import SystemRandom

import httpx2
from msgspec import Struct

from lingpai.server.storage import migrate
from tests import postgresql
from tests.chaos.people import Person, Record
from tests.chaos.service import Service
from tests.postgresql import Cluster

PEOPLE = 8
_PROGRAM = str(Path(__file__).with_name("killed_mid_batch.py"))
_ANSWER_WITHIN_S = 60

Strike = Callable[[], Awaitable[float]]
"""Kills something and waits until the server says that it is ready again; the time (monotonic) of the kill."""


class Comeback(Struct, frozen=True):
    """One kill: of what, and how long until the server was ready."""

    killed: str
    seconds: float


class Trial:
    """A server under load. Everything it sees goes to ``record``."""

    def __init__(self, service: Service, people: list[Person], record: Record, chance: SystemRandom) -> None:
        self.service = service
        self._people = people
        self._record = record
        self._chance = chance

    async def endure(self, killed: str, strike: Strike) -> Comeback:
        """Load, a kill at a random moment, and what everybody finds afterwards."""
        stops = asyncio.Event()
        async with asyncio.TaskGroup() as living:
            for person in self._people:
                living.create_task(person.live(stops))
            await asyncio.sleep(self._chance.uniform(0.05, 0.8))
            killed_at = await strike()
            comeback = Comeback(killed, time.monotonic() - killed_at)
            stops.set()
        try:
            await asyncio.gather(*[person.settle() for person in self._people])
        except AssertionError as error:
            lines = [line for line in self.service.log().splitlines() if '"level":"error"' in line]
            self._record.check(
                "the server recovers by itself", holds=False, detail="\n".join((str(error), *lines[-5:]))
            )
            raise
        self._record.check("no unexpected error in the log", holds='"unexpected error"' not in self.service.log())
        return comeback

    async def end(self) -> None:
        """Look at everything once more."""
        await asyncio.gather(*[person.look_back() for person in self._people])


@asynccontextmanager
async def opened(service: Service, record: Record, chance: SystemRandom) -> AsyncIterator[Trial]:
    """A started server with its people."""
    migrate.upgrade(service.database)
    cookies = await service.fill(PEOPLE)
    await service.start()
    limits = httpx2.Limits(max_connections=PEOPLE, max_keepalive_connections=PEOPLE)
    try:
        async with httpx2.AsyncClient(
            base_url=service.address, trust_env=False, timeout=_ANSWER_WITHIN_S, limits=limits
        ) as http:
            trial = Trial(service, [Person(http, cookie, record, chance) for cookie in cookies], record, chance)
            yield trial
            await trial.end()
    finally:
        service.stop()


async def kill_one_process(folder: Path, kills: int, record: Record, chance: SystemRandom) -> AsyncIterator[Comeback]:
    """``kill -9`` of the only process, on SQLite."""
    service = Service(folder, f"sqlite:///{folder}/lingpai.db")

    async def strike() -> float:
        killed_at = time.monotonic()
        service.kill()
        await service.start()
        return killed_at

    async with opened(service, record, chance) as trial:
        for _ in range(kills):
            yield await trial.endure("server", strike)


async def kill_mid_batch(folder: Path, kills: int, record: Record, chance: SystemRandom) -> AsyncIterator[Comeback]:
    """The writer ends its process between two statements or around COMMIT, on SQLite."""
    service = Service(folder, f"sqlite:///{folder}/lingpai.db", program=(_PROGRAM,))
    service.environment = lambda: {"LINGPAI_CHAOS_STATEMENTS": str(chance.randrange(60, 600))}
    back = asyncio.Event()
    died_at = 0.0

    async def keep_running() -> None:
        """It may end at any time, while everybody settles too."""
        nonlocal died_at
        while True:
            assert await service.ended() == -signal.SIGKILL
            died_at = time.monotonic()
            await service.start()
            back.set()

    async def strike() -> float:
        back.clear()
        await back.wait()
        return died_at

    async with opened(service, record, chance) as trial, asyncio.TaskGroup() as keeping:
        keeper = keeping.create_task(keep_running())
        for _ in range(kills):
            yield await trial.endure("writer mid-batch", strike)
        service.environment = lambda: {"LINGPAI_CHAOS_STATEMENTS": "1000000"}
        back.clear()
        service.kill()
        await back.wait()
        keeper.cancel()


async def kill_workers(folder: Path, kills: int, record: Record, chance: SystemRandom) -> AsyncIterator[Comeback]:
    """``kill -9`` of one of two workers, and now and then of their parent, on SQLite."""
    service = Service(folder, f"sqlite:///{folder}/lingpai.db", workers=2)

    async def strike_parent() -> float:
        killed_at = time.monotonic()
        service.kill()
        await service.start()
        return killed_at

    async with opened(service, record, chance) as trial:
        for number in range(kills):
            if number % 10 == 9:
                yield await trial.endure("parent of workers", strike_parent)
            else:
                yield await trial.endure("worker", _worker_strike(service, chance))


async def kill_postgresql(folder: Path, kills: int, record: Record, chance: SystemRandom) -> AsyncIterator[Comeback]:
    """``kill -9`` of PostgreSQL with all its processes, and between that of one of two workers that use it."""
    with postgresql.running_cluster(durable=True) as cluster:
        service = Service(folder, postgresql.new_database(cluster.url), workers=2)
        async with opened(service, record, chance) as trial:
            for number in range(kills):
                if number % 2:
                    yield await trial.endure("worker on PostgreSQL", _worker_strike(service, chance))
                else:
                    yield await trial.endure("PostgreSQL", _cluster_strike(service, cluster))


def _worker_strike(service: Service, chance: SystemRandom) -> Strike:
    async def strike() -> float:
        killed_at = time.monotonic()
        os.kill(chance.choice(service.workers()), signal.SIGKILL)
        await _is_back(service)
        return killed_at

    return strike


def _cluster_strike(service: Service, cluster: Cluster) -> Strike:
    async def strike() -> float:
        killed_at = time.monotonic()
        cluster.kill()
        await asyncio.to_thread(cluster.start)
        await _is_back(service)
        return killed_at

    return strike


async def _is_back(service: Service) -> None:
    """Until it is ready. One whose second worker had not started yet when the database went has ended: it is started
    again, as a service manager would.
    """
    if not await service.is_ready_again():
        await service.start()


TRIALS = (kill_one_process, kill_mid_batch, kill_workers, kill_postgresql)
