"""Every reason not to sign somebody out, with tokens made by somebody else's library."""

from collections.abc import Callable
from typing import Any

import pytest

from lingpai.client import LogoutNotice, LogoutTokenError
from lingpai.client.logout_token import EVENT, parse_logout_token
from lingpai.crypto.jwk import parse_jwks
from tests.unit.client.foreign import NOW, ForeignServer, changed, jwks, new_keys, sign

BACK = "OpenID Connect Back-Channel Logout 1.0"
ISSUER = "https://as.example"
TRUSTED = parse_jwks(jwks())
TYPED = {"typ": "logout+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "photos",
    "iat": NOW,
    "exp": NOW + 120,
    "jti": "one",
    "sub": "zhang",
    "sid": "s1",
    "events": {EVENT: {}},
}


def parse(token: str, now: int = NOW) -> LogoutNotice:
    return parse_logout_token(
        token, TRUSTED, issuer=ISSUER, client_id="photos", algs=("ES256", "RS256", "EdDSA"), now=now
    )


@pytest.mark.spec(BACK, "2.6", "a valid logout token says whose session ended")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "EdDSA"])
@pytest.mark.parametrize("typ", ["logout+jwt", "application/logout+jwt", "JWT", None])
def test_a_good_token_is_believed(alg: str, typ: str | None) -> None:
    assert parse(sign(CLAIMS, alg=alg, header={"typ": typ})) == LogoutNotice("s1", "zhang", "one", NOW + 120)


@pytest.mark.spec(BACK, "2.4", "sub or sid, or both")
@pytest.mark.parametrize(("without", "left"), [("sub", ("s1", None)), ("sid", (None, "zhang"))])
def test_one_of_session_and_person_is_enough(without: str, left: tuple[str | None, str | None]) -> None:
    notice = parse(sign(changed(CLAIMS, {without: None}), header=TYPED))
    assert (notice.sid, notice.subject) == left


@pytest.mark.spec(BACK, "2.6", "what makes a logout token invalid")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://other.example"}, id="from another server"),
        pytest.param({"aud": "printer"}, id="for another client"),
        pytest.param({"aud": ["printer", "scanner"]}, id="for other clients"),
        pytest.param({"exp": NOW - 61}, id="expired"),
        pytest.param({"iat": NOW + 61}, id="from the future"),
        pytest.param({"nonce": "n"}, id="with a nonce, like an ID Token"),
        pytest.param({"events": None}, id="without events, like an ID Token"),
        pytest.param({"events": {}}, id="no event"),
        pytest.param({"events": {"http://schemas.openid.net/event/other": {}}}, id="another event"),
        pytest.param({"events": {EVENT: "yes"}}, id="an event that is no object"),
        pytest.param({"events": [EVENT]}, id="events in a list"),
        pytest.param({"sub": None, "sid": None}, id="about nobody"),
        pytest.param({"sub": "", "sid": None}, id="about an empty name"),
        pytest.param({"sid": 7}, id="a session that is a number"),
        *[pytest.param({name: None}, id=f"without {name}") for name in ("iss", "aud", "iat", "exp", "jti")],
    ],
)
def test_a_token_that_is_wrong_signs_nobody_out(changes: dict[str, Any]) -> None:
    with pytest.raises(LogoutTokenError):
        parse(sign(changed(CLAIMS, changes), header=TYPED))


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "secevent+jwt"])
def test_a_token_of_another_type_is_none(typ: str) -> None:
    with pytest.raises(LogoutTokenError):
        parse(sign(CLAIMS, header={"typ": typ}))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 100_000])
def test_nonsense_is_refused_without_a_fuss(token: str) -> None:
    with pytest.raises(LogoutTokenError):
        parse(token)


def test_another_key_is_not_believed() -> None:
    with pytest.raises(LogoutTokenError):
        parse(sign(CLAIMS, key=new_keys()["ES256"], header=TYPED))


def test_an_algorithm_the_server_does_not_use_is_not_believed() -> None:
    token = sign(CLAIMS, alg="RS256", header=TYPED)
    with pytest.raises(LogoutTokenError):
        parse_logout_token(token, TRUSTED, issuer=ISSUER, client_id="photos", algs=("ES256",), now=NOW)


def test_both_shells_verify_with_the_keys_of_the_server(foreign: ForeignServer, connect: Callable[..., Any]) -> None:
    client = connect()
    claims = {**CLAIMS, "iss": foreign.issuer, "aud": foreign.client_id}
    assert client.verify_logout_token(sign(claims, header=TYPED)).sid == "s1"
    with pytest.raises(LogoutTokenError):
        client.verify_logout_token(sign({**claims, "aud": "printer"}, header=TYPED))
