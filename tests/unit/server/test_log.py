import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.log import (
    LogFormat,
    RequestLine,
    bind_request_id,
    configure_logging,
    get_logger,
    log_request,
)
from lingpai.server.redaction import REDACTED, redact

PASSWORD = "correct-horse"
SEALED = "lpat_" + "0123456789abcdef" * 6
SIGNED = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def given_back() -> Iterator[None]:
    """Logging is the one thing a process has once: put it back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    bind_request_id(None)


def configured(log_format: LogFormat = "json") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(log_format, "info", stream)
    return stream


REQUEST = RequestLine(request_id="r1", endpoint="/oauth2/token", outcome="invalid_grant", ms=1.23, client_id="c")


def test_a_request_makes_one_line_with_its_fields() -> None:
    stream = configured()
    log_request("http", REQUEST)
    (line,) = stream.getvalue().splitlines()
    fields = json.loads(line)
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {
        "event": "request",
        "level": "info",
        "logger_name": "http",
        "request_id": "r1",
        "endpoint": "/oauth2/token",
        "client_id": "c",
        "outcome": "invalid_grant",
        "ms": 1.23,
    }


def test_the_short_way_of_a_request_line_writes_what_the_long_one_does() -> None:
    stream = configured()
    bind_request_id(REQUEST.request_id)
    log_request("http", REQUEST)
    get_logger("http").info("request", **msgspec.to_builtins(REQUEST))
    short, long = (json.loads(line) | {"timestamp": ""} for line in stream.getvalue().splitlines())
    assert short == long


async def test_requests_that_end_together_have_their_lines_written_together_and_in_order() -> None:
    stream = configured()
    for number in range(3):
        log_request("http", msgspec.structs.replace(REQUEST, request_id=f"r{number}"))
    await asyncio.sleep(0)
    assert [json.loads(line)["request_id"] for line in stream.getvalue().splitlines()] == ["r0", "r1", "r2"]


def test_an_event_loop_that_ended_early_keeps_no_line_of_the_next_one() -> None:
    stream = configured()
    cut_short = asyncio.new_event_loop()
    cut_short.call_soon(log_request, "http", msgspec.structs.replace(REQUEST, request_id="r0"))
    cut_short.call_soon(cut_short.stop)
    cut_short.run_forever()
    cut_short.close()

    async def one_more() -> None:
        log_request("http", REQUEST)
        await asyncio.sleep(0)

    asyncio.run(one_more())
    assert [json.loads(line)["request_id"] for line in stream.getvalue().splitlines()] == ["r0", "r1"]


def test_a_request_line_for_people_is_one_line_too() -> None:
    stream = configured("console")
    log_request("http", REQUEST)
    assert "invalid_grant" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_request_lines_below_the_level_are_not_written(log_format: LogFormat) -> None:
    stream = io.StringIO()
    configure_logging(log_format, "warning", stream)
    log_request("http", REQUEST)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_client_id_can_forge_a_second_line(log_format: LogFormat) -> None:
    stream = configured(log_format)
    log_request("http", msgspec.structs.replace(REQUEST, client_id="c\n\u2028\x1b[2Jforged"))
    assert len(stream.getvalue().splitlines()) == 1
    assert "\\u2028" in stream.getvalue()


def test_the_request_id_is_on_every_line_of_the_request() -> None:
    stream = configured()
    bind_request_id("r1")
    get_logger("a").info("one")
    logging.getLogger("library").warning("two")
    bind_request_id("r2")
    get_logger("a").info("three")
    assert [json.loads(line)["request_id"] for line in stream.getvalue().splitlines()] == ["r1", "r1", "r2"]


def test_a_logger_made_before_the_configuration_follows_it() -> None:
    log = get_logger("early")
    stream = configured()
    log.info("hello")
    assert json.loads(stream.getvalue())["event"] == "hello"


def test_lines_below_the_level_are_not_written() -> None:
    stream = configured()
    get_logger("a").debug("ours")
    logging.getLogger("library").debug("theirs")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_lines_of_libraries_look_like_ours_and_are_redacted(log_format: LogFormat) -> None:
    stream = configured(log_format)
    logging.getLogger("library").warning("GET %s", "https://app.example/callback?code=abc123&state=xyz789")
    assert "library" in stream.getvalue()
    assert f"code={REDACTED}&state={REDACTED}" in stream.getvalue()


@pytest.mark.parametrize("name", ["uvicorn.access", "httpx2"])
def test_lines_that_hold_whole_addresses_are_not_written(name: str) -> None:
    stream = configured()
    logging.getLogger(name).info("GET /oauth2/authorize?state=s")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_local_variables_and_no_secret_in_the_message(log_format: LogFormat) -> None:
    stream = configured(log_format)
    password = PASSWORD  # a local variable, as in the function that checks one
    message = f"refused {SEALED} for password={password}"
    try:
        raise ValueError(message)
    except ValueError:
        get_logger("app").exception("broke")
        logging.getLogger("library").exception("broke too")
    written = stream.getvalue()
    assert written.count("ValueError: refused [redacted] for password=[redacted]") == 2
    assert "correct-horse" not in written
    assert SEALED not in written


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_text_from_outside_cannot_forge_a_line_or_move_the_cursor(log_format: LogFormat) -> None:
    stream = configured(log_format)
    get_logger("http").info("request", client_id="a\n2030-01-01 forged\x1b[2K\x9b2K\u2028x")
    assert len(stream.getvalue().splitlines()) == 1
    assert not {"\x1b", "\x9b", "\u2028"} & set(stream.getvalue())


def test_a_huge_value_makes_a_short_line() -> None:
    stream = configured()
    get_logger("http").info("request", client_id="x" * 1_000_000)
    assert len(stream.getvalue()) < 3_000


@pytest.mark.parametrize(
    "key",
    [
        *(
            "password",
            "old_password",
            "client_secret",
            "access_token",
            "refresh_token",
            "token",
            "id_token_hint",
            "code",
        ),
        *("code_verifier", "state", "nonce", "cookie", "set_cookie", "Authorization", "client_assertion", "csrf_token"),
        *("master_key", "private_der", "query", "query_string", "form"),
    ],
)
def test_a_field_with_the_name_of_a_secret_is_masked(key: str) -> None:
    assert redact({"event": "x", key: "hunter2"})[key] == REDACTED
    assert redact({"event": "x", "nested": [{key: b"hunter2"}]})["nested"] == [{key: REDACTED}]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endpoint", "/oauth2/token"),
        ("outcome", "invalid_grant"),
        ("grant_type", "authorization_code"),
        ("token_type", "Bearer"),
        ("client_id", "photo_print"),
        ("account", "00112233445566778899aabbccddeeff"),
        ("expired", True),
        ("ms", 1.5),
        ("client_id", None),
    ],
)
def test_ordinary_fields_stay(key: str, value: object) -> None:
    assert redact({"event": "x", key: value})[key] == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"got {SEALED}!", "got [redacted]!", id="sealed token"),
        pytest.param(f"x{SEALED.upper()}", "x[redacted]", id="sealed token in capitals, glued to a word"),
        pytest.param(f"got {SIGNED}", "got [redacted]", id="signed token"),
        pytest.param("Authorization: Basic cGhvdG9zOnNlY3JldA==", "Authorization: Basic [redacted]", id="basic"),
        pytest.param("bearer abcdefgh12345", "bearer [redacted]", id="bearer"),
        pytest.param("a=1&code=abc;b", "a=1&code=[redacted];b", id="query"),
        pytest.param('{"refresh_token": "abc", "a": 1}', '{"refresh_token": "[redacted]", "a": 1}', id="JSON body"),
        pytest.param("{'password': 'abc'}", "{'password': '[redacted]'}", id="a dict shown by an exception"),
        pytest.param("error_code=7 unicode=x", "error_code=7 unicode=x", id="names that only end like one"),
        pytest.param("lpat_ and eyJ are prefixes", "lpat_ and eyJ are prefixes", id="a prefix alone"),
    ],
)
def test_text_that_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert redact({"event": text, "detail": [text]}) == {"event": shown, "detail": [shown]}


@given(before=st.text(), body=st.text("0123456789abcdef", min_size=40, max_size=200), after=st.text())
def test_a_sealed_value_is_masked_wherever_it_stands(before: str, body: str, after: str) -> None:
    sealed = f"lpat_{body}"
    assert sealed not in str(redact({"event": before + sealed + after})["event"])


def test_any_other_object_is_shown_as_text_and_redacted() -> None:
    shown = redact({"event": "x", "error": ValueError(f"refused {SEALED}\n"), "deep": [[[[["a"]]]]]})
    assert shown == {"event": "x", "error": "refused [redacted]\\x0a", "deep": [[[["['a']"]]]]}


def test_bytes_show_only_their_length() -> None:
    assert redact({"event": "x", "id": b"secret"})["id"] == "<6 bytes>"


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_full_disk_under_the_log_stops_nobody(format_: LogFormat) -> None:
    with open("/dev/full", "w", encoding="utf-8", buffering=1) as full:  # noqa: PTH123 - a device
        configure_logging(format_, "info", full)
        get_logger("http").error("anything")
        log_request("http", REQUEST)
        with contextlib.suppress(OSError):
            full.close()
