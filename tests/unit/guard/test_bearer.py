import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.guard.bearer import read_bearer_token
from lingpai.guard.errors import TokenMissing
from lingpai.oauth.errors import InvalidRequest, InvalidToken, OAuthError


def connection(*values: bytes, query: bytes = b"") -> dict[str, object]:
    headers = [(b"host", b"photos.example"), *((b"authorization", value) for value in values)]
    return {"type": "http", "path": "/", "query_string": query, "headers": headers}


@pytest.mark.parametrize(
    "value", [b"Bearer abc.DEF-1_2~3+4/5==", b"bearer abc.DEF-1_2~3+4/5==", b" BEARER  abc.DEF-1_2~3+4/5==\t"]
)
@pytest.mark.spec("RFC 9110", "11.1", "the scheme is case-insensitive")
def test_the_token_is_read_from_the_authorization_header(value: bytes) -> None:
    assert read_bearer_token(connection(value)) == "abc.DEF-1_2~3+4/5=="


@pytest.mark.parametrize("values", [(), (b"",), (b"Basic dXNlcjpwYXNz",), (b"DPoP abc",), (b"Bearerabc",), (b"abc",)])
def test_without_bearer_credentials_no_token_was_sent(values: tuple[bytes, ...]) -> None:
    with pytest.raises(TokenMissing):
        read_bearer_token(connection(*values))


@pytest.mark.parametrize(
    "values",
    [
        (b"Bearer",),
        (b"Bearer ",),
        (b"Bearer a b",),
        (b"Bearer a, Bearer b",),
        (b"Bearer a,b",),
        (b'Bearer token="a"',),
        (b"Bearer =",),
        (b"Bearer a=b",),
        (b"Bearer a\x00",),
        (b"Bearer a\n",),
        (b"Bearer \xe4\xbb\xa4",),
        (b"Bearer a", b"Bearer a"),
        (b"Bearer a", b"Basic dXNlcjpwYXNz"),
        (b"", b""),
    ],
)
@pytest.mark.spec("RFC 6750", "3.1", "a repeated or malformed credential is invalid_request")
def test_malformed_or_repeated_credentials_are_an_invalid_request(values: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidRequest):
        read_bearer_token(connection(*values))


@pytest.mark.parametrize(
    "query", [b"access_token=abc", b"a=1&access_token=abc", b"access_token=", b"access_token", b"access%5Ftoken=abc"]
)
@pytest.mark.parametrize("values", [(), (b"Bearer abc",)], ids=["alone", "with the header"])
@pytest.mark.spec("RFC 9700", "4.3.2", "access tokens are not accepted in a query")
def test_a_token_in_the_query_is_refused(query: bytes, values: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidRequest, match="query"):
        read_bearer_token(connection(*values, query=query))


def test_other_query_parameters_do_not_matter() -> None:
    assert read_bearer_token(connection(b"Bearer abc", query=b"x=access_token&%ff=%zz&&=")) == "abc"


def test_a_token_longer_than_any_real_one_is_refused() -> None:
    with pytest.raises(InvalidToken):
        read_bearer_token(connection(b"Bearer " + b"a" * 1_000_000))


@given(st.lists(st.binary(max_size=40), max_size=3), st.binary(max_size=40))
def test_any_bytes_give_a_token_or_a_refusal(values: list[bytes], query: bytes) -> None:
    try:
        token = read_bearer_token(connection(*values, query=query))
    except OAuthError:
        return
    assert token.isascii()
    assert " " not in token
