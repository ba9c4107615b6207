"""How a client proves itself, in exactly one way per request. Pure.

Owns: the methods of client authentication, and forms sent with one. Leaves: what a form asks for to ``flow``, which
method a server offers to ``providers``.

Spec: RFC 6749 §2.3; RFC 7521 §4.2; RFC 7523 §2.2
"""

import base64
from collections.abc import Sequence
from typing import assert_never
from urllib.parse import quote_plus

from lingpai.client.http_request import Headers, HidesSecrets, HttpRequest
from lingpai.client.keys import ClientKey, assertion_claims
from lingpai.client.providers import AuthMethod
from lingpai.crypto.hmac_jws import sign_hmac
from lingpai.oauth.params import encode_params

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Pairs = Sequence[tuple[str, str]]


class ClientIdentity(HidesSecrets, frozen=True):
    """Who we are, and how we prove it; ``ValueError`` where the proof needs what is not there."""

    client_id: str
    client_secret: str | None
    auth_method: AuthMethod
    private_key: ClientKey | None = None

    shown = ("client_id", "auth_method")

    def __post_init__(self) -> None:
        if self.auth_method == "private_key_jwt" and self.private_key is None:
            raise ValueError("private_key_jwt needs a private_key")
        if self.auth_method.startswith("client_secret") and self.client_secret is None:
            raise ValueError(f"{self.auth_method} needs a client_secret")


def form_request(
    url: str, identity: ClientIdentity, params: Pairs, *, issuer: str, now: int, headers: Headers = ()
) -> HttpRequest:
    """POST a form as this client to an endpoint of ``issuer``; parameters without a value are left out.

    Spec: RFC 6749 §2.3.1; RFC 7523 §2.2
    """
    sent = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"), *headers]
    given = {name: value for name, value in params if value and name == "client_id"}
    match identity.auth_method:
        case "client_secret_basic":
            sent.append(("Authorization", _basic(identity)))
        case "none":
            given["client_id"] = identity.client_id
        case "client_secret_post":
            given |= {"client_id": identity.client_id, "client_secret": identity.client_secret or ""}
        case "client_secret_jwt" | "private_key_jwt":
            # For the issuer alone: an assertion two servers accept, one of them could show to the other.
            given |= {"client_id": identity.client_id, "client_assertion_type": ASSERTION_TYPE}
            given["client_assertion"] = _assertion(identity, issuer, now)
        case _:
            assert_never(identity.auth_method)
    form = [(name, value) for name, value in params if value and name not in given]
    return HttpRequest("POST", url, tuple(sent), encode_params([*form, *given.items()]).encode())


def _assertion(identity: ClientIdentity, issuer: str, now: int) -> str:
    if identity.private_key is not None and identity.auth_method == "private_key_jwt":
        return identity.private_key.assertion(identity.client_id, issuer, now=now)
    return sign_hmac(identity.client_secret or "", "JWT", assertion_claims(identity.client_id, issuer, now))


def _basic(identity: ClientIdentity) -> str:
    """Both halves are form-encoded first, or a colon in the id would move the border. Spec: RFC 6749 §2.3.1"""
    pair = f"{quote_plus(identity.client_id)}:{quote_plus(identity.client_secret or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
