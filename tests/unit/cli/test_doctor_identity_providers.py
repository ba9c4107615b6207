from typing import Any

import pytest

from lingpai.cli.identity_providers import examine_identity_providers
from lingpai.server.config import Config
from lingpai.server.identity_provider_settings import IdentityProviderSettings
from tests.upstream import free_port

PLATFORM = {"platform": "qq", "client_id": "100222222", "client_secret": "s"}
HERE = {"issuer": "http://127.0.0.1:4001", "client_id": "lingpai"}
THERE = {"issuer": "https://login.example", "client_id": "lingpai"}


@pytest.mark.parametrize(
    ("provider", "level"),
    [
        pytest.param(THERE, "ok", id="https"),
        pytest.param(HERE, "warn", id="http, on this machine"),
        pytest.param(PLATFORM, "ok", id="a platform"),
        pytest.param(PLATFORM | {"platform": "friendster"}, "fail", id="no such platform"),
        pytest.param(PLATFORM | {"options": {"no_such": "option"}}, "fail", id="no such option"),
    ],
)
def test_what_can_be_told_without_asking_anybody(provider: dict[str, Any], level: str) -> None:
    config = Config(identity_providers={"theirs": IdentityProviderSettings(**provider)})
    (finding,) = examine_identity_providers(config, online=False)
    assert finding.level == level
    assert "theirs" in finding.what


def test_online_a_provider_that_does_not_answer_fails() -> None:
    provider: Any = {"issuer": f"http://127.0.0.1:{free_port()}", "client_id": "lingpai"}
    (finding,) = examine_identity_providers(Config(identity_providers={"theirs": provider}), online=True)
    assert finding.level == "fail"
    assert "ServerUnreachable" in finding.what or "127.0.0.1" in finding.what
