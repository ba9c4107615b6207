"""The claims every JWT must prove."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.jwt import InvalidJwt, check_claims

NOW = 1_700_000_000
ISSUER = "https://auth.example.com"
AUDIENCE = "https://photos.example.com"
GOOD: dict[str, object] = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 60, "iat": NOW - 60}


def check(claims: dict[str, object], leeway_s: int = 0) -> None:
    check_claims(claims, issuer=ISSUER, audience=AUDIENCE, now=NOW, leeway_s=leeway_s)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing special"),
        pytest.param({"aud": [AUDIENCE]}, id="a list of one audience"),
        pytest.param({"aud": ["https://other.example.com", AUDIENCE]}, id="several audiences"),
        pytest.param({"exp": NOW + 0.5}, id="half a second left"),
        pytest.param({"nbf": NOW}, id="valid from now on"),
        pytest.param({"iat": NOW}, id="issued now"),
        pytest.param({"unknown": {"a": 1}}, id="an unknown claim"),
    ],
)
@pytest.mark.spec("RFC 7519", "4.1", "registered claims that hold are accepted")
def test_good_claims_pass(changes: dict[str, object]) -> None:
    check({**GOOD, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss", id="another issuer"),
        pytest.param({"iss": ISSUER + "/"}, "iss", id="an issuer that is nearly ours"),
        pytest.param({"iss": [ISSUER]}, "iss", id="an issuer in a list"),
        pytest.param({"iss": None}, "iss", id="no issuer in iss"),
        pytest.param({"aud": "https://other.example.com"}, "aud", id="another audience"),
        pytest.param({"aud": AUDIENCE + ".evil.example"}, "aud", id="an audience that begins like ours"),
        pytest.param({"aud": []}, "aud", id="no audience in the list"),
        pytest.param({"aud": ""}, "aud", id="an empty audience"),
        pytest.param({"aud": None}, "aud", id="a null audience"),
        pytest.param({"aud": [AUDIENCE, 1]}, "aud", id="an audience that is no string"),
        pytest.param({"aud": {AUDIENCE: 1}}, "aud", id="an audience in an object"),
        pytest.param({"exp": NOW}, "expired", id="expired this second"),
        pytest.param({"exp": 0}, "expired", id="expired long ago"),
        pytest.param({"nbf": NOW + 1}, "not valid yet", id="not valid yet"),
        pytest.param({"iat": NOW + 1}, "future", id="issued in the future"),
        pytest.param({"exp": str(NOW + 60)}, "exp is not", id="an instant that is text"),
        pytest.param({"exp": True}, "exp is not", id="an instant that is true"),
        pytest.param({"exp": None}, "exp is not", id="an instant that is null"),
        pytest.param({"exp": math.nan}, "exp is not", id="an instant that is not a number"),
        pytest.param({"exp": math.inf}, "exp is not", id="the end of time"),
        pytest.param({"exp": 10**400}, "exp is not", id="a number that breaks arithmetic"),
        pytest.param({"nbf": "soon"}, "nbf is not", id="nbf that is text"),
        pytest.param({"iat": [NOW]}, "iat is not", id="iat in a list"),
    ],
)
@pytest.mark.spec("RFC 7519", "4.1", "a registered claim that does not hold refuses the token")
def test_a_wrong_claim_is_refused_and_named(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidJwt, match=reason) as refusal:
        check({**GOOD, **changes})
    assert refusal.value.reason == str(refusal.value)


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat"])
def test_a_required_claim_that_is_missing_is_refused(name: str) -> None:
    claims = {other: value for other, value in GOOD.items() if other != name}
    with pytest.raises(InvalidJwt, match=f"{name} is missing"):
        check(claims)


def test_callers_decide_what_is_required() -> None:
    check_claims({}, issuer=ISSUER, audience=AUDIENCE, now=NOW, required=())
    with pytest.raises(InvalidJwt, match="sub is missing"):
        check_claims(GOOD, issuer=ISSUER, audience=AUDIENCE, now=NOW, required=("sub",))


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"exp": NOW - 29}, True),
        ({"exp": NOW - 30}, False),
        ({"nbf": NOW + 30}, True),
        ({"nbf": NOW + 31}, False),
        ({"iat": NOW + 30}, True),
        ({"iat": NOW + 31}, False),
    ],
)
def test_leeway_forgives_clocks_that_differ_by_so_much_and_no_more(changes: dict[str, object], passes: bool) -> None:
    if passes:
        check({**GOOD, **changes}, leeway_s=30)
    else:
        with pytest.raises(InvalidJwt):
            check({**GOOD, **changes}, leeway_s=30)


@pytest.mark.parametrize("leeway_s", [-1, 61])
def test_a_leeway_no_clock_needs_is_refused(leeway_s: int) -> None:
    with pytest.raises(ValueError, match="leeway"):
        check(GOOD, leeway_s=leeway_s)


@pytest.mark.parametrize(("issuer", "audience"), [("", AUDIENCE), (ISSUER, "")])
@pytest.mark.spec("RFC 8725", "3.9", "the audience is always checked")
def test_an_empty_setting_does_not_turn_a_check_off(issuer: str, audience: str) -> None:
    with pytest.raises(ValueError, match="must be given"):
        check_claims({**GOOD, "iss": "", "aud": ""}, issuer=issuer, audience=audience, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "iat"]), JSON))
def test_nonsense_is_refused_and_never_raises_anything_else(claims: dict[str, object]) -> None:
    with pytest.raises(InvalidJwt):
        check(claims)
