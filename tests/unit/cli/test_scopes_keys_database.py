import sqlite3
from pathlib import Path

import pytest

from lingpai.server.config import Config
from tests.unit.cli.terminal import Lingpai

SCOPE = ("scope", "add", "list_album", "--en", "See your albums", "--zh-cn", "查看你的相册")


@pytest.mark.usefixtures("home")
def test_a_permission_is_added_with_both_descriptions(lingpai: Lingpai) -> None:
    assert lingpai(*SCOPE, "--claim", "name", "--claim", "picture").status == 0
    assert lingpai("scope", "list").out == "list_album\t\tname picture\tSee your albums\t查看你的相册\n"
    again = lingpai(*SCOPE)
    assert (again.status, again.err) == (1, "lingpai: scope list_album exists already\n")


@pytest.mark.usefixtures("home")
def test_a_permission_of_an_unknown_resource_server_is_refused(lingpai: Lingpai) -> None:
    ended = lingpai(*SCOPE, "--resource", "https://photos.example.com")
    assert ended.status == 1
    assert "resource: there is no resource server https://photos.example.com" in ended.err
    assert lingpai("scope", "list").out == ""


@pytest.mark.usefixtures("home")
def test_rotated_keys_are_published_before_they_are_used(lingpai: Lingpai) -> None:
    before = lingpai("key", "list").out.splitlines()
    ended = lingpai("key", "rotate")
    assert ended.status == 0, ended.err
    algs = [line.split()[1] for line in ended.out.splitlines()]
    assert algs == ["A256GCM-SIV", *sorted(Config().signing_algs)]
    after = lingpai("key", "list").out.splitlines()
    rotating = len(before) - 1  # all but the secret behind pairwise subjects
    assert len(after) == 2 * rotating + 1
    assert sum(line.endswith("in use") for line in after) == rotating
    assert sum("\tnext, used from " in line for line in after) == rotating
    assert sum("\tpair\t" in line for line in after) == 1


@pytest.mark.usefixtures("home")
def test_a_leaked_key_is_replaced_at_once(lingpai: Lingpai) -> None:
    assert lingpai("key", "rotate", "--use", "sig", "--at-once").status == 0
    states = [line.split("\t")[1:] for line in lingpai("key", "list").out.splitlines()]
    assert [state[0] for state in states].count("seal") == 1
    retiring, in_use = [state[-1] for state in states if state[1] == "ES256"]
    assert retiring.startswith("retiring until ")
    assert in_use == "in use"


def test_a_withdrawn_key_is_gone_and_another_took_over(lingpai: Lingpai, home: Path) -> None:
    before = {line.split("\t")[2]: line.split("\t")[0] for line in lingpai("key", "list").out.splitlines()}
    asked = lingpai("key", "withdraw", before["ES256"], stdin="n\n")
    assert asked.status == 1
    assert "Every ID Token" in asked.out
    assert lingpai("key", "list").out.count(before["ES256"]) == 1
    ended = lingpai("key", "withdraw", before["ES256"], "--yes")
    assert ended.status == 0, ended.err
    after = [line.split("\t") for line in lingpai("key", "list").out.splitlines()]
    assert before["ES256"] not in {key[0] for key in after}
    assert [key[-1] for key in after if key[2] == "ES256"] == ["in use"]
    database = sqlite3.connect(home / "lingpai.db")
    events = [row[0] for row in database.execute("SELECT event FROM audit_event ORDER BY id DESC LIMIT 2")]
    database.close()
    assert sorted(events) == ["key_rotated", "key_withdrawn"]


@pytest.mark.usefixtures("home")
def test_neither_an_unknown_key_nor_the_pairwise_secret_can_be_withdrawn(lingpai: Lingpai) -> None:
    (pair,) = [line.split("\t")[0] for line in lingpai("key", "list").out.splitlines() if "\tpair\t" in line]
    for kid in (pair, "0123"):
        assert f"there is no key {kid} that can be withdrawn" in lingpai("key", "withdraw", kid, "--yes").err


def test_an_algorithm_taken_out_of_the_settings_gets_no_successor(lingpai: Lingpai, home: Path) -> None:
    with (home / "lingpai.toml").open("a", encoding="utf-8") as settings:
        settings.write('\nsigning_algs = ["ES256", "RS256"]\n')
    ended = lingpai("key", "rotate", "--use", "sig")
    assert [line.split()[1] for line in ended.out.splitlines()] == ["ES256", "RS256"], ended.err


