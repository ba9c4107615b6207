"""Proof Key for Code Exchange, S256 only.

Owns: making, checking and comparing verifier and challenge. Leaves: when they are required to ``authorization.request``
and ``grant_types.authorization_code``.

Spec: RFC 7636 §4; RFC 9700 §2.1.1
"""

import hashlib
import re
import secrets

from lingpai.crypto import b64
from lingpai.crypto.digest import equal
from lingpai.oauth.errors import InvalidRequest

_CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_code_verifier() -> str:
    """A fresh ``code_verifier`` of 256 bit. Spec: RFC 7636 §4.1"""
    return b64.encode(secrets.token_bytes(32))


def code_challenge_s256(verifier: str) -> str:
    """The ``code_challenge`` for ``verifier``. Spec: RFC 7636 §4.2"""
    return b64.encode(hashlib.sha256(verifier.encode("ascii")).digest())


def check_code_challenge(challenge: str | None, method: str | None) -> str:
    """``challenge``, or ``InvalidRequest`` if it is missing, malformed or not ``S256``.

    No method means ``plain``, and ``plain`` is refused: it shows the verifier to whoever can see the request.

    Spec: RFC 7636 §4.3; RFC 7636 §4.4.1; RFC 9700 §2.1.1
    """
    if challenge is None:
        raise InvalidRequest("code_challenge is missing: PKCE with S256 is required")
    if method != "S256":
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CODE_CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not 43 base64url characters")
    return challenge


def verify_code_verifier(verifier: str, challenge: str) -> bool:
    """Whether ``verifier`` is well-formed and hashes to ``challenge``. Spec: RFC 7636 §4.1; RFC 7636 §4.6"""
    if not _CODE_VERIFIER.fullmatch(verifier):
        return False
    return equal(code_challenge_s256(verifier), challenge)
