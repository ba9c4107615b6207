import json
import os
from pathlib import Path

import pytest

from lingpai.server.config import Config, ConfigInvalid, load_config
from lingpai.server.identity_provider_settings import IdentityProviderSettings

GOOD = {"issuer": "https://login.example", "client_id": "lingpai"}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINGPAI_")]:
        monkeypatch.delenv(name)


def _write(folder: Path, text: str) -> Path:
    file = folder / "lingpai.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_provider_is_a_table_and_its_secret_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "company.secret").write_text("s3cret\n", encoding="utf-8")
    table = '[identity_providers.company]\nissuer = "https://login.example"\nclient_id = "a"\ntitle = "公司"\n'
    config = load_config(_write(tmp_path, table + 'client_secret_file = "company.secret"\n'))
    provider = config.identity_providers["company"]
    assert provider.client_secret == "s3cret"
    assert provider.title_in("en", "x") == provider.title_in("zh_CN", "x") == "公司"
    assert "s3cret" not in repr(config)
    assert not provider.create_accounts
    assert not provider.trust_amr


def test_the_environment_has_all_of_them_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_IDENTITY_PROVIDERS", json.dumps({"company": GOOD}))
    assert load_config().identity_providers["company"].issuer == "https://login.example"


def test_a_table_does_not_move_the_line_of_a_setting(tmp_path: Path) -> None:
    file = _write(tmp_path, 'port = "x"\n[identity_providers.a]\nissuer = "https://a"\nclient_id = "b"\nport = 1\n')
    with pytest.raises(ConfigInvalid) as refused:
        load_config(file)
    assert f"{file}, line 1: port: should be a whole number" in refused.value.problems[0]
    assert f"{file}, line 2: identity_providers.a.port: there is no such setting" in refused.value.problems


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ({"client_id": "a"}, "must have issuer (OpenID Connect) or platform"),
        (GOOD | {"platform": "qq"}, "must have issuer (OpenID Connect) or platform"),
        (GOOD | {"options": {"a": "b"}}, "base_url and options are for platforms"),
        (GOOD | {"issuer": "http://login.example"}, "issuer: must be an https address"),
        (GOOD | {"issuer": "login.example"}, "issuer: must be an https address"),
        (GOOD | {"issuer": "https://login.example/?a"}, "issuer: must be an https address"),
        (GOOD | {"client_id": "a\nb"}, "client_id: must be what the provider calls this server"),
        (GOOD | {"client_secret": "a", "client_secret_file": "b"}, "client_secret or client_secret_file, not both"),
        (GOOD | {"client_secret_file": "/no/such/file"}, "client_secret_file cannot be read"),
        ({"issuer": "https://a"}, "client_id: must be what the provider calls this server"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_cannot_work_is_said_at_start(monkeypatch: pytest.MonkeyPatch, provider: object, problem: str) -> None:
    monkeypatch.setenv("LINGPAI_IDENTITY_PROVIDERS", json.dumps({"company": provider}))
    with pytest.raises(ConfigInvalid) as refused:
        load_config()
    assert "LINGPAI_IDENTITY_PROVIDERS.company" in str(refused.value)
    assert problem in str(refused.value)


@pytest.mark.parametrize("text", ["[]", "{", '{"Not A Name": {}}', '{"a/b": {}}', '{"a": 1}'])
def test_what_is_no_table_of_providers_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LINGPAI_IDENTITY_PROVIDERS", text)
    with pytest.raises(ConfigInvalid):
        load_config()


def test_http_is_for_this_machine_only() -> None:
    config = Config(identity_providers={"a": IdentityProviderSettings(issuer="http://127.0.0.1:4001", client_id="a")})
    assert config.identity_providers["a"].title_in("en", "A") == "A"
