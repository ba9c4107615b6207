"""Whatever is sent to the running application, it answers, soon, and never with a failure of its own."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.forms import ASSERTION_TYPE, CLIENT, JWT_BEARER, MORE_PARAMS
from tests.fuzz.inputs import JSON, as_bytes, changed, texts, written
from tests.fuzz.running import PARTNER, SIGNER, Headers, Running
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
IN_ADDRESS = ("/oauth2/authorize", "/oauth2/end_session", "/sign-in", "/consent", "/device")
ASKED = (
    *("/register", "/register/confirm", "/reset-password/confirm", "/verify-email", "/sign-in/new", "/sign-in/terms"),
    *("/sign-in/second-factor", "/sign-in/callback/company", "/account/confirm", "/account/security", "/avatar"),
    *("/account/link-identity", "/account/sign-in-methods", "/account"),
)
JWT: dict[str, object] = {"alg": "ES256", "typ": "JWT"}
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
fuzzing = settings(max_examples=settings().max_examples // 2, suppress_health_check=list(HealthCheck))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    logging.getLogger("lingpai").setLevel(logging.ERROR)  # a line each is too much
    running = Running(tmp_path_factory.mktemp("fuzz"))
    yield running
    assert running.send("GET", "/health/ready").status_code == 200
    running.close()
    logging.getLogger("lingpai").setLevel(logging.NOTSET)


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
    for param in data.draw(st.lists(st.sampled_from(sorted({*form, *MORE_PARAMS})), max_size=3)):
        form[param] = data.draw(texts(form.get(param, "x")) | st.sampled_from(specimens) | JSON.map(written))
    for param in data.draw(st.lists(st.sampled_from(sorted(form)), max_size=4)):
        form.pop(param, None)
    path = name.rpartition(" ")[2]
    credentials = [BASIC] if path != "/oauth2/userinfo" and data.draw(st.booleans()) else []
    running.post(path, form, [running.cookies, *credentials])
    if path in IN_ADDRESS or path in ASKED or path.startswith(("/oauth2.0/", "/user/")):
        running.get(path, form, [running.cookies])


def client_claims(now: int, jti: str) -> dict[str, object]:
    return {"iss": SIGNER, "sub": SIGNER, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti}


def partner_claims(now: int, jti: str) -> dict[str, object]:
    return client_claims(now, jti) | {"iss": PARTNER, "sub": "zhangsan"}


def request_claims(now: int, jti: str) -> dict[str, object]:
    asked = {
        "client_id": SIGNER,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "prompt": "none",
    }
    pkce = {"code_challenge": "A" * 43, "code_challenge_method": "S256"}
    return client_claims(now, jti) | asked | pkce | {"max_age": 60}


def proof_claims(path: str, now: int, jti: str) -> dict[str, object]:
    return {"htm": "POST", "htu": ISSUER + path, "iat": now, "jti": jti}


def show_client(running: Running, path: str, assertion: str) -> int:
    form = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE, "token": "x"}
    return running.post(path, form, []).status_code


def show_partner(running: Running, assertion: str) -> int:
    form = {"grant_type": JWT_BEARER, "assertion": assertion, "scope": "list_album"}
    return running.post("/oauth2/token", form, [BASIC]).status_code


def show_request(running: Running, request: str) -> str:
    answer = running.get("/oauth2/authorize", {"client_id": SIGNER, "request": request}, [running.cookies])
    return answer.headers.get("location", "")


def show_proof(running: Running, path: str, proof: str) -> int:
    form = {"grant_type": "client_credentials"}
    return running.post(path, form, [BASIC, ("dpop", as_bytes(proof))]).status_code


def register(running: Running, document: object) -> int:
    headers: Headers = [("content-type", "application/json")]
    return running.send("POST", "/oauth2/register", body=as_bytes(written(document)), headers=headers).status_code


def test_unspoiled_they_are_accepted(fresh: Running) -> None:
    """On a server of its own: after a flood of registrations the next one waits."""
    running = fresh
    now, path = running.world.clock.now, "/oauth2/token"
    assert show_client(running, "/oauth2/introspect", running.sign(JWT, client_claims(now, "good-1"))) == 200
    assert show_partner(running, running.sign(JWT, partner_claims(now, "good-2"))) == 200
    assert "error=consent_required" in show_request(running, running.sign(JWT, request_claims(now, "good-3")))
    assert show_proof(running, path, running.sign(proof_header(running), proof_claims(path, now, "good-4"))) == 200
    assert register(running, DOCUMENT) == 201


def proof_header(running: Running) -> dict[str, object]:
    return {"alg": "ES256", "typ": "dpop+jwt", "jwk": running.prover.jwk}


@fuzzing
@given(data=st.data())
def test_assertions_and_signed_requests_that_hold_anything(running: Running, data: st.DataObject) -> None:
    now, jti = running.world.clock.now, data.draw(st.text("abcdef", min_size=1))
    header = data.draw(changed(JWT, "kid", "crit", "jwk"))
    match data.draw(st.sampled_from(("client", "partner", "request"))):
        case "client":
            path = data.draw(st.sampled_from(("/oauth2/token", "/oauth2/par", "/oauth2/introspect")))
            show_client(running, path, running.sign(header, data.draw(changed(client_claims(now, jti), "nbf"))))
        case "partner":
            claims = data.draw(changed(partner_claims(now, jti), "nbf", "scope", "act"))
            show_partner(running, running.sign(header, claims))
        case _:
            more = ("claims", "resource", "state", "nonce", "acr_values", "id_token_hint", "ui_locales")
            show_request(running, running.sign(header, data.draw(changed(request_claims(now, jti), *more))))


@fuzzing
@given(data=st.data())
def test_proofs_of_possession_that_hold_anything(running: Running, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(("/oauth2/token", "/oauth2/par", "/oauth2/userinfo")))
    jti = data.draw(st.text("abcdef0123456789", min_size=1, max_size=12))
    claims = data.draw(changed(proof_claims(path, running.world.clock.now, jti), "nonce", "ath"))
    show_proof(running, path, running.sign(data.draw(changed(proof_header(running), "crit", "kid")), claims))


@fuzzing
@given(document=changed(DOCUMENT, *MORE_FIELDS) | JSON)
def test_registrations_that_hold_anything(running: Running, document: object) -> None:
    register(running, document)
