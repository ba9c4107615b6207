import json
import sqlite3
from pathlib import Path

import pytest

from lingpai.cli.apply.document import LIMIT_BYTES
from tests.unit.cli.terminal import Lingpai

FILE = """\
[[resources]]
resource = "https://photos.example.com"
name = "Photos"
access_token_format = "at+jwt"
client_ids = ["photos"]

[[scopes]]
name = "list_album"
resource = "https://photos.example.com"
[scopes.descriptions]
en = "See your photo albums"
zh_CN = "查看你的相册"

[[clients]]
client_id = "photos"
client_name = "Photos"
client_secret = "the-secret-of-photos"
grant_types = []

[[clients]]
client_id = "print"
client_name = "Photo Print"
client_secret = "the-secret-of-print!"
redirect_uris = [
    "https://print.example/cb",
    "http://127.0.0.1:3000/user/callback",
]
scope = "list_album"
required_scope = "list_album"

[[accounts]]
username = "zhangsan"
password = "correct horse"
name = "张三"
"""


@pytest.fixture
def file(home: Path) -> Path:
    (home / "apply.toml").write_text(FILE)
    return home / "apply.toml"


def dump(home: Path) -> list[str]:
    database = sqlite3.connect(home / "lingpai.db")
    rows = list(database.iterdump())
    database.close()
    return rows


def test_a_file_is_applied_and_applying_it_again_changes_nothing(lingpai: Lingpai, file: Path) -> None:
    first = lingpai("apply", file)
    assert first.status == 0, first.err
    assert first.out.splitlines()[-1] == "5 added, 0 changed, 0 unchanged"
    assert '    scope: "list_album"' in first.out.splitlines()
    before = dump(file.parent)
    second = lingpai("apply", file)
    assert second.out.splitlines()[-1] == "0 added, 0 changed, 5 unchanged"
    assert dump(file.parent) == before


def test_a_dry_run_prints_the_same_difference_and_changes_nothing(lingpai: Lingpai, file: Path) -> None:
    before = dump(file.parent)
    dry = lingpai("apply", file, "--dry-run")
    assert dry.status == 0, dry.err
    assert dump(file.parent) == before
    assert dry.out.replace(" (dry run: nothing was changed)", "") == lingpai("apply", file).out


def test_the_same_as_json_is_no_difference(lingpai: Lingpai, file: Path) -> None:
    import tomllib

    lingpai("apply", file)
    (file.parent / "apply.json").write_text(json.dumps(tomllib.loads(FILE), indent=2))
    assert lingpai("apply", "apply.json").out.splitlines()[-1] == "0 added, 0 changed, 5 unchanged"


def test_each_changed_field_is_shown_and_secrets_are_not(lingpai: Lingpai, file: Path) -> None:
    lingpai("apply", file)
    changed = FILE.replace('"Photo Print"', '"Print"').replace("the-secret-of-print!", "another-secret-of-print")
    file.write_text(changed.replace("correct horse", "battery staple"))
    ended = lingpai("apply", file)
    assert '    client_name: "Photo Print" -> "Print"' in ended.out
    assert "    client_secrets: (changed)" in ended.out
    assert "    password_hash: (changed)" in ended.out
    assert ended.out.splitlines()[-1] == "0 added, 2 changed, 3 unchanged"
    for secret in ("the-secret-of-print!", "another-secret-of-print", "correct horse", "battery staple"):
        assert secret not in ended.out + ended.err
        assert all(secret not in row for row in dump(file.parent))


def test_what_the_file_does_not_mention_is_left_alone(lingpai: Lingpai, file: Path) -> None:
    lingpai("apply", file)
    rotated = lingpai("client", "rotate-secret", "print")
    file.write_text('[[clients]]\nclient_id = "photos"\nclient_name = "Photos"\ngrant_types = []\n')
    ended = lingpai("apply", file)
    assert rotated.status == 0
    assert ended.out.splitlines()[-1] == "0 added, 0 changed, 1 unchanged"
    assert len(lingpai("client", "list").out.splitlines()) == 2


def test_an_emergency_stop_survives_the_next_apply(lingpai: Lingpai, file: Path) -> None:
    lingpai("apply", file)
    lingpai("account", "disable", "zhangsan")
    assert lingpai("apply", file).out.splitlines()[-1] == "0 added, 0 changed, 5 unchanged"
    file.write_text(FILE + "disabled = false\n")
    assert "    disabled: true -> false" in lingpai("apply", file).out


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        (
            "redirect_uris = [",
            "redirect_uri = [",
            "line 24: clients[1].redirect_uri: there is no such field; did you mean",
        ),
        ("https://print.example/cb", "javascript:alert(1)", "line 25: clients[1].redirect_uris[0]: "),
        ("https://print.example/cb", "http://print.example/cb", "line 25: clients[1].redirect_uris[0]: must be https"),
        ('zh_CN = "查看你的相册"', 'zh_CN = "查看你的相册', "line 12: this is not TOML: Illegal character"),
        (
            'scope = "list_album"\nrequired',
            'scope = "list_albm"\nrequired',
            "line 28: clients[1].scope: there is no scope",
        ),
        ('client_secret = "the-secret-of-print!"\n', "", "line 20: clients[1]: client_secret is missing"),
        ('username = "zhangsan"', "username = 7", "line 32: accounts[0].username: Expected str, got int"),
    ],
    ids=lambda text: text.partition("\n")[0],
)
def test_a_wrong_file_names_line_and_field_and_changes_nothing(
    lingpai: Lingpai, file: Path, wrong: str, right: str, message: str
) -> None:
    before = dump(file.parent)
    assert wrong in FILE
    file.write_text(FILE.replace(wrong, right, 1))
    ended = lingpai("apply", file)
    assert ended.status == 1
    assert f"lingpai: {file}: {message}" in ended.err
    assert ended.err.splitlines()[-1] == "lingpai: nothing was changed"
    assert ended.out == ""
    assert dump(file.parent) == before


def test_two_spellings_of_one_username_are_refused(lingpai: Lingpai, file: Path) -> None:
    file.write_text(FILE + '[[accounts]]\nusername = "ZHANGSAN"\n')
    assert "line 36: accounts[1].username: is the same name as accounts[0].username" in lingpai("apply", file).err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_said_in_one_line(lingpai: Lingpai, name: str) -> None:
    ended = lingpai("apply", name)
    assert ended.status == 1
    assert ended.err.startswith(f"lingpai: cannot read {name}: ")


def test_a_missing_language_is_a_warning_on_standard_error(lingpai: Lingpai, file: Path) -> None:
    file.write_text('[[scopes]]\nname = "x"\ndescriptions = {en = "X"}\n')
    ended = lingpai("apply", file)
    assert ended.status == 0
    assert "warning" in ended.err
    assert "no description in zh_CN" in ended.err


def test_a_file_of_the_largest_size_is_still_bounded(lingpai: Lingpai, file: Path) -> None:
    file.write_bytes(b"#" * (LIMIT_BYTES + 1))
    assert "split it" in lingpai("apply", file).err


def test_without_the_master_key_nothing_is_applied(lingpai: Lingpai, file: Path) -> None:
    (file.parent / "lingpai.key").unlink()
    ended = lingpai("apply", file)
    assert ended.status == 1
    assert "there is no master key at lingpai.key" in ended.err
