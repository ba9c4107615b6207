"""Secrets, their digests and their comparison."""

import hashlib
import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.digest import derive_key, digest, equal, keyed_digest, new_id, new_secret

KEY = bytes(range(32))
LONE_SURROGATE = "\ud800"


def test_an_id_is_16_bytes_and_new_each_time() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert {len(id) for id in ids} == {16}


def test_a_secret_holds_256_bit_in_letters_and_digits() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch("[0-9A-Za-z]+", secret) for secret in secrets)
    assert all(62 ** len(secret) >= 2**256 for secret in secrets)


def test_a_digest_is_sha256() -> None:
    assert digest("secret") == hashlib.sha256(b"secret").digest()


def test_text_and_its_bytes_have_the_same_keyed_digest() -> None:
    assert keyed_digest(KEY, "令牌") == keyed_digest(KEY, "令牌".encode())


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_keyed_digests_are_the_same_only_for_the_same_parts(a: list[bytes], b: list[bytes]) -> None:
    assert (keyed_digest(KEY, *a) == keyed_digest(KEY, *b)) is (a == b)


def test_another_key_gives_another_keyed_digest() -> None:
    assert keyed_digest(KEY, "a") != keyed_digest(bytes(32), "a")


@given(st.text() | st.binary(), st.text() | st.binary())
def test_secrets_are_equal_if_their_bytes_are(a: str | bytes, b: str | bytes) -> None:
    as_bytes = [value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value for value in (a, b)]
    assert equal(a, b) is (as_bytes[0] == as_bytes[1])


def test_foreign_text_that_is_no_unicode_compares_and_does_not_raise() -> None:
    assert not equal(LONE_SURROGATE, "a")
    assert len(digest(LONE_SURROGATE)) == 32


@pytest.mark.spec("RFC 5869", "2", "derived keys are HKDF-SHA256")
def test_a_derived_key_is_hkdf_of_the_master_key() -> None:
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"csrf")
    assert derive_key(KEY, "csrf") == hkdf.derive(KEY)
    assert derive_key(KEY, "csrf") != derive_key(KEY, "pepper")


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        derive_key(bytes(31), "csrf")
