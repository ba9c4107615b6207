"""DPoP from the client's side: a proof for every request, with the nonce its server last gave out. Pure.

Owns: the memory of nonces, and knowing an answer that asks for one. Leaves: what a proof says to ``keys``, sending
again to ``operations`` and ``token_auth``.

Spec: RFC 9449 §8; RFC 9449 §9
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from lingpai.client.http_request import Headers
from lingpai.client.keys import DpopKey
from lingpai.oauth.challenge import parse_challenge

_ORIGINS_LIMIT = 100
_NONCE_LIMIT_CHARS = 1024


class DpopProver:
    """Makes the proofs of one client, and remembers one nonce per server. Safe to share between threads."""

    def __init__(self, key: DpopKey) -> None:
        self.key = key
        self._nonces: dict[tuple[str, str], str] = {}

    def headers(self, method: str, url: str, *, now: int, access_token: str = "") -> Headers:
        """The header of a request. ``access_token``: the token it carries."""
        nonce = self._nonces.get(_origin(url), "")
        return (("DPoP", self.key.proof(method, url, now=now, access_token=access_token, nonce=nonce)),)

    def learn(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Remember the nonce in an answer of this address, if there is one. Spec: RFC 9449 §8.2"""
        given = [value for name, value in headers if name.lower() == "dpop-nonce"]
        if len(given) == 1 and 0 < len(given[0]) <= _NONCE_LIMIT_CHARS:
            if len(self._nonces) >= _ORIGINS_LIMIT:
                self._nonces.clear()
            self._nonces[_origin(url)] = given[0]


def asks_for_nonce(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Whether the answer says: again, with the nonce in ``DPoP-Nonce``. ``body`` only of an authorization server.

    Spec: RFC 9449 §8; RFC 9449 §9
    """
    said = [(name.lower(), value) for name, value in headers]
    if not any(name == "dpop-nonce" for name, _ in said):
        return False
    if status == 401:
        challenges = [parse_challenge(value) for name, value in said if name == "www-authenticate"]
        if any(_names_it(params) for found in challenges for _, params in found):
            return True
    return status in {400, 401} and _names_it(_json_object(body))


def _names_it(members: Mapping[str, object]) -> bool:
    return members.get("error") == "use_dpop_nonce"


def _json_object(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, RecursionError):
        return {}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
