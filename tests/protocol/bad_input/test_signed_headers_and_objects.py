"""Proofs, assertions and request objects that are no tokens at all: refused as what they should have been."""

from collections.abc import Mapping

import pytest
import pytest_asyncio

from lingpai.crypto import b64
from tests.assertions import ASSERTION_TYPE
from tests.protocol.bad_input.endpoints import Good, register
from tests.protocol.bad_input.extension_endpoints import MACHINE, SIGNER
from tests.protocol.bad_input.spoil import MALFORMED, encode, outcome, send_raw
from tests.wire import FORM, send
from tests.world import CALLBACK, SECRET, Ask, World


def _token(header: bytes, payload: bytes = b"{}", signature: bytes = b"x") -> str:
    return ".".join(map(b64.encode, (header, payload, signature)))


NO_TOKENS: Mapping[str, str] = {
    "a word": "x",
    "two dots": "..",
    "four dots": "....",
    "1 MB of dots": "." * 1_000_000,
    "1 MB": "x" * 1_000_000,
    "not base64url": "e30=.e30=.e30=",
    "foreign letters": "é.é.é",
    "a header that is no JSON": _token(b"{"),
    "a header that is a list": _token(b"[]"),
    "a header that is not UTF-8": _token(b'{"alg":"\xff"}'),
    "a header nested deeply": _token(b"[" * 8000),
    "an alg that is a number": _token(b'{"typ":"dpop+jwt","alg":1}'),
    "an alg that is a list": _token(b'{"typ":"dpop+jwt","alg":["ES256"]}'),
    "a payload that is no JSON": _token(b'{"typ":"JWT","alg":"ES256"}', b"{"),
    "a payload that is a list": _token(b'{"typ":"JWT","alg":"ES256"}', b"[]"),
    "numbers as large as they get": _token(b'{"typ":"JWT","alg":"ES256"}', b'{"exp":1e999,"iat":' + b"9" * 999 + b"}"),
    "a key of nonsense": _token(b'{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":1,"x":[],"y":{}}}'),
    "a key with a point that is none": _token(
        b'{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}'
    ),
    "an encrypted token": _token(b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}') + ".AA.AA",
}
POST = {"client_id": MACHINE, "client_secret": SECRET}
PROVEN = {
    "/oauth2/token": {"grant_type": "client_credentials", **POST},
    "/oauth2/par": {**POST, "response_type": "code", "redirect_uri": CALLBACK},
    "/oauth2/device_authorization": {**POST, "scope": "list_album"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(module_world: World) -> World:
    await register(module_world)
    return module_world


@pytest.mark.spec("RFC 9449", "5", "invalid_dpop_proof")
@pytest.mark.parametrize("path", PROVEN)
async def test_what_is_no_proof_is_refused(clients: World, path: str) -> None:
    before = clients.rows()
    for name, proof in {**NO_TOKENS, "nothing": ""}.items():
        good = Good("POST", path, body=PROVEN[path])
        response = await send_raw(clients, good, b"", encode(PROVEN[path]), [FORM, ("dpop", proof)])
        assert outcome(response) == "400 invalid_dpop_proof", name
    twice = [FORM, ("dpop", "x"), ("dpop", "x")]
    response = await send_raw(clients, Good("POST", path), b"", encode(PROVEN[path]), twice)
    assert outcome(response) == "400 invalid_dpop_proof"
    assert clients.rows() == before


@pytest.mark.parametrize("scheme", ["DPoP", "Bearer"])
async def test_what_is_no_token_opens_nothing_with_any_proof(clients: World, scheme: str) -> None:
    before = clients.rows()
    for name, text in NO_TOKENS.items():
        headers = [("authorization", f"{scheme} {text}"), ("dpop", text)]
        response = await send(clients.server.app, "GET", "/oauth2/userinfo", headers=headers)
        assert response.status_code in (400, 401), name
        assert response.json()["error"] in ("invalid_request", "invalid_token", "invalid_dpop_proof"), name
    assert clients.rows() == before


@pytest.mark.spec("RFC 7523", "3.2", "invalid_client")
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/par", "/oauth2/revoke", "/oauth2/introspect"])
async def test_what_is_no_assertion_proves_nobody(clients: World, path: str) -> None:
    before = clients.rows()
    for name, text in NO_TOKENS.items():
        body = {"client_id": SIGNER, "client_assertion": text, "client_assertion_type": ASSERTION_TYPE, "token": "x"}
        response = await send_raw(clients, Good("POST", path), b"", encode(body))
        assert outcome(response) in _for_length(text, "401 invalid_client"), name
    for kind in ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "x", "X" * 5000):
        body = {"client_assertion": "x.y.z", "client_assertion_type": kind, "token": "x"}
        response = await send_raw(clients, Good("POST", path), b"", encode(body))
        assert outcome(response) in ("400 invalid_request", "401 invalid_client")
    assert clients.rows() == before


@pytest.mark.spec("RFC 9101", "6.1", "invalid_request_object")
async def test_what_is_no_request_object_is_told_to_the_client(clients: World) -> None:
    before = clients.rows()
    params = Ask(clients, MACHINE, prompt="none").params
    for name, text in NO_TOKENS.items():
        told = await send(clients.server.app, "GET", "/oauth2/authorize", query=encode({**params, "request": text}))
        assert outcome(told) in ("303 invalid_request_object", "303 invalid_request"), name
        pushed = await send_raw(clients, Good("POST", "/oauth2/par"), b"", encode({**POST, "request": text}))
        assert outcome(pushed) in _for_length(text, "400 invalid_request_object"), name
    assert clients.rows() == before


@pytest.mark.parametrize("name", ["request", "request_uri"])
@pytest.mark.parametrize("way", MALFORMED)
async def test_a_malformed_request_object_is_told_to_the_client(clients: World, way: str, name: str) -> None:
    params = {**Ask(clients, MACHINE, prompt="none").params, name: "https://app.example/request.jwt"}
    query = encode(params, name, MALFORMED[way])
    told = await send(clients.server.app, "GET", "/oauth2/authorize", query=query)
    assert outcome(told) in ("303 invalid_request_object", "303 invalid_request_uri", "303 invalid_request")


@pytest.mark.parametrize("name", ["user_code", "request"])
@pytest.mark.parametrize("path", ["/device", "/device/confirm"])
@pytest.mark.parametrize("way", MALFORMED)
async def test_a_malformed_link_to_a_device_begins_anew(clients: World, path: str, name: str, way: str) -> None:
    before = clients.rows()
    query = encode({name: "BCDF-GHJK"}, name, MALFORMED[way])
    response = await send(clients.server.app, "GET", path, query=query)
    assert response.headers["location"].partition("?")[0] in ("/sign-in", "/device")
    assert clients.rows() == before


def _for_length(text: str, refused: str) -> tuple[str, ...]:
    too_long = ("400 invalid_request", "413 invalid_request")
    return too_long if len(text) > 16_384 else (refused,)
