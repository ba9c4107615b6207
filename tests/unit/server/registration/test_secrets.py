"""A client keeps a secret that still works for its method and gets one where there is none."""

import pytest

from lingpai.server.client_auth.secret import open_client_secret
from lingpai.server.registration.secrets import SecretMaker, is_secret_of
from lingpai.server.storage.records import Client

NOW = 1_800_000_000
maker = SecretMaker(b"p" * 32, b"s" * 32)


def made(method: str) -> tuple[Client, str]:
    secrets, secret = maker.secrets_for(method, "c", NOW)
    assert secret
    return Client(client_id="c", client_name="c", client_secrets=secrets, token_endpoint_auth_method=method), secret


@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_a_method_without_a_shared_secret_has_none(method: str) -> None:
    client, _ = made("client_secret_basic")
    assert maker.secrets_for(method, "c", NOW, client.client_secrets) == ((), None)


def test_only_what_signs_is_kept_sealed_and_it_opens_for_its_client() -> None:
    assert not made("client_secret_post")[0].client_secrets[0].sealed
    client, secret = made("client_secret_jwt")
    assert open_client_secret(b"s" * 32, "c", client.client_secrets[0]) == secret.encode()
    assert len(secret) >= 64, "HS512 needs 64 bytes"


def test_a_secret_is_recognised_while_it_lives() -> None:
    client, secret = made("client_secret_basic")
    assert is_secret_of(client, maker.digest("c", secret), NOW)
    assert not is_secret_of(client, maker.digest("c", secret + "x"), NOW)
    assert not is_secret_of(client, maker.digest("d", secret), NOW)


def test_neither_key_is_shown() -> None:
    assert repr(maker) == "SecretMaker()"
