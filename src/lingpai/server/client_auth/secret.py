"""Client secrets: reading them from a request, digesting or sealing them for storage, comparing them.

Spec: RFC 6749 §2.3.1
"""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from lingpai.crypto.digest import equal, keyed_digest
from lingpai.crypto.seal import seal_material, unseal_material
from lingpai.oauth.errors import InvalidClient
from lingpai.oauth.names import CLIENT_SECRET_JWT
from lingpai.server.storage.records import Client, ClientSecret

REFUSED = "client authentication failed"
"""Said alike about an unknown client and about wrong credentials."""

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def digest_client_secret(pepper: bytes, client_id: str, secret: str) -> bytes:
    """What is stored of a secret. Keyed, because people choose short ones; bound to the client."""
    return keyed_digest(pepper, client_id, secret)


def seal_client_secret(secret_key: bytes, client_id: str, secret: str) -> bytes:
    """The secret itself, for a method that a digest cannot check; opens only for this client."""
    return seal_material(secret_key, client_id, secret.encode())


def keep_client_secret(
    *, pepper: bytes, secret_key: bytes, client_id: str, secret: str, method: str, now: int
) -> ClientSecret:
    """A new secret as it is stored: its digest, and only where ``method`` signs with it, the secret sealed."""
    sealed = seal_client_secret(secret_key, client_id, secret) if method == CLIENT_SECRET_JWT else b""
    return ClientSecret(digest_client_secret(pepper, client_id, secret), created_at=now, sealed=sealed)


def open_client_secret(secret_key: bytes, client_id: str, known: ClientSecret) -> bytes:
    """The bytes of what ``seal_client_secret`` sealed. Raises ``Unsealable``."""
    return unseal_material(secret_key, client_id, known.sealed)


def is_alive(known: ClientSecret, now: int) -> bool:
    """Whether the secret still counts."""
    return known.expires_at is None or known.expires_at > now


def check_client_secret(client: Client, secret: str, *, pepper: bytes, now: int) -> None:
    """Raise ``InvalidClient`` unless ``secret`` is one of the client's living ones."""
    presented = digest_client_secret(pepper, client.client_id, secret)
    matched = False
    for known in client.client_secrets:
        matched |= equal(known.digest, presented) and is_alive(known, now)
    if not matched:
        raise InvalidClient(REFUSED, detail=f"wrong client_secret for {client.client_id}")


def read_basic(authorization: str) -> tuple[str, str]:
    """``client_id`` and secret of an ``Authorization: Basic`` header, decoded strictly.

    Both parts are form-encoded before they are joined (RFC 6749 §2.3.1). Raises ``InvalidClient``.
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("the Authorization header must use Basic here")
    try:
        decoded = base64.b64decode(rest.strip(" ").encode("ascii"), validate=True)
        client_id, separator, secret = decoded.partition(b":")
        parts = _form_decode(client_id), _form_decode(secret)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise InvalidClient("the Authorization header is not valid Basic credentials") from error
    if not separator or not parts[0]:
        raise InvalidClient("the Authorization header is not valid Basic credentials")
    return parts


def _form_decode(part: bytes) -> str:
    """Undo application/x-www-form-urlencoded. Spec: RFC 6749 §2.3.1; RFC 6749 Appendix B"""
    data = part.replace(b"+", b" ")
    if b"%" in data:
        if _BAD_ESCAPE.search(data):
            raise ValueError("a percent sign that starts no escape")
        data = unquote_to_bytes(data)
    text = data.decode("ascii")
    if not text.isprintable():
        raise ValueError("control characters")
    return text
