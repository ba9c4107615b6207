"""Assertions of RFC 7523, good and, where a test wants it, forged: keys, claims, and showing them to the server."""

import hmac
from typing import Any

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lingpai.crypto import b64
from lingpai.crypto.digest import new_secret
from lingpai.crypto.jwk import PrivateKey, canonical_alg, generate_private_key, load_private_key, public_jwk
from lingpai.server.client_auth.secret import digest_client_secret, seal_client_secret
from lingpai.server.storage.records import Client, ClientSecret
from lingpai.server.tokens.master_key import client_secret_key, client_secret_pepper, load_master_key
from tests.world import ISSUER, World

TOKEN_ENDPOINT = f"{ISSUER}/oauth2/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONG_SECRET = "long-enough-for-every-hash-0123456789abcdefghijklmnopqrstuvwxyz-0"


class Keyholder:
    """Somebody with a private key. ``sign`` signs whatever it is given, under whatever header."""

    def __init__(self, alg: str = "ES256", kid: str = "one") -> None:
        self.alg = alg
        self.kid = kid
        private_der = generate_private_key(alg)
        self.jwk = public_jwk(private_der, kid=kid, alg=alg)
        self._key = _key_of(load_private_key(private_der, alg))

    @property
    def jwks(self) -> dict[str, object]:
        return {"keys": [self.jwk]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A header of ``None`` is left out."""
        members = {"alg": self.alg, "kid": self.kid, "typ": "JWT"} | header
        signing_input = f"{_segment({k: v for k, v in members.items() if v is not None})}.{_segment(claims)}"
        alg = canonical_alg(self.alg)
        algorithm = jws.JWSRegistry(algorithms=[alg]).get_alg(alg)
        return f"{signing_input}.{b64.encode(algorithm.sign(signing_input.encode(), self._key))}"


def sign_with_secret(secret: str, claims: dict[str, Any], alg: str = "HS256", **header: Any) -> str:
    """Signed with a shared secret; with ``alg="none"`` not at all."""
    signing_input = f"{_segment({'alg': alg, 'typ': 'JWT'} | header)}.{_segment(claims)}"
    mac = hmac.digest(secret.encode(), signing_input.encode(), f"sha{alg[2:]}") if alg.startswith("HS") else b""
    return f"{signing_input}.{b64.encode(mac)}"


def claims_of(world: World, client_id: str = "worker", **changes: Any) -> dict[str, Any]:
    """The claims of a good client assertion; a change to ``None`` leaves a claim out. Each has a ``jti`` of its own."""
    now = world.clock.now
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": new_secret()}
    return {name: claim for name, claim in (claims | changes).items() if claim is not None}


async def add_worker(world: World, client_id: str = "worker", **fields: Any) -> Client:
    """Register a client that acts for itself and authenticates by assertion."""
    values: dict[str, Any] = {
        "grant_types": ("client_credentials",),
        "redirect_uris": (),
        "scope": "list_album",
        "token_endpoint_auth_method": "private_key_jwt",
    }
    return await world.add_client(client_id, secret=None, **(values | fields))


async def add_secret_worker(world: World, client_id: str = "worker", *secrets: str, **fields: Any) -> Client:
    """The same with ``client_secret_jwt``."""
    kept = tuple(kept_secret(world, client_id, secret) for secret in secrets or (LONG_SECRET,))
    return await add_worker(
        world, client_id, token_endpoint_auth_method="client_secret_jwt", client_secrets=kept, **fields
    )


def kept_secret(world: World, client_id: str, secret: str, **fields: Any) -> ClientSecret:
    """A secret as the server keeps it for ``client_secret_jwt``."""
    master_key = load_master_key(world.config, create=False)
    digest = digest_client_secret(client_secret_pepper(master_key), client_id, secret)
    sealed = seal_client_secret(client_secret_key(master_key), client_id, secret)
    return ClientSecret(digest, world.clock.now, sealed=sealed, **fields)


async def authenticate(world: World, assertion: str, path: str = "/oauth2/token", **params: str) -> httpx2.Response:
    """A request that needs nothing but client authentication."""
    sent = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    if path == "/oauth2/token":
        sent["grant_type"] = "client_credentials"
    return await world.http.post(path, data=sent | params)


def _key_of(private: PrivateKey) -> ECKey | OKPKey | RSAKey:
    if isinstance(private, RSAPrivateKey):
        return RSAKey.import_key(private)
    if isinstance(private, Ed25519PrivateKey):
        return OKPKey.import_key(private)
    return ECKey.import_key(private)


def _segment(members: dict[str, Any]) -> str:
    return b64.encode(msgspec.json.encode(members))
