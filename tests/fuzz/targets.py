"""Every pure parser, with good inputs to spoil and the only exceptions it may raise."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from lingpai.client.discovery import parse_metadata
from lingpai.client.errors import DiscoveryError, TokenError
from lingpai.client.responses import parse_pushed, parse_token_response
from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws, read_kid, read_unproven_claims
from lingpai.crypto.hmac_jws import sign_hmac, verify_hmac
from lingpai.crypto.jwe import parse_encryption_keys
from lingpai.crypto.jwk import InvalidJwk, generate_private_key, parse_jwks, public_jwk
from lingpai.crypto.jws import Signer, verify
from lingpai.crypto.jwt import InvalidJwt, check_claims
from lingpai.crypto.private_jwk import PrivateKeyMaterial, read_private_jwk, write_private_jwk
from lingpai.crypto.seal import Purpose, Sealer, SealingKey, Unsealable, looks_like
from lingpai.dialects import qq, qq_openapi, standard
from lingpai.dialects.base import RemoteError, WireBody
from lingpai.dialects.qq_params import merge_params, read_multipart
from lingpai.i18n import negotiate
from lingpai.oauth.assertion import PUBLIC_KEY_ALGS, check_assertion
from lingpai.oauth.challenge import parse_challenge
from lingpai.oauth.claims import parse_claims_request
from lingpai.oauth.dpop import DpopProofs
from lingpai.oauth.errors import InvalidClient, InvalidClientMetadata, InvalidDpopProof, InvalidRequest, InvalidScope
from lingpai.oauth.params import parse_params
from lingpai.oauth.pkce import check_code_challenge, verify_code_verifier
from lingpai.oauth.redirect_uri import InvalidRedirectUri, check_registrable, matches, matches_host_and_path
from lingpai.oauth.scope import parse_scope
from lingpai.server.accounts.account import canonical_username
from lingpai.server.authorization.user_code import parse_user_code
from lingpai.server.client_auth.secret import read_basic
from lingpai.server.registration.ceiling import Ceiling
from lingpai.server.registration.metadata import read_metadata
from tests.fuzz.inputs import JSON, as_bytes, changed, texts, written
from tests.proofs import Prover

NOW = 1_800_000_000
ISSUER = "https://auth.test"
_TYPES = ("jwt", "at+jwt", "")


class Target(Struct, frozen=True):
    """A parser. Whatever ``inputs`` gives, ``parse`` returns or raises one of ``refusals``."""

    name: str
    inputs: st.SearchStrategy[Any]
    parse: Callable[[Any], object]
    refusals: tuple[type[Exception], ...] = ()


def _keys() -> list[dict[str, str]]:
    return [public_jwk(generate_private_key(alg), kid=alg, alg=alg) for alg in ("ES256", "EdDSA", "RS256")]


def text_targets() -> list[Target]:
    """Those that read text."""
    token, claims = (
        _Tokens(),
        '{"userinfo":{"email":{"essential":true},"name":null},"id_token":{"acr":{"values":["1"]}}}',
    )
    uris = ("https://app.test/cb?x=1", "http://127.0.0.1:8000/cb", "com.example.app:/cb", "http://[::1]:80/a%2fb;c")
    challenges = ('Bearer realm="a", error="invalid_token"', "DPoP algs=ES256, Basic YWJj=")
    form = "grant_type=authorization_code&code=a%2Bb&resource=https%3A%2F%2Fa&resource=b+c&x="
    tokens = '{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":"a b"}'
    metadata = written({"issuer": ISSUER, "token_endpoint": ISSUER + "/token", "scopes_supported": ["a"]})
    return [
        Target("a form", texts(form), parse_params, (InvalidRequest,)),
        Target("scope", texts("openid profile list_album"), parse_scope, (InvalidScope,)),
        Target("a redirect URI to register", texts(*uris), _check_registrable, (InvalidRedirectUri,)),
        Target("a redirect URI to compare", texts(*uris), lambda uri: matches(uris, uri, "native")),
        Target("PKCE", texts("A" * 43, "S256"), _pkce, (InvalidRequest,)),
        Target("Basic", texts("Basic cGhvdG86c2VjcmV0", "basic Og=="), read_basic, (InvalidClient,)),
        Target("WWW-Authenticate", texts(*challenges), parse_challenge),
        Target("claims", texts(claims), parse_claims_request, (InvalidRequest,)),
        Target("a DPoP proof", texts(token.proof), token.check_proof, (InvalidDpopProof,)),
        Target("a JWS", texts(token.jwt), token.verify, (InvalidJws,)),
        Target("a JWS of a secret", texts(token.hmac), token.verify_hmac, (InvalidJws,)),
        Target("an unproven JWS", texts(token.jwt), _read_unproven, (InvalidJws,)),
        Target("a sealed value", texts(token.sealed), token.unseal, (Unsealable,)),
        Target("base64url", texts("AAECAwQF_-8"), b64.decode, (ValueError,)),
        Target("a private JWK", texts(token.private), read_private_jwk, (InvalidJwk,)),
        Target("a user name", texts("Zhang.San@example.com", "令牌"), canonical_username, (ValueError,)),
        Target("a user code", texts("BCDF-GHJK"), parse_user_code, (ValueError,)),
        Target("languages", texts("zh-CN,zh;q=0.9,en;q=0.8,*;q=0"), lambda text: negotiate(text, text, text, "en")),
        Target("a token response", texts(tokens), _token_response, (RemoteError, TokenError)),
        Target("a pushed request's answer", texts('{"request_uri":"urn:x","expires_in":90}'), _pushed, (TokenError,)),
        *_qq_targets(),
        Target("metadata", texts(metadata), lambda text: parse_metadata(ISSUER, as_bytes(text)), (DiscoveryError,)),
    ]


def _qq_targets() -> list[Target]:
    """What old SDKs send, and what Tencent's servers answer."""
    answers = ('callback( {"client_id":"1","openid":"A"} );', "access_token=A&expires_in=1", '{"ret":0,"msg":""}')
    form = "a=1&a=%31&redirect_uri=http://localhost:3000/cb?x=1"
    files = '--XX\r\nContent-Disposition: form-data; name="p"; filename="f"\r\n\r\nx\r\n--XX--\r\n'
    parts = "multipart/form-data; boundary=XX"
    uris = ("https://app.test/cb?x=1", "https://app.test", "http://localhost:3000/cb")
    return [
        Target("QQ's tokens", texts(*answers), lambda text: qq.read_tokens(_answer(text)), (RemoteError,)),
        Target("QQ's identity", texts(*answers), lambda text: qq.read_me(_answer(text)), (RemoteError,)),
        Target("QQ's API", texts(*answers), lambda text: qq_openapi.read_result(_answer(text)), (RemoteError,)),
        Target("a form said twice", texts(form), lambda text: merge_params(as_bytes(text), b"a=1"), (InvalidRequest,)),
        Target(
            "a form with files", texts(files), lambda text: read_multipart(parts, as_bytes(text)), (InvalidRequest,)
        ),
        Target(
            "the type of a form", texts(parts), lambda text: read_multipart(text, as_bytes(files)), (InvalidRequest,)
        ),
        Target("a callback", texts(*uris), lambda uri: matches_host_and_path(uris, uri, reserved=("code",))),
    ]


