import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from lingpai.cli.whole_answers import WholeAnswers

BIG = b"x" * 3_000_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two ", b"three"):
            await asyncio.sleep(0)
            yield piece

    request = Request(scope, receive)
    answers = {
        "/short": PlainTextResponse("short"),
        "/big": Response(BIG),
        "/pieces": StreamingResponse(pieces()),
        "/echo": PlainTextResponse(await request.body()),
    }
    await answers[scope["path"]](scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=WholeAnswers, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: WholeAnswers(config, state, {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for connection in list(state.connections):
        connection.shutdown()
    await server.wait_closed()


async def ask(port: int, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    return reader, writer


async def test_head_and_body_arrive_as_one_packet(port: int) -> None:
    reader, writer = await ask(port, b"GET /short HTTP/1.1\r\nhost: a\r\n\r\n")
    first = await reader.read(65_536)
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\nshort")
    writer.close()


@pytest.mark.parametrize(("path", "body"), [("/short", b"short"), ("/big", BIG)], ids=["a short one", "3 MB"])
async def test_an_answer_is_whole_before_the_connection_is_closed(port: int, path: str, body: bytes) -> None:
    reader, writer = await ask(port, f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
    answer = await reader.read()
    assert answer.partition(b"\r\n\r\n")[2] == body
    writer.close()


async def test_a_body_in_pieces_arrives_in_order(port: int) -> None:
    reader, writer = await ask(port, b"GET /pieces HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    answer = await reader.read()
    assert b"".join(answer.partition(b"\r\n\r\n")[2].split(b"\r\n")[1::2]) == b"one two three"
    writer.close()


async def test_requests_sent_together_are_answered_in_their_order(port: int) -> None:
    requests = b"".join(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n%d" % n for n in range(5))
    reader, writer = await ask(port, requests + b"GET /short HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    answers = (await reader.read()).split(b"HTTP/1.1 200 OK")[1:]
    assert [answer[-1:] for answer in answers] == [b"0", b"1", b"2", b"3", b"4", b"t"]
    writer.close()


async def test_a_client_that_hangs_up_breaks_nothing(port: int) -> None:
    for _ in range(3):
        _reader, writer = await ask(port, b"GET /big HTTP/1.1\r\nhost: a\r\n\r\n")
        writer.transport.abort()
    reader, writer = await ask(port, b"GET /short HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"short")
    writer.close()
