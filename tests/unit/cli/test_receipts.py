"""``lingpai receipt verify``: what a person shows, checked with the issuer's keys."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from lingpai.crypto.jwk import generate_private_key, public_jwk
from lingpai.crypto.jws import Signer
from lingpai.server.authorization.receipt import RECEIPT_TYPE
from tests.unit.cli.terminal import Lingpai

KEY = generate_private_key("ES256")
KEYS = {"keys": [public_jwk(KEY, kid="k1", alg="ES256")]}


def write_receipt(folder: Path, *, typ: str = RECEIPT_TYPE, key: bytes = KEY, **changes: Any) -> Path:
    """A receipt of ``changes``; what is to be read as ``readable``, if it is to differ."""
    readable = changes.pop("readable", None)
    claims = {"iss": "https://auth.example.com", "client_name": "照片冲印", "permissions": []} | changes
    signed = Signer("ES256", "k1", key).sign(typ, msgspec.json.encode(claims))
    file = folder / "receipt.json"
    file.write_text(json.dumps({"receipt": readable or claims, "signed": signed, "jwks": KEYS}), encoding="utf-8")
    return file


@pytest.fixture
def keys(empty: Path) -> Path:
    file = empty / "keys.json"
    file.write_text(json.dumps(KEYS), encoding="utf-8")
    return file


def test_a_genuine_receipt_is_printed(lingpai: Lingpai, empty: Path, keys: Path) -> None:
    ended = lingpai("receipt", "verify", write_receipt(empty), "--jwks", keys)
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["client_name"] == "照片冲印"
    assert ended.err == "genuine: signed by https://auth.example.com\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"key": generate_private_key("ES256")}, "not genuine", id="another key"),
        pytest.param({"typ": "at+jwt"}, "not genuine", id="another type"),
        pytest.param(
            {"readable": {"client_name": "另一个"}}, "it was changed", id="what is read is not what is signed"
        ),
        pytest.param({"iss": "https://evil.example"}, "is not of https://auth.example.com", id="another issuer"),
        pytest.param({"iss": 7}, "it names 7", id="no issuer"),
    ],
)
def test_what_is_not_genuine_is_refused(
    lingpai: Lingpai, empty: Path, keys: Path, changes: dict[str, Any], said: str
) -> None:
    file = write_receipt(empty, **changes)
    ended = lingpai("receipt", "verify", file, "--jwks", keys, "--issuer", "https://auth.example.com")
    assert (ended.status, ended.out) == (1, "")
    assert said in ended.err


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b'{"signed": 1}', b'{"signed": "a.b.c"}', b"[" * 100_000, b" " * 2_000_000],
    ids=["empty", "no text", "a list", "nothing signed", "a number", "garbled", "deep", "huge"],
)
def test_what_is_no_receipt_is_refused_in_a_sentence(lingpai: Lingpai, empty: Path, content: bytes) -> None:
    (empty / "x.json").write_bytes(content)
    ended = lingpai("receipt", "verify", "x.json")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 1


@pytest.mark.usefixtures("empty")
def test_a_missing_file_is_said(lingpai: Lingpai) -> None:
    assert lingpai("receipt", "verify", "no.json").err == "lingpai: cannot read no.json: No such file or directory\n"


@pytest.fixture
def issuer() -> Iterator[str]:
    """One that publishes the keys."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            home = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]  # a TCP server has one
            document = KEYS if self.path == "/oauth2/jwks" else {"issuer": home, "jwks_uri": f"{home}/oauth2/jwks"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_keys_are_the_issuers_own(lingpai: Lingpai, empty: Path, issuer: str) -> None:
    assert lingpai("receipt", "verify", write_receipt(empty, iss=issuer)).status == 0
    forged = write_receipt(empty, iss=issuer, key=generate_private_key("ES256"))
    assert lingpai("receipt", "verify", forged).status == 1


@pytest.mark.parametrize(
    ("iss", "said"),
    [
        ("http://auth.example.com", "is not https"),
        ("http://127.0.0.1:1", "cannot be had"),
        ("file:///etc/passwd", "is not https"),
        ("not an address", "is not https"),
    ],
)
def test_keys_that_cannot_be_trusted_are_not_asked_for(lingpai: Lingpai, empty: Path, iss: str, said: str) -> None:
    ended = lingpai("receipt", "verify", write_receipt(empty, iss=iss))
    assert ended.status == 1
    assert said in ended.err