def _answer(text: str) -> WireBody:
    return WireBody(200, "text/html", as_bytes(text))


def json_targets() -> list[Target]:
    """Those that read decoded JSON."""
    claims = {"iss": "app", "sub": "app", "aud": ISSUER, "iat": NOW, "exp": NOW + 60, "jti": "one"}
    metadata = {"redirect_uris": ["https://app.test/cb"], "grant_types": ["authorization_code"], "scope": "openid"}
    names = ("nbf", "client_name", "jwks", "contacts", "default_max_age", "response_types", "require_auth_time")
    keys = st.one_of([changed(key, "use", "key_ops", "d", "k") for key in _keys()])
    key_sets = st.lists(keys | JSON, max_size=4).map(lambda entries: {"keys": entries}) | JSON
    ceiling = Ceiling(
        scope=parse_scope("openid"),
        grant_types=("authorization_code",),
        auth_methods=("none",),
        id_token_algs=("ES256",),
    )
    return [
        Target("a JWK Set", key_sets, parse_jwks, (InvalidJwk,)),
        Target("a JWK Set to encrypt to", key_sets, parse_encryption_keys, (InvalidJwk,)),
        Target("claims of a JWT", changed(claims, *names), _check_claims, (InvalidJwt,)),
        Target("claims of an assertion", changed(claims, *names), _check_assertion, (InvalidJwt,)),
        Target(
            "a registration",
            changed(metadata, *names),
            lambda doc: read_metadata(doc, ceiling),
            (InvalidClientMetadata,),
        ),
    ]


class _Tokens:
    """One good specimen of everything signed or sealed, and who verifies it."""

    def __init__(self) -> None:
        der, prover = generate_private_key("ES256"), Prover()
        self._keys = parse_jwks({"keys": [public_jwk(der, kid="one", alg="ES256")]})
        self._proofs = DpopProofs()
        self._secret = "s" * 64
        self._purpose = Purpose("access token", "lpa")
        self._sealer = Sealer([SealingKey(b"kid1", b"k" * 32)])
        payload = msgspec.json.encode({"iss": ISSUER, "aud": "app", "exp": NOW + 60, "iat": NOW})
        self.jwt = Signer("ES256", "one", der).sign("JWT", payload)
        self.hmac = sign_hmac(self._secret, "JWT", payload)
        self.proof = prover.prove("POST", ISSUER, now=NOW)
        self.sealed = self._sealer.seal(self._purpose, b"payload")
        self.private = write_private_jwk(PrivateKeyMaterial(kid="one", alg="ES256", private_der=der))

    def verify(self, text: str) -> object:
        return verify(text, self._keys, typ=_TYPES, algs=PUBLIC_KEY_ALGS)

    def verify_hmac(self, text: str) -> object:
        return verify_hmac(text, [self._secret.encode()], typ=_TYPES, algs=("HS256", "HS384", "HS512"))

    def check_proof(self, text: str) -> object:
        return self._proofs.check(text, method="POST", url=ISSUER, now=NOW)

    def unseal(self, text: str) -> bytes:
        looks_like(self._purpose, text)
        return self._sealer.unseal(self._purpose, text)


def _check_registrable(uri: str) -> None:
    check_registrable(uri, "native")


def _pkce(text: str) -> object:
    verify_code_verifier(text, text)
    return check_code_challenge(text, "S256"), check_code_challenge("A" * 43, text)


def _read_unproven(text: str) -> object:
    return read_kid(text), read_unproven_claims(text)


def _token_response(text: str) -> object:
    body = WireBody(200, "application/json", as_bytes(text))
    return standard.parse_tokens(body), parse_token_response(body)


def _pushed(text: str) -> object:
    return parse_pushed(WireBody(201, "application/json", as_bytes(text)))


def _check_claims(claims: dict[str, object]) -> None:
    check_claims(claims, issuer="app", audience=ISSUER, now=NOW, leeway_s=30)


def _check_assertion(claims: dict[str, object]) -> object:
    return check_assertion(claims, issuer="app", audience=(ISSUER,), now=NOW)
