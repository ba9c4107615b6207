"""Pushed requests, assertions, devices, exchange and step-up against a foreign server.

Each test with ``client`` or ``connect`` runs twice, once with ``Client`` and once with ``AsyncClient``.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs
from starlette.responses import JSONResponse, Response

from lingpai.client import (
    CallbackError,
    ClientKey,
    PendingDevice,
    Provider,
    ServerUnreachable,
    StepUp,
    TokenError,
    UnsupportedByProvider,
)
from lingpai.client.conversation import Credentials
from lingpai.client.device import parse_device_authorization
from lingpai.client.http_request import HttpRequest, Pause
from lingpai.client.operations import Operations
from lingpai.dialects.base import WireBody
from tests.unit.client.foreign import NOW, ForeignServer
from tests.unit.client.people import REDIRECT_URI, FakeClock, sign_in


@pytest.mark.spec("RFC 9126", "2", "the request is pushed, the browser gets a reference")
def test_a_request_can_be_pushed(foreign: ForeignServer, client: Any) -> None:
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="openid list_album", push=True)
    assert foreign.requested[-1] == "/par"
    assert pending.state not in pending.url
    assert "list_album" not in pending.url
    assert sign_in(client, push=True).subject == "zhang"


@pytest.mark.spec("RFC 9126", "5", "a server that demands pushed requests gets them")
def test_where_the_server_demands_it_requests_are_pushed_unasked(foreign: ForeignServer, client: Any) -> None:
    foreign.metadata_changes = {"require_pushed_authorization_requests": True}
    assert sign_in(client).subject == "zhang"
    assert "/par" in foreign.requested


def test_a_server_that_takes_no_pushed_requests_is_said_plainly(foreign: ForeignServer, client: Any) -> None:
    foreign.metadata_changes = {"pushed_authorization_request_endpoint": None}
    with pytest.raises(UnsupportedByProvider, match="pushed"):
        client.begin_sign_in(redirect_uri=REDIRECT_URI, push=True)


HOSTILE_PAR: dict[str, tuple[Response, str]] = {
    "refused": (JSONResponse({"error": "invalid_request", "error_description": "no"}, 400), "invalid_request"),
    "a page": (Response("<h1>502</h1>", 502), "unreadable_response"),
    "a page with 201": (Response("<h1>hi</h1>", 201), "unreadable_response"),
    "no request_uri": (JSONResponse({"expires_in": 60}, 201), "unreadable_response"),
    "a number": (JSONResponse({"request_uri": 7}, 201), "unreadable_response"),
    "spaces": (JSONResponse({"request_uri": "urn:x y"}, 201), "unreadable_response"),
    "tokens with 400": (JSONResponse({"access_token": "a", "token_type": "bearer"}, 400), "unreadable_response"),
}


@pytest.mark.parametrize(("answer", "code"), HOSTILE_PAR.values(), ids=HOSTILE_PAR.keys())
def test_an_answer_that_is_no_reference_is_an_error(
    foreign: ForeignServer, client: Any, answer: Response, code: str
) -> None:
    foreign.answers["/par"] = answer
    with pytest.raises(TokenError) as raised:
        client.begin_sign_in(redirect_uri=REDIRECT_URI, push=True)
    assert raised.value.code == code


@pytest.mark.spec("RFC 7523", "2.2", "a client proves itself with an assertion")
def test_a_client_signs_in_with_a_key_in_place_of_a_secret(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    key = ClientKey.generate()
    foreign.assertions.jwk = key.public_jwk
    client = connect(client_secret=None, private_key=key)
    tokens = sign_in(client, push=True)
    client.revoke(tokens.access_token)
    assert len(foreign.assertions.seen) == 3


def test_a_client_signs_its_assertions_with_the_secret(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    secret = "a secret that is long enough for HMAC"
    foreign.assertions.jwk = {"kty": "oct", "k": "YSBzZWNyZXQgdGhhdCBpcyBsb25nIGVub3VnaCBmb3IgSE1BQw"}
    assert sign_in(connect(client_secret=secret, auth_method="client_secret_jwt")).subject == "zhang"
    foreign.metadata_changes = {"token_endpoint_auth_methods_supported": ["client_secret_jwt"]}
    assert sign_in(connect(client_secret=secret)).subject == "zhang"


@pytest.mark.spec("RFC 8628", "3.2", "the device shows its person where to go and what to type")
def test_a_person_signs_in_on_another_screen(foreign: ForeignServer, client: Any) -> None:
    pending = client.begin_device_sign_in(scope="list_album", resource=["https://photos.example"])
    assert pending.user_code == "ABCD-EFGH"
    assert pending.verification_uri == f"{foreign.issuer}/go"
    assert pending.verification_uri_complete == f"{foreign.issuer}/go?code=ABCD-EFGH"
    assert (pending.expires_at, pending.interval_s) == (NOW + 600, 7)
    kept = PendingDevice.from_json(structs.replace(pending, interval_s=0).to_json())
    foreign.polls = ["authorization_pending", "authorization_pending"]
    tokens = client.finish_device_sign_in(kept)
    assert tokens.scope == "list_album"
    assert foreign.requested.count("/token") == 3
    assert "d3vice" not in repr(pending)


def test_a_person_who_says_no_on_the_other_screen_ends_the_asking(foreign: ForeignServer, client: Any) -> None:
    pending = structs.replace(client.begin_device_sign_in(), interval_s=0)
    foreign.polls = ["authorization_pending", "access_denied"]
    with pytest.raises(TokenError, match="access_denied"):
        client.finish_device_sign_in(pending)


def test_a_device_of_another_server_or_client_is_not_finished_here(client: Any) -> None:
    pending = structs.replace(client.begin_device_sign_in(), issuer="https://other.example")
    with pytest.raises(CallbackError, match="issuer_mismatch"):
        client.finish_device_sign_in(pending)


DEVICE = PendingDevice(
    user_code="A",
    verification_uri="https://as.example/go",
    verification_uri_complete="",
    expires_at=NOW + 600,
    interval_s=5,
    device_code="d",
    issuer="https://as.example",
    client_id="tv",
    scope="",
)


def waits(*answers: str | ServerUnreachable, clock: FakeClock | None = None) -> list[int]:
    """How long an operation waits before each question, given these answers; then tokens come."""
    clock = clock or FakeClock()
    provider = Provider(issuer="https://as.example", token_endpoint="https://as.example/token")
    steps = Operations(provider, Credentials(client_id="tv"), clock).finish_device_sign_in(DEVICE)
    waited, left = [], list(answers)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Pause):
                waited.append(step.seconds)
                clock.now += step.seconds
                step = next(steps)
                continue
            assert isinstance(step, HttpRequest)
            answer = left.pop(0) if left else ""
            if isinstance(answer, ServerUnreachable):
                step = steps.throw(answer)
            elif answer:
                step = steps.send(WireBody(400, "application/json", f'{{"error":"{answer}"}}'.encode()))
            else:
                step = steps.send(WireBody(200, "application/json", b'{"access_token":"a","token_type":"bearer"}'))
    except StopIteration:
        return waited


@pytest.mark.spec("RFC 8628", "3.5", "slow_down adds five seconds to the interval, for good")
@pytest.mark.spec("RFC 8628", "3.5", "an answer that does not come makes the client slower")
def test_a_device_asks_no_faster_than_it_may() -> None:
    assert waits() == [5]
    assert waits("authorization_pending", "authorization_pending") == [5, 5, 5]
    assert waits("slow_down", "authorization_pending", "slow_down") == [5, 10, 10, 15]
    away = ServerUnreachable("away")
    assert waits(away, away, "authorization_pending") == [5, 10, 20, 20]


@pytest.mark.spec("RFC 8628", "3.5", "a device stops asking when its code is over")
def test_a_device_stops_asking_when_its_code_is_over() -> None:
    for answers in (["authorization_pending"] * 1000, [ServerUnreachable("away")] * 1000, ["expired_token"]):
        with pytest.raises(TokenError, match="expired_token"):
            waits(*answers)
    with pytest.raises(TokenError, match="invalid_client"):
        waits("invalid_client")


GOOD = {"device_code": "d", "user_code": "A", "verification_uri": "https://as.example/go", "expires_in": 600}
WHATEVER = st.none() | st.text(max_size=30) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ERROR = 'error="insufficient_user_authentication"'
HOSTILE_DEVICE: dict[str, Response] = {
    "refused": JSONResponse({"error": "invalid_client"}, 401),
    "a page": Response("<h1>hi</h1>"),
    "no code": JSONResponse({name: value for name, value in GOOD.items() if name != "device_code"}),
    "seconds as text": JSONResponse({**GOOD, "expires_in": "soon"}),
    "a page nobody should open": JSONResponse({**GOOD, "verification_uri": "http://as.example/go"}),
    "a script": JSONResponse({**GOOD, "verification_uri_complete": "javascript:alert(1)"}),
}


@pytest.mark.parametrize("answer", HOSTILE_DEVICE.values(), ids=HOSTILE_DEVICE.keys())
def test_an_answer_nobody_could_be_shown_is_an_error(foreign: ForeignServer, client: Any, answer: Response) -> None:
    foreign.answers["/device"] = answer
    with pytest.raises(TokenError):
        client.begin_device_sign_in()


@pytest.mark.parametrize(
    ("said", "interval_s", "lifetime_s"),
    [({}, 5, 600), ({"interval": 0}, 1, 600), ({"interval": 10**9}, 300, 600), ({"expires_in": 10**12}, 5, 86_400)],
    ids=["the usual", "too fast", "too slow", "for ever"],
)
def test_numbers_nobody_means_are_bounded(
    foreign: ForeignServer, client: Any, said: dict[str, int], interval_s: int, lifetime_s: int
) -> None:
    foreign.answers["/device"] = JSONResponse({**GOOD, **said})
    pending = client.begin_device_sign_in()
    assert (pending.interval_s, pending.expires_at - NOW) == (interval_s, lifetime_s)


@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from([*GOOD, "interval"]), WHATEVER).map(json.encode))
def test_any_answer_is_shown_or_refused(body: bytes) -> None:
    with suppress(TokenError):
        parse_device_authorization(
            WireBody(200, "application/json", body), issuer="x", client_id="tv", scope="", resource=(), now=NOW
        )


@given(st.text(max_size=200))
def test_any_challenge_is_read_or_passed_over(header: str) -> None:
    for demand in (StepUp.from_challenge(header), StepUp.from_challenge(f"Bearer {ERROR}, {header}")):
        assert demand is None or (demand.max_age or 0) >= 0


@pytest.mark.spec("RFC 8693", "2", "a token is exchanged for one for another target")
def test_a_token_is_exchanged(foreign: ForeignServer, client: Any) -> None:
    theirs = sign_in(client).access_token
    tokens = client.exchange_token(theirs, actor_token="mine", scope="list_album", audience=["photos"])
    assert tokens.access_token != theirs
    assert (tokens.scope, tokens.refresh_token) == ("list_album", None)
    assert foreign.forms[-1]["actor_token"] == "mine"
    with pytest.raises(TokenError, match="invalid_grant"):
        client.exchange_token("unknown")


@pytest.mark.spec("RFC 8693", "2.2.1", "the answer says what kind of token it is")
@pytest.mark.parametrize("kind", [None, "urn:ietf:params:oauth:token-type:refresh_token", 7])
def test_an_exchange_that_gives_another_kind_of_token_is_refused(
    foreign: ForeignServer, client: Any, kind: Any
) -> None:
    theirs = sign_in(client).access_token
    foreign.token_changes = {"issued_token_type": kind}
    with pytest.raises(TokenError, match="issued_token_type"):
        client.exchange_token(theirs)


CHALLENGES = {
    "everything": (
        'Bearer realm="x", error="insufficient_user_authentication", max_age="60", acr_values="urn:a urn:b", scope="s"',
        StepUp(acr_values="urn:a urn:b", max_age=60, scope="s"),
    ),
    "beside another scheme": (
        'Basic realm="x", DPoP error="insufficient_user_authentication", max_age=0, algs="ES256"',
        StepUp(max_age=0),
    ),
    "nothing we can read": (
        'Bearer error="insufficient_user_authentication", max_age="soon", acr_values="令牌"',
        StepUp(),
    ),
    "another error": ('Bearer error="invalid_token", max_age="60"', None),
    "no error": ('Bearer realm="x"', None),
    "nothing": ("", None),
}


@pytest.mark.spec("RFC 9470", "3", "max_age and acr_values of the challenge are read")
@pytest.mark.parametrize(("header", "demand"), CHALLENGES.values(), ids=CHALLENGES.keys())
def test_what_a_resource_demands_is_read(header: str, demand: StepUp | None) -> None:
    assert StepUp.from_challenge(header) == demand


@pytest.mark.spec("RFC 9470", "4", "the next sign-in asks for what was demanded")
def test_the_next_sign_in_asks_for_what_was_demanded(foreign: ForeignServer, client: Any) -> None:
    demand = StepUp(acr_values="urn:a", max_age=60)
    foreign.id_token = {"auth_time": NOW - 30}
    assert sign_in(client, step_up=demand).subject == "zhang"
    pending = client.begin_sign_in(redirect_uri=REDIRECT_URI, scope="openid", step_up=demand)
    assert "acr_values=urn%3Aa" in pending.url
    assert "max_age=60" in pending.url