@pytest.mark.usefixtures("home")
def test_keys_of_another_use_do_not_exist(lingpai: Lingpai) -> None:
    assert "--use must be sig, seal or all, not enc" in lingpai("key", "rotate", "--use", "enc").err


@pytest.mark.usefixtures("home")
def test_the_schema_goes_down_and_up_again(lingpai: Lingpai) -> None:
    assert "is at revision 0006, as this lingpai needs it" in lingpai("db", "check").out
    refused = lingpai("db", "downgrade", "base", stdin="n\n")
    assert refused.status == 1
    assert lingpai("db", "check").status == 0
    assert "is at revision base" in lingpai("db", "downgrade", "base", "--yes").out
    assert lingpai("db", "check").status == 1
    assert "is at revision 0006" in lingpai("db", "upgrade").out
    assert lingpai("db", "check").status == 0


@pytest.mark.usefixtures("home")
def test_the_plan_says_whether_servers_may_go_on_serving(lingpai: Lingpai) -> None:
    lingpai("db", "downgrade", "0005", "--yes")
    plan = lingpai("db", "upgrade", "--plan").out
    assert "0006  Administrators' roles" in plan
    assert "servers of revision 0005 cannot serve afterwards: stop them first" in plan
    assert lingpai("db", "check").status == 1, "nothing was done"
    lingpai("db", "upgrade")
    assert lingpai("db", "upgrade", "--plan").out == "there is nothing to do\n"


def test_a_database_of_a_newer_version_that_may_be_served_is_served(lingpai: Lingpai, home: Path) -> None:
    set_revision(home, "9999", oldest_compatible="0006")
    assert "is at revision 9999, which a lingpai for 0006 may serve" in lingpai("db", "check").out
    assert lingpai("client", "list").status == 0
    assert "use the newer one" in lingpai("db", "backup", "copy.db").err
    assert "install the newer one" in lingpai("db", "upgrade").err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("arguments", [("upgrade", "9999"), ("downgrade", "nonsense", "--yes")])
def test_an_unknown_revision_is_refused(lingpai: Lingpai, arguments: tuple[str, ...]) -> None:
    ended = lingpai("db", *arguments)
    assert ended.status == 1
    assert f"there is no revision {arguments[1]}; there are" in ended.err


def set_revision(home: Path, revision: str, oldest_compatible: str = "") -> None:
    database = sqlite3.connect(home / "lingpai.db", isolation_level=None)
    update = "UPDATE alembic_version SET version_num = ?, oldest_compatible = ?"
    database.execute(update, (revision, oldest_compatible or revision))
    database.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--port", "0"),
        ("client", "list"),
        ("db", "check"),
        ("db", "upgrade"),
        ("apply", "x.toml"),
        ("key", "rotate"),
    ],
    ids=" ".join,
)
def test_a_database_newer_than_the_code_is_left_alone(lingpai: Lingpai, home: Path, arguments: tuple[str, ...]) -> None:
    set_revision(home, "9999")
    (home / "x.toml").write_text("")
    before = (home / "lingpai.db").read_bytes()
    ended = lingpai(*arguments)
    assert ended.status == 1
    assert "the database is at revision 9999" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert (home / "lingpai.db").read_bytes() == before


def test_a_database_older_than_the_code_waits_for_its_upgrade(lingpai: Lingpai, home: Path) -> None:
    set_revision(home, "0000")
    ended = lingpai("serve", "--port", "0")
    assert ended.status == 1
    assert "make a copy of it, then run `lingpai db upgrade`" in ended.err


@pytest.mark.parametrize("arguments", [("client", "list"), ("db", "check"), ("account", "disable", "x")], ids=" ".join)
def test_no_database_is_made_by_looking(lingpai: Lingpai, empty: Path, arguments: tuple[str, ...]) -> None:
    ended = lingpai(*arguments)
    assert ended.status == 1
    assert "there is no database at sqlite:///lingpai.db: run `lingpai init`" in ended.err
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("arguments", [("client", "list"), ("serve", "--port", "0"), ("db", "upgrade")], ids=" ".join)
def test_a_file_that_is_no_database_is_refused(lingpai: Lingpai, home: Path, arguments: tuple[str, ...]) -> None:
    (home / "lingpai.db").write_text("this is my diary, not a database, dear reader" * 50)
    ended = lingpai(*arguments)
    assert ended.status == 1
    assert "lingpai.db" in ended.err
    assert len(ended.err.splitlines()) == 1
