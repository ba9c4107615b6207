"""Both shells against an authorization server, or somebody between, that lies, breaks or stalls.

Each test runs twice, once with ``Client`` and once with ``AsyncClient``.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from lingpai.client import (
    AuthorizationDenied,
    CallbackError,
    ClientError,
    DiscoveryError,
    IdTokenError,
    Provider,
    ServerUnreachable,
    TokenError,
    UnsupportedByProvider,
    UserinfoError,
)
from tests.unit.client.foreign import NOW, ForeignServer
from tests.unit.client.people import REDIRECT_URI, FakeClock, sign_in, visit

LYING_CALLBACKS: dict[str, tuple[dict[str, Any], str]] = {
    "the state of somebody else": ({"state": "x" * 43}, "state_mismatch"),
    "no state": ({"state": None}, "state_mismatch"),
    "no issuer though it is promised": ({"iss": None}, "issuer_mismatch"),
    "another issuer": ({"iss": "https://evil.example"}, "issuer_mismatch"),
    "two codes": ({"code": ["a", "b"]}, "invalid_callback"),
    "two issuers": ({"iss": ["https://evil.example", "x"]}, "invalid_callback"),
    "no code": ({"code": None}, "invalid_callback"),
    "an error": ({"code": None, "error": "server_error"}, "server_error"),
}


@pytest.mark.parametrize("lie", LYING_CALLBACKS)
def test_a_lying_callback_gets_no_code_redeemed(foreign: ForeignServer, client: Any, lie: str) -> None:
    foreign.callback, code = LYING_CALLBACKS[lie]
    with pytest.raises(CallbackError) as raised:
        sign_in(client)
    assert raised.value.code == code
    assert "/token" not in foreign.requested


def test_a_person_who_says_no_is_a_case_of_its_own(foreign: ForeignServer, client: Any) -> None:
    foreign.callback = {"code": None, "error": "access_denied", "error_description": "maybe later"}
    with pytest.raises(AuthorizationDenied, match="maybe later"):
        sign_in(client)


def test_a_sign_in_begun_with_another_server_or_client_is_not_finished_here(
    foreign: ForeignServer, client: Any, connect: Callable[..., Any]
) -> None:
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="openid")
    callback = visit(pending)
    elsewhere = Provider(issuer="https://other.example", token_endpoint="https://other.example/token")
    for other in (connect(elsewhere), connect(client_id="public", client_secret=None)):
        with pytest.raises(CallbackError) as raised:
            other.finish_sign_in(pending, callback)
        assert raised.value.code == "issuer_mismatch"
    assert "/token" not in foreign.requested


LYING_ID_TOKENS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "other"},
    "expired": {"exp": NOW - 61, "iat": NOW - 600},
    "another access token": {"at_hash": "x"},
    "about nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LYING_ID_TOKENS)
def test_a_lying_id_token_signs_nobody_in(foreign: ForeignServer, client: Any, lie: str) -> None:
    foreign.id_token = LYING_ID_TOKENS[lie]
    with pytest.raises(IdTokenError):
        sign_in(client)


@pytest.mark.parametrize("id_token", [None, "eyJhbGciOiJub25lIn0.e30.", "令牌"], ids=["none", "alg none", "garbled"])
def test_where_openid_was_granted_a_signed_id_token_must_come(
    foreign: ForeignServer, client: Any, id_token: str | None
) -> None:
    foreign.token_changes = {"id_token": id_token}
    with pytest.raises(IdTokenError):
        sign_in(client)


def test_a_person_may_take_openid_away(foreign: ForeignServer, client: Any) -> None:
    foreign.token_changes = {"id_token": None, "scope": "list_album"}
    assert sign_in(client).scope == "list_album"


def drip(size: int) -> StreamingResponse:
    return StreamingResponse((b" " * 65_536 for _ in range(size // 65_536 + 1)), media_type="application/json")


def compressed() -> Response:
    return Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}, media_type="application/json")


HOSTILE_TOKEN_ANSWERS: dict[str, tuple[Callable[[], Response], type[ClientError]]] = {
    "an HTML page of a proxy": (lambda: Response("<h1>502</h1>", 502, media_type="text/html"), TokenError),
    "an HTML page with status 200": (lambda: Response("<h1>hi</h1>", media_type="text/html"), TokenError),
    "a redirect": (lambda: RedirectResponse("https://evil.example/token", 307), TokenError),
    "a megabyte": (lambda: Response(b" " * 1_048_577, media_type="application/json"), ServerUnreachable),
    "a megabyte without a length": (lambda: drip(1_048_577), ServerUnreachable),
    "a compressed answer": (compressed, ServerUnreachable),
    "a list": (lambda: JSONResponse([]), TokenError),
    "nothing": (lambda: Response(b""), TokenError),
    "an error with status 200": (lambda: JSONResponse({"error": "invalid_grant"}), TokenError),
    "a token of another kind": (lambda: JSONResponse({"access_token": "a", "token_type": "mac"}), TokenError),
}


@pytest.mark.parametrize("answer", HOSTILE_TOKEN_ANSWERS)
def test_a_token_endpoint_that_answers_anything_else_is_an_error_without_secrets(
    foreign: ForeignServer, client: Any, answer: str
) -> None:
    make, error = HOSTILE_TOKEN_ANSWERS[answer]
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="list_album")
    callback = visit(pending)
    code = dict(httpx2.URL(callback).params)["code"]
    foreign.answers["/token"] = make()
    with pytest.raises(error) as raised:
        client.finish_sign_in(pending, callback)
    shown = f"{raised.value!r} {raised.value}"
    for secret in (code, pending.state, pending.code_verifier, foreign.client_secret):
        assert secret not in shown


HOSTILE_METADATA: dict[str, tuple[Callable[[str], Response], type[ClientError]]] = {
    "another issuer": (lambda _: JSONResponse({"issuer": "https://evil.example"}), DiscoveryError),
    "a plain http endpoint": (
        lambda url: JSONResponse({"issuer": url, "token_endpoint": "http://evil.example/t"}),
        DiscoveryError,
    ),
    "a redirect": (lambda url: RedirectResponse(f"{url}/.well-known/elsewhere"), DiscoveryError),
    "HTML": (lambda _: Response("<h1>hi</h1>"), DiscoveryError),
    "a megabyte and more": (lambda _: Response(b" " * (1_048_576 + 1)), ServerUnreachable),
}


@pytest.mark.spec("RFC 8414", "3.3", "metadata of another issuer is not used")
@pytest.mark.parametrize("answer", HOSTILE_METADATA)
def test_metadata_that_cannot_be_believed_is_not_used(foreign: ForeignServer, client: Any, answer: str) -> None:
    make, error = HOSTILE_METADATA[answer]
    foreign.answers["/.well-known/openid-configuration"] = make(foreign.issuer)
    with pytest.raises(error):
        client.begin_sign_in(redirect_uri=REDIRECT_URI)
    assert foreign.requested == ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        pytest.param(Response("", 500), ServerUnreachable, id="broken"),
        pytest.param(Response("<html>"), IdTokenError, id="HTML"),
        pytest.param(JSONResponse({"keys": [{"kty": "oct", "k": "AAAA"}]}), IdTokenError, id="a shared secret"),
        pytest.param(JSONResponse({"keys": []}), IdTokenError, id="no keys"),
    ],
)
def test_without_good_keys_no_id_token_is_believed(
    foreign: ForeignServer, client: Any, keys: Response, error: type[ClientError]
) -> None:
    foreign.answers["/keys"] = keys
    with pytest.raises(error):
        sign_in(client)


def test_keys_that_cannot_be_had_cost_no_refresh_token(foreign: ForeignServer, client: Any, clock: FakeClock) -> None:
    tokens = sign_in(client)
    clock.now += 3601
    foreign.answers["/keys"] = Response("", 503)
    with pytest.raises(ServerUnreachable):
        client.refresh(tokens)
    assert foreign.requested.count("/token") == 1
    del foreign.answers["/keys"]
    assert client.refresh(tokens).subject == "zhang"


def test_a_server_without_keys_cannot_send_id_tokens(foreign: ForeignServer, client: Any) -> None:
    foreign.metadata_changes = {"jwks_uri": None}
    with pytest.raises(UnsupportedByProvider, match="jwks_uri"):
        sign_in(client)


def test_userinfo_about_somebody_else_is_refused(foreign: ForeignServer, client: Any) -> None:
    tokens = sign_in(client)
    foreign.answers["/userinfo"] = JSONResponse({"sub": "li"})
    with pytest.raises(UserinfoError, match="somebody else"):
        client.userinfo(tokens)


def test_a_server_that_is_away_is_said_plainly(connect: Callable[..., Any]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = connect(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(ServerUnreachable, match="oauth-authorization-server: ConnectError"):
            away.provider()


def test_a_server_that_does_not_answer_is_given_up(connect: Callable[..., Any]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        waiting = connect(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(ServerUnreachable, match="Timeout"):
            waiting.provider()


def test_a_server_that_answers_byte_by_byte_is_given_up(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)  # lets the server notice that we have gone

    foreign.answers["/.well-known/oauth-authorization-server"] = StreamingResponse(drops())
    with pytest.raises(ServerUnreachable, match="took more than"):
        connect(timeout_s=0.5).provider()
