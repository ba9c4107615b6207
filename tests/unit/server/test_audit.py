import io
import json
import logging
from collections.abc import Iterator

import pytest

from lingpai.server import audit, log
from lingpai.server.redaction import REDACTED
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.records import AuditEvent
from lingpai.server.storage.sqlite import SQLiteDriver


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    log.configure_logging("json", "info", stream)
    yield stream
    root.handlers, root.level = handlers, level


async def test_an_event_is_kept_and_makes_one_line(driver: SQLiteDriver, lines: io.StringIO) -> None:
    rows = AuditLog(driver)
    await audit.Audit(rows, log.get_logger("audit")).record(
        audit.GRANT_ENDED, now=7, account_id=b"a" * 16, client_id="photos", ip="192.0.2.1", permissions=["list_album"]
    )
    assert await rows.list(None, 10) == [
        AuditEvent(
            at=7,
            event="grant_ended",
            account_id=b"a" * 16,
            client_id="photos",
            ip="192.0.2.1",
            detail={"permissions": ["list_album"]},
        )
    ]
    (line,) = lines.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "grant_ended",
        "level": "info",
        "audit": True,
        "account": (b"a" * 16).hex(),
        "client_id": "photos",
        "ip": "192.0.2.1",
        "permissions": ["list_album"],
        "logger_name": "audit",
    }


async def test_a_secret_that_slips_into_the_detail_is_neither_kept_nor_logged(
    driver: SQLiteDriver, lines: io.StringIO
) -> None:
    rows = AuditLog(driver)
    token = "lprt_" + "0f" * 40
    await audit.Audit(rows, log.get_logger("audit")).record(
        audit.TOKEN_REVOKED, now=7, password="correct horse", reason=f"presented {token}"
    )
    (event,) = await rows.list(None, 10)
    assert event.detail == {"password": REDACTED, "reason": f"presented {REDACTED}"}
    assert "correct horse" not in lines.getvalue()
    assert token not in lines.getvalue()


async def test_a_note_is_a_line_without_a_row(driver: SQLiteDriver, lines: io.StringIO) -> None:
    rows = AuditLog(driver)
    audit.Audit(rows, log.get_logger("audit")).note(audit.SIGN_IN_REFUSED, ip="192.0.2.1", reason="throttled")
    assert await rows.list(None, 10) == []
    assert json.loads(lines.getvalue())["reason"] == "throttled"


def test_the_list_of_events_holds_every_constant_once() -> None:
    constants = [value for name, value in vars(audit).items() if name.isupper() and isinstance(value, str)]
    assert sorted(audit.EVENTS) == sorted(constants)
    assert len(set(audit.EVENTS)) == len(audit.EVENTS)
