"""The standard dialect: JSON both ways."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody
from lingpai.dialects.standard import parse_tokens, write_error, write_tokens
from lingpai.oauth.errors import InvalidClient, InvalidGrant, OAuthError, TemporarilyUnavailable
from lingpai.oauth.tokens import TokenResponse

TEXT = st.text(st.characters(codec="utf-8"))
SOME_TEXT = TEXT.filter(bool)
STANDARD_NAMES = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token", "error"}
RESPONSES = st.builds(
    TokenResponse,
    access_token=SOME_TEXT,
    token_type=SOME_TEXT,
    expires_in=st.none() | st.integers(0, 2**53),
    refresh_token=st.none() | TEXT,
    scope=st.none() | TEXT,
    id_token=st.none() | TEXT,
    extra=st.dictionaries(TEXT.filter(lambda name: name not in STANDARD_NAMES), TEXT | st.none() | st.booleans()),
)


def answer(members: object, status: int = 200) -> WireBody:
    return WireBody(status, "application/json", json.dumps(members).encode())


GOOD = {"access_token": "a", "token_type": "Bearer"}


@given(RESPONSES)
def test_what_is_written_is_parsed(tokens: TokenResponse) -> None:
    assert parse_tokens(write_tokens(tokens)) == tokens


@pytest.mark.spec("RFC 6749", "5.1", "successful response: JSON, not stored")
def test_tokens_are_json_that_nobody_stores() -> None:
    body = write_tokens(TokenResponse(access_token="a", expires_in=3600, scope="list_album"))
    assert body.status == 200
    assert body.content_type == "application/json"
    assert dict(body.headers) == {"cache-control": "no-store", "pragma": "no-cache"}
    assert json.loads(body.body) == {**GOOD, "expires_in": 3600, "scope": "list_album"}


def test_an_extra_member_never_replaces_a_standard_one() -> None:
    body = write_tokens(TokenResponse(access_token="a", extra={"access_token": "b", "openid": "1"}))
    assert json.loads(body.body) == {**GOOD, "openid": "1"}


@pytest.mark.parametrize(
    ("error", "status", "members"),
    [
        (
            InvalidGrant("the code is expired"),
            400,
            {"error": "invalid_grant", "error_description": "the code is expired"},
        ),
        (InvalidClient(), 401, {"error": "invalid_client"}),
        (TemporarilyUnavailable(detail="the database is away"), 503, {"error": "temporarily_unavailable"}),
    ],
)
@pytest.mark.spec("RFC 6749", "5.2", "error response: JSON, not stored")
def test_an_error_is_json_without_the_operators_detail(error: OAuthError, status: int, members: dict[str, str]) -> None:
    body = write_error(error)
    assert body.status == status
    assert body.content_type == "application/json"
    assert dict(body.headers)["cache-control"] == "no-store"
    assert json.loads(body.body) == members


@pytest.mark.parametrize(
    ("body", "code", "description"),
    [
        pytest.param(write_error(InvalidGrant("expired")), "invalid_grant", "expired", id="ours"),
        pytest.param(answer({"error": "slow_down"}, 400), "slow_down", "", id="without a description"),
        pytest.param(answer({"error": "bad_verification_code"}), "bad_verification_code", "", id="with status 200"),
        pytest.param(answer({**GOOD, "error": "x"}), "x", "", id="beside a token"),
        pytest.param(answer({"error": "x", "error_description": 1}, 400), "x", "", id="a description that is no text"),
        pytest.param(
            answer({"error": "x\n", "error_description": "令牌\r\nb" + "c" * 999}, 400),
            "x?",
            "????b" + "c" * 495,
            id="text unfit for a log line",
        ),
    ],
)
@pytest.mark.spec("RFC 6749", "5.2", "error response is understood")
def test_a_refusal_is_read(body: WireBody, code: str, description: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        parse_tokens(body)
    assert (refusal.value.code, refusal.value.description) == (code, description)
    assert refusal.value.status == body.status
    assert not isinstance(refusal.value, UnreadableResponse)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WireBody(200, "text/html", b"<html>"), id="HTML"),
        pytest.param(WireBody(200, "application/json", b""), id="nothing"),
        pytest.param(WireBody(200, "application/json", b"\xff{}"), id="not UTF-8"),
        pytest.param(WireBody(200, "application/json", b"[" * 100_000), id="deep nesting"),
        pytest.param(answer([]), id="a list"),
        pytest.param(answer({}), id="an empty object"),
        pytest.param(answer({}, 500), id="status 500 without an error code"),
        pytest.param(answer(GOOD, 201), id="tokens with another status"),
        pytest.param(answer({"error": ""}, 400), id="an empty error code"),
        pytest.param(answer({"error": {"code": 1}}, 400), id="an error that is no text"),
        pytest.param(answer({"access_token": "a"}), id="no token type"),
        pytest.param(answer({"token_type": "Bearer"}), id="no access token"),
        pytest.param(answer({**GOOD, "access_token": ""}), id="an empty access token"),
        pytest.param(answer({**GOOD, "access_token": 1}), id="an access token that is no text"),
        pytest.param(answer({**GOOD, "refresh_token": True}), id="a refresh token that is no text"),
        pytest.param(answer({**GOOD, "scope": ["a"]}), id="a scope in a list"),
        pytest.param(answer({**GOOD, "expires_in": -1}), id="expired already"),
        pytest.param(answer({**GOOD, "expires_in": True}), id="a life that is true"),
        pytest.param(answer({**GOOD, "expires_in": 1.5}), id="half seconds"),
        pytest.param(answer({**GOOD, "expires_in": "soon"}), id="a life in words"),
        pytest.param(answer({**GOOD, "expires_in": "９"}), id="digits of another alphabet"),
    ],
)
def test_an_answer_that_is_neither_is_unreadable(body: WireBody) -> None:
    with pytest.raises(UnreadableResponse) as refusal:
        parse_tokens(body)
    assert refusal.value.status == body.status


def test_seconds_as_text_and_nulls_are_forgiven() -> None:
    tokens = parse_tokens(answer({**GOOD, "expires_in": "3600", "refresh_token": None, "scope": None}))
    assert tokens == TokenResponse(access_token="a", expires_in=3600)


@given(st.binary() | st.recursive(st.none() | st.booleans() | st.floats() | TEXT, st.lists).map(msgspec.json.encode))
def test_nonsense_never_raises_anything_else(data: bytes) -> None:
    with pytest.raises(RemoteError):
        parse_tokens(WireBody(200, "application/json", data))
