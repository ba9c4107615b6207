"""Log lines: one format for our own and the libraries' lines, and nothing in them that would be a secret.

Owns where lines go and how they look. Carried by ``logging``, so that a program that embeds the server sees its lines
among its own. Leaves to the callers what is worth a line: the endpoints write one per request with ``log_request``,
``audit`` one per event; ``redaction``, which every line passes, is the net below them: a caller never hands a token,
code, password, cookie or ``state`` to a logger in the first place.
"""

import asyncio
import contextlib
import functools
import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

import msgspec
from msgspec import Struct

from lingpai.server.redaction import redact

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

_encoder = msgspec.json.Encoder()

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class Logger:
    """Writes lines of an event, a short text that is always the same, and fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """For who looks for a mistake."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """What happens."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """What an operator should look at some day."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """What an operator should look at now."""
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """The same, with the exception that is being handled."""
        self._write(logging.ERROR, event, fields, exc_info=True)

    def _write(self, level: int, event: str, fields: Mapping[str, object], *, exc_info: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, Event(event, fields), exc_info=exc_info)


class Event(Struct, frozen=True):
    """What a record of ours has as its message. As text, for handlers that are not ours, it is redacted too."""

    event: str
    fields: Mapping[str, object]

    def __str__(self) -> str:
        return _text_of(redact({"event": self.event, **self.fields}))


def configure_logging(format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:  # noqa: A002 - as the setting is called
    """Send every line of this process, ours and the libraries', to ``stream`` (standard error when ``None``)."""
    root = logging.getLogger()
    root.handlers = [_Lines(stream or sys.stderr, format)]
    root.setLevel(level.upper())
    _silence_lines_with_addresses()


def get_logger(name: str) -> Logger:
    """A logger whose lines carry ``name``. May be made before ``configure_logging``."""
    return Logger(name)


def bind_request_id(request_id: str | None) -> None:
    """Put ``request_id`` on every line of the request this task serves, audit lines included. ``None``: no more."""
    _request_id.set(request_id)


class RequestLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said about every request."""

    request_id: str
    endpoint: str
    """Its path without the query."""
    client_id: str | None = None
    outcome: str
    """The HTTP status or the registered error code."""
    ms: float
    """How long it took."""
    reason: str | None = None
    """Why it was refused, for the operator."""


class _JsonRequestLine(Struct, frozen=True):
    """The same as it is written, in this order."""

    event: str
    logger_name: str
    request_id: str
    endpoint: str
    client_id: str | msgspec.UnsetType
    outcome: str
    ms: float
    level: str
    timestamp: str


def _fields(line: RequestLine) -> tuple[str, str, str | msgspec.UnsetType, str, float]:
    client_id = msgspec.UNSET if line.client_id is None else line.client_id
    return line.request_id, line.endpoint, client_id, line.outcome, line.ms


def log_request(name: str, line: RequestLine) -> None:
    """Write the one line of a request under the logger ``name``.

    As JSON it takes a way of its own, a tenth as long as any other line's: all its fields are ours or were registered
    with us, so that there is nothing to redact.
    """
    logger = _std_logger(name)
    if not logger.isEnabledFor(logging.INFO):
        return
    handlers = logging.root.handlers
    plain = line.reason is None and (line.client_id is None or line.client_id.isprintable())
    if plain and handlers and isinstance(handlers[0], _Lines) and handlers[0].is_json:
        handlers[0].write_request(name, line)
    else:
        logger.info(Event("request", msgspec.to_builtins(line)))


@functools.cache
def _std_logger(name: str) -> logging.Logger:
    """``logging`` takes a lock to find one."""
    return logging.getLogger(name)


class _Format(logging.Formatter):
    """Every line, whoever wrote it: what it says, redacted, then how important it is and when it was written."""

    def __init__(self, render: Callable[[dict[str, object]], str]) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {}
        if (request_id := _request_id.get()) is not None:
            said["request_id"] = request_id
        own = record.msg
        said |= {"event": own.event, **own.fields} if isinstance(own, Event) else {"event": record.getMessage()}
        said["logger_name"] = record.name
        if record.exc_info:
            # A plain traceback: the pretty ones print the local variables, passwords among them.
            said["exception"] = self.formatException(record.exc_info)
        return self._render(redact(said) | {"level": record.levelname.lower(), "timestamp": _stamp(record.created)})


def _stamp(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _as_json(said: dict[str, object]) -> str:
    return msgspec.json.encode(said, enc_hook=str).decode()


def _for_people(said: dict[str, object]) -> str:
    level, when, traceback = said.pop("level"), said.pop("timestamp"), said.pop("exception", None)
    line = f"{when} [{level:<8}] {_text_of(said)}"
    return line if traceback is None else f"{line}\n{traceback}"


def _text_of(said: dict[str, object]) -> str:
    event = str(said.pop("event"))
    fields = " ".join(f"{name}={_quoted(value)}" for name, value in said.items() if value is not None)
    return f"{event:<30} {fields}" if fields else event


def _quoted(value: object) -> str:
    text = str(value)
    return text if text and not set(text) & set(" \"'=") else f'"{text}"'


class _Lines(logging.StreamHandler[TextIO]):
    """Where lines go.

    A line that cannot be written, because the disk is full, is lost: raised further, it would turn an answer that is
    already decided, and perhaps committed, into a 500.
    """

    def __init__(self, out: TextIO, format: LogFormat) -> None:  # noqa: A002 - as the setting is called
        super().__init__(out)
        self.is_json = format == "json"
        self.setFormatter(_Format(_as_json if self.is_json else _for_people))
        self._waiting: list[tuple[str, RequestLine]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it
        """Stop nobody."""

    def write_request(self, name: str, line: RequestLine) -> None:
        """The same line as for any other event, without its way.

        The lines of all requests that end in one turn of the event loop are written at its end, which is also when
        their answers leave: together, with one time.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is not None and (not self._waiting or self._loop is not loop):
            loop.call_soon(self._write_waiting)
        self._loop = loop
        self._waiting.append((name, line))
        if loop is None:
            self._write_waiting()

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            timestamp = _stamp(time.time())
            lines = [_JsonRequestLine("request", name, *_fields(line), "info", timestamp) for name, line in waiting]
            with contextlib.suppress(OSError):
                self.stream.write(_encoder.encode_lines(lines).decode())
                self.flush()


def _silence_lines_with_addresses() -> None:
    """Access lines of uvicorn and request lines of httpx2 show whole addresses, ``code`` and ``state`` included."""
    for name in ("uvicorn.access", "httpx2", "httpx", "httpcore2", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
