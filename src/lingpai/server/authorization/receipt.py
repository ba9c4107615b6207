"""A receipt for what a person allowed an application, signed by us: theirs to keep, for anybody to verify.

Owns what is in it. It has neither ``aud`` nor ``exp`` and a type of its own, so that no application can take it for an
ID Token nor an API for an access token, not even one that forgets to look at ``typ``.

Spec: RFC 7515 §7.1; RFC 8725 §3.11
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from lingpai.crypto.jwk import PublicKey
from lingpai.crypto.jws import verify
from lingpai.server.accounts.account import subject
from lingpai.server.storage.records import Account, Client, Grant, ScopeDefinition
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.keyring import SIGNING_ALGS, Keyring

RECEIPT_TYPE = "consent-receipt+jwt"
_LIMIT_BYTES = 256 * 1024


class Receipts:
    """Writes them."""

    def __init__(self, keyring: Keyring, catalog: Catalog, *, issuer: str, jwks_uri: str) -> None:
        self.jwks_uri = jwks_uri
        self._keyring = keyring
        self._catalog = catalog
        self._issuer = issuer

    def write(self, grant: Grant, account: Account, client: Client, now: int) -> bytes:
        """The file: the claims to be read, the same claims signed, and the key, which we stop publishing one day."""
        claims = receipt_claims(grant, account, client, self._catalog.scopes, issuer=self._issuer, now=now)
        keys = self._keyring.current
        signer = keys.signer("ES256")
        published = msgspec.json.decode(keys.jwks)["keys"]
        document = {
            "receipt": claims,
            "signed": signer.sign(RECEIPT_TYPE, msgspec.json.encode(claims)),
            "jwks_uri": self.jwks_uri,
            "jwks": {"keys": [key for key in published if key["kid"] == signer.kid]},
        }
        return msgspec.json.format(msgspec.json.encode(document))


def receipt_claims(
    grant: Grant, account: Account, client: Client, scopes: Mapping[str, ScopeDefinition], *, issuer: str, now: int
) -> dict[str, object]:
    """What was allowed, by whom, to whom, since when and until when. Instants are text, for people."""
    return {
        "iss": issuer,
        "iat": now,
        "jti": f"{grant.id.hex()}.{grant.revision}.{now}",
        "sub": subject(account),
        "username": account.username,
        "client_id": client.client_id,
        "client_name": client.client_name,
        "client_uri": client.client_uri,
        "permissions": [
            {
                "scope": name,
                "description": scopes[name].descriptions if name in scopes else {},
                "allowed_at": _instant(since),
            }
            for name, since in sorted(grant.permissions.items())
        ],
        "lifetime": grant.lifetime,
        "allowed_at": _instant(grant.created_at),
        "changed_at": _instant(grant.updated_at),
        "until": _instant(grant.expires_at),
        "ended_at": _instant(grant.ended_at),
    }


def verify_receipt(signed: str, keys: Sequence[PublicKey]) -> dict[str, object]:
    """The claims of a receipt that one of ``keys`` signed. Raises ``InvalidJws``."""
    return verify(signed, keys, typ=(RECEIPT_TYPE,), algs=SIGNING_ALGS, limit_bytes=_LIMIT_BYTES)[1]


def _instant(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
