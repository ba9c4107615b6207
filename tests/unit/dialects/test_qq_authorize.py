"""Scope lists, and the addresses people are sent back to."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.dialects import qq_authorize

NAMES = st.lists(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), unique=True)


@given(NAMES)
def test_a_scope_list_that_was_written_is_read_again(names: list[str]) -> None:
    assert list(qq_authorize.read_scope(qq_authorize.write_scope(names))) == names


def test_blanks_separate_as_well_and_repeats_are_forgiven() -> None:
    assert qq_authorize.read_scope("get_user_info, list_album  get_user_info,,") == ("get_user_info", "list_album")


@pytest.mark.parametrize(
    ("redirect_uri", "query", "fragment"),
    [
        ("http://a/cb", "http://a/cb?code=1", "http://a/cb?#code=1"),
        ("http://a/cb?", "http://a/cb?code=1", "http://a/cb?#code=1"),
        ("http://a/cb?x=1", "http://a/cb?x=1&code=1", "http://a/cb?x=1#code=1"),
    ],
)
def test_where_the_answer_goes(redirect_uri: str, query: str, fragment: str) -> None:
    assert qq_authorize.query_location(redirect_uri, [("code", "1")]) == query
    assert qq_authorize.fragment_location(redirect_uri, [("code", "1")]) == fragment


@given(st.text())
def test_a_state_comes_back_unchanged_for_whoever_cuts_the_address_up_by_hand(state: str) -> None:
    state = state.encode("utf-8", "ignore").decode()
    for write, mark in ((qq_authorize.query_location, "?"), (qq_authorize.fragment_location, "#")):
        assert (
            unquote(write("http://a/cb", [("code", "1"), ("state", state)]).partition(f"{mark}code=1&state=")[2])
            == state
        )
