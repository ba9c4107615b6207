"""Fetching what an address somebody else chose holds: from real servers on this machine, good and bad ones."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lingpai.server.outbound import FetchRefused, Outbound
from tests.foreign_web import Certificates, ForeignWeb, hang, send, send_json, trickle

ISSUER = "http://localhost:4000"
LIMIT = 65_536


@pytest.fixture
async def web() -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


class Resolver:
    """Answers with the next of ``answers``, then always the last."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def refused(outbound: Outbound, url: str) -> str:
    with pytest.raises(FetchRefused) as refusal:
        await outbound.fetch_json(url)
    return refusal.value.reason


async def test_a_document_is_fetched(web: ForeignWeb) -> None:
    web.answer = send_json({"keys": [1]}, content_type="application/jwk-set+json; charset=utf-8")
    document = await Outbound(issuer=ISSUER).fetch_json(web.url("/a?b=c"))
    assert document.content == {"keys": [1]}
    request = web.asked[0].lower()
    assert request.startswith("get /a?b=c http/1.1\r\n")
    assert f"\r\nhost: 127.0.0.1:{web.port}\r\n" in request
    assert "cookie" not in request
    assert "authorization" not in request


@pytest.mark.spec("RFC 9111", "5.2.2.1", "max-age says how long a document may be kept")
@pytest.mark.parametrize(
    ("cache_control", "max_age_s"),
    [
        ("max-age=600", 600),
        ('public, max-age="60"', 60),
        ("no-store", 0),
        ("no-cache, max-age=60", 0),
        ("max-age=-1", None),
        ("max-age=999999999999999", 999_999_999),
        ("", None),
    ],
)
async def test_the_server_says_how_long_it_may_be_kept(
    web: ForeignWeb, cache_control: str, max_age_s: int | None
) -> None:
    web.answer = send_json({}, cache_control=cache_control)
    assert (await Outbound(issuer=ISSUER).fetch_json(web.url())).max_age_s == max_age_s


@asynccontextmanager
async def secure(certificates: Certificates, *names: str) -> AsyncIterator[ForeignWeb]:
    async with ForeignWeb.open(certificates.server(*names)) as web:
        yield web


async def test_over_tls_the_name_is_in_the_handshake_and_in_the_host_header(certificates: Certificates) -> None:
    resolver = Resolver(["127.0.0.1"])
    async with secure(certificates, "keys.example") as web:
        outbound = Outbound(issuer=ISSUER, resolve=resolver, tls=certificates.client())
        assert (await outbound.fetch_json(web.url(host="keys.example"))).content == {"keys": []}
        assert web.names == ["keys.example"]
        assert f"host: keys.example:{web.port}\r\n" in web.asked[0].lower()
    assert resolver.asked == ["keys.example"]


async def test_a_certificate_of_another_name_is_refused(certificates: Certificates) -> None:
    async with secure(certificates, "other.example", "127.0.0.1") as web:
        outbound = Outbound(issuer=ISSUER, resolve=Resolver(["127.0.0.1"]), tls=certificates.client())
        assert "certificate" in await refused(outbound, web.url(host="keys.example"))
        assert web.asked == []


async def test_a_certificate_nobody_vouches_for_is_refused(certificates: Certificates) -> None:
    async with secure(certificates, "keys.example") as web:
        outbound = Outbound(issuer=ISSUER, resolve=Resolver(["127.0.0.1"]))
        assert "certificate" in await refused(outbound, web.url(host="keys.example"))


async def test_a_name_is_resolved_once_so_that_it_cannot_change_its_answer(certificates: Certificates) -> None:
    # CVE class: DNS rebinding. The second answer would be the metadata service of a cloud.
    resolver = Resolver(["127.0.0.1"], ["169.254.169.254"])
    async with secure(certificates, "keys.example") as web:
        outbound = Outbound(issuer=ISSUER, resolve=resolver, tls=certificates.client())
        await outbound.fetch_json(web.url(host="keys.example"))
        assert len(resolver.asked) == len(web.asked) == 1
        assert "public Internet" in await refused(outbound, web.url(host="keys.example"))
        assert len(web.asked) == 1


async def test_the_address_connected_to_is_the_one_that_was_checked() -> None:
    # Tests may not connect to other machines: that it was tried, and where, is told by whoever stops it.
    outbound = Outbound(issuer="https://auth.example", resolve=Resolver(["93.184.215.14"], ["127.0.0.1"]))
    with pytest.raises((RuntimeError, ExceptionGroup)) as stopped:
        await outbound.fetch_json("https://keys.example/")
    causes = stopped.value.exceptions if isinstance(stopped.value, ExceptionGroup) else [stopped.value]
    assert [str(cause) for cause in causes] == ["a test tried to connect to 93.184.215.14"]


async def test_the_next_address_is_tried_when_one_does_not_answer(certificates: Certificates) -> None:
    async with secure(certificates, "keys.example") as web:
        resolver = Resolver(["::1", "127.0.0.1"])  # the server listens on the second only
        outbound = Outbound(issuer=ISSUER, resolve=resolver, tls=certificates.client())
        assert (await outbound.fetch_json(web.url(host="keys.example"))).content == {"keys": []}


