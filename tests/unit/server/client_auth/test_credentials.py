import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.errors import InvalidClient, InvalidRequest, OAuthError
from lingpai.oauth.params import encode_params, parse_params
from lingpai.server.client_auth.credentials import ASSERTION_TYPE, Credentials, read_credentials
from tests.assertions import sign_with_secret

BASIC = "Basic cGhvdG8tcHJpbnQ6c2VjcmV0"  # photo-print:secret
ASSERTION = sign_with_secret("secret", {"iss": "photo-print", "sub": "photo-print"})
WITH_ASSERTION = {"client_assertion": ASSERTION, "client_assertion_type": ASSERTION_TYPE}


def read(authorization: str | None, **params: str) -> Credentials:
    return read_credentials(authorization, parse_params(encode_params(list(params.items()))))


@pytest.mark.parametrize(
    ("authorization", "params", "credentials"),
    [
        (BASIC, {}, Credentials("client_secret_basic", "photo-print", "secret")),
        (BASIC, {"client_id": "photo-print"}, Credentials("client_secret_basic", "photo-print", "secret")),
        (
            None,
            {"client_id": "photo-print", "client_secret": "secret"},
            Credentials("client_secret_post", "photo-print", "secret"),
        ),
        (None, {"client_id": "photo-print"}, Credentials("none", "photo-print")),
        (None, WITH_ASSERTION, Credentials("client_assertion", "photo-print", ASSERTION)),
        (
            None,
            WITH_ASSERTION | {"client_id": "photo-print"},
            Credentials("client_assertion", "photo-print", ASSERTION),
        ),
    ],
    ids=["basic", "basic and client_id", "post", "none", "assertion", "assertion and client_id"],
)
def test_what_a_request_presents(authorization: str | None, params: dict[str, str], credentials: Credentials) -> None:
    assert read(authorization, **params) == credentials


@pytest.mark.spec("RFC 6749", "2.3", "a client uses one method per request")
@pytest.mark.parametrize(
    ("authorization", "params"),
    [
        (BASIC, {"client_secret": "secret"}),
        (BASIC, WITH_ASSERTION),
        (BASIC, {"client_assertion": ASSERTION}),
        (None, WITH_ASSERTION | {"client_secret": "secret"}),
        (BASIC, WITH_ASSERTION | {"client_secret": "secret"}),
        (BASIC, {"client_id": "another"}),
    ],
    ids=["basic and post", "basic and assertion", "basic and half", "post and assertion", "all", "two names"],
)
def test_more_than_one_set_is_refused(authorization: str | None, params: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        read(authorization, **params)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"sub": "photo-print"}, id="no iss"),
        pytest.param({"iss": "photo-print"}, id="no sub"),
        pytest.param({"iss": "a", "sub": "photo-print"}, id="they differ"),
        pytest.param({"iss": 1, "sub": 1}, id="numbers"),
        pytest.param({"iss": ["a"], "sub": ["a"]}, id="lists"),
        pytest.param({"iss": "", "sub": ""}, id="empty"),
        pytest.param({"iss": "a\0", "sub": "a\0"}, id="NUL"),
    ],
)
def test_an_assertion_that_names_nobody_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(InvalidClient):
        read(None, **(WITH_ASSERTION | {"client_assertion": sign_with_secret("secret", claims)}))


def test_credentials_keep_their_secret_to_themselves() -> None:
    assert "secret" not in repr(read(BASIC)).replace("client_secret_basic", "")
    assert ASSERTION not in repr(read(None, **WITH_ASSERTION))


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), min_size=1, max_size=200))
def test_any_assertion_is_read_or_refused(text: str) -> None:
    for assertion in (text, f"{ASSERTION.partition('.')[0]}.{text}.a"):
        with pytest.raises(OAuthError):
            read(None, client_assertion=assertion, client_assertion_type=ASSERTION_TYPE)
