from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from lingpai.cli.secrets import SecretKeeper, SecretMissing
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.client_auth.secret import digest_client_secret, open_client_secret
from lingpai.server.storage.records import Account, Client, ClientSecret

NOW = 1_800_000_000
PEPPER, KEY = b"p" * 32, b"k" * 32
KNOWN = ClientSecret(digest_client_secret(PEPPER, "print", "the-secret"), NOW - 100)
STORED = Client(client_id="print", client_name="Print", client_secrets=(KNOWN,))
BASIC, JWT = "client_secret_basic", "client_secret_jwt"


@pytest.fixture
def keeper() -> Iterator[SecretKeeper]:
    passwords = Passwords(1, 8, 8, 1)
    yield SecretKeeper(PEPPER, KEY, passwords)
    passwords.close()


def test_the_same_secret_and_an_unsaid_one_keep_what_is_stored(keeper: SecretKeeper) -> None:
    assert keeper.client_secrets("print", "the-secret", BASIC, STORED, NOW) == (KNOWN,)
    assert keeper.client_secrets("print", None, BASIC, STORED, NOW) == (KNOWN,)


def test_another_secret_replaces_all(keeper: SecretKeeper) -> None:
    made = keeper.client_secrets("print", "another", BASIC, STORED, NOW)
    assert made == (ClientSecret(digest_client_secret(PEPPER, "print", "another"), NOW),)


def test_the_secret_of_another_client_is_another_secret(keeper: SecretKeeper) -> None:
    assert keeper.client_secrets("prints", "the-secret", BASIC, STORED, NOW) != (KNOWN,)


def test_a_secret_that_has_expired_is_set_anew(keeper: SecretKeeper) -> None:
    expired = Client(
        client_id="print", client_name="Print", client_secrets=(ClientSecret(KNOWN.digest, NOW - 100, expires_at=NOW),)
    )
    assert keeper.client_secrets("print", "the-secret", BASIC, expired, NOW)[0].expires_at is None


@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_a_client_that_needs_no_secret_keeps_none(keeper: SecretKeeper, method: str) -> None:
    assert keeper.client_secrets("print", None, method, STORED, NOW) == ()


def test_a_new_client_that_must_prove_itself_needs_one(keeper: SecretKeeper) -> None:
    with pytest.raises(SecretMissing):
        keeper.client_secrets("print", None, BASIC, None, NOW)


def test_a_secret_that_signs_is_kept_sealed_and_for_no_other_method(keeper: SecretKeeper) -> None:
    signing = keeper.client_secrets("print", "the-secret", JWT, None, NOW)
    assert open_client_secret(KEY, "print", signing[0]) == b"the-secret"
    stored = replace(STORED, client_secrets=signing)
    assert keeper.client_secrets("print", "the-secret", JWT, stored, NOW) == signing
    assert keeper.client_secrets("print", None, JWT, stored, NOW) == signing
    assert [known.sealed for known in keeper.client_secrets("print", None, BASIC, stored, NOW)] == [b""]


def test_a_secret_of_which_only_the_digest_is_kept_must_be_given_again_to_sign(keeper: SecretKeeper) -> None:
    with pytest.raises(SecretMissing):
        keeper.client_secrets("print", None, JWT, STORED, NOW)
    again = keeper.client_secrets("print", "the-secret", JWT, STORED, NOW)
    assert [(known.digest, known.created_at) for known in again] == [(KNOWN.digest, KNOWN.created_at)]
    assert open_client_secret(KEY, "print", again[0]) == b"the-secret"


async def test_the_same_password_keeps_the_hash_and_another_makes_one(keeper: SecretKeeper) -> None:
    made = await keeper.password_hash("correct horse", None)
    stored = Account(id=b"1" * 16, username="zhangsan", password_hash=made)
    assert await keeper.password_hash("correct horse", stored) == made
    assert await keeper.password_hash(None, stored) == made
    assert await keeper.password_hash("battery staple", stored) != made
