"""Every way a callback, a token answer or a userinfo answer can lie."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs

from lingpai.client import responses
from lingpai.client.errors import AuthorizationDenied, CallbackError, TokenError, UserinfoError
from lingpai.client.flow import PendingSignIn
from lingpai.client.responses import TokenSet
from lingpai.dialects.base import WireBody

NOW = 1_800_000_000
ISSUER = "https://as.example"
STATE = "S" * 43
PENDING = PendingSignIn(
    url="https://as.example/authorize?x=y",
    issuer=ISSUER,
    client_id="photos",
    redirect_uri="https://app.example/cb",
    scope="openid list_album",
    state=STATE,
    nonce="N" * 43,
    code_verifier="V" * 43,
    created_at=NOW,
)
GOOD = {"code": "c0de", "state": STATE, "iss": ISSUER}


def parse(callback: str, *, iss_required: bool = True, now: int = NOW) -> str:
    return responses.parse_callback(PENDING, callback, iss_required=iss_required, now=now)


def refusal(callback: str, **options: Any) -> CallbackError:
    with pytest.raises(CallbackError) as raised:
        parse(callback, **options)
    assert STATE not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    "prefix",
    ["", "?", "/cb?", "https://app.example/cb?", "http://127.0.0.1:3000/cb?tenant=1&", "com.example.app:/cb?"],
)
@pytest.mark.parametrize("suffix", ["", "#_=_"])
def test_a_good_callback_gives_the_code(prefix: str, suffix: str) -> None:
    suffix = suffix if prefix not in {"", "?"} else ""
    assert parse(f"{prefix}{urlencode(GOOD)}{suffix}") == "c0de"


def test_a_query_with_unescaped_urls_inside_is_still_a_query() -> None:
    assert parse(f"code=c0de&iss=https://as.example&state={STATE}") == "c0de"


@pytest.mark.spec("RFC 6749", "10.12", "the callback is bound to the browser by state")
@pytest.mark.spec("RFC 9207", "2.4", "iss is compared, and demanded where it is promised")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(urlencode({**GOOD, "state": "T" * 43}), "state_mismatch", id="another state"),
        pytest.param(urlencode({**GOOD, "state": STATE[:-1]}), "state_mismatch", id="a truncated state"),
        pytest.param(urlencode({**GOOD, "state": "é"}), "state_mismatch", id="a state outside ASCII"),
        pytest.param(f"code=c&iss={ISSUER}", "state_mismatch", id="no state"),
        pytest.param(f"code=c&iss={ISSUER}&state=", "state_mismatch", id="an empty state"),
        pytest.param(f"code=c&state={STATE}", "issuer_mismatch", id="no iss"),
        pytest.param(urlencode({**GOOD, "iss": "https://evil.example"}), "issuer_mismatch", id="another iss"),
        pytest.param(urlencode({**GOOD, "iss": f"{ISSUER}/"}), "issuer_mismatch", id="nearly the iss"),
        pytest.param(urlencode(GOOD) + "&code=d", "invalid_callback", id="two codes"),
        pytest.param(urlencode(GOOD) + f"&state={STATE}", "invalid_callback", id="two states"),
        pytest.param(urlencode(GOOD) + "&iss=", "invalid_callback", id="a second, empty iss"),
        pytest.param(urlencode(GOOD) + "&resource=a&resource=b", "invalid_callback", id="two of anything"),
        pytest.param(urlencode({**GOOD, "code": ""}), "invalid_callback", id="an empty code"),
        pytest.param(f"state={STATE}&iss={ISSUER}", "invalid_callback", id="neither code nor error"),
        pytest.param(urlencode({**GOOD, "code": "a\0b"}), "invalid_callback", id="a NUL"),
        pytest.param(f"state={STATE}&iss={ISSUER}&code=%ff", "invalid_callback", id="not UTF-8"),
        pytest.param(f"state={STATE}&iss={ISSUER}&code=%zz", "invalid_callback", id="a broken escape"),
        pytest.param(urlencode({**GOOD, "code": "c" * 1_000_000}), "invalid_callback", id="a megabyte"),
        pytest.param(f"state={STATE}&iss={ISSUER}&error=%22", "invalid_callback", id="a malformed error"),
        pytest.param(urlencode({**GOOD, "error": "server_error"}), "server_error", id="code and error"),
        pytest.param("", "state_mismatch", id="nothing"),
        pytest.param("https://app.example/cb", "state_mismatch", id="a URL without query"),
        pytest.param(f"https://app.example/cb#{urlencode(GOOD)}", "state_mismatch", id="a fragment"),
    ],
)
def test_a_callback_that_is_no_answer_is_refused(query: str, code: str) -> None:
    assert refusal(query).code == code


def test_a_server_that_does_not_promise_iss_may_leave_it_out_but_not_lie() -> None:
    assert parse(urlencode({"code": "c", "state": STATE}), iss_required=False) == "c"
    assert refusal(urlencode({**GOOD, "iss": "https://evil.example"}), iss_required=False).code == "issuer_mismatch"


def test_an_error_counts_only_with_the_state_of_this_sign_in() -> None:
    assert refusal("error=access_denied&state=wrong").code == "state_mismatch"


@pytest.mark.spec("RFC 6749", "4.1.2.1", "errors of the authorization endpoint are told apart")
def test_a_person_who_said_no_is_told_apart_from_other_errors() -> None:
    answer = {"state": STATE, "iss": ISSUER, "error_description": "not today\u202e"}
    denied = refusal(urlencode({**answer, "error": "access_denied"}))
    assert isinstance(denied, AuthorizationDenied)
    assert (denied.code, denied.description) == ("access_denied", "not today ")
    failed = refusal(urlencode({**answer, "error": "login_required"}))
    assert not isinstance(failed, AuthorizationDenied)
    assert failed.code == "login_required"


def test_a_sign_in_does_not_stay_open_for_ever() -> None:
    assert parse(urlencode(GOOD), now=NOW + 3600) == "c0de"
    assert refusal(urlencode(GOOD), now=NOW + 3601).code == "sign_in_expired"


@given(st.text())
def test_any_text_for_a_callback_is_refused_politely(text: str) -> None:
    assert refusal(text).code in {"state_mismatch", "invalid_callback"}


def body(document: object, status: int = 200, **headers: str) -> WireBody:
    raw = document if isinstance(document, bytes) else json.encode(document)
    return WireBody(status, "application/json", raw, tuple(headers.items()))


TOKENS = {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "refresh_token": "r"}


@pytest.mark.spec("RFC 6749", "7.1", "a token of unknown type is not used")
@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**TOKENS, "access_token": 7}, id="token is a number"),
        pytest.param({**TOKENS, "access_token": ""}, id="token is empty"),
        pytest.param({**TOKENS, "access_token": "a\r\nX: y"}, id="token splits a header"),
        pytest.param({**TOKENS, "access_token": "é"}, id="token is not ASCII"),
        pytest.param({"token_type": "Bearer"}, id="no token"),
        pytest.param({"access_token": "a"}, id="no token_type"),
        pytest.param({**TOKENS, "token_type": "DPoP"}, id="not a bearer token"),
        pytest.param({**TOKENS, "expires_in": True}, id="lifetime is a boolean"),
        pytest.param({**TOKENS, "expires_in": -1}, id="lifetime is negative"),
        pytest.param({**TOKENS, "scope": ["a"]}, id="scope is a list"),
        pytest.param({**TOKENS, "id_token": {}}, id="ID Token is an object"),
        pytest.param([TOKENS], id="a list"),
        pytest.param(b"<html>", id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param(b"[" * 200_000, id="deep"),
    ],
)
def test_a_token_answer_outside_the_protocol_is_refused(document: object) -> None:
    with pytest.raises(TokenError) as raised:
        responses.parse_token_response(body(document))
    assert (raised.value.code, raised.value.status) == ("unreadable_response", 200)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_token_type_is_read_in_any_case(token_type: str) -> None:
    assert responses.parse_token_response(body({**TOKENS, "token_type": token_type})).access_token == "a"


@pytest.mark.spec("RFC 6749", "5.2", "errors carry a code and words for the developer")
def test_a_refused_token_says_why() -> None:
    with pytest.raises(TokenError) as raised:
        responses.parse_token_response(body({"error": "invalid_grant", "error_description": "over\n"}, 400))
    error = raised.value
    assert (error.code, error.status) == ("invalid_grant", 400)
    assert "over" in error.description
    assert "\n" not in str(error)


def tokens(document: dict[str, object], **options: Any) -> TokenSet:
    response = responses.parse_token_response(body({"access_token": "a", "token_type": "Bearer", **document}))
    return responses.token_set(response, now=NOW, **{"scope": "x", "previous": None, "claims": None, **options})


@pytest.mark.spec("RFC 6749", "5.1", "an absent scope means the one asked for")
def test_what_the_server_leaves_unsaid_is_as_asked() -> None:
    assert tokens({}).scope == "x"
    assert tokens({"scope": "y"}).scope == "y"
    assert tokens({"scope": ""}).scope == "", "nothing granted is not everything granted"
    assert tokens({}).expires_at is None
    assert tokens({"expires_in": 600}).expires_at == NOW + 600


@pytest.mark.spec("RFC 6749", "6", "without a new refresh token the old one goes on")
def test_a_refresh_keeps_what_is_not_replaced() -> None:
    before = TokenSet(access_token="old", refresh_token="r1", id_token="i", id_token_claims={"sub": "zhang"})
    kept = tokens({}, previous=before)
    assert (kept.access_token, kept.refresh_token, kept.subject) == ("a", "r1", "zhang")
    assert tokens({"refresh_token": "r2"}, previous=before).refresh_token == "r2"


def test_a_token_set_knows_when_it_is_over_and_survives_the_session_store() -> None:
    ours = tokens({"expires_in": 600, "refresh_token": "r"}, claims={"sub": "zhang", "auth_time": 1.5})
    assert not ours.expires_within(599, NOW)
    assert ours.expires_within(600, NOW)
    assert not tokens({}).expires_within(10**9, NOW)
    assert TokenSet.from_json(ours.to_json()) == ours
    huge = tokens({"expires_in": 10**30})
    assert TokenSet.from_json(huge.to_json()) == huge


def test_a_token_set_shows_no_token() -> None:
    secretive = TokenSet(access_token="acc3ss", refresh_token="r3fresh", id_token="1d")
    shown = repr(secretive) + repr(secretive.__rich_repr__())
    assert not any(secret in shown for secret in ("acc3ss", "r3fresh", "1d"))


@given(
    st.builds(
        structs.replace, st.just(PENDING), scope=st.text(), state=st.text(min_size=1), created_at=st.integers(0, 2**40)
    )
)
def test_any_pending_sign_in_survives_json(pending: PendingSignIn) -> None:
    try:
        text = pending.to_json()
    except UnicodeEncodeError:
        return
    assert PendingSignIn.from_json(text) == pending


@pytest.mark.spec("OpenID Connect Core 1.0", "5.3.2", "sub of userinfo is that of the ID Token")
@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"sub": "li"}, id="somebody else"),
        pytest.param({"name": "zhang"}, id="nobody"),
        pytest.param({"sub": ["zhang"]}, id="a list"),
        pytest.param(b"eyJh.eyJz.c2ln", id="a JWT"),
        pytest.param([{"sub": "zhang"}], id="a JSON list"),
    ],
)
def test_userinfo_about_anybody_else_is_refused(document: object) -> None:
    with pytest.raises(UserinfoError) as raised:
        responses.parse_userinfo(body(document), subject="zhang")
    assert raised.value.code == "unreadable_response"


def test_userinfo_of_a_server_without_id_tokens_needs_no_sub() -> None:
    assert responses.parse_userinfo(body({"id": 7}), subject=None) == {"id": 7}


@pytest.mark.spec("RFC 6750", "3.1", "the error stands in WWW-Authenticate")
@pytest.mark.parametrize(
    ("challenge", "code"),
    [
        ('Bearer realm="x", error="invalid_token", error_description="over"', "invalid_token"),
        ('bearer error="insufficient_scope", scope="profile"', "insufficient_scope"),
        ("Bearer", "unreadable_response"),
        ('Bearer error="', "unreadable_response"),
        ("", "unreadable_response"),
    ],
)
def test_a_refusal_of_userinfo_says_why(challenge: str, code: str) -> None:
    with pytest.raises(UserinfoError) as raised:
        responses.parse_userinfo(body(b"", 401, **{"WWW-Authenticate": challenge}), subject=None)
    assert (raised.value.code, raised.value.status) == (code, 401)


@pytest.mark.spec("RFC 7009", "2.2", "any 200 means the token is over")
def test_a_revocation_is_done_or_refused() -> None:
    responses.check_revoked(body(b"", 200))
    with pytest.raises(TokenError, match="unsupported_token_type"):
        responses.check_revoked(body({"error": "unsupported_token_type"}, 400))
    for status in (204, 302, 502):
        with pytest.raises(TokenError) as raised:
            responses.check_revoked(body(b"<html>", status))
        assert raised.value.code == "unreadable_response"
