"""Whatever is sent to the running application, it answers, soon, and never with a failure of its own."""

import base64
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import JSON, as_bytes, changed, texts, written
from tests.fuzz.running import (
    ASSERTION_TYPE,
    CLIENT,
    JWT_BEARER,
    PARTNER,
    SIGNER,
    Headers,
    Running,
)
from tests.world import CALLBACK, ISSUER, SECRET

BASIC = ("authorization", "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode())
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X")
HEADERS = {
    "authorization": texts(BASIC[1], "Bearer lpa_00", "DPoP lpa_00"),
    "cookie": texts("lingpai_session=abc; lingpai_browser=def; lingpai_locale=en"),
    "content-type": texts("application/x-www-form-urlencoded", "application/json; charset=utf-8"),
    "content-length": texts("10"),
    "accept-language": texts("zh-CN,zh;q=0.9"),
    "dpop": texts("eyJ.e30.AA"),
    "x-forwarded-for": texts("10.0.0.1, [::1]:80"),
    "if-none-match": texts('W/"abc"'),
    "origin": texts("https://app.test"),
    "host": texts("localhost:4000"),
    "user-agent": texts("Mozilla/5.0"),
}
QUERY = "response_type=code&client_id=photo-print&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fuser%2Fcallback&scope=x"
DOCUMENT: dict[str, object] = {
    "client_name": "App",
    "redirect_uris": ["https://app.test/cb"],
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "scope": "openid",
}
MORE_FIELDS = (
    *("jwks", "jwks_uri", "contacts", "logo_uri", "client_uri", "application_type", "subject_type", "default_max_age"),
    *("sector_identifier_uri", "request_uris", "id_token_signed_response_alg", "id_token_encrypted_response_alg"),
    *("post_logout_redirect_uris", "backchannel_logout_uri", "initiate_login_uri", "require_auth_time", "client_id"),
)
# The application and its database live in one fixture for all inputs: that is the point.
fuzzing = settings(suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # a line each is too much
    running = Running(tmp_path_factory.mktemp("fuzz"))
    yield running
    assert running.send("GET", "/health/ready").status_code == 200
    running.close()
    structlog.reset_defaults()


@fuzzing
@given(data=st.data())
def test_any_bytes_anywhere(running: Running, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(running.paths) | texts(*running.paths[:4]))
    names = data.draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=4))
    noise = st.binary(max_size=60)
    running.send(
        data.draw(st.sampled_from(METHODS)),
        path,
        query=data.draw(noise | texts(QUERY).map(as_bytes)),
        body=data.draw(noise | texts(QUERY, '{"a":1}').map(as_bytes)),
        headers=[(name, data.draw(noise | HEADERS[name].map(as_bytes))) for name in names],
    )


@fuzzing
@given(data=st.data())
def test_forms_that_are_almost_right(running: Running, data: st.DataObject) -> None:
    forms = running.forms()
    name = data.draw(st.sampled_from(sorted(forms)))
    form, specimens = forms[name], sorted(set(running.loot.everything().values()))
    for param in data.draw(st.lists(st.sampled_from(sorted({*form, "resource", "audience", "scope"})), max_size=3)):
        form[param] = data.draw(texts(form.get(param, "x")) | st.sampled_from(specimens) | JSON.map(written))
    for param in data.draw(st.lists(st.sampled_from(sorted(form)), max_size=4)):
        form.pop(param, None)
    path = name.rpartition(" ")[2]
    credentials = [BASIC] if path != "/oauth2/userinfo" and data.draw(st.booleans()) else []
    running.post(path, form, [running.cookies, *credentials])


@fuzzing
@given(data=st.data())
def test_assertions_and_signed_requests_that_hold_anything(running: Running, data: st.DataObject) -> None:
    now = running.world.clock.now
    header = data.draw(changed({"alg": "ES256", "typ": "JWT"}, "kid", "crit", "jwk"))
    good: dict[str, Any] = {"aud": ISSUER, "iat": now, "exp": now + 60, "jti": data.draw(st.text("abc", min_size=1))}
    match data.draw(st.sampled_from(("client", "grant", "request"))):
        case "client":
            claims = data.draw(changed(good | {"iss": SIGNER, "sub": SIGNER}, "nbf"))
            form = {"client_assertion": running.sign(header, claims), "client_assertion_type": ASSERTION_TYPE}
            path = data.draw(st.sampled_from(("/oauth2/token", "/oauth2/par", "/oauth2/introspect")))
            running.post(path, form | {"grant_type": "client_credentials", "token": "x"}, [])
        case "grant":
            claims = data.draw(changed(good | {"iss": PARTNER, "sub": "zhangsan"}, "nbf", "scope", "act"))
            form = {"grant_type": JWT_BEARER, "assertion": running.sign(header, claims), "scope": "list_album"}
            running.post("/oauth2/token", form, [BASIC])
        case _:
            asked: dict[str, Any] = {
                "iss": SIGNER,
                "client_id": SIGNER,
                "redirect_uri": CALLBACK,
                "response_type": "code",
            }
            asked |= {"scope": "openid", "code_challenge": "A" * 43, "code_challenge_method": "S256", "max_age": 1}
            claims = data.draw(changed(good | asked, "claims", "resource", "prompt", "state", "nonce", "acr_values"))
            form = {"client_id": SIGNER, "request": running.sign(header, claims)}
            running.post("/oauth2/authorize", form, [running.cookies])


@fuzzing
@given(data=st.data())
def test_proofs_of_possession_that_hold_anything(running: Running, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(("/oauth2/token", "/oauth2/par", "/oauth2/userinfo")))
    header = data.draw(changed({"alg": "ES256", "typ": "dpop+jwt", "jwk": running.prover.jwk}, "crit", "kid"))
    jti = data.draw(st.text("abcdef0123456789", min_size=1, max_size=12))
    good = {"htm": "POST", "htu": ISSUER + path, "iat": running.world.clock.now, "jti": jti}
    proof = as_bytes(running.sign(header, data.draw(changed(good, "nonce", "ath"))))
    credentials = ("authorization", f"DPoP {running.loot.access_token}") if path == "/oauth2/userinfo" else BASIC
    running.post(path, {"grant_type": "client_credentials"}, [credentials, ("dpop", proof)])


@fuzzing
@given(document=changed(DOCUMENT, *MORE_FIELDS) | JSON)
def test_registrations_that_hold_anything(running: Running, document: object) -> None:
    headers: Headers = [("content-type", "application/json")]
    running.send("POST", "/oauth2/register", body=as_bytes(written(document)), headers=headers)
