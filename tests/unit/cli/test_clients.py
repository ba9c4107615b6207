import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.terminal import Lingpai

REDIRECT = ("--redirect-uri", "https://print.example/cb")


def stored(home: Path) -> dict[str, Any]:
    database = sqlite3.connect(home / "lingpai.db")
    document: dict[str, Any] = json.loads(database.execute("SELECT document FROM client").fetchone()[0])
    database.close()
    return document


def secret_in(out: str) -> str:
    found = re.search(r"^client_secret=(\w{43,})$", out, re.MULTILINE)
    assert found
    return found[1]


def test_a_client_is_created_and_its_secret_shown_once_and_stored_nowhere(lingpai: Lingpai, home: Path) -> None:
    ended = lingpai("client", "create", "Print", *REDIRECT, "--client-id", "print")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("client_id=print\n")
    secret = secret_in(ended.out)
    assert secret not in ended.err
    assert all(secret.encode() not in file.read_bytes() for file in home.iterdir())
    assert lingpai("client", "list").out == "print\tPrint\tclient_secret_basic\t\t\n"


def test_where_there_is_no_rs256_key_id_tokens_are_for_es256(lingpai: Lingpai, home: Path) -> None:
    with (home / "lingpai.toml").open("a", encoding="utf-8") as settings:
        settings.write('\nsigning_algs = ["ES256", "EdDSA"]\n')
    assert lingpai("client", "create", "Print", *REDIRECT).status == 0
    assert stored(home)["id_token_signed_response_alg"] == "ES256"


def test_a_public_native_client_gets_no_secret(lingpai: Lingpai, home: Path) -> None:
    ended = lingpai(
        "client", "create", "App", "--native", "--auth-method", "none", "--redirect-uri", "http://127.0.0.1/cb"
    )
    assert ended.status == 0, ended.err
    assert "client_secret" not in ended.out
    assert stored(home)["application_type"] == "native"


def test_a_rotated_secret_replaces_the_old_one_at_once(lingpai: Lingpai, home: Path) -> None:
    first = lingpai("client", "create", "Print", *REDIRECT, "--client-id", "print")
    before = stored(home)["client_secrets"]
    second = lingpai("client", "rotate-secret", "print")
    assert second.status == 0, second.err
    assert secret_in(first.out) != secret_in(second.out)
    after = stored(home)["client_secrets"]
    assert len(after) == 1
    assert after[0]["digest"] != before[0]["digest"]


def test_the_old_secret_can_be_kept_for_a_while_but_not_for_longer_by_rotating_again(
    lingpai: Lingpai, home: Path
) -> None:
    lingpai("client", "create", "Print", *REDIRECT, "--client-id", "print")
    ended = lingpai("client", "rotate-secret", "print", "--keep-old-s", "60")
    assert "60 more seconds" in ended.err
    until = stored(home)["client_secrets"][1]["expires_at"]
    lingpai("client", "rotate-secret", "print", "--keep-old-s", "6000")
    secrets = stored(home)["client_secrets"]
    assert secrets[0]["expires_at"] is None
    assert secrets[2]["expires_at"] == until


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "Print"), "redirect_uris is missing"),
        (("create", "Print", "--redirect-uri", "http://print.example/"), "redirect_uris[0]: must be https"),
        (("create", "Print", *REDIRECT, "--client-id", "print"), "client print exists already"),
        (("create", "Print", *REDIRECT, "--scope", "nothing"), "scope: there is no scope nothing"),
        (("create", "Print", *REDIRECT, "--auth-method", "jwt"), "token_endpoint_auth_method: there is no such method"),
        (("rotate-secret", "nobody"), "there is no client nobody"),
        (("rotate-secret", "public"), "public has no secret: its method is none"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(lingpai: Lingpai, arguments: tuple[str, ...], message: str) -> None:
    assert lingpai("client", "create", "Print", *REDIRECT, "--client-id", "print").status == 0
    assert lingpai("client", "create", "P", *REDIRECT, "--client-id", "public", "--auth-method", "none").status == 0
    ended = lingpai("client", *arguments)
    assert ended.status == 1
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1
    assert len(lingpai("client", "list").out.splitlines()) == 2
