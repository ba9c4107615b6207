import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.guard.errors import TokenMissing
from lingpai.guard.presented import PresentedToken, read_dpop_proof, read_presented_token
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, InvalidToken, OAuthError


def connection(*values: bytes, query: bytes = b"") -> dict[str, object]:
    headers = [(b"host", b"photos.example"), *((b"authorization", value) for value in values)]
    return {"type": "http", "path": "/", "query_string": query, "headers": headers}


@pytest.mark.parametrize(
    "value", [b"Bearer abc.DEF-1_2~3+4/5==", b"bearer abc.DEF-1_2~3+4/5==", b" BEARER  abc.DEF-1_2~3+4/5==\t"]
)
@pytest.mark.spec("RFC 9110", "11.1", "the scheme is case-insensitive")
def test_the_token_is_read_from_the_authorization_header(value: bytes) -> None:
    assert read_presented_token(connection(value)) == PresentedToken("Bearer", "abc.DEF-1_2~3+4/5==")


@pytest.mark.parametrize("value", [b"DPoP abc", b"dpop abc", b"DPOP  abc "])
@pytest.mark.spec("RFC 9449", "7.1", "a bound token comes under the scheme DPoP")
def test_a_bound_token_comes_under_a_scheme_of_its_own(value: bytes) -> None:
    presented = read_presented_token(connection(value))
    assert presented == PresentedToken("DPoP", "abc")
    assert "abc" not in repr(presented)


@pytest.mark.parametrize("proofs", [[], [b"a", b"a"]], ids=["none", "two"])
@pytest.mark.spec("RFC 9449", "4.3", "there is not more than one DPoP header")
def test_there_is_exactly_one_proof(proofs: list[bytes]) -> None:
    assert read_dpop_proof({"headers": [(b"DPoP", b"abc")]}) == "abc"
    with pytest.raises(InvalidDpopProof):
        read_dpop_proof({"headers": [(b"dpop", proof) for proof in proofs]})


@pytest.mark.parametrize("values", [(), (b"",), (b"Basic dXNlcjpwYXNz",), (b"DPoPabc",), (b"Bearerabc",), (b"abc",)])
def test_without_credentials_of_ours_no_token_was_sent(values: tuple[bytes, ...]) -> None:
    with pytest.raises(TokenMissing):
        read_presented_token(connection(*values))


@pytest.mark.parametrize(
    "values",
    [
        (b"Bearer",),
        (b"Bearer ",),
        (b"Bearer a b",),
        (b"Bearer a, Bearer b",),
        (b"Bearer a,b",),
        (b"DPoP",),
        (b"DPoP a", b"Bearer a"),
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
        read_presented_token(connection(*values))


@pytest.mark.parametrize(
    "query", [b"access_token=abc", b"a=1&access_token=abc", b"access_token=", b"access_token", b"access%5Ftoken=abc"]
)
@pytest.mark.parametrize("values", [(), (b"Bearer abc",)], ids=["alone", "with the header"])
@pytest.mark.spec("RFC 9700", "4.3.2", "access tokens are not accepted in a query")
def test_a_token_in_the_query_is_refused(query: bytes, values: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidRequest, match="query"):
        read_presented_token(connection(*values, query=query))


def test_other_query_parameters_do_not_matter() -> None:
    assert read_presented_token(connection(b"Bearer abc", query=b"x=access_token&%ff=%zz&&=")).token == "abc"


def test_a_token_longer_than_any_real_one_is_refused() -> None:
    with pytest.raises(InvalidToken):
        read_presented_token(connection(b"Bearer " + b"a" * 1_000_000))


@given(st.lists(st.binary(max_size=40), max_size=3), st.binary(max_size=40))
def test_any_bytes_give_a_token_or_a_refusal(values: list[bytes], query: bytes) -> None:
    try:
        token = read_presented_token(connection(*values, query=query)).token
    except OAuthError:
        return
    assert token.isascii()
    assert " " not in token
