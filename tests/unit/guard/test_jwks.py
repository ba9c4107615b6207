import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from lingpai.guard import Caching, Jwks, TokenCheckUnavailable
from tests.unit.guard.foreign_server import ISSUER, NOW, ForeignServer


@pytest.fixture
def jwks(http: httpx2.AsyncClient) -> Jwks:
    return Jwks(issuer=ISSUER, http=http)


def kids(keys: tuple) -> list[str]:
    return [key.kid for key in keys]


async def test_the_metadata_says_where_the_keys_are(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    assert kids(await jwks.get(NOW)) == ["key-1"]
    assert server.asked == ["/.well-known/oauth-authorization-server", "/jwks"]


async def test_a_given_address_needs_no_metadata(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    server.new_signer("key-1")
    jwks = Jwks(issuer=ISSUER, jwks_uri=f"{ISSUER}/jwks", http=http)
    assert kids(await jwks.get(NOW)) == ["key-1"]
    assert server.asked == ["/jwks"]


async def test_keys_are_kept_and_renewed_after_their_lifetime(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    await jwks.get(NOW)
    server.new_signer("key-2")
    assert kids(await jwks.get(NOW + 299)) == ["key-1"]
    assert kids(await jwks.get(NOW + 300)) == ["key-1", "key-2"]


@pytest.mark.parametrize(
    ("cache_control", "fresh_s"),
    [
        ("max-age=60", 60),
        ("public, MAX-AGE=60", 60),
        ("max-age=999999999999999999999", 300),
        ("max-age=0", 5),
        ("no-store", 5),
        ("max-age=-1", 300),
        ("max-age=soon", 300),
    ],
)
async def test_the_servers_max_age_is_heeded_within_our_bounds(
    jwks: Jwks, server: ForeignServer, cache_control: str, fresh_s: int
) -> None:
    server.jwks = lambda: JSONResponse({"keys": server.keys}, headers={"Cache-Control": cache_control})
    await jwks.get(NOW)
    await jwks.get(NOW + fresh_s - 1)
    assert server.count("/jwks") == 1
    await jwks.get(NOW + fresh_s)
    assert server.count("/jwks") == 2


async def test_many_who_want_the_keys_together_ask_once(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    for keys in await asyncio.gather(*(jwks.get(NOW) for _ in range(50))):
        assert kids(keys) == ["key-1"]
    assert server.asked == ["/.well-known/oauth-authorization-server", "/jwks"]


async def test_old_keys_serve_while_the_server_is_away_but_not_for_ever(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    await jwks.get(NOW)
    server.jwks = lambda: Response(status_code=500)
    assert kids(await jwks.get(NOW + 3599)) == ["key-1"]
    with pytest.raises(TokenCheckUnavailable):
        await jwks.get(NOW + 3604)


async def test_a_server_that_is_away_is_asked_once_per_cooldown(jwks: Jwks, server: ForeignServer) -> None:
    server.jwks = lambda: Response(status_code=500)
    for second in range(10):
        with pytest.raises(TokenCheckUnavailable):
            await jwks.get(NOW + second)
    assert server.count("/jwks") == 2


async def test_nobody_waits_for_a_renewal_while_old_keys_may_be_used(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    await jwks.get(NOW)
    server.hangs = True
    renewal = asyncio.ensure_future(jwks.get(NOW + 300))  # noqa: TID251 - awaited below; the test needs it under way
    await asyncio.sleep(0)
    assert kids(await jwks.get(NOW + 300)) == ["key-1"]
    renewal.cancel()
    with pytest.raises(asyncio.CancelledError):
        await renewal


async def test_a_request_that_is_cancelled_locks_nobody_out(jwks: Jwks, server: ForeignServer) -> None:
    server.new_signer("key-1")
    server.hangs = True
    first = asyncio.ensure_future(jwks.get(NOW))  # noqa: TID251 - awaited below; the test needs it under way
    await asyncio.sleep(0)
    waiting = asyncio.ensure_future(jwks.get(NOW))  # noqa: TID251 - the same
    await asyncio.sleep(0)
    server.hangs = False
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert kids(await waiting) == ["key-1"]


async def test_a_clock_that_is_set_back_does_not_keep_old_keys_alive(jwks: Jwks, server: ForeignServer) -> None:
    await jwks.get(NOW)
    server.new_signer("key-1")
    assert kids(await jwks.get(NOW - 86_400)) == ["key-1"]


HOSTILE: dict[str, Callable[[], Response]] = {
    "not found": lambda: Response(status_code=404),
    "no content": lambda: Response(status_code=204),
    "redirect to another host": lambda: RedirectResponse("https://evil.example/jwks"),
    "redirect to itself": lambda: RedirectResponse("/jwks"),
    "a page": lambda: Response("<html>", media_type="text/html"),
    "a page that claims to be JSON": lambda: Response("<html>", media_type="application/json"),
    "JSON that is called text": lambda: PlainTextResponse('{"keys": []}'),
    "huge": lambda: Response(b'{"keys": []}' + b" " * 300_000, media_type="application/json"),
    "compressed": lambda: Response(b"{}", media_type="application/json", headers={"Content-Encoding": "gzip"}),
    "invalid UTF-8": lambda: Response(b'{"keys": "\xff"}', media_type="application/json"),
    "deeply nested": lambda: Response(b"[" * 100_000, media_type="application/json"),
    "a list": lambda: JSONResponse([]),
    "no keys": lambda: JSONResponse({}),
    "keys that are no list": lambda: JSONResponse({"keys": {}}),
    "a private key": lambda: JSONResponse({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "", "d": "AA"}]}),
    "a shared secret": lambda: JSONResponse({"keys": [{"kty": "oct", "k": "AAAA"}]}),
    "a thousand keys": lambda: JSONResponse({"keys": [{"kty": "EC"}] * 1000}),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_key_set_is_no_key_set(
    jwks: Jwks, server: ForeignServer, answer: Callable[[], Response]
) -> None:
    server.jwks = answer
    with pytest.raises(TokenCheckUnavailable) as refusal:
        await jwks.get(NOW)
    assert refusal.value.detail
    assert server.count("/jwks") == 1


class Stream(httpx2.AsyncByteStream):
    """A body without an end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1024
            await asyncio.sleep(0)


async def test_a_body_without_end_is_cut_off() -> None:
    headers = {"content-type": "application/json"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, stream=Stream()))
    async with httpx2.AsyncClient(transport=transport) as http:
        with pytest.raises(TokenCheckUnavailable) as refusal:
            await Jwks(issuer=ISSUER, jwks_uri=f"{ISSUER}/jwks", http=http).get(NOW)
        assert "larger" in refusal.value.detail


async def test_a_server_that_never_answers_is_not_waited_for(server: ForeignServer) -> None:
    server.hangs = True
    async with server.http(timeout_s=0.02) as http:
        with pytest.raises(TokenCheckUnavailable) as refusal:
            await Jwks(issuer=ISSUER, http=http).get(NOW)
        assert "no answer" in refusal.value.detail


def fail(_: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused")


async def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(fail)) as http:
        with pytest.raises(TokenCheckUnavailable) as refusal:
            await Jwks(issuer=ISSUER, http=http).get(NOW)
        assert "ConnectError" in refusal.value.detail


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": 7},
        {"jwks_uri": ""},
        {"jwks_uri": "http://as.example/jwks"},
        {"jwks_uri": "http://127.0.0.1/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user:password@as.example/jwks"},
        {"jwks_uri": "https://as.example:port/jwks"},
        {"jwks_uri": "https://as.example/\\jwks"},
        {"jwks_uri": "https://as.example/jwks\r\nX: y"},
    ],
    ids=str,
)
@pytest.mark.spec("RFC 8414", "3.3", "metadata of another issuer is not used")
async def test_hostile_metadata_leads_nowhere(jwks: Jwks, server: ForeignServer, change: dict[str, object]) -> None:
    server.metadata.update(change)
    with pytest.raises(TokenCheckUnavailable):
        await jwks.get(NOW)
    assert server.count("/jwks") == 0


async def test_openid_discovery_is_tried_when_there_is_no_oauth_metadata() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/tenant/.well-known/openid-configuration":
            return httpx2.Response(200, json={"issuer": f"{ISSUER}/tenant", "jwks_uri": f"{ISSUER}/keys"})
        return httpx2.Response(200, json={"keys": []}) if request.url.path == "/keys" else httpx2.Response(404)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        assert await Jwks(issuer=f"{ISSUER}/tenant", http=http).get(NOW) == ()


@pytest.mark.parametrize("url", ["http://as.example/jwks", "", "jwks", "ftp://as.example/jwks", "https:///jwks"])
def test_keys_come_over_https(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        Jwks(issuer=ISSUER, jwks_uri=url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"])
async def test_plain_http_is_for_this_machine_only(host: str) -> None:
    await Jwks(issuer=f"http://{host}:4000", jwks_uri=f"http://{host}:4000/jwks").aclose()


@pytest.mark.parametrize(
    "host", ["127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "[::ffff:10.0.0.1]"]
)
def test_what_only_looks_like_this_machine_is_not(host: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Jwks(issuer=f"http://{host}:4000")


async def test_a_client_that_was_passed_in_is_not_closed(jwks: Jwks) -> None:
    await jwks.aclose()
    assert await jwks.get(NOW) == ()


async def test_caching_can_be_tuned(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    jwks = Jwks(issuer=ISSUER, http=http, caching=Caching(lifetime_s=10, cooldown_s=1, stale_limit_s=20))
    await jwks.get(NOW)
    await jwks.get(NOW + 10)
    assert server.count("/jwks") == 2
