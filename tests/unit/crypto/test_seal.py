"""Sealed values open for their purpose under their key, and for nothing else."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.seal import (
    Purpose,
    Sealer,
    SealingKey,
    Unsealable,
    looks_like,
    seal_material,
    unseal_material,
)

CODE = Purpose("authorization_code", "lpc")
TOKEN = Purpose("access_token", "lpa")
TOKEN_UNDER_THE_PREFIX_OF_A_CODE = Purpose("access_token", "lpc")
OLD = SealingKey(b"old ", bytes(32))
NEW = SealingKey(b"new ", bytes(range(32)))
SEALER = Sealer([NEW, OLD])
MASTER = b"m" * 32


def with_checksum(text: str) -> str:
    return text + f"{zlib.crc32(text.encode()):08x}"


@given(st.binary(max_size=300))
def test_what_is_sealed_is_unsealed(payload: bytes) -> None:
    assert SEALER.unseal(CODE, SEALER.seal(CODE, payload)) == payload


@given(st.binary(max_size=300))
def test_the_text_is_one_word_that_scanners_recognise(payload: bytes) -> None:
    text = SEALER.seal(CODE, payload)
    assert re.fullmatch(r"\w+", text)
    assert re.fullmatch(r"lpc_[0-9a-f]{40,}", text)
    assert looks_like(CODE, text)
    assert not looks_like(TOKEN, text)


@pytest.mark.spec("RFC 8452", "4", "the same payload is sealed under a fresh nonce each time")
def test_no_two_sealed_values_are_the_same() -> None:
    assert len({SEALER.seal(CODE, b"payload") for _ in range(100)}) == 100


@given(st.text() | st.from_regex(r"\Alpc_[0-9a-f]*\Z") | st.from_regex(r"\Alpc_[0-9a-f]*\Z").map(with_checksum))
def test_whatever_else_comes_is_unsealable(text: str) -> None:
    with pytest.raises(Unsealable):
        SEALER.unseal(CODE, text)


@pytest.mark.spec("RFC 8452", "5", "a changed value is rejected")
@given(st.data())
def test_a_value_changed_anywhere_is_unsealable_even_with_a_right_checksum(data: st.DataObject) -> None:
    text = SEALER.seal(CODE, b"payload")[:-8]
    position = data.draw(st.integers(len("lpc_"), len(text) - 1))
    digit = data.draw(st.sampled_from(sorted(set("0123456789abcdef") - {text[position]})))
    with pytest.raises(Unsealable):
        SEALER.unseal(CODE, with_checksum(text[:position] + digit + text[position + 1 :]))


@given(st.integers(min_value=1, max_value=78))
def test_a_truncated_value_is_unsealable_even_with_a_right_checksum(lost: int) -> None:
    text = SEALER.seal(CODE, b"payload")[:-8]
    with pytest.raises(Unsealable):
        SEALER.unseal(CODE, with_checksum(text[:-lost]))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(str.upper, id="upper case"),
        pytest.param(lambda text: text + "\n", id="newline at the end"),
        pytest.param(lambda text: text + "00", id="something appended"),
        pytest.param(lambda text: " " + text, id="something in front"),
        pytest.param(lambda text: text[:20] + " " + text[20:], id="a space inside"),
        pytest.param(lambda text: text.replace("0", "０"), id="digits of another alphabet"),
        pytest.param(lambda text: text * 10_000, id="huge"),
        pytest.param(lambda text: text[:-8], id="without its checksum"),
        pytest.param(lambda _: "lpc_", id="only the prefix"),
        pytest.param(lambda _: "", id="nothing"),
        pytest.param(lambda _: "\ud800", id="a lone surrogate"),
        pytest.param(lambda _: with_checksum("lpc_0"), id="an odd number of digits"),
    ],
)
def test_another_spelling_is_unsealable(change: object) -> None:
    assert callable(change)
    text = SEALER.seal(CODE, b"\x00" * 50)
    with pytest.raises(Unsealable):
        SEALER.unseal(CODE, change(text))


def test_a_value_sealed_for_one_purpose_does_not_open_for_another() -> None:
    with pytest.raises(Unsealable):
        SEALER.unseal(TOKEN, SEALER.seal(CODE, b"payload"))
    with pytest.raises(Unsealable):
        SEALER.unseal(TOKEN_UNDER_THE_PREFIX_OF_A_CODE, SEALER.seal(CODE, b"payload"))


def test_the_first_key_seals_and_every_key_unseals() -> None:
    sealed_before = Sealer([OLD]).seal(CODE, b"payload")
    assert SEALER.unseal(CODE, sealed_before) == b"payload"
    assert Sealer([NEW]).unseal(CODE, SEALER.seal(CODE, b"payload")) == b"payload"


def test_a_key_that_is_gone_unseals_nothing() -> None:
    with pytest.raises(Unsealable, match="not here any more"):
        Sealer([NEW]).unseal(CODE, Sealer([OLD]).seal(CODE, b"payload"))


def test_a_sealer_without_keys_neither_seals_nor_unseals() -> None:
    with pytest.raises(RuntimeError):
        Sealer(()).seal(CODE, b"payload")
    with pytest.raises(Unsealable):
        Sealer(()).unseal(CODE, SEALER.seal(CODE, b"payload"))


def test_two_keys_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        Sealer([NEW, SealingKey(NEW.kid, bytes(32))])


@pytest.mark.parametrize(("kid", "key"), [(b"abc", bytes(32)), (b"abcd", bytes(31))])
def test_a_sealing_key_of_the_wrong_size_is_refused(kid: bytes, key: bytes) -> None:
    with pytest.raises(ValueError, match="4 bytes of id and 32 bytes of key"):
        SealingKey(kid, key)


def test_a_sealing_key_does_not_show_itself() -> None:
    key = SealingKey(b"abcd", b"k" * 32)
    assert repr(key) == "SealingKey(kid=61626364)"


@pytest.mark.parametrize("prefix", ["", "LPC", "lp_c", "lpc\n", "1p", "lp-c"])
def test_a_prefix_that_is_no_lower_case_word_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        Purpose("name", prefix)


@given(st.binary(max_size=300))
def test_key_material_opens_under_its_name_and_master_key(payload: bytes) -> None:
    sealed = seal_material(MASTER, "key 1", payload)
    assert payload not in sealed or len(payload) < 4
    assert unseal_material(MASTER, "key 1", sealed) == payload


def test_key_material_opens_under_no_other_name_or_master_key() -> None:
    sealed = seal_material(MASTER, "key 1", b"private key")
    with pytest.raises(Unsealable):
        unseal_material(MASTER, "key 2", sealed)
    with pytest.raises(Unsealable):
        unseal_material(b"n" * 32, "key 1", sealed)


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda data: b"\x01" + data))
def test_whatever_else_is_in_the_database_is_no_key_material(sealed: bytes) -> None:
    with pytest.raises(Unsealable):
        unseal_material(MASTER, "key 1", sealed)
