"""JSON Web Signatures with a secret two parties share: only for ``client_secret_jwt``.

Apart from ``crypto.jws`` on purpose: what verifies with a secret never sees a public key, and what verifies with public
keys knows no HMAC, so no ``alg`` in a header can make a published key a secret (CVE-2024-37568).

Spec: RFC 7518 §3.2; RFC 8725 §3.1
"""

import hmac
from collections.abc import Collection, Sequence

import msgspec

from lingpai.crypto import b64
from lingpai.crypto.compact import LIMIT_BYTES, InvalidJws, check_header, read_compact, read_object

HMAC_ALGS = ("HS256", "HS384", "HS512")

_SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


def verify_hmac(
    token: str, secrets: Sequence[bytes], *, typ: Collection[str], algs: Collection[str], limit_bytes: int = LIMIT_BYTES
) -> dict[str, object]:
    """The claims of ``token`` if it was signed with one of ``secrets``; else ``InvalidJws``.

    ``typ`` and ``algs`` as for ``jws.verify``. A secret shorter than the hash is refused.

    Spec: RFC 7515 §5.2; RFC 7518 §3.2
    """
    parts = read_compact(token, limit_bytes=limit_bytes)
    alg = check_header(parts.header, typ=typ, algs=[name for name in algs if name in HMAC_ALGS])
    long_enough = [secret for secret in secrets if len(secret) >= secret_length_bytes(alg)]
    if secrets and not long_enough:
        raise InvalidJws(f"the secret is too short for {alg}: it needs {secret_length_bytes(alg)} bytes")
    # Every secret is tried to the end: how long it takes says nothing about which one it was.
    matches = [hmac.compare_digest(_mac(alg, secret, parts.signing_input), parts.signature) for secret in long_enough]
    if not any(matches):
        raise InvalidJws("the signature is wrong")
    return read_object(parts.payload, "payload")


def sign_hmac(secret: str, typ: str, payload: bytes) -> str:
    """``payload`` (JSON claims) as a compact JWS of type ``typ`` under HS256; ``ValueError`` for a short secret.

    Spec: RFC 7515 §7.1; RFC 7518 §3.2
    """
    if len(secret.encode()) < secret_length_bytes("HS256"):
        raise ValueError("the secret is too short for HS256: it needs 32 bytes")
    signing_input = f"{b64.encode(msgspec.json.encode({'alg': 'HS256', 'typ': typ}))}.{b64.encode(payload)}"
    return f"{signing_input}.{b64.encode(_mac('HS256', secret.encode(), signing_input.encode('ascii')))}"


def secret_length_bytes(alg: str) -> int:
    """The shortest secret that may sign with ``alg``. Spec: RFC 7518 §3.2"""
    return _SECRET_BYTES[alg]


def _mac(alg: str, key: bytes, signing_input: bytes) -> bytes:
    return hmac.digest(key, signing_input, f"sha{alg[2:]}")
