"""How response parameters travel back to the client."""

from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.response_mode import FormPost, Redirect, deliver

URI = "https://client.example.com/cb"
PARAMS = (("code", "lpc_00"), ("state", "a b&c=d#e"))
TEXT = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("redirect_uri", "location"),
    [
        (URI, f"{URI}?code=lpc_00&state=a+b%26c%3Dd%23e"),
        (f"{URI}?tenant=1", f"{URI}?tenant=1&code=lpc_00&state=a+b%26c%3Dd%23e"),
        (f"{URI}?", f"{URI}?code=lpc_00&state=a+b%26c%3Dd%23e"),
        (f"{URI}?tenant=1&", f"{URI}?tenant=1&code=lpc_00&state=a+b%26c%3Dd%23e"),
        ("com.example.app:/cb", "com.example.app:/cb?code=lpc_00&state=a+b%26c%3Dd%23e"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000?code=lpc_00&state=a+b%26c%3Dd%23e"),
    ],
)
@pytest.mark.spec("RFC 6749", "3.1.2", "the redirect URI's own query is kept")
def test_parameters_are_added_to_the_query(redirect_uri: str, location: str) -> None:
    assert deliver(redirect_uri, "query", PARAMS) == Redirect(location)


@pytest.mark.spec("RFC 6749", "4.2.2", "parameters in the fragment")
def test_parameters_are_put_in_the_fragment() -> None:
    assert deliver(f"{URI}?tenant=1", "fragment", PARAMS) == Redirect(
        f"{URI}?tenant=1#code=lpc_00&state=a+b%26c%3Dd%23e"
    )


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2", "parameters as form fields")
def test_parameters_become_form_fields_as_they_are() -> None:
    assert deliver(f"{URI}?tenant=1", "form_post", PARAMS) == FormPost(f"{URI}?tenant=1", PARAMS)


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_the_client_reads_what_was_delivered_and_the_address_stays(params: list[tuple[str, str]]) -> None:
    answer = deliver(URI, "query", params)
    assert isinstance(answer, Redirect)
    parts = urlsplit(answer.location)
    assert parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)) == params
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "client.example.com", "/cb", "")
    assert answer.location.isascii()
    assert answer.location.isprintable()


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_a_redirect_uri_with_a_fragment_is_a_mistake_of_ours(mode: Literal["query", "fragment", "form_post"]) -> None:
    with pytest.raises(ValueError, match="no fragment"):
        deliver(f"{URI}#x", mode, PARAMS)


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_an_answer_does_not_show_what_it_carries(mode: Literal["query", "fragment", "form_post"]) -> None:
    assert "lpc_00" not in repr(deliver(URI, mode, PARAMS))
