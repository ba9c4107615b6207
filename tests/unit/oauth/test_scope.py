"""``Scope`` is a set of permissions in canonical order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.errors import InvalidScope
from lingpai.oauth.scope import Scope, parse_scope, scope_of

NAMES = st.sets(st.sampled_from(["openid", "profile", "list_album", "upload_pic", "a:b", "https://x/y"]))


@given(NAMES, NAMES)
def test_scopes_behave_as_sets(a: set[str], b: set[str]) -> None:
    left, right = scope_of(a), scope_of(b)
    assert set(left | right) == a | b
    assert set(left & right) == a & b
    assert set(left - right) == a - b
    assert (left <= right) is (a <= b)
    assert len(left) == len(a)
    assert bool(left) is bool(a)
    assert all((name in left) is (name in a) for name in a | b)


@given(NAMES)
def test_a_scope_survives_its_text_and_has_one_text_only(names: set[str]) -> None:
    scope = scope_of(names)
    assert parse_scope(str(scope)) == scope
    assert str(parse_scope(" ".join(sorted(names, reverse=True)))) == str(scope) == " ".join(sorted(names))
    assert hash(parse_scope(str(scope))) == hash(scope)


@given(st.text())
def test_whatever_comes_is_parsed_or_refused(text: str) -> None:
    try:
        scope = parse_scope(text)
    except InvalidScope:
        return
    assert set(scope) == set(text.split(" ")) - {""}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("  ", (), id="only spaces"),
        pytest.param(" b  a ", ("a", "b"), id="stray spaces"),
        pytest.param("a b a", ("a", "b"), id="repeated"),
        pytest.param("!#[]~", ("!#[]~",), id="every odd character that is allowed"),
    ],
)
@pytest.mark.spec("RFC 6749", "3.3", "the order does not matter")
def test_a_scope_is_parsed(text: str, names: tuple[str, ...]) -> None:
    assert parse_scope(text) == Scope(names)


@pytest.mark.parametrize("text", ['a"', "a\\b", "a\tb", "a\nb", "令牌", "a\x00", "a\x7f", "a\u00a0b"])
@pytest.mark.spec("RFC 6749", "3.3", "characters of a scope token")
def test_a_scope_with_other_characters_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse_scope(text)
    with pytest.raises(InvalidScope):
        scope_of([text])


def test_a_token_with_a_space_is_no_token() -> None:
    with pytest.raises(InvalidScope):
        scope_of(["a b"])
    with pytest.raises(InvalidScope):
        scope_of([""])


def test_a_hundred_tokens_are_enough() -> None:
    assert len(parse_scope(" ".join(f"s{n}" for n in range(100)))) == 100
    with pytest.raises(InvalidScope, match="more than 100"):
        parse_scope(" ".join(f"s{n}" for n in range(101)))
