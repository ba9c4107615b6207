import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import argon2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingpai.server.accounts.passwords import Passwords, PasswordsBusy


@asynccontextmanager
async def passwords(
    threads: int = 2, queue_limit: int = 64, memory_kib: int = 64, time_cost: int = 1
) -> AsyncIterator[Passwords]:
    passwords = Passwords(threads, queue_limit, memory_kib, time_cost)
    yield passwords
    passwords.close()


@pytest.mark.spec("RFC 9106", "4", "argon2id with the configured memory and passes")
async def test_a_password_is_hashed_with_argon2id_and_a_fresh_salt() -> None:
    async with passwords(memory_kib=128, time_cost=2) as some:
        first, second = await some.hash("correct horse"), await some.hash("correct horse")
    assert first.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert first != second


async def test_only_the_right_password_verifies() -> None:
    async with passwords() as some:
        stored = await some.hash("correct horse")
        assert await some.verify(stored, "correct horse")
        assert not await some.verify(stored, "Correct horse")
        assert not await some.verify(stored, "correct horse ")
        assert not await some.verify(stored, "")


@pytest.mark.spec("RFC 8265", "4.2.2", "passwords are compared in NFC, with case and spaces kept")
async def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    async with passwords() as some:
        assert await some.verify(await some.hash("caf\u00e9"), "cafe\u0301")


@pytest.mark.parametrize("password", ["", "x" * 1025, "密" * 342, "x" * 1_000_000, "\ud800"])
async def test_what_cannot_be_a_password_is_not_hashed_and_never_verifies(password: str) -> None:
    async with passwords() as some:
        stored = await some.hash("x" * 1024)
        assert not await some.verify(stored, password)
        with pytest.raises(ValueError, match="1 to 1024 bytes"):
            await some.hash(password)


async def test_bytes_beyond_the_72_of_older_hashes_count() -> None:
    async with passwords() as some:
        assert not await some.verify(await some.hash("x" * 100 + "a"), "x" * 100 + "b")


@pytest.mark.parametrize("password", ["", "null", "None", "correct horse"])
async def test_an_account_without_a_password_has_no_right_one(password: str) -> None:
    async with passwords() as some:
        assert not await some.verify(None, password)


@pytest.mark.parametrize("stored", ["", "x", "plain text", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_a_stored_text_that_is_no_hash_verifies_nothing(stored: str) -> None:
    async with passwords() as some:
        assert not await some.verify(stored, stored)
        assert some.needs_rehash(stored)


class WatchedHasher(argon2.PasswordHasher):
    """Writes down what argon2 is asked to do: memory, passes and lanes of the hash it verifies against."""

    def __init__(self, memory_kib: int, time_cost: int) -> None:
        super().__init__(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self.worked: list[argon2.Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name
        if str(hash).startswith("$argon2"):
            self.worked.append(argon2.extract_parameters(str(hash)))
        return super().verify(hash, password)


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        pytest.param(None, "wrong", id="no account, or none that may sign in"),
        pytest.param("x", "wrong", id="a stored text that is no hash"),
        pytest.param(None, "x" * 2000, id="no account, password too long"),
        pytest.param("known", "x" * 2000, id="password too long"),
    ],
)
async def test_what_cannot_verify_costs_the_work_of_a_wrong_password(stored: str | None, password: str) -> None:
    async with passwords(memory_kib=256, time_cost=2) as some:
        known = await some.hash("correct horse")
        watched = some._hasher = WatchedHasher(256, 2)  # noqa: SLF001 - the work is what is under test
        await some.verify(known, "wrong")
        await some.verify(known if stored == "known" else stored, password)
    wrong, other = watched.worked
    assert wrong == other


async def test_a_hash_with_other_parameters_needs_a_rehash() -> None:
    async with passwords(memory_kib=64) as old, passwords(memory_kib=128) as new:
        stored = await old.hash("correct horse")
        assert await new.verify(stored, "correct horse")
        assert new.needs_rehash(stored)
        assert not old.needs_rehash(stored)


async def test_when_the_queue_is_full_the_next_is_told_to_come_back_and_the_others_are_served() -> None:
    async with passwords(threads=1, queue_limit=2) as some:
        stored = await some.hash("correct horse")
        results = await asyncio.gather(
            *(some.verify(stored, "correct horse") for _ in range(10)), return_exceptions=True
        )
        assert results.count(True) == 3
        assert sum(isinstance(result, PasswordsBusy) for result in results) == 7
        assert await some.verify(stored, "correct horse")


async def test_a_cancelled_request_leaves_its_place_in_the_queue() -> None:
    gate = threading.Event()
    async with passwords(threads=1, queue_limit=2) as some, asyncio.TaskGroup() as group:
        group.create_task(some._run(gate.wait))  # noqa: SLF001 - the one thread works until the gate opens
        waiting = [group.create_task(some.hash(name)) for name in ("two", "three")]
        await asyncio.sleep(0)
        with pytest.raises(PasswordsBusy):
            await some.hash("four")
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        again = [group.create_task(some.hash(name)) for name in ("five", "six")]
        await asyncio.sleep(0)
        with pytest.raises(PasswordsBusy):
            await some.hash("seven")
        gate.set()
        assert [hashed[:10] for hashed in await asyncio.gather(*again)] == ["$argon2id$", "$argon2id$"]


async def test_hanging_up_while_the_hash_runs_buys_no_second_one() -> None:
    gate, started = threading.Event(), threading.Event()

    def work() -> bool:
        started.set()
        return gate.wait()

    async with passwords(threads=1, queue_limit=0) as some, asyncio.TaskGroup() as group:
        task = group.create_task(some._run(work))  # noqa: SLF001 - runs until the gate opens
        await asyncio.to_thread(started.wait)
        task.cancel()
        await asyncio.wait([task])
        with pytest.raises(PasswordsBusy):
            await some.hash("two")
        gate.set()


async def test_after_closing_nothing_is_hashed() -> None:
    async with passwords() as some:
        some.close()
        with pytest.raises(PasswordsBusy):
            await some.verify(None, "x")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=20)
@given(st.text(min_size=1, max_size=100).filter(str.isprintable))
def test_every_printable_text_can_be_a_password(password: str) -> None:
    async def round_trip() -> bool:
        async with passwords(memory_kib=8) as some:
            return await some.verify(await some.hash(password), password)

    assert asyncio.run(round_trip())
