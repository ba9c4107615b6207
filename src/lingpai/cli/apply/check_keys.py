"""What proves somebody: the secret of a client, the keys of a client or of a trusted issuer, and which of ours sign.

Spec: RFC 7591 §2; RFC 7518 §3.2
"""

import re
from collections.abc import Sequence

from lingpai.cli.apply.document import Refuse, Values, did_you_mean
from lingpai.cli.secrets import uses_secret
from lingpai.crypto.hmac_jws import secret_length_bytes
from lingpai.crypto.jwk import InvalidJwk, parse_jwks
from lingpai.oauth import names
from lingpai.server.client_auth import AUTH_METHODS
from lingpai.server.client_auth.assertion import ALGS
from lingpai.server.outbound.address import parse_target

SECRET_LIMIT_CHARS = (16, 256)
_SECRET = re.compile(r"[\x20-\x7e]*")


def check_client_keys(client: Values, refuse: Refuse) -> None:
    """How a client authenticates, and that it has what its method needs."""
    method = client.get("token_endpoint_auth_method", names.CLIENT_SECRET_BASIC)
    alg = client.get("token_endpoint_auth_signing_alg", "")
    if method not in AUTH_METHODS:
        refuse(f"there is no such method{did_you_mean(method, list(AUTH_METHODS))}", "token_endpoint_auth_method")
        return
    if alg and method in ALGS and alg not in ALGS[method]:
        refuse(f"does not go with {method}; there are {', '.join(ALGS[method])}", "token_endpoint_auth_signing_alg")
        return
    if client.get("client_secret") is not None:
        _check_secret(client["client_secret"], method, alg, refuse)
    _check_keys(client, refuse, needed=method == names.PRIVATE_KEY_JWT)


def check_issuer_keys(issuer: Values, refuse: Refuse) -> None:
    """Where the keys of a trusted issuer are."""
    _check_keys(issuer, refuse, needed=True)


def check_signing_algs(values: Values, signing_algs: Sequence[str], refuse: Refuse) -> None:
    """What we are to sign with something, for a client or a resource server: there must be a key."""
    for field in ("id_token_signed_response_alg", "userinfo_signed_response_alg", "access_token_signing_alg"):
        if values.get(field) and values[field] not in signing_algs:
            refuse(f"there is no key for it; signing_algs has {', '.join(signing_algs)}", field)


def _check_secret(secret: str, method: str, alg: str, refuse: Refuse) -> None:
    low, high = SECRET_LIMIT_CHARS
    if method == names.CLIENT_SECRET_JWT:
        low = secret_length_bytes(alg or "HS256")
    if not uses_secret(method):
        refuse('a client of this method has no secret: leave it out, or use "client_secret_basic"', "client_secret")
    elif not low <= len(secret) <= high or not _SECRET.fullmatch(secret):
        refuse(f"must be {low} to {high} ASCII characters; `lingpai client create` makes a good one", "client_secret")


def _check_keys(values: Values, refuse: Refuse, *, needed: bool) -> None:
    jwks, jwks_uri = values.get("jwks"), values.get("jwks_uri", "")
    if needed and jwks is None and not jwks_uri:
        refuse("jwks or jwks_uri is missing: which keys does it sign with?")
    if jwks is not None and jwks_uri:
        refuse("give jwks or jwks_uri, not both (RFC 7591 §2)", "jwks_uri")
        return
    if jwks is not None:
        try:
            if not parse_jwks(jwks) and needed:
                refuse("has no key we can verify a signature with", "jwks")
        except InvalidJwk as error:
            refuse(f"is not a set of public keys: {error}", "jwks")
    if jwks_uri:
        try:
            parse_target(jwks_uri)
        except ValueError as error:
            refuse(str(error), "jwks_uri")
