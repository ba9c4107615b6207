"""The server on a port of this machine, in a thread of the test's process."""

import asyncio
import socket
import threading
from collections.abc import Collection, Coroutine, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn

from lingpai.testing.application import CALLBACK, Application, Person
from lingpai.testing.clock import TurnedClock
from lingpai.testing.faults import Faults
from lingpai.testing.in_process import InProcessServer

_START_LIMIT_S = 60
_ANSWER_LIMIT_S = 60

T = TypeVar("T")


class LingpaiServer:
    """``with LingpaiServer() as server:``; programs reach it at ``server.issuer``.

    ``port`` 0 takes a free one. ``callbacks`` are those of both applications; ``settings`` are the server's.
    """

    def __init__(self, *, port: int = 0, callbacks: Sequence[str] = (CALLBACK,), **settings: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.issuer = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._inside = InProcessServer(callbacks=callbacks, issuer=self.issuer, **settings)
        self._loop: asyncio.AbstractEventLoop
        self._uvicorn: uvicorn.Server
        self._thread = threading.Thread(target=self._serve, name="lingpai-testing", daemon=True)
        self._ready: Future[None] = Future()

    @property
    def application(self) -> Application:
        """The application of the standard dialect."""
        return self._inside.application

    @property
    def qq(self) -> Application:
        """The application of QQ Connect."""
        return self._inside.qq

    @property
    def person(self) -> Person:
        """Who signs in."""
        return self._inside.person

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand, and the requests that came."""
        return self._inside.faults

    @property
    def clock(self) -> TurnedClock:
        """The server's time; give it to a client that shall agree."""
        return self._inside.clock

    def sign_in_and_allow(self, authorize_url: str, *, scope: Collection[str] | None = None) -> str:
        """Be the person: sign in, allow ``scope`` (everything asked for). Returns the callback's URL.

        Raises ``SignInFailed`` with the words of the page where it went no further.
        """
        return self._run(self._inside.sign_in_and_allow(authorize_url, scope=scope))

    def sign_in_and_refuse(self, authorize_url: str) -> str:
        """Be the person: sign in and say no. Returns the callback's URL.

        What they allowed the application before is forgotten, or they would not be asked; its tokens end with it.
        """
        return self._run(self._inside.sign_in_and_refuse(authorize_url))

    def expire_access_tokens(self) -> None:
        """Turn the clock to where no access token issued so far is good any more; QQ's refresh tokens still are."""
        self._inside.expire_access_tokens()

    def show_placeholder_person(self) -> None:
        """From now on the person is ``qzuser``, without a picture: QQ shows no other to an unreviewed application."""
        self._run(self._inside.show_placeholder_person())

    def reset(self) -> None:
        """No faults, no requests seen, the person as at the start and with nothing allowed. Time goes on."""
        self._run(self._inside.reset())

    def start(self) -> None:
        """Start, and wait until it answers. Raises what went wrong."""
        self._thread.start()
        self._ready.result(_START_LIMIT_S)

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        if self._ready.done() and self._ready.exception() is None:
            self._uvicorn.should_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_LIMIT_S)

    def _serve(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits for the start
            if not self._ready.done():
                self._ready.set_exception(error)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._inside as inside, asyncio.TaskGroup() as group:
            config = uvicorn.Config(inside.app, lifespan="off", log_config=None, access_log=False, ws="none")
            self._uvicorn = uvicorn.Server(config)
            group.create_task(self._uvicorn.serve(sockets=[self._socket]))
            # The socket listens already: whoever comes before uvicorn does is served when it does.
            self._ready.set_result(None)
