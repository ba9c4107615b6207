"""Log lines: one format for our own and the libraries' lines, and nothing in them that would be a secret.

Owns where lines go, how they look, and the redaction every line passes. Leaves to the callers what is worth a line: the
endpoints write one per request with ``log_request``, ``audit`` one per event. Redaction is the net below them, not the
rule: a caller never hands a token, code, password, cookie or ``state`` to a logger in the first place.
"""

import asyncio
import contextlib
import functools
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Literal, TextIO, cast

import msgspec
import structlog
from msgspec import Struct
from structlog.typing import EventDict, FilteringBoundLogger, Processor

Logger = FilteringBoundLogger

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

REDACTED = "[redacted]"
_TEXT_LIMIT = 2_000  # characters of one value: a parameter of 1 MB must not become a line of 1 MB
_DEPTH_LIMIT = 4
_encoder = msgspec.json.Encoder()

_SECRET_NAMES = (
    "access_token|refresh_token|id_token|token|code|code_verifier|state|nonce|password|client_secret|client_assertion|"
    "assertion|id_token_hint|request|request_uri|device_code|user_code|csrf"
)
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token(?!_type)|verifier|cookie|assertion|credential|private|master_key|csrf"
    r"|^(code|state|nonce|otp|query|query_string|authorization|session|form|body|headers)$",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # Codes, tokens and requests sealed by us: the prefix is ours, so nothing else can look like it.
    (re.compile(r"lp[a-z]+_[0-9a-f]{40,}", re.IGNORECASE), REDACTED),
    # Signed tokens, ours and foreign ones: the first segment is a JSON object.
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*){0,3}"), REDACTED),
    (re.compile(r"\b(basic|bearer|dpop)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    # A library that puts an address, a form or a JSON body into its message.
    (re.compile(rf"(?<![\w-])({_SECRET_NAMES})=[^&\s\"'<>;]+", re.IGNORECASE), rf"\1={REDACTED}"),
    (re.compile(rf"([\"'](?:{_SECRET_NAMES})[\"']\s*:\s*[\"'])[^\"']+", re.IGNORECASE), rf"\1{REDACTED}"),
)
# One look that spares nearly every value the patterns above: a line must not cost as much as its request.
_MAY_BE_SECRET = re.compile(r"=|[\"']\s*:|_[0-9a-f]{40}|eyJ|(?:basic|bearer|dpop)\s", re.IGNORECASE)
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
# A line break or a terminal's escape sequence from outside could forge a second line.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def configure_logging(format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:  # noqa: A002
    """Send every line of this process, ours and the libraries', to ``stream`` (standard error when ``None``)."""
    out = stream or sys.stderr
    lowest = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        _add_request_id,
        # A plain traceback, made before redaction: the pretty ones print the local variables, passwords among them.
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.add_log_level,
        _stamp,
    ]
    renderer = _renderer(format, colors=out.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=_Lines(out, requests_as_json=format == "json" and lowest <= logging.INFO),
        # Loggers are made before the configuration is read, and tests configure more than once.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _silence_lines_with_addresses()


def get_logger(name: str) -> Logger:
    """A logger whose lines carry ``logger_name``. May be made before ``configure_logging``."""
    logger: Logger = structlog.get_logger(logger_name=name)
    return logger


def bind_request_id(request_id: str) -> None:
    """Put ``request_id`` on every line of the request this task serves, audit lines included."""
    _request_id.set(request_id)


def _add_request_id(_logger: object, _method: str, event: EventDict) -> EventDict:
    request_id = _request_id.get()
    return event if request_id is None else {"request_id": request_id, **event}


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

    As JSON it takes a way of its own, a tenth as long as through every processor: all its fields are ours or were
    registered with us, so that there is nothing to redact.
    """
    lines = structlog.get_config()["logger_factory"]
    plain = line.reason is None and (line.client_id or "").isprintable()
    if plain and isinstance(lines, _Lines) and lines.requests_as_json:
        lines.write_request(name, line)
    else:
        get_logger(name).info("request", **msgspec.to_builtins(line))


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The structlog processor that masks secrets, by the name of the field and by the look of the text."""
    return {key: _clean(key, value) for key, value in event.items()}


def redacted_detail(detail: Mapping[str, object]) -> dict[str, object]:
    """The same for fields that are kept somewhere else than in a log line."""
    return {key: _clean(key, value) for key, value in detail.items()}


def _clean(key: str, value: object, depth: int = 0) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _is_secret_key(key):
        return REDACTED
    if isinstance(value, str):
        return _clean_text(value, one_line=key != "exception")  # our own tracebacks have many lines on purpose
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if depth < _DEPTH_LIMIT and isinstance(value, Mapping):
        return {str(name): _clean(str(name), item, depth + 1) for name, item in value.items()}
    if depth < _DEPTH_LIMIT and isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item, depth + 1) for item in value]
    return _clean_text(str(value), one_line=True)


@functools.lru_cache(maxsize=1024)
def _is_secret_key(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _clean_text(text: str, *, one_line: bool) -> str:
    # Masked before it is cut: half a token would not be recognised any more.
    if _MAY_BE_SECRET.search(text):
        for pattern, mask in _SECRET_TEXT:
            text = pattern.sub(mask, text)
    if not one_line or (len(text) <= _TEXT_LIMIT and text.isprintable()):
        return text
    if len(text) > _TEXT_LIMIT:
        text = f"{text[:_TEXT_LIMIT]}… ({len(text)} characters)"
    return text.translate(_CONTROL)


def _add_logger_name(_logger: object, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    return {**event, "logger_name": record.name}


def _renderer(format: LogFormat, *, colors: bool) -> Processor:  # noqa: A002
    if format == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


class _Lines:
    """Where lines go. structlog asks it for the logger at the end of its chain."""

    def __init__(self, out: TextIO, *, requests_as_json: bool) -> None:
        self._logger = structlog.WriteLogger(cast("TextIO", _Out(out)))
        self._waiting: list[tuple[str, RequestLine]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.requests_as_json = requests_as_json

    def __call__(self, *_args: object) -> structlog.WriteLogger:
        return self._logger

    def write_request(self, name: str, line: RequestLine) -> None:
        """The same line as structlog would write, without its chain.

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
            timestamp = str(_stamp(None, "info", {})["timestamp"])
            lines = [_JsonRequestLine("request", name, *_fields(line), "info", timestamp) for name, line in waiting]
            self._logger.msg(_encoder.encode_lines(lines).decode().removesuffix("\n"))


class _Out:
    """A stream that stops nobody: a line that cannot be written, because the disk is full, is lost.

    Raised further, it would turn an answer that is already decided, and perhaps committed, into a 500.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def _json(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _silence_lines_with_addresses() -> None:
    """Access lines of uvicorn and request lines of httpx2 show whole addresses, ``code`` and ``state`` included."""
    for name in ("uvicorn.access", "httpx2", "httpx", "httpcore2", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
