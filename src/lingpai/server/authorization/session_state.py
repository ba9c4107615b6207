"""What lets an application's page notice, without asking us, that who is signed in has changed.

Owns the two values: the browser state, which our own page reads from a cookie, and the session state, which an
application gets with its answer and compares through that page. Leaves the cookie to ``http``, the page to ``web``.

Spec: OpenID Connect Session Management 1.0 §2; OpenID Connect Session Management 1.0 §3.2
"""

import functools
import hashlib
import re
from urllib.parse import urlsplit

from lingpai.crypto.digest import digest, new_id

_ORIGIN = re.compile(r"https?://[a-z0-9.:\[\]-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@functools.lru_cache(maxsize=1024)
def browser_state(session_digest: bytes) -> str:
    """Another one for every session. A script may read it, so nothing can be done with it."""
    return digest(f"browser state {session_digest.hex()}").hex()[:32]


def session_state(client_id: str, redirect_uri: str, session_digest: bytes) -> str:
    """For one answer to one client; empty where the answer goes to no web page.

    The script of ``web/static/check_session.js`` computes the same. Spec: OpenID Connect Session Management 1.0 §3.2
    """
    origin = origin_of(redirect_uri)
    if not origin:
        return ""
    salt = new_id().hex()
    return f"{_state_hash(client_id, origin, browser_state(session_digest), salt)}.{salt}"


@functools.lru_cache(maxsize=256)
def origin_of(uri: str) -> str:
    """The origin as a browser writes it; empty for an address that is not of the web. Spec: RFC 6454 §6.2"""
    parts = urlsplit(uri)
    host, port = parts.hostname or "", parts.port
    if ":" in host:
        host = f"[{host}]"
    origin = f"{parts.scheme}://{host}"
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        origin += f":{port}"
    return origin if _ORIGIN.fullmatch(origin) else ""


def _state_hash(client_id: str, origin: str, state: str, salt: str) -> str:
    return hashlib.sha256(f"{client_id} {origin} {state} {salt}".encode()).hexdigest()
