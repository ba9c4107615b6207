import stat
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from lingpai.server.config import SETTINGS, Config, load_config
from tests.unit.cli.terminal import Lingpai


def test_a_new_server_is_set_up_and_healthy(lingpai: Lingpai, empty: Path) -> None:
    ended = lingpai("init")
    assert ended.status == 0, ended.err
    assert {file.name for file in empty.iterdir()} == {"lingpai.toml", "lingpai.key", "lingpai.db"}
    assert stat.S_IMODE((empty / "lingpai.key").stat().st_mode) == 0o600
    assert lingpai("doctor").status == 0
    assert len(lingpai("key", "list").out.splitlines()) == 2 + len(
        Config().signing_algs
    )  # the sealing key and the pairwise secret


def test_the_settings_file_shows_every_setting_and_changes_none(lingpai: Lingpai, empty: Path) -> None:
    lingpai("init")
    text = (empty / "lingpai.toml").read_text()
    assert tomllib.loads(text) == {}
    shown = tomllib.loads("\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line))
    assert set(shown) == set(SETTINGS)
    (empty / "shown.toml").write_text(
        "\n".join(f"{line.removeprefix('# ')}" for line in text.splitlines() if " = " in line)
    )
    shown_config, config = (load_config(empty / name) for name in ("shown.toml", "lingpai.toml"))
    assert replace(shown_config, names_given=frozenset()) == config


def test_the_issuer_is_written_and_a_directory_made(lingpai: Lingpai, empty: Path) -> None:
    ended = lingpai("init", "--config", "deep/er/auth.toml", "--issuer", "https://auth.example.com")
    assert ended.status == 0, ended.err
    assert load_config(empty / "deep/er/auth.toml").issuer == "https://auth.example.com"
    assert (empty / "deep/er/lingpai.db").exists()
    assert "lingpai serve --config deep/er/auth.toml" in ended.out


def test_a_first_account_can_be_made(lingpai: Lingpai, home: Path) -> None:
    for name in ("lingpai.toml", "lingpai.key", "lingpai.db"):
        (home / name).unlink()
    ended = lingpai("init", "--account", "zhangsan", "--password-stdin", stdin="correct horse\n")
    assert ended.status == 0, ended.err
    assert lingpai("account", "create", "ZHANGSAN", "--password-stdin", stdin="correct horse").status == 1


@pytest.mark.parametrize("name", ["lingpai.toml", "lingpai.key", "lingpai.db"])
def test_nothing_is_overwritten_and_nothing_half_done_is_left(lingpai: Lingpai, empty: Path, name: str) -> None:
    (empty / name).write_text("precious")
    ended = lingpai("init")
    assert ended.status == 1
    assert name in ended.err
    assert "exists already" in ended.err
    assert [(file.name, file.read_text()) for file in empty.iterdir()] == [(name, "precious")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--issuer", "auth.example.com"), "issuer: must be an http or https address"),
        (("--account", "x", "--password-stdin"), "password: must have 8 to 256 characters"),
        (("--account", " ", "--password-stdin"), "username: a username must not be empty"),
        (("--config", "/dev/null/x.toml"), "cannot write /dev/null/x.toml"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    lingpai: Lingpai, empty: Path, arguments: tuple[str, ...], message: str
) -> None:
    ended = lingpai("init", *arguments, stdin="short" if "x" in arguments else "long enough")
    assert ended.status == 1
    assert message in ended.err
    assert list(empty.iterdir()) == []
