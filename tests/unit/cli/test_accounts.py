import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.terminal import Lingpai


@pytest.fixture
def zhangsan(lingpai: Lingpai, home: Path) -> sqlite3.Connection:
    """The database with an account that has a session."""
    ended = lingpai("account", "create", "ZhangSan", "--name", "张三", "--password-stdin", stdin="correct horse\n")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("username=zhangsan\nsub=")
    database = sqlite3.connect(home / "lingpai.db", isolation_level=None)
    database.execute("INSERT INTO session SELECT x'00', id, x'01', 0, '[]', '', 0, 99999999999 FROM account")
    return database


def one(database: sqlite3.Connection, column: str) -> object:
    database.row_factory = sqlite3.Row
    return database.execute("SELECT * FROM account").fetchone()[column]


def events(database: sqlite3.Connection) -> list[str]:
    return [row[0] for row in database.execute("SELECT event FROM audit_event ORDER BY id")]


def sessions(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM session").fetchone()[0])


def test_a_disabled_account_is_signed_out_and_can_be_enabled_again(
    lingpai: Lingpai, zhangsan: sqlite3.Connection
) -> None:
    assert lingpai("account", "disable", "zhangsan").status == 0
    assert one(zhangsan, "disabled_at") is not None
    assert sessions(zhangsan) == 0
    assert lingpai("account", "enable", "Zhangsan").status == 0
    assert one(zhangsan, "disabled_at") is None
    assert events(zhangsan) == ["account_created", "account_disabled", "account_changed"]
    zhangsan.close()


def test_a_new_password_signs_the_account_out_everywhere(lingpai: Lingpai, zhangsan: sqlite3.Connection) -> None:
    before = one(zhangsan, "password_hash")
    ended = lingpai("account", "set-password", "zhangsan", "--password-stdin", stdin="battery staple\r\n")
    assert ended.status == 0, ended.err
    assert one(zhangsan, "password_hash") != before
    assert sessions(zhangsan) == 0
    assert events(zhangsan) == ["account_created", "password_changed"]
    assert "battery staple" not in "".join(zhangsan.iterdump())
    assert "battery staple" not in ended.out + ended.err
    zhangsan.close()


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (("create", "zhangsan", "--password-stdin"), "correct horse", "account zhangsan exists already"),
        (("create", "lisi", "--password-stdin"), "", "the password is empty"),
        (("create", "lisi", "--password-stdin"), "short", "password: must have 8 to 256 characters"),
        (("create", "lisi", "--password-stdin", "--email", "x"), "correct horse", "email: must be an address"),
        (("create", "lisi"), "correct horse", "say --password-stdin"),
        (("set-password", "zhangsan", "--password-stdin"), "short", "the password must have 8 to 256 characters"),
        (("set-password", "lisi", "--password-stdin"), "correct horse", "there is no account lisi"),
        (("disable", "lisi"), "", "there is no account lisi"),
        (("enable", " "), "", "a username must not be empty"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(
    lingpai: Lingpai, zhangsan: sqlite3.Connection, arguments: tuple[str, ...], stdin: str, message: str
) -> None:
    before = list(zhangsan.iterdump())
    ended = lingpai("account", *arguments, stdin=stdin)
    assert ended.status == 1
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1
    assert list(zhangsan.iterdump()) == before
    zhangsan.close()
