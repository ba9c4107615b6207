from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lingpai.cli import checks
from lingpai.server.config import Config
from lingpai.server.storage.migrate import SchemaState
from lingpai.server.storage.records import Client, Key, ResourceServer
from tests.unit.cli.terminal import Lingpai

NOW = 1_800_000_000
YEAR_S = 365 * 86_400


@pytest.mark.parametrize(
    ("issuer", "host", "level"),
    [
        ("https://auth.example.com", "127.0.0.1", "ok"),
        ("http://localhost:4000", "127.0.0.1", "ok"),
        ("http://[::1]:4000", "::1", "ok"),
        ("http://localhost:4000", "0.0.0.0", "warn"),  # noqa: S104 - the case itself
        ("http://auth.example.com", "127.0.0.1", "fail"),
        ("http://127.0.0.1.example.com", "127.0.0.1", "fail"),
    ],
)
def test_the_issuer_must_be_https_unless_it_is_this_machine(issuer: str, host: str, level: str) -> None:
    assert checks.check_issuer(Config(issuer=issuer, host=host)).level == level


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({}, None),
        ({"smtp_host": "mail.example.com"}, "ok"),
        ({"account_registration": "open"}, "warn"),
        ({"account_registration": "open", "mail_outbox": True}, None),
        ({"account_registration": "open", "smtp_host": "mail.example.com"}, "ok"),
    ],
    ids=["nobody registers", "mail", "open without mail", "open with an outbox", "open with mail"],
)
def test_people_who_may_register_can_be_written_to(settings: dict[str, Any], level: str | None) -> None:
    assert [finding.level for finding in checks.check_mail(Config(**settings))] == ([level] if level else [])


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o400, "ok"), (0o640, "fail"), (0o604, "fail")])
def test_the_master_key_is_its_owner_s_alone(mode: int, level: str) -> None:
    assert checks.check_key_file_mode("lingpai.key", mode).level == level


@pytest.mark.parametrize(("current", "level"), [(None, "fail"), ("0001", "fail"), ("0002", "ok"), ("0003", "fail")])
def test_the_schema_must_be_this_one(current: str | None, level: str) -> None:
    assert checks.check_schema(SchemaState(current=current, head="0002")).level == level


def test_a_newer_schema_that_may_be_served_is_a_warning() -> None:
    assert checks.check_schema(SchemaState(current="0003", head="0002", oldest_compatible="0002")).level == "warn"


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        ({"spent": (0, 0), "session": (0, 5)}, "ok"),
        ({"spent": (9_000, 9_000), "session": (0, 5)}, "ok"),
        ({"spent": (90_000, 100_000), "session": (0, 900_000)}, "ok"),
        ({"spent": (110_000, 110_000), "session": (1, 5)}, "warn"),
    ],
)
def test_rows_that_nobody_sweeps_are_warned_about(counts: dict[str, tuple[int, int]], level: str) -> None:
    finding = checks.check_expired(counts)
    assert finding.level == level
    assert level == "ok" or "most of them in spent" in finding.what


def key(**fields: Any) -> Key:
    given: dict[str, Any] = {"use": "sig", "alg": "ES256", "sequence": 0, "active_from": NOW}
    return Key(kid="k", created_at=0, sealed_material=b"", **(given | fields))


def test_keys_older_than_a_year_and_missing_ones_are_warned_about() -> None:
    findings = checks.check_keys([key(active_from=NOW - YEAR_S - 86_400), key(sequence=1, active_from=NOW + 1)], NOW)
    assert [(found.level, found.advice) for found in findings] == [
        ("warn", "lingpai key rotate --use sig"),
        ("warn", "the first `lingpai serve` makes one"),
    ]
    assert checks.check_keys([key(active_from=NOW - 5), key(use="seal", alg="A")], NOW)[0].level == "ok"


def client(**fields: Any) -> Client:
    return Client(client_id="c", client_name="C", **fields)


