import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.jwt import InvalidJwt
from lingpai.oauth.assertion import Assertion, check_assertion

NOW = 1_800_000_000
US = "https://auth.example"
TOKEN_ENDPOINT = f"{US}/oauth2/token"
CLAIMS: dict[str, object] = {
    "iss": "photo-print",
    "sub": "photo-print",
    "aud": US,
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "first",
}


def check(claims: dict[str, Any]) -> Assertion:
    return check_assertion(claims, issuer="photo-print", audience=(US, TOKEN_ENDPOINT), now=NOW)


def test_an_assertion_says_who_and_until_when_it_must_be_remembered() -> None:
    assert check(CLAIMS) == Assertion("photo-print", "first", NOW + 91)


@pytest.mark.spec("RFC 7523", "3", "aud identifies the authorization server; the token endpoint URL may be used")
@pytest.mark.parametrize("aud", [US, TOKEN_ENDPOINT, [US], [TOKEN_ENDPOINT]], ids=str)
def test_it_is_addressed_to_us(aud: object) -> None:
    assert check(CLAIMS | {"aud": aud})


@pytest.mark.parametrize("without", ["iat", "nbf"])
def test_iat_and_nbf_may_be_missing(without: str) -> None:
    assert check({name: claim for name, claim in CLAIMS.items() if name != without})


@pytest.mark.spec("RFC 7523", "3", "iss, sub, aud, exp are required; a jti makes it single use")
@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "jti"])
def test_what_must_be_there_must_be_there(missing: str) -> None:
    with pytest.raises(InvalidJwt, match=missing):
        check({name: claim for name, claim in CLAIMS.items() if name != missing})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"iss": "another"}, "iss", id="another issuer"),
        pytest.param({"aud": "https://other.example"}, "aud", id="another server"),
        pytest.param({"aud": f"{US}/"}, "aud", id="a slash more"),
        pytest.param({"aud": US.upper()}, "aud", id="another letter case"),
        pytest.param({"aud": [US, "https://other.example"]}, "aud", id="another server too"),
        pytest.param({"aud": [US, US]}, "aud", id="twice"),
        pytest.param({"aud": []}, "aud", id="nobody"),
        pytest.param({"aud": [[US]]}, "aud", id="nested"),
        pytest.param({"aud": ""}, "aud", id="empty"),
        pytest.param({"aud": None}, "aud", id="null"),
        pytest.param({"exp": NOW - 30}, "expired", id="expired"),
        pytest.param({"exp": NOW + 3631}, "lives longer", id="expires too late"),
        pytest.param({"exp": NOW + 3600, "iat": NOW - 60}, "lives longer", id="lives too long"),
        pytest.param({"exp": NOW + 10**9}, "lives longer", id="for ever"),
        pytest.param({"exp": "soon"}, "exp", id="exp is text"),
        pytest.param({"exp": True}, "exp", id="exp is true"),
        pytest.param({"exp": 1e400}, "exp", id="exp is infinite"),
        pytest.param({"iat": NOW + 31}, "future", id="made in the future"),
        pytest.param({"iat": None}, "iat", id="iat is null"),
        pytest.param({"nbf": NOW + 31}, "not valid yet", id="not yet"),
        pytest.param({"sub": ""}, "sub", id="nobody asserted"),
        pytest.param({"sub": 7}, "sub", id="sub is a number"),
        pytest.param({"jti": ""}, "jti", id="empty jti"),
        pytest.param({"jti": 7}, "jti", id="jti is a number"),
        pytest.param({"jti": "a" * 257}, "jti", id="long jti"),
        pytest.param({"jti": "a\n"}, "jti", id="jti with a line break"),
    ],
)
def test_everything_else_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidJwt, match=reason):
        check(CLAIMS | changes)


@pytest.mark.parametrize("changes", [{"exp": NOW - 29}, {"exp": NOW + 630}, {"iat": NOW + 30}, {"nbf": NOW + 30}])
def test_clocks_may_differ_by_30_seconds(changes: dict[str, object]) -> None:
    assert check(CLAIMS | changes)


@given(st.integers(NOW - 29, NOW + 630))
def test_it_is_remembered_at_least_as_long_as_it_would_be_accepted(expires_at: int) -> None:
    assertion = check(CLAIMS | {"exp": expires_at, "iat": min(NOW, expires_at - 1)})
    with pytest.raises(InvalidJwt, match="expired"):
        check_assertion(CLAIMS | {"exp": expires_at}, issuer="photo-print", audience=(US,), now=assertion.forget_at)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.sampled_from(sorted(CLAIMS)), _JSON)
def test_any_claim_of_any_type_is_accepted_or_refused(name: str, value: object) -> None:
    with contextlib.suppress(InvalidJwt):
        check(CLAIMS | {name: value})
