"""User codes: hard to guess, easy to type."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.authorization.user_code import ALPHABET, new_user_code, parse_user_code, show_user_code

codes = st.text(ALPHABET, min_size=8, max_size=8)
between = st.text(" -\u2013\u2014\u3000\u00a0\t\u2212._", max_size=3)


@pytest.mark.spec("RFC 8628", "6.1", "no vowels, one letter case, at least 20^8 codes")
def test_the_alphabet_spells_no_words() -> None:
    assert len(set(ALPHABET)) == 20
    assert not set(ALPHABET) & set("AEIOUY")
    assert set(ALPHABET) <= set(string.ascii_uppercase)


def test_codes_are_random_and_use_the_whole_alphabet() -> None:
    made = {new_user_code() for _ in range(500)}
    assert len(made) == 500
    assert set("".join(made)) == set(ALPHABET)


@given(codes)
def test_what_is_shown_is_read(code: str) -> None:
    shown = show_user_code(code)
    assert (len(shown), shown[4]) == (9, "-")
    assert parse_user_code(shown) == code


@given(codes, st.lists(between, min_size=9, max_size=9))
def test_case_and_grouping_do_not_matter(code: str, gaps: list[str]) -> None:
    typed = gaps[8] + "".join(letter + gap for letter, gap in zip(code.lower(), gaps, strict=False))
    assert parse_user_code(typed) == code


@given(codes)
def test_full_width_letters_are_letters(code: str) -> None:
    assert parse_user_code("".join(chr(ord(letter) + 0xFEE0) for letter in code)) == code


@given(st.text())
def test_whatever_is_typed_is_a_code_or_refused(typed: str) -> None:
    try:
        code = parse_user_code(typed)
    except ValueError:
        return
    assert len(code) == 8
    assert set(code) <= set(ALPHABET)


@pytest.mark.parametrize(
    "typed", ["", "BCDFGHJ", "BCDFGHJKL", "BCDF-GHJA", "BCDF/GHJK", "BCDFGHJ1", "B" * 65, "-" * 64]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="user code"):
        parse_user_code(typed)
