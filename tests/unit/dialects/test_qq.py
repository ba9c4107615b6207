"""QQ Connect's OAuth answers: written to the byte, read as Tencent's servers have been seen to write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.dialects import qq
from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody
from lingpai.dialects.qq import Identity, Shape
from lingpai.oauth.tokens import TokenResponse

WORDS = st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True)
SHAPES: tuple[Shape, ...] = ("jsonp", "json", "query")


def body(content: bytes, status: int = 200) -> WireBody:
    return WireBody(status, "text/html", content)


@given(
    st.builds(
        TokenResponse,
        access_token=WORDS,
        expires_in=st.none() | st.integers(0, 10**9),
        refresh_token=st.none() | WORDS,
        extra=st.builds(dict) | st.fixed_dictionaries({"openid": WORDS}),
    ),
    st.sampled_from(("query", "json")),
)
def test_tokens_that_were_written_are_read_again(tokens: TokenResponse, shape: Shape) -> None:
    assert qq.read_tokens(qq.write_tokens(tokens, shape=shape)) == tokens


@given(st.builds(Identity, WORDS, WORDS, st.none() | WORDS), st.sampled_from(SHAPES))
def test_an_identity_that_was_written_is_read_again(identity: Identity, shape: Shape) -> None:
    assert qq.read_me(qq.write_me(identity, shape=shape)) == identity


@given(st.integers(1, 999_999), st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.sampled_from(SHAPES))
def test_a_refusal_that_was_written_is_read_as_one(number: int, text: str, shape: Shape) -> None:
    with pytest.raises(RemoteError) as refused:
        qq.read_tokens(qq.write_error(number, text, shape=shape))
    assert (refused.value.code, refused.value.description, refused.value.status) == (str(number), text, 200)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'callback( {"error":100019,"error_description":"code to access token error"} );\n', "100019"),
        (b'{"error":"100013","error_description":"x"}', "100013"),
        (b"code=100007&msg=param+access+token+is+wrong+or+lost+", "100007"),
        (b'{"ret":-22,"msg":"openid is invalid"}', "-22"),
    ],
)
def test_every_shape_of_refusal_seen_is_understood(content: bytes, code: str) -> None:
    with pytest.raises(RemoteError) as refused:
        qq.read_me(body(content))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "content",
    [
        b'callback( {"client_id":"1","openid":"A"} );\n',
        b'callback({"openid":"A", "client_id":"1"})',
        b'{"client_id":1,"openid":"A"}',
        b"client_id=1&openid=A",
    ],
)
def test_every_shape_of_identity_seen_is_understood(content: bytes) -> None:
    assert qq.read_me(body(content)) == Identity("1", "A")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>busy</html>",
        b"callback( [] );",
        b"access_token=",
        b"expires_in=5",
        b"\xff",
        b'{"access_token":7.5}',
        b"access_token=A&expires_in=soon",
        b"[" * 100_000,
    ],
)
def test_what_is_neither_is_said_to_be_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableResponse):
        qq.read_tokens(body(content))


def test_another_status_without_a_reason_is_unreadable() -> None:
    with pytest.raises(UnreadableResponse):
        qq.read_tokens(body(b"access_token=A&expires_in=1", 500))


@pytest.mark.parametrize("text", ["7776000", 7776000])
def test_expires_in_is_read_as_number_and_as_text(text: object) -> None:
    tokens = qq.read_tokens(body(b'{"access_token":"A","expires_in":%s}' % repr(text).replace("'", '"').encode()))
    assert tokens.expires_in == 7776000


@given(st.binary())
def test_no_bytes_break_the_readers(content: bytes) -> None:
    for read in (qq.read_tokens, qq.read_me):
        try:
            read(body(content))
        except RemoteError:
            continue
