"""Any order of redeeming, refreshing, retrying, replaying, revoking, ending and restarting, against a model.

The model is what docs/decisions/0001 promises, as one dictionary. Whatever happens: a family has at most one living
line of descent, a dead one never lives again, and nothing that was answered with success is lost, restarts included.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from msgspec import Struct

from lingpai.crypto.digest import new_id
from lingpai.server.storage.records import Grant
from tests.world import Ask, World

CODE_LIFETIME_S, RETRY_WINDOW_S, ACCESS_LIFETIME_S = 60, 30, 600
REFRESH_LIFETIME_S = 3000


class Family(Struct):
    """The model of one."""

    ask: Ask
    code: str
    code_expires_at: int
    grant_number: int
    redeemed: bool = False
    revoked: bool = False
    rotated_at: int = 0
    expires_at: int = 0
    refresh_tokens: list[str] = []
    """By generation; the last one is the living one."""
    access_tokens: list[tuple[str, int]] = []
    """With the instant each expires."""


ANY = st.integers(0, 11)
"""Which family; taken modulo how many there are."""
FEW = 3
NEAR_THE_EDGE = st.sampled_from([0, RETRY_WINDOW_S - 1, RETRY_WINDOW_S])


class Descent(RuleBasedStateMachine):
    """One person, one application, some sign-ins."""

    def __init__(self, world: World, runner: asyncio.Runner) -> None:
        super().__init__()
        self.world, self.runner = world, runner
        self.model: list[Family] = []
        self.grant_number = 0

    @property
    def now(self) -> int:
        return self.world.clock.now

    @property
    def living(self) -> list[Family]:
        return [family for family in self.model if family.redeemed and not self.is_dead(family)]

    @property
    def unredeemed(self) -> list[Family]:
        return [family for family in self.model if not family.redeemed]

    @initialize()
    def somebody_signs_in(self) -> None:
        self.run(self.world.reset())
        self.browser = self.world.browser()
        self.run(Ask(self.world).allow(self.browser, lifetime="forever"))
        self.ask_for_a_code()
        self.redeem(0, 1)

    def run(self, call: Any) -> Any:
        return self.runner.run(call)

    def is_dead(self, family: Family) -> bool:
        return family.revoked or family.grant_number != self.grant_number

    @precondition(lambda self: len(self.living) + len(self.unredeemed) < FEW)
    @rule()
    def ask_for_a_code(self) -> None:
        ask = Ask(self.world)
        answer = self.run(ask.allow(self.browser))
        self.model.append(Family(ask, answer["code"], self.now + CODE_LIFETIME_S, self.grant_number))

    @precondition(lambda self: self.unredeemed)
    @rule(which=ANY, times=st.sampled_from([1, 1, 1, 5]))
    def redeem(self, which: int, times: int) -> None:
        self.redeem_of(self.unredeemed[which % len(self.unredeemed)], times)

    @rule(which=ANY)
    def replay_a_code(self, which: int) -> None:
        if which < FEW:
            self.redeem_of(self.model[which % len(self.model)], 1)

    def redeem_of(self, family: Family, times: int) -> None:
        may = not self.is_dead(family) and not family.redeemed and self.now < family.code_expires_at
        won = _successes(self.run(_all([family.ask.redeem(family.code) for _ in range(times)])))
        assert len(won) == int(may)
        family.revoked |= family.redeemed or (may and times > 1)
        family.redeemed |= may
        for tokens in won:
            self.take(family, tokens)

    @precondition(lambda self: self.living)
    @rule(which=ANY, times=st.sampled_from([1, 1, 1, 4]))
    def refresh(self, which: int, times: int) -> None:
        self.refresh_of(self.living[which % len(self.living)], 0, times)

    @precondition(lambda self: self.living)
    @rule(which=ANY, times=st.sampled_from([1, 1, 2, 3]), after=NEAR_THE_EDGE)
    def refresh_and_then_again_with_the_old_one(self, which: int, times: int, after: int) -> None:
        family = self.living[which % len(self.living)]
        for _ in range(times):
            self.refresh_of(family, 0, 1)
        self.world.clock.advance(after)
        self.refresh_of(family, times, 2)

    @rule(which=ANY, back=st.integers(0, 3))
    def use_an_older_one(self, which: int, back: int) -> None:
        self.refresh_of(self.model[which % len(self.model)], back, 1)

    def refresh_of(self, family: Family, back: int, times: int) -> None:
        if back >= len(family.refresh_tokens):
            return
        dead = self.is_dead(family) or self.now >= family.expires_at
        answer_was_lost = back == 1 and self.now - family.rotated_at < RETRY_WINDOW_S
        old = family.refresh_tokens[-1 - back]
        won = _successes(self.run(_all([self.world.refresh(old) for _ in range(times)])))
        assert len(won) == (times if not dead and (back == 0 or answer_was_lost) else 0)
        if won and back == 0:
            self.take(family, won[0])
        elif not won and not dead:
            family.revoked = True
        self.keep_access_tokens(family, won)

    def take(self, family: Family, tokens: dict[str, Any]) -> None:
        family.refresh_tokens.append(tokens["refresh_token"])
        family.rotated_at, family.expires_at = self.now, self.now + REFRESH_LIFETIME_S
        self.keep_access_tokens(family, [tokens])

    def keep_access_tokens(self, family: Family, answers: list[dict[str, Any]]) -> None:
        family.access_tokens += [(tokens["access_token"], self.now + ACCESS_LIFETIME_S) for tokens in answers]

    @rule(which=ANY, back=st.integers(0, 5))
    def give_back_a_refresh_token(self, which: int, back: int) -> None:
        family = self.model[which % len(self.model)]
        if back < len(family.refresh_tokens):
            token = family.refresh_tokens[-1 - back]
            assert self.run(self.world.post("/oauth2/revoke", token=token)).status_code == 200
            family.revoked = True

    @rule(really=ANY)
    def the_person_ends_the_grant_and_gives_it_anew(self, really: int) -> None:
        if really < FEW:
            self.run(_end_and_give_anew(self.world))
            self.grant_number += 1

    @rule(seconds=st.sampled_from([1, RETRY_WINDOW_S, CODE_LIFETIME_S - 1, CODE_LIFETIME_S, ACCESS_LIFETIME_S, 3000]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def the_server_restarts(self) -> None:
        cookies = self.browser.http.cookies
        self.run(self.world.restart())
        self.browser = self.world.browser()
        self.browser.http.cookies = cookies

    def teardown(self) -> None:
        """Every token is what the model says, and what lives can be refreshed."""
        for family in self.model:
            for token, expires_at in family.access_tokens:
                active = not self.is_dead(family) and self.now < expires_at
                assert self.run(self.world.is_active(token)) is active
            if self.is_dead(family):
                answers = self.run(_all([self.world.refresh(token) for token in family.refresh_tokens]))
                assert _successes(answers) == []
            elif family.redeemed and self.now < family.expires_at:
                assert _successes(self.run(_all([self.world.refresh(family.refresh_tokens[-1])]))), "nothing is lost"


async def _end_and_give_anew(world: World) -> None:
    grants, now = world.server.store.grants, world.clock.now
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert await grants.end(account.id, "photo-print", now)
    ended = await grants.get(account.id, "photo-print")
    anew = Grant(
        account_id=account.id,
        client_id="photo-print",
        id=new_id(),
        permissions={"get_user_info": now, "list_album": now},
        lifetime="forever",
    )
    assert await grants.put(anew, replaces=ended)


async def _all(calls: list[Any]) -> list[httpx2.Response]:
    return list(await asyncio.gather(*calls))


def _successes(answers: list[httpx2.Response]) -> list[dict[str, Any]]:
    """The token responses; every other answer must be the refusal the protocol has for it."""
    for answer in answers:
        assert answer.status_code == 200 or (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    return [answer.json() for answer in answers if answer.status_code == 200]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def world(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = runner.run(
        World.open(
            tmp_path_factory.mktemp("world"),
            authorization_code_lifetime_s=CODE_LIFETIME_S,
            refresh_retry_window_s=RETRY_WINDOW_S,
            access_token_lifetime_s=ACCESS_LIFETIME_S,
            refresh_token_lifetime_s=REFRESH_LIFETIME_S,
        )
    )
    yield opened
    runner.run(opened.close())


@pytest.mark.timeout(400)  # only a failure takes long: it is made as short as it can be
def test_there_is_at_most_one_living_line_of_descent_and_nothing_acknowledged_is_lost(
    world: World, runner: asyncio.Runner
) -> None:
    length = settings(max_examples=15, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(lambda: Descent(world, runner), settings=length)  # type: ignore[arg-type]  # any factory will do
