"""``WWW-Authenticate``, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.challenge import parse_challenge, write_challenge

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,9}\Z").filter(lambda name: name != "scheme")


@pytest.mark.parametrize(
    ("scheme", "params", "header"),
    [
        ("Bearer", {}, "Bearer"),
        ("Bearer", {"realm": "photos"}, 'Bearer realm="photos"'),
        (
            "Bearer",
            {"error": "insufficient_scope", "scope": "list_album upload_pic"},
            'Bearer error="insufficient_scope", scope="list_album upload_pic"',
        ),
        ("Basic", {"realm": 'a"b\\c'}, 'Basic realm="a\\"b\\\\c"'),
        ("Basic", {"realm": "令牌\r\nSet-Cookie: a=b\x00é"}, 'Basic realm="????Set-Cookie: a=b??"'),
    ],
)
@pytest.mark.spec("RFC 6750", "3", "the challenge of a protected resource")
def test_a_challenge_is_written(scheme: str, params: dict[str, str], header: str) -> None:
    assert write_challenge(scheme, **params) == header


@pytest.mark.parametrize(
    ("scheme", "name"), [("Bea rer", "realm"), ("", "realm"), ("Bearer", 'a"b'), ("Bearer", "a,b")]
)
def test_a_name_that_is_no_token_is_a_mistake_of_ours(scheme: str, name: str) -> None:
    with pytest.raises(ValueError, match="not a token"):
        write_challenge(scheme, **{name: "x"})


@given(st.lists(st.tuples(st.sampled_from(["Bearer", "DPoP", "Basic"]), st.dictionaries(NAMES, PRINTABLE, max_size=3))))
@pytest.mark.spec("RFC 9110", "11.6.1", "several challenges in one header")
def test_what_is_written_is_parsed(challenges: list[tuple[str, dict[str, str]]]) -> None:
    header = ", ".join(write_challenge(scheme, **params) for scheme, params in challenges)
    assert parse_challenge(header) == challenges


@given(st.text() | st.text(alphabet='Bearer realm="\\,=\t', max_size=60))
def test_whatever_comes_is_read_as_far_as_it_goes(header: str) -> None:
    assert isinstance(parse_challenge(header), list)


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" , ,", [], id="only separators"),
        pytest.param("bearer REALM=x", [("bearer", {"realm": "x"})], id="a token for a value, any letter case"),
        pytest.param('Bearer realm = "x"', [("Bearer", {"realm": "x"})], id="spaces around the equals sign"),
        pytest.param('Bearer a="1",a="2"', [("Bearer", {"a": "1"})], id="of a repeated parameter the first counts"),
        pytest.param("Negotiate abc==, Basic realm=x", [("Negotiate", {}), ("Basic", {"realm": "x"})], id="token68"),
        pytest.param("Negotiate, Bearer", [("Negotiate", {}), ("Bearer", {})], id="bare schemes"),
        pytest.param(
            'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
            [("Newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}), ("Basic", {"realm": "simple"})],
            id="the example of RFC 9110",
        ),
        pytest.param('Bearer a="1", b="2', [("Bearer", {"a": "1"})], id="an unclosed quote ends the reading"),
        pytest.param('realm="x"', [], id="a parameter without a scheme"),
        pytest.param('Bearer realm="x" error="y"', [("Bearer", {})], id="a missing comma ends the reading"),
    ],
)
@pytest.mark.spec("RFC 9110", "11.6.1", "grammar of a challenge")
def test_a_foreign_challenge_is_parsed(header: str, challenges: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenge(header) == challenges


def test_a_long_header_is_read_in_one_go() -> None:
    assert len(parse_challenge("a, " * 20_000)) == 20_000
    assert parse_challenge('Bearer a="' + "\\" * 50_000) == [("Bearer", {})]