@pytest.mark.parametrize(
    "answer",
    [["10.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["93.184.215.14", "fd00::1"], ["fe80::1%2"], ["nonsense"], []],
    ids=str,
)
async def test_of_an_answer_with_one_internal_address_nothing_is_believed(answer: list[str]) -> None:
    reason = await refused(Outbound(issuer="https://auth.example", resolve=Resolver(answer)), "https://keys.example/")
    assert reason in {"the host is not on the public Internet", "the host has no address"}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "10.0.0.1", "169.254.169.254", "[fd00:ec2::254]"],
)
async def test_a_public_server_reaches_nothing_internal(web: ForeignWeb, host: str) -> None:
    outbound = Outbound(issuer="https://auth.example")
    url = f"https://{host}:{web.port}/"
    assert await refused(outbound, url) == "the host is not on the public Internet"
    await refused(outbound, url.replace("https", "http"))
    assert web.asked == []


async def test_a_server_in_development_reaches_this_machine_and_nothing_else_internal() -> None:
    for host in ("10.0.0.1", "192.168.1.1", "169.254.169.254"):
        assert "public Internet" in await refused(Outbound(issuer=ISSUER), f"https://{host}/")


@pytest.mark.parametrize("issuer", ["https://localhost:4000", "https://auth.example", "http://auth.example"])
async def test_http_is_only_for_a_server_that_is_itself_reached_so_on_this_machine(
    web: ForeignWeb, issuer: str
) -> None:
    assert await refused(Outbound(issuer=issuer), web.url()) == "the address must be https"
    assert web.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed(web: ForeignWeb, status: str) -> None:
    # CVE-2026-4366, CVE-2026-49478: the check was made for the first address only.
    web.answer = send(b"", status=status, location=web.url("/other"), content_length="0")
    assert await refused(Outbound(issuer=ISSUER), web.url()) == f"answered {status[:3]}"
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", ["201 Created", "204 No Content", "401 No", "404 Not Found", "500 Broken"])
async def test_only_200_is_an_answer(web: ForeignWeb, status: str) -> None:
    web.answer = send(b"{}", status=status, content_type="application/json", content_length="2")
    assert await refused(Outbound(issuer=ISSUER), web.url()) == f"answered {status[:3]}"


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/octet-stream", ""])
async def test_what_does_not_call_itself_json_is_not_read(web: ForeignWeb, media_type: str) -> None:
    web.answer = send(b"{}", content_type=media_type)
    assert await refused(Outbound(issuer=ISSUER), web.url()) == "the answer is not JSON"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a"', b"[" * 60_000, b'"\xff"'], ids=lambda body: body[:6].hex())
async def test_what_is_not_json_is_refused(web: ForeignWeb, body: bytes) -> None:
    web.answer = send(body, content_type="application/json")
    assert await refused(Outbound(issuer=ISSUER), web.url()) == "the answer is not JSON"


async def test_64_kib_are_read_and_not_one_byte_more(web: ForeignWeb) -> None:
    outbound = Outbound(issuer=ISSUER)
    web.answer = send(json.dumps("a" * (LIMIT - 2)).encode(), content_type="application/json")
    assert len(str((await outbound.fetch_json(web.url())).content)) == LIMIT - 2
    web.answer = send(json.dumps("a" * (LIMIT - 1)).encode(), content_type="application/json")
    assert "larger" in await refused(outbound, web.url())


async def test_a_document_without_end_is_cut_off(web: ForeignWeb) -> None:
    web.answer = trickle(b"a" * 100_000, every_s=0)
    assert "larger" in await refused(Outbound(issuer=ISSUER), web.url())


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
async def test_a_compressed_answer_is_refused_before_it_is_unpacked(web: ForeignWeb, encoding: str) -> None:
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    web.answer = send(bomb, content_type="application/json", content_encoding=encoding)
    assert await refused(Outbound(issuer=ISSUER), web.url()) == "the answer is compressed"


async def test_a_bomb_that_does_not_say_so_is_just_not_json(web: ForeignWeb) -> None:
    web.answer = send(gzip.compress(b" " * 10_000_000), content_type="application/json")
    assert await refused(Outbound(issuer=ISSUER), web.url()) == "the answer is not JSON"


async def test_the_deadline_holds_for_the_whole_answer(web: ForeignWeb) -> None:
    outbound = Outbound(issuer=ISSUER, deadline_s=0.3)
    for web.answer in (hang, trickle(b" ", every_s=0.02)):
        assert await refused(outbound, web.url()) == "no answer within 0.3 seconds"


async def test_the_deadline_holds_for_the_resolver_too() -> None:
    async def never(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    outbound = Outbound(issuer=ISSUER, resolve=never, deadline_s=0.05)
    assert await refused(outbound, "https://keys.example/") == "no answer within 0.05 seconds"


@pytest.mark.parametrize("greeting", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000])
async def test_a_server_that_speaks_no_http_is_refused(web: ForeignWeb, greeting: bytes) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()

    web.answer = answer
    await refused(Outbound(issuer=ISSUER), web.url())


async def test_a_name_that_does_not_resolve_is_refused() -> None:
    async def fail(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    assert "no such name" in await refused(Outbound(issuer=ISSUER, resolve=fail), "https://keys.example/")


async def test_nothing_of_the_environment_leads_elsewhere(web: ForeignWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    assert (await Outbound(issuer=ISSUER).fetch_json(web.url())).content == {"keys": []}


async def test_no_more_than_16_are_under_way_at_once(web: ForeignWeb) -> None:
    under_way, most, go = 0, 0, asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 16:
            go.set()
        await go.wait()
        await send_json({})(writer)
        under_way -= 1

    web.answer = answer
    outbound = Outbound(issuer=ISSUER)
    await asyncio.gather(*(outbound.fetch_json(web.url()) for _ in range(40)))
    assert most == 16
