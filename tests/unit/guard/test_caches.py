import asyncio

import pytest

from lingpai.guard.answer_cache import AnswerCache
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.single_flight import SingleFlight


def test_a_cache_never_grows_over_its_limit() -> None:
    cache: AnswerCache[int] = AnswerCache("issuer", "audience", limit=3)
    for n in range(10):
        cache.put(cache.key(str(n)), n, until=100)
    assert len(cache) == 3
    assert [cache.get(cache.key(str(n)), 0) for n in (6, 7, 8, 9)] == [None, 7, 8, 9]


def test_an_answer_is_forgotten_at_its_time() -> None:
    cache: AnswerCache[str] = AnswerCache(limit=3)
    cache.put(cache.key("token"), "yes", until=100)
    assert cache.get(cache.key("token"), 99) == "yes"
    assert cache.get(cache.key("token"), 100) is None
    assert len(cache) == 0


def test_storing_again_counts_as_new_and_takes_no_second_place() -> None:
    cache: AnswerCache[int] = AnswerCache(limit=2)
    for n, token in enumerate(["a", "b", "a", "c"]):
        cache.put(cache.key(token), n, until=100)
    assert [cache.get(cache.key(token), 0) for token in "abc"] == [2, None, 3]


def test_a_cache_without_room_keeps_nothing() -> None:
    cache: AnswerCache[int] = AnswerCache(limit=0)
    cache.put(cache.key("token"), 1, until=100)
    assert cache.get(cache.key("token"), 0) is None


def test_keys_depend_on_the_context_and_hold_no_token() -> None:
    one, other = AnswerCache[int]("issuer", "a", limit=1), AnswerCache[int]("issue", "ra", limit=1)
    assert one.key("token") != other.key("token")
    assert b"token" not in one.key("token")


async def test_a_failure_is_shared_by_those_who_wait_for_it() -> None:
    flight: SingleFlight[int] = SingleFlight()
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise TokenCheckUnavailable("away", retry_after_s=7)

    outcomes = await asyncio.gather(*(flight.run("key", ask) for _ in range(5)), return_exceptions=True)
    assert [(type(o), o.retry_after_s) for o in outcomes if isinstance(o, TokenCheckUnavailable)] == [
        (TokenCheckUnavailable, 7)
    ] * 5
    assert asked == 1


async def test_a_broken_question_breaks_nobody_elses() -> None:
    flight: SingleFlight[int] = SingleFlight()
    divisors = iter([0, 1])

    async def ask() -> int:
        await asyncio.sleep(0)
        return 5 // next(divisors)

    outcomes = await asyncio.gather(*(flight.run("key", ask) for _ in range(3)), return_exceptions=True)
    assert isinstance(outcomes[0], ZeroDivisionError)
    assert outcomes[1:] == [5, 5]


async def test_different_keys_do_not_wait_for_each_other() -> None:
    flight: SingleFlight[str] = SingleFlight()
    never = asyncio.Event()

    async def stuck() -> str:
        await never.wait()
        return "stuck"

    async def quick() -> str:
        return "quick"

    task = asyncio.ensure_future(flight.run("a", stuck))  # noqa: TID251 - awaited below; the test needs it under way
    await asyncio.sleep(0)
    assert await flight.run("b", quick) == "quick"
    never.set()
    assert await task == "stuck"


@pytest.mark.parametrize("key", ["a", b"a", None])
async def test_nothing_is_left_after_landing(key: object) -> None:
    flight: SingleFlight[int] = SingleFlight()

    async def ask() -> int:
        assert flight.is_under_way(key)
        return 1

    await flight.run(key, ask)
    assert not flight.is_under_way(key)
