"""How a client proves itself: once per request, in the way it was registered for."""

import base64
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from lingpai.client.client_auth import ASSERTION_TYPE, ClientIdentity, form_request
from lingpai.client.http_request import HttpRequest, document_request
from lingpai.client.keys import ClientKey
from lingpai.client.providers import AuthMethod

ISSUER = "https://as.example"
TOKEN_URL = f"{ISSUER}/token"
SECRET = "a secret that is long enough for HMAC"
NOW = 1_800_000_000
KEY = ClientKey.generate()


def send(identity: ClientIdentity, *params: tuple[str, str], now: int = NOW) -> HttpRequest:
    return form_request(TOKEN_URL, identity, params, issuer=ISSUER, now=now)


def form(request: HttpRequest) -> dict[str, list[str]]:
    return parse_qs(request.body.decode(), strict_parsing=True)


AUTHENTICATED = {
    "client_secret_basic": ({}, f"Basic {base64.b64encode(f'photos:{SECRET}'.replace(' ', '+').encode()).decode()}"),
    "client_secret_post": ({"client_id": ["photos"], "client_secret": [SECRET]}, None),
    "none": ({"client_id": ["photos"]}, None),
}


@pytest.mark.spec("RFC 6749", "2.3", "a request uses one authentication method")
@pytest.mark.parametrize("method", AUTHENTICATED)
def test_a_client_proves_itself_in_exactly_one_way(method: AuthMethod) -> None:
    in_body, header = AUTHENTICATED[method]
    request = send(ClientIdentity("photos", SECRET, method), ("grant_type", "x"), ("scope", "a b"), ("empty", ""))
    assert (request.method, request.url) == ("POST", TOKEN_URL)
    assert form(request) == {"grant_type": ["x"], "scope": ["a b"], **in_body}
    assert dict(request.headers).get("Authorization") == header
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"])
def test_a_client_id_that_belongs_to_the_request_is_there_once(method: AuthMethod) -> None:
    request = send(ClientIdentity("photos", SECRET, method, KEY), ("client_id", "photos"), ("resource", "a"))
    assert form(request)["client_id"] == ["photos"]


def test_repeated_parameters_stay_repeated() -> None:
    assert form(send(ClientIdentity("photos", SECRET, "client_secret_basic"), ("a", "1"), ("a", "2")))["a"] == [
        "1",
        "2",
    ]


@pytest.mark.spec("RFC 6749", "2.3.1", "id and secret are form-encoded inside Basic")
@given(st.text(min_size=1), st.text())
def test_any_id_and_secret_survive_basic_authentication(client_id: str, secret: str) -> None:
    try:
        (client_id + secret).encode()
    except UnicodeEncodeError:
        return
    header = dict(send(ClientIdentity(client_id, secret, "client_secret_basic")).headers)["Authorization"]
    user, colon, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert (unquote_plus(user), colon, unquote_plus(password)) == (client_id, ":", secret)


def assertion_of(request: HttpRequest, key: Any, alg: str) -> Any:
    sent = form(request)
    assert sent["client_id"] == ["photos"]
    assert sent["client_assertion_type"] == [ASSERTION_TYPE]
    assert "Authorization" not in dict(request.headers)
    return jwt.decode(sent["client_assertion"][0], key, algorithms=[alg])


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.spec("RFC 7523", "3", "the assertion has iss, sub, aud, exp, iat and a jti")
@pytest.mark.parametrize(("alg", "kind"), [("ES256", ECKey), ("EdDSA", OKPKey), ("RS256", RSAKey), ("PS256", RSAKey)])
def test_an_assertion_is_signed_with_the_private_key(alg: Any, kind: Any) -> None:
    key = ClientKey.generate(alg)
    identity = ClientIdentity("photos", None, "private_key_jwt", key)
    token = assertion_of(send(identity), kind.import_key(dict(key.public_jwk)), alg)
    assert token.header == {"alg": alg, "kid": key.kid, "typ": "JWT"}
    jti = token.claims.pop("jti")
    assert token.claims == {"iss": "photos", "sub": "photos", "aud": ISSUER, "iat": NOW, "exp": NOW + 60}
    assert assertion_of(send(identity), kind.import_key(dict(key.public_jwk)), alg).claims["jti"] != jti


@pytest.mark.spec("RFC 7523", "2.2", "an assertion may be signed with the client secret")
def test_an_assertion_is_signed_with_the_secret() -> None:
    token = assertion_of(
        send(ClientIdentity("photos", SECRET, "client_secret_jwt")), OctKey.import_key(SECRET), "HS256"
    )
    assert token.claims["aud"] == ISSUER
    assert SECRET not in send(ClientIdentity("photos", SECRET, "client_secret_jwt")).body.decode()


@pytest.mark.spec("RFC 7518", "3.2", "a key of HMAC is as long as its hash")
def test_a_secret_too_short_to_sign_with_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        send(ClientIdentity("photos", "short", "client_secret_jwt"))


@pytest.mark.parametrize(
    ("method", "secret", "key"),
    [
        ("private_key_jwt", SECRET, None),
        ("client_secret_basic", None, KEY),
        ("client_secret_post", None, None),
        ("client_secret_jwt", None, KEY),
    ],
)
def test_a_method_without_what_it_proves_with_is_refused(
    method: AuthMethod, secret: str | None, key: ClientKey | None
) -> None:
    with pytest.raises(ValueError, match="needs"):
        ClientIdentity("photos", secret, method, key)


def test_a_key_survives_being_kept() -> None:
    for key in (ClientKey.generate(kid="2027-01"), ClientKey.generate("RS256")):
        kept = ClientKey.from_json(key.to_json())
        assert (kept.alg, kept.kid, kept.public_jwk) == (key.alg, key.kid, key.public_jwk)
        assert "d" not in kept.public_jwk
    with pytest.raises(ValueError, match="JSON"):
        ClientKey.from_json("{")


def test_nothing_secret_is_shown() -> None:
    identity = ClientIdentity("photos", SECRET, "client_secret_basic", KEY)
    token_request = document_request("https://as.example/userinfo", headers=(("Authorization", "Bearer t0ken"),))
    values = (send(identity, ("code", "the-code")), token_request, identity)
    shown = "".join(repr(value) + repr(value.__rich_repr__()) for value in values) + repr(KEY)
    for secret in ("the-code", "t0ken", SECRET, KEY.to_json()):
        assert secret not in shown
