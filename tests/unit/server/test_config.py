import os
from pathlib import Path

import pytest

from lingpai.server.config import SETTINGS, Config, ConfigInvalid, load_config
from lingpai.server.setting_values import ValuesWrong, explanations


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINGPAI_")]:
        monkeypatch.delenv(name)


def problems(file: Path | None = None, **overrides: object) -> tuple[str, ...]:
    with pytest.raises(ConfigInvalid) as refused:
        load_config(file, **overrides)
    return refused.value.problems


def write(folder: Path, text: str) -> Path:
    file = folder / "lingpai.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_defaults_are_in_force() -> None:
    assert load_config() == Config()


def test_arguments_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, 'port = 1\nhost = "file"\nservice_name = "file"\n')
    monkeypatch.setenv("LINGPAI_HOST", "environment")
    monkeypatch.setenv("LINGPAI_PORT", "2")
    config = load_config(file, port=3)
    assert (config.port, config.host, config.service_name) == (3, "environment", "file")


def test_constructing_one_reads_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_PORT", "80")
    assert Config().port == 4000


def test_a_list_in_the_environment_has_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_TRUSTED_PROXIES", "10.0.0.0/8, ::1,")
    assert load_config().trusted_proxies == ("10.0.0.0/8", "::1")


def test_relative_paths_in_the_file_lie_beside_it_even_when_they_are_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, 'master_key_file = "keys/master"\n'))
    assert config.master_key_file == tmp_path / "keys/master"
    assert config.database == f"sqlite:///{tmp_path}/lingpai.db"


def test_absolute_paths_and_those_from_elsewhere_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_MASTER_KEY_FILE", "here.key")
    config = load_config(write(tmp_path, 'database = "sqlite:////var/lib/a.db"\n'))
    assert config.database == "sqlite:////var/lib/a.db"
    assert config.master_key_file == Path("here.key")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\nprot = 1\n", "line 2: prot: there is no such setting; did you mean port?"),
        ("zzzz = 1\n", "line 1: zzzz: there is no such setting; `lingpai init` writes a file with all of them"),
        ("[server]\nport = 1\n", "line 1: server: there is no such setting"),
        ("# a\nport = 'x'\n", "line 2: port: should be a whole number, at least 0 and at most 65535"),
        ('"port" = 70000\n', "line 1: port: should be a whole number, at least 0 and at most 65535"),
        ('issuer = "https://a/"\n', "line 1: issuer: must have no query, fragment, user name or slash at the end"),
        ('issuer = "https://a:99999"\n', "line 1: issuer: Port out of range"),
        ('trusted_proxies = ["10.0.0.0/8", "proxy"]\n', "line 1: trusted_proxies: 'proxy' does not appear to be"),
        ('issuer = "ftp://a"\n', "line 1: issuer: must be an http or https address such as"),
        ('database = "mysql://x"\n', "line 1: database: must be sqlite:///relative/path.db"),
        ('log_level = "loud"\n', "line 1: log_level: should be 'debug', 'info', 'warning' or 'error'"),
        ("port = \n", "this is not TOML: Invalid value (at line 1"),
        ("port = 1\nport = 2\n", "this is not TOML: Cannot overwrite a value (at line 2"),
    ],
)
def test_a_wrong_file_is_named_by_line_and_setting(tmp_path: Path, text: str, problem: str) -> None:
    file = write(tmp_path, text)
    assert len(problems(file)) == 1
    assert problem in problems(file)[0]
    assert problems(file)[0].startswith(str(file))


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"service_name = '\xff'")
    assert "this is not TOML" in problems(tmp_path / "a.toml")[0]


def test_everything_wrong_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_PRT", "1")
    monkeypatch.setenv("LINGPAI_LOG_FORMAT", "xml")
    found = problems(write(tmp_path, "prot = 1\n"), database="x")
    assert [problem.split(": ")[0].removeprefix(str(tmp_path)) for problem in found] == [
        "LINGPAI_PRT",
        "--database",
        "LINGPAI_LOG_FORMAT",
        "/lingpai.toml, line 1",
    ]
    assert found[0] == "LINGPAI_PRT: there is no such setting; did you mean LINGPAI_PORT?"


def test_the_variable_that_names_the_file_is_no_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_CONFIG", "somewhere.toml")
    assert load_config() == Config()


def test_the_master_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_MASTER_KEY", "topsecret")
    assert "topsecret" not in repr(load_config())
    assert "topsecret" not in str(problems(port="x"))


def test_a_missing_file_is_the_caller_s_to_explain(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        load_config(tmp_path / "nowhere.toml")


def test_every_setting_is_explained() -> None:
    explained = explanations(Config)
    assert all(explained[name] for name in SETTINGS)


def test_a_scope_ceiling_written_as_one_text_is_refused() -> None:
    with pytest.raises(ValuesWrong, match="list of scope names"):
        Config(registration_scope_ceiling=("openid profile",))