@pytest.mark.parametrize(
    ("fields", "levels"),
    [
        ({"redirect_uris": ("https://a.example/",)}, ["ok"]),
        ({"legacy": True}, ["warn"]),
        ({"redirect_uris": ("http://a.example/",)}, ["fail"]),
        ({"redirect_uris": ("http://localhost:3000/",)}, ["warn"]),
        ({"redirect_uris": ("http://127.0.0.1/",), "application_type": "native"}, ["ok"]),
        ({"legacy": True, "disabled_at": NOW}, ["ok"]),
    ],
)
def test_legacy_clients_and_http_redirect_uris_are_found(fields: dict[str, Any], levels: list[str]) -> None:
    assert [finding.level for finding in checks.check_clients([client(**fields)])] == levels


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        pytest.param({"scope": "openid", "id_token_signed_response_alg": "PS256"}, 1, id="ID Tokens"),
        pytest.param({"scope": "list_album", "id_token_signed_response_alg": "PS256"}, 0, id="no ID Tokens at all"),
        pytest.param({"userinfo_signed_response_alg": "PS256"}, 1, id="UserInfo"),
        pytest.param({"scope": "openid", "id_token_signed_response_alg": "ES256"}, 0, id="a key there is"),
        pytest.param(
            {"scope": "openid", "id_token_signed_response_alg": "PS256", "disabled_at": NOW}, 0, id="a disabled one"
        ),
    ],
)
def test_who_waits_for_a_signature_that_no_key_makes_is_found(fields: dict[str, Any], count: int) -> None:
    found = checks.check_signatures([client(**fields)], [], ["ES256"])
    assert [finding.level for finding in found] == ["fail"] * count


def test_an_api_whose_tokens_no_key_signs_is_found() -> None:
    server = ResourceServer(
        resource="https://a.example", access_token_format="at+jwt", access_token_signing_alg="PS256"
    )
    (found,) = checks.check_signatures([], [server], ["ES256"])
    assert "https://a.example wants access tokens signed with PS256" in found.what


@pytest.mark.parametrize(("now", "newest_at", "level"), [(NOW, NOW, "ok"), (NOW, NOW + 1, "fail"), (0, 0, "fail")])
def test_a_clock_behind_what_is_stored_is_wrong(now: int, newest_at: int, level: str) -> None:
    assert checks.check_clock(now, newest_at).level == level


def test_every_finding_that_is_not_ok_says_what_to_do() -> None:
    found = [
        checks.check_clock(0, 0),
        checks.check_key_file_mode("k", 0o777),
        *checks.check_clients([client(legacy=True)]),
    ]
    assert all(finding.advice for finding in found)


def test_a_key_others_can_read_fails_the_examination(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").chmod(0o644)
    ended = lingpai("doctor")
    assert ended.status == 1
    assert "fail  master key lingpai.key can be read by others\n      chmod 600 lingpai.key\n" in ended.out


def test_a_master_key_of_another_database_is_found(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").write_text("A" * 43 + "\n")
    ended = lingpai("doctor")
    assert ended.status == 1
    assert "fail  the master key lingpai.key is not the one" in ended.out


def test_a_lost_key_and_a_lost_database_are_both_found(lingpai: Lingpai, home: Path) -> None:
    (home / "lingpai.key").unlink()
    (home / "lingpai.db").unlink()
    ended = lingpai("doctor")
    assert ended.status == 1
    assert [line[:4] for line in ended.out.splitlines() if not line.startswith(" ")] == ["ok  ", "ok  ", "fail", "fail"]


@pytest.fixture
def answering() -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """An address, and the one answer it gives: status and body."""
    answers: list[tuple[int, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"issuer": "%s"}', "answers with this issuer"),
        (200, b'{"issuer": "http://localhost:1"}', "says its issuer is http://localhost:1"),
        (200, b"<html>", "does not answer"),
        (200, b"[]", "does not answer"),
        (404, b"", "answers 404"),
    ],
)
def test_online_the_issuer_must_answer_as_itself(
    lingpai: Lingpai,
    answering: tuple[str, list[tuple[int, bytes]]],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    said: str,
) -> None:
    address, answers = answering
    answers.append((status, body.replace(b"%s", address.encode())))
    monkeypatch.setenv("LINGPAI_ISSUER", address)
    ended = lingpai("doctor", "--online")
    assert said in ended.out
    assert ended.status == (0 if "with this" in said else 1)


@pytest.mark.usefixtures("home")
def test_online_an_address_nobody_listens_on_fails(lingpai: Lingpai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_ISSUER", "http://127.0.0.1:1")
    ended = lingpai("doctor", "--online")
    assert ended.status == 1
    assert "http://127.0.0.1:1/.well-known/oauth-authorization-server does not answer" in ended.out
