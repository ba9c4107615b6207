"""How long the keys of others are kept, and when they are looked at again. The server that has them is a real one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lingpai.crypto.jwk import generate_private_key, public_jwk
from lingpai.server.log import get_logger
from lingpai.server.outbound import Outbound
from lingpai.server.tokens.foreign_jwks import ForeignJwks, KeysUnavailable
from tests.foreign_web import ForeignWeb, hang, send, send_json
from tests.log_lines import log_lines

NOW = 1_800_000_000
ISSUER = "http://localhost:4000"
OWNER = "client photo-print"
KEYS = {kid: public_jwk(generate_private_key("ES256"), kid=kid, alg="ES256") for kid in ("one", "two")}


@pytest.fixture
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        opened.jwks(KEYS["one"])
        yield opened


class Asking:
    """Asks one ``ForeignJwks`` about the keys at one address."""

    def __init__(self, web: ForeignWeb, *, deadline_s: float = 5) -> None:
        self.web = web
        self.foreign_jwks = ForeignJwks(Outbound(issuer=ISSUER, deadline_s=deadline_s), get_logger("test"))

    async def __call__(self, *, after_s: int = 0, kid: str | None = "one", owner: str = OWNER) -> list[str | None]:
        keys = await self.foreign_jwks.keys_of(owner, None, self.web.url(), kid=kid, now=NOW + after_s)
        return [key.kid for key in keys]

    @property
    def fetches(self) -> int:
        return len(self.web.asked)


async def test_keys_that_are_registered_are_not_fetched(web: ForeignWeb) -> None:
    ask = Asking(web)
    keys = await ask.foreign_jwks.keys_of(OWNER, {"keys": [KEYS["one"]]}, "", kid=None, now=NOW)
    assert [key.kid for key in keys] == ["one"]
    assert ask.fetches == 0


@pytest.mark.parametrize(
    "jwks", [None, {}, {"keys": "one"}, {"keys": [{"kty": "EC", "d": "secret"}]}], ids=["none", "empty", "text", "d"]
)
async def test_registered_keys_that_are_none_are_refused(web: ForeignWeb, jwks: dict[str, Any] | None) -> None:
    with pytest.raises(KeysUnavailable) as refusal:
        await Asking(web).foreign_jwks.keys_of(OWNER, jwks, "", kid=None, now=NOW)
    assert "secret" not in refusal.value.reason


@pytest.mark.parametrize(
    ("cache_control", "lifetime_s"),
    [
        pytest.param(None, 300, id="five minutes when nothing is said"),
        pytest.param("max-age=600", 600, id="as long as is said"),
        pytest.param("max-age=1", 60, id="a minute at least"),
        pytest.param("no-store", 60, id="a minute at least, whatever is said"),
        pytest.param("max-age=9999999", 86_400, id="a day at most"),
    ],
)
async def test_keys_are_kept_as_long_as_their_server_says_within_bounds(
    web: ForeignWeb, cache_control: str | None, lifetime_s: int
) -> None:
    web.jwks(KEYS["one"], **({} if cache_control is None else {"cache_control": cache_control}))
    ask = Asking(web)
    await ask()
    await ask(after_s=lifetime_s - 1)
    assert ask.fetches == 1
    await ask(after_s=lifetime_s)
    assert ask.fetches == 2


async def test_a_key_we_do_not_know_is_looked_for_at_most_every_30_seconds(web: ForeignWeb) -> None:
    ask = Asking(web)
    assert await ask() == ["one"]
    web.jwks(KEYS["one"], KEYS["two"])
    assert await ask(kid="two", after_s=29) == ["one"]
    assert ask.fetches == 1
    assert await ask(kid="two", after_s=30) == ["one", "two"]
    for second in range(31, 60):
        await ask(kid=f"invented-{second}", after_s=second)
    assert ask.fetches == 2


async def test_who_invents_key_names_for_one_client_keeps_no_other_from_its_keys(web: ForeignWeb) -> None:
    ask = Asking(web)
    await ask(owner="client other")
    await ask(owner="client other", kid="invented", after_s=30)
    web.jwks(KEYS["two"])
    assert await ask(kid="two", after_s=31) == ["two"]


async def test_a_burst_of_requests_makes_one_fetch(web: ForeignWeb) -> None:
    ask = Asking(web)
    assert await asyncio.gather(*(ask() for _ in range(20))) == [["one"]] * 20
    assert ask.fetches == 1


async def test_nobody_waits_for_a_renewal_who_can_use_what_is_there(web: ForeignWeb) -> None:
    ask = Asking(web)
    await ask()
    was_asked = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        was_asked.set()
        await hang(writer)

    web.answer = answer
    renewing = asyncio.ensure_future(ask(after_s=300))  # noqa: TID251 - awaited below
    await was_asked.wait()
    assert await ask(after_s=300) == ["one"]
    renewing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await renewing
    web.jwks(KEYS["two"])
    assert await ask(after_s=301, kid="two") == ["two"]


async def test_while_the_server_is_away_its_last_keys_serve_for_one_more_hour(web: ForeignWeb) -> None:
    ask = Asking(web)
    await ask()
    web.answer = send(b"", status="503 Away")
    assert await ask(after_s=300) == ["one"]
    assert await ask(after_s=300 + 3599) == ["one"]
    with pytest.raises(KeysUnavailable, match="503"):
        await ask(after_s=300 + 3600)


async def test_a_failed_fetch_is_not_repeated_for_5_seconds_and_is_one_log_line(web: ForeignWeb) -> None:
    web.answer = send(b"", status="404 Gone")
    ask = Asking(web)
    with log_lines() as lines:
        for second in range(5):
            with pytest.raises(KeysUnavailable, match="answered 404"):
                await ask(after_s=second)
    assert ask.fetches == 1
    assert [(line["level"], line["owner"], line["reason"]) for line in lines] == [("warning", OWNER, "answered 404")]
    web.jwks(KEYS["one"])
    assert await ask(after_s=5) == ["one"]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="a list"),
        pytest.param({"keys": {}}, id="no list of keys"),
        pytest.param({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, id="a symmetric key"),
        pytest.param({"keys": [KEYS["one"] | {"d": "c2VjcmV0"}]}, id="a private key"),
        pytest.param({"keys": [KEYS["one"]] * 101}, id="too many keys"),
    ],
)
async def test_a_document_that_is_no_key_set_is_refused(web: ForeignWeb, document: object) -> None:
    web.answer = send_json(document)
    with log_lines() as lines, pytest.raises(KeysUnavailable):
        await Asking(web)()
    assert len(lines) == 1
    assert "c2VjcmV0" not in str(lines)


async def test_a_clock_that_is_set_back_does_not_keep_keys_for_ever(web: ForeignWeb) -> None:
    ask = Asking(web)
    await ask(after_s=10_000_000)
    web.jwks(KEYS["two"])
    assert await ask(kid="two") == ["two"]


async def test_no_more_than_1000_sets_are_kept_and_the_least_used_goes_first(web: ForeignWeb) -> None:
    ask = Asking(web)
    await ask(owner="first")
    await ask(owner="second")
    await ask(owner="first")
    for number in range(999):
        await ask(owner=f"client {number}")
    fetches = ask.fetches
    await ask(owner="first")
    assert ask.fetches == fetches
    await ask(owner="second")
    assert ask.fetches == fetches + 1
