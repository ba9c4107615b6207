"""``lingpai admin`` and ``lingpai audit``."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.terminal import Lingpai


def _account(lingpai: Lingpai) -> None:
    ended = lingpai("account", "create", "zhangsan", "--password-stdin", stdin="correct horse battery 9\n")
    assert ended.status == 0, ended.err


@pytest.mark.usefixtures("home")
def test_the_first_administrator_is_made_on_the_command_line(lingpai: Lingpai) -> None:
    _account(lingpai)
    assert lingpai("admin", "add", "zhangsan").out == "zhangsan is administrator\n"
    assert lingpai("admin", "list").out.startswith("zhangsan\tadministrator\t")
    assert lingpai("admin", "add", "ZhangSan", "--role", "support").status == 0
    assert "\tsupport\t" in lingpai("admin", "list").out
    assert lingpai("admin", "remove", "zhangsan").status == 0
    assert lingpai("admin", "list").out == ""
    assert lingpai("admin", "remove", "zhangsan").err == "lingpai: zhangsan has no role\n"


@pytest.mark.usefixtures("home")
def test_an_unknown_role_or_account_is_refused(lingpai: Lingpai) -> None:
    _account(lingpai)
    assert "--role must be one of reader, reviewer" in lingpai("admin", "add", "zhangsan", "--role", "king").err
    assert lingpai("admin", "add", "nobody").err == "lingpai: there is no account nobody\n"


@pytest.mark.usefixtures("home")
def test_the_log_is_verified_and_a_broken_row_is_named(lingpai: Lingpai, home: Path) -> None:
    _account(lingpai)
    lingpai("admin", "add", "zhangsan")
    ended = lingpai("audit", "verify")
    assert ended.status == 0
    noted = ended.out.split("hash=")[1].strip()
    assert lingpai("audit", "verify", "--expect", noted).status == 0
    assert lingpai("audit", "verify", "--expect", "00" * 32).status == 1
    assert lingpai("audit", "verify", "--expect", "xyz").status == 1
    with closing(sqlite3.connect(home / "lingpai.db")) as database:
        database.execute("UPDATE audit_event SET event = 'nothing' WHERE id = 1")
        database.commit()
    ended = lingpai("audit", "verify")
    assert ended.status == 1
    assert "broken at row 1" in ended.err


@pytest.mark.usefixtures("home")
def test_the_log_is_exported_one_object_a_line(lingpai: Lingpai) -> None:
    _account(lingpai)
    lingpai("admin", "add", "zhangsan")
    rows = [json.loads(line) for line in lingpai("audit", "export").out.splitlines()]
    assert [row["event"] for row in rows] == ["account_created", "role_changed"]
    assert len(lingpai("audit", "export", "--after", "1").out.splitlines()) == 1


@pytest.mark.usefixtures("home")
def test_the_admin_api_is_switched_on_and_its_client_registered(lingpai: Lingpai) -> None:
    assert lingpai("admin", "enable-api").status == 0
    ended = lingpai(
        *("client", "create", "Ops", "--client-id", "ops", "--grant-type", "client_credentials"),
        *("--scope", "lingpai:admin:read"),
    )
    assert ended.status == 0, ended.err


@pytest.mark.usefixtures("home")
def test_a_command_that_needs_the_database_says_so_for_a_remote_server(lingpai: Lingpai) -> None:
    ended = lingpai("--remote", "https://id.example.com", "admin", "enable-api")
    assert ended.status == 1
    assert "run it there, without --remote" in ended.err
    ended = lingpai("--remote", "https://id.example.com", "account", "disable", "zhangsan")
    assert "LINGPAI_REMOTE_CLIENT_ID" in ended.err
