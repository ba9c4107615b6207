"""Clients that sign, and issuers we trust: from the file to what the server reads."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lingpai.crypto.jwk import generate_private_key, public_jwk
from tests.unit.cli.terminal import Lingpai

JWKS = {"keys": [public_jwk(generate_private_key("ES256"), kid="one", alg="ES256")]}
SECRET = "a-secret-that-is-long-enough-to-sign"
WORKER = {"client_id": "worker", "client_name": "Worker", "grant_types": ["client_credentials"]}
PARTNER = {"issuer": "https://partner.example", "jwks": JWKS, "client_ids": ["worker"]}


def apply(lingpai: Lingpai, home: Path, **tables: list[dict[str, Any]]) -> str:
    (home / "apply.json").write_text(json.dumps(tables))
    ended = lingpai("apply", "apply.json")
    assert ended.status == 0, ended.err
    assert SECRET not in ended.out
    return ended.out.splitlines()[-1]


def document(home: Path, table: str) -> dict[str, Any]:
    with closing(sqlite3.connect(home / "lingpai.db")) as database:
        text = database.execute(f"SELECT document FROM {table}").fetchone()[0]  # noqa: S608 - our own tables
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_trusted_issuer_is_applied_and_applying_it_again_changes_nothing(lingpai: Lingpai, home: Path) -> None:
    clients = [WORKER | {"client_secret": SECRET}]
    assert apply(lingpai, home, clients=clients, trusted_issuers=[PARTNER]) == "2 added, 0 changed, 0 unchanged"
    assert apply(lingpai, home, clients=clients, trusted_issuers=[PARTNER]) == "0 added, 0 changed, 2 unchanged"
    assert document(home, "trusted_issuer") == PARTNER | {"jwks_uri": "", "scope": ""}
    with closing(sqlite3.connect(home / "lingpai.db")) as database:
        events = [row[0] for row in database.execute("SELECT event FROM audit_event ORDER BY id")]
    assert events[-2:] == ["client_created", "trusted_issuer_changed"]


@pytest.mark.parametrize("keys", [{"jwks": JWKS}, {"jwks_uri": "https://worker.example/jwks"}], ids=["jwks", "uri"])
def test_a_client_with_keys_has_no_secret(lingpai: Lingpai, home: Path, keys: dict[str, Any]) -> None:
    apply(lingpai, home, clients=[WORKER | {"client_secret": SECRET}])
    by_key = WORKER | {"token_endpoint_auth_method": "private_key_jwt"} | keys
    assert apply(lingpai, home, clients=[by_key]) == "0 added, 1 changed, 0 unchanged"
    assert document(home, "client")["client_secrets"] == []


def test_a_secret_is_sealed_only_while_its_client_signs_with_it(lingpai: Lingpai, home: Path) -> None:
    signing = WORKER | {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_jwt"}
    sealed = []
    for entry in (WORKER | {"client_secret": SECRET}, signing, signing, WORKER):
        apply(lingpai, home, clients=[entry])
        sealed.append(bool(document(home, "client")["client_secrets"][0]["sealed"]))
    assert sealed == [False, True, True, False]


def test_a_client_is_made_and_its_secret_rotated_for_signing(lingpai: Lingpai, home: Path) -> None:
    create = ("client", "create", "Worker", "--client-id", "worker", "--grant-type", "client_credentials")
    made = lingpai(*create, "--auth-method", "client_secret_jwt")
    assert made.status == 0, made.err
    rotated = lingpai("client", "rotate-secret", "worker", "--keep-old-s", "60")
    for ended in (made, rotated):
        secret = ended.out.split("client_secret=")[1].strip()
        assert len(secret) >= 64  # enough for HS512
    assert all(known["sealed"] for known in document(home, "client")["client_secrets"])


def test_a_client_with_keys_is_made_without_a_secret(lingpai: Lingpai, home: Path) -> None:
    create = ("client", "create", "Worker", "--grant-type", "client_credentials", "--auth-method", "private_key_jwt")
    assert "jwks or jwks_uri is missing" in lingpai(*create).err
    made = lingpai(*create, "--jwks-uri", "https://worker.example/jwks")
    assert made.status == 0, made.err
    assert "client_secret" not in made.out
    assert document(home, "client")["jwks_uri"] == "https://worker.example/jwks"
