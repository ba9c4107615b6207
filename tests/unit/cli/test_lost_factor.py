import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.terminal import Lingpai


@pytest.fixture
def database(lingpai: Lingpai, home: Path) -> sqlite3.Connection:
    """With an account that has an app, recovery codes, a session and an address."""
    arguments = ("--email", "zhangsan@example.com", "--password-stdin")
    ended = lingpai("account", "create", "zhangsan", *arguments, stdin="correct horse\n")
    assert ended.status == 0, ended.err
    opened = sqlite3.connect(home / "lingpai.db", isolation_level=None)
    opened.execute("INSERT INTO session SELECT x'00', id, x'01', 0, '[]', '', 0, 99999999999 FROM account")
    opened.execute("INSERT INTO totp SELECT id, x'00', 0, 1, 2 FROM account")
    opened.execute("INSERT INTO recovery_code SELECT id, x'00', 1 FROM account")
    return opened


def count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own tables


@pytest.mark.parametrize("is_proved", [True, False])
def test_a_lost_second_factor_is_taken_away_with_every_session(
    lingpai: Lingpai, database: sqlite3.Connection, *, is_proved: bool
) -> None:
    database.execute("UPDATE account SET email_verified = ?", (is_proved,))
    ended = lingpai("account", "reset-second-factor", "ZhangSan")
    assert ended.status == 0, ended.err
    assert ended.out == "ZhangSan signs in with the password alone, and is signed out everywhere\n"
    assert [count(database, table) for table in ("totp", "recovery_code", "session")] == [0, 0, 0]
    event, detail = database.execute("SELECT event, detail FROM audit_event ORDER BY id DESC LIMIT 1").fetchone()
    assert (event, detail) == ("second_factor_changed", '{"change":"totp_reset"}')
    assert count(database, "mail") == int(is_proved), "an address nobody proved may be somebody else's"
    again = lingpai("account", "reset-second-factor", "zhangsan")
    assert (again.status, again.err) == (1, "lingpai: zhangsan has no second factor\n")


@pytest.mark.parametrize("smtp_host", ["", "mail.example.com"])
def test_its_mail_waits_for_the_server_that_sends_it(
    lingpai: Lingpai, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, smtp_host: str
) -> None:
    monkeypatch.setenv("LINGPAI_SMTP_HOST", smtp_host)
    database.execute("UPDATE account SET email_verified = 1")
    assert lingpai("account", "reset-second-factor", "zhangsan").status == 0
    is_due = database.execute("SELECT next_at IS NOT NULL FROM mail").fetchone()[0]
    assert is_due == bool(smtp_host)


@pytest.mark.usefixtures("database")
def test_without_the_master_key_nothing_is_taken_away(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").unlink()
    ended = lingpai("account", "reset-second-factor", "zhangsan")
    assert ended.status == 1
    assert "Traceback" not in ended.err
