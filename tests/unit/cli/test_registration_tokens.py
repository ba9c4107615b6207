"""``lingpai registration-token``: made once, shown once, listed by what is left of them, revoked by id."""

import sqlite3
from contextlib import closing
from pathlib import Path

from lingpai.crypto.digest import digest
from tests.unit.cli.terminal import Lingpai


def test_a_token_is_printed_once_and_only_its_digest_is_kept(lingpai: Lingpai, home: Path) -> None:
    ended = lingpai("registration-token", "create", "--uses", "3", "--lifetime-s", "86400")
    assert ended.status == 0
    token = ended.out.strip()
    assert len(token) == 43
    assert "off" in ended.err
    with closing(sqlite3.connect(home / "lingpai.db")) as database:
        assert database.execute("SELECT digest, uses_left FROM registration_token").fetchall() == [(digest(token), 3)]
        assert token not in "\n".join(database.iterdump())


def test_tokens_are_listed_and_revoked_by_id(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.toml").write_text('registration = "token"\n')
    made = [lingpai("registration-token", "create", "--uses", uses) for uses in ("1", "2")]
    assert "off" not in made[0].err
    rows = [line.split("\t") for line in lingpai("registration-token", "list").out.splitlines()]
    assert sorted(row[1:] for row in rows) == [["1", "7"], ["2", "7"]]
    assert {row[0] for row in rows} == {digest(ended.out.strip()).hex()[:16] for ended in made}
    assert lingpai("registration-token", "revoke", rows[0][0]).out == f"revoked {rows[0][0]}\n"
    assert lingpai("registration-token", "list").out == "\t".join(rows[1]) + "\n"
    again = lingpai("registration-token", "revoke", rows[0][0])
    assert (again.status, "no such token" in again.err) == (1, True)


def test_what_is_made_and_revoked_is_in_the_audit_log(lingpai: Lingpai, home: Path) -> None:
    token = lingpai("registration-token", "create").out.strip()
    lingpai("registration-token", "revoke", digest(token).hex()[:16])
    with closing(sqlite3.connect(home / "lingpai.db")) as database:
        events = [row[0] for row in database.execute("SELECT event FROM audit_event ORDER BY id")]
    assert events == ["registration_token_created", "registration_token_revoked"]


def test_doctor_warns_about_what_is_for_tests_only(lingpai: Lingpai, home: Path) -> None:
    assert "register applications" not in lingpai("doctor").out
    (home / "lingpai.toml").write_text('registration = "open"\n')
    assert "ok    everybody may register applications" in lingpai("doctor").out
    (home / "lingpai.toml").write_text('registration = "open"\nregistration_allow_legacy = true\n')
    assert "warn  everybody may register applications with access tokens" in lingpai("doctor").out
