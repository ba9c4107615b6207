"""The bare server: reads a body, answers as many bytes as a token response has, on the settings ``lingpai serve`` uses.

Run as ``python bare.py PORT``.
"""

import asyncio
import sys

import uvicorn
import uvloop
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from lingpai.cli.whole_answers import WholeAnswers

_BODY = b'{"access_token":"' + b"x" * 400 + b'","token_type":"Bearer","expires_in":3600}'
_HEADERS = [
    (b"content-length", str(len(_BODY)).encode()),
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
]


async def answer(_scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The same to everybody."""
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS, "trailers": False})
    await send({"type": "http.response.body", "body": _BODY, "more_body": False})


if __name__ == "__main__":
    settings = uvicorn.Config(
        answer, port=int(sys.argv[1]), http=WholeAnswers, ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False,
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(settings).serve())
