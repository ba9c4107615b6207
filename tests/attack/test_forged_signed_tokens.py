"""Signed access tokens the attacker makes, changes or brings from elsewhere, shown to introspection and UserInfo.

Spec: RFC 8725 §2, §3; RFC 9068 §4. Stops: CVE-2024-37568, CVE-2026-114615, CVE-2026-11800, CVE-2026-33322 (algorithm
confusion), CVE-2026-27962 (key from the token), CVE-2026-28802 (none), CVE-2026-96760 (no signature), CVE-2025-59420
(crit), GHSA-7fpj-9hr8-28vh (another kind of token), CVE-2026-55669 (aud, exp unchecked).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from lingpai.crypto.jwk import generate_private_key, public_jwk
from lingpai.crypto.jws import Signer
from tests.attack.scene import add_signed_api, bearer, claims_of
from tests.world import World, grant_tokens

pytestmark = pytest.mark.spec("RFC 8725", "3.1", "only the algorithm, key and type we issue verify")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _json(value: object) -> str:
    return _encode(json.dumps(value).encode())


def _header(token: str) -> dict[str, Any]:
    head = token.split(".", maxsplit=1)[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(head + "=="))
    return header


def _hmac(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    signing_input = f"{_json(header)}.{_json(claims)}"
    return f"{signing_input}.{_encode(hmac.new(key, signing_input.encode(), hashlib.sha256).digest())}"


class Forger:
    """Has a real token, the public keys, and keys of his own."""

    def __init__(self, token: str, jwks: bytes) -> None:
        self.token = token
        self.head, self.payload, self.signature = token.split(".")
        self.header, self.claims = _header(token), claims_of(token)
        self.jwks = jwks
        self.der = generate_private_key("ES256")

    def signed_by_himself(self, **header: Any) -> str:
        """A good signature, by his own key, under a header of his choice."""
        signer = Signer("ES256", str(self.header["kid"]), self.der)
        if not header:
            return signer.sign("at+jwt", json.dumps(self.claims).encode())
        head = _json(self.header | header)
        own = signer.sign("at+jwt", json.dumps(self.claims).encode()).split(".")
        return f"{head}.{own[1]}.{own[2]}"


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "alg none": lambda f: f"{_json(f.header | {'alg': 'none'})}.{f.payload}.",
    "alg None": lambda f: f"{_json(f.header | {'alg': 'None'})}.{f.payload}.",
    "alg none with the old signature": lambda f: f"{_json(f.header | {'alg': 'none'})}.{f.payload}.{f.signature}",
    "no signature": lambda f: f"{f.head}.{f.payload}.",
    "an empty payload": lambda f: f"{f.head}..{f.signature}",
    "two segments": lambda f: f"{f.head}.{f.payload}",
    "four segments": lambda f: f"{f.token}.x",
    "HS256 with the JWKS as secret": lambda f: _hmac(f.header | {"alg": "HS256"}, f.claims, f.jwks),
    "HS256 with the public key as secret": lambda f: _hmac(
        f.header | {"alg": "HS256"}, f.claims, json.dumps(json.loads(f.jwks)["keys"][0]).encode()
    ),
    "HS256 with nothing as secret": lambda f: _hmac(f.header | {"alg": "HS256"}, f.claims, b""),
    "another key under our kid": lambda f: f.signed_by_himself(),
    "another key in the header": lambda f: f.signed_by_himself(
        jwk=public_jwk(f.der, kid=str(f.header["kid"]), alg="ES256")
    ),
    "another key by address": lambda f: f.signed_by_himself(jku="https://evil.example/jwks"),
    "another key by certificate": lambda f: f.signed_by_himself(x5c=["MIIB"], x5u="https://evil.example/"),
    "a kid that is a path": lambda f: f.signed_by_himself(kid="../../../../dev/null"),
    "a kid that is SQL": lambda f: f.signed_by_himself(kid="' UNION SELECT 'k"),
    "another algorithm named": lambda f: f"{_json(f.header | {'alg': 'RS256'})}.{f.payload}.{f.signature}",
    "an unknown critical header": lambda f: f"{_json(f.header | {'crit': ['x'], 'x': 1})}.{f.payload}.{f.signature}",
    "an unencoded payload": lambda f: f"{_json(f.header | {'b64': False, 'crit': ['b64']})}.{f.payload}.{f.signature}",
    "a compressed payload": lambda f: f"{_json(f.header | {'zip': 'DEF'})}.{f.payload}.{f.signature}",
    "a signature of zeros": lambda f: f"{f.head}.{f.payload}.{_encode(bytes(64))}",
    "more permissions": lambda f: f"{f.head}.{_json(f.claims | {'scope': 'read_signed upload_pic'})}.{f.signature}",
    "another person": lambda f: f"{f.head}.{_json(f.claims | {'sub': '00' * 16})}.{f.signature}",
    "a longer life": lambda f: f"{f.head}.{_json(f.claims | {'exp': 2**40})}.{f.signature}",
    "JSON serialisation": lambda f: json.dumps({"payload": f.payload, "signatures": []}),
    "standard base64": lambda f: f"{f.head}.{f.payload}.{f.signature.replace('-', '+').replace('_', '/')}==",
    "the other half of the curve": lambda f: f"{f.head}.{f.payload}.{_negated(f.signature)}",
    "a hundred thousand dots": lambda f: f.token + "." * 100_000,
}


def _negated(signature: str) -> str:
    """(r, -s) verifies whenever (r, s) does: another text for the same token, which must not escape a denylist.

    It is not a forgery: see ``test_a_signature_written_differently_is_still_the_same_token``.
    """
    raw = base64.urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return _encode(raw[:32] + (order - int.from_bytes(raw[32:])).to_bytes(32))


async def _is_taken(world: World, token: str) -> bool:
    answers = [await world.post("/oauth2/introspect", token=token, client=who) for who in ("photos", "photo-print")]
    assert all(answer.status_code in (200, 400, 413) for answer in answers)
    userinfo = await world.http.get("/oauth2/userinfo", headers=bearer(token[:10_000]))
    assert userinfo.status_code in (400, 401)
    return any(answer.json().get("active") for answer in answers)


async def _forger(world: World) -> Forger:
    await add_signed_api(world)
    tokens = await grant_tokens(world, scope="read_signed")
    return Forger(tokens["access_token"], (await world.http.get("/oauth2/jwks")).content)


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name != "the other half of the curve"])
async def test_a_forged_token_is_not_active(world: World, forgery: str) -> None:
    forger = await _forger(world)
    assert not await _is_taken(world, FORGERIES[forgery](forger))
    assert await _is_taken(world, forger.token)


async def test_a_signature_written_differently_is_still_the_same_token(world: World) -> None:
    forger = await _forger(world)
    twin = FORGERIES["the other half of the curve"](forger)
    await world.post("/oauth2/revoke", token=forger.token)
    assert not await _is_taken(world, twin), "revocation is by id, not by text"


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "our issuer with a slash": {"iss": "http://localhost:4000/"},
    "no issuer": {"iss": None},
    "no audience": {"aud": None},
    "an empty audience": {"aud": []},
    "expired": {"exp": 1_799_999_999},
    "expires now": {"exp": 1_800_000_000},
    "no expiry": {"exp": None},
    "an expiry that is text": {"exp": "9999999999"},
    "issued in the future": {"iat": 1_900_000_000},
    "an id that is not ours": {"jti": "x"},
    "no id": {"jti": None},
    "another client": {"client_id": "evil-app"},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
async def test_even_our_own_key_does_not_make_wrong_claims_right(world: World, wrong: str) -> None:
    """What a future token of another kind, signed with the same key, might look like."""
    forger = await _forger(world)
    claims = {name: value for name, value in (forger.claims | WRONG_CLAIMS[wrong]).items() if value is not None}
    signer = world.server.keyring.current.signers["ES256"]
    assert not await _is_taken(world, signer.sign("at+jwt", json.dumps(claims).encode()))
    assert await _is_taken(world, signer.sign("at+jwt", json.dumps(forger.claims).encode()))


@pytest.mark.parametrize("typ", ["JWT", "", "logout+jwt", "dpop+jwt", "at+jwt2", "oauth-authz-req+jwt", "id_token"])
async def test_another_kind_of_token_of_our_own_is_no_access_token(world: World, typ: str) -> None:
    forger = await _forger(world)
    signer = world.server.keyring.current.signers["ES256"]
    assert not await _is_taken(world, signer.sign(typ, json.dumps(forger.claims).encode()))


async def test_the_id_in_a_token_opens_nothing_by_itself(world: World) -> None:
    """``jti`` is sealed: who reads the token learns from it neither account nor family."""
    jti = str((await _forger(world)).claims["jti"])
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account
    assert account.id.hex() not in jti
    assert not await _is_taken(world, jti)
