"""DPoP at a resource server: the proof beside the token, good for one request.

Owns: which address a proof must name, nonces of our own, and that no proof counts twice. Leaves: what a proof holds to
``oauth.dpop``; that the token is bound to the proof's key to the ``TokenCheck``.

Spec: RFC 9449 §4.3; RFC 9449 §7; RFC 9449 §9; RFC 9449 §11.1
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from msgspec import Struct

from lingpai.crypto.digest import digest
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.presented import read_dpop_proof
from lingpai.oauth.dpop import ALGS, WINDOW_S, DpopProof, DpopProofs, Nonces
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, UseDpopNonce

_WINDOW_LIMIT_S = 300
_NONCE_KEY_BYTES = 32
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


class ReplayStore(Protocol):
    """Remembers proofs for a minute or two. Share one (Redis, a table) where several processes serve one API."""

    async def record(self, proof_id: bytes, forget_at: int, now: int) -> bool:
        """Remember the id until ``forget_at`` (epoch seconds). ``False``: it was there. Of concurrent calls one wins.

        Raises ``TokenCheckUnavailable`` when it cannot be remembered: then nobody is let in.
        """


class ProofMemory:
    """A ``ReplayStore`` for one process. ``limit``: how many proofs it holds before it lets nobody in with DPoP."""

    def __init__(self, *, limit: int = 200_000) -> None:
        self._limit = limit
        self._forget_at: dict[bytes, int] = {}

    async def record(self, proof_id: bytes, forget_at: int, now: int) -> bool:
        """Remember the id; ``False`` if it was there."""
        kept = self._forget_at
        # In the order they came, which is nearly the order they end: what is over is at the front.
        while kept and kept[first := next(iter(kept))] <= now:
            del kept[first]
        if proof_id in kept:
            return False
        if len(kept) >= self._limit:
            # Forgetting one that still counts would let whoever floods us replay it.
            raise TokenCheckUnavailable(f"more than {self._limit} DPoP proofs at once: raise the limit of ProofMemory")
        kept[proof_id] = forget_at
        return True

    def __len__(self) -> int:
        return len(self._forget_at)


class ProvenKey(Struct, frozen=True):
    """A proof that fits the request and the token in it; not yet spent."""

    jkt: str
    proof_id: bytes
    forget_at: int


class Dpop:
    """How a guard takes DPoP proofs.

    ``base_url``: what stands before a request's path in the addresses clients use, ``https://photos.example``. Without
    it scheme and Host header of the request say, so set it behind a proxy that ends TLS, and where requests for other
    hosts than yours could reach this application.
    ``replays``: what remembers proofs; by default the memory of this process. ``nonce_key``: 32 random bytes, the same
    in every process; proofs must then carry a nonce of ours, so that none can be made in advance.
    ``window_s``: how far a client's clock may be from ours.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        replays: ReplayStore | None = None,
        nonce_key: bytes | None = None,
        algs: Collection[str] = ALGS,
        window_s: int = WINDOW_S,
    ) -> None:
        if isinstance(algs, str) or not algs or not set(algs) <= set(ALGS):
            raise ValueError(f"algs must be some of {', '.join(ALGS)}")
        if base_url is not None:
            _check_base_url(base_url)
        if nonce_key is not None and len(nonce_key) < _NONCE_KEY_BYTES:
            raise ValueError(f"nonce_key must have at least {_NONCE_KEY_BYTES} bytes")
        if not 0 < window_s <= _WINDOW_LIMIT_S:
            raise ValueError(f"window_s is 1 to {_WINDOW_LIMIT_S}")
        self.algs = " ".join(algs)
        self._base_url = None if base_url is None else base_url.rstrip("/")
        self._replays = ProofMemory() if replays is None else replays
        self._nonces = None if nonce_key is None else Nonces(nonce_key)
        self._proofs = DpopProofs(window_s=window_s, algs=algs)

    def prove(self, connection: Mapping[str, Any], access_token: str, now: int) -> ProvenKey:
        """The key whose proof came with the request. Raises ``InvalidDpopProof``, ``UseDpopNonce``.

        Spec: RFC 9449 §4.3; RFC 9449 §9
        """
        url = self._url(connection)
        method = connection.get("method", "GET")  # a websocket opens with GET
        text = read_dpop_proof(connection)
        proof = self._proofs.check(text, method=method, url=url, now=now, access_token=access_token)
        self._check_nonce(proof, now)
        # Bound to key and address, so that nobody can spend another's jti.
        return ProvenKey(proof.jkt, digest(f"{proof.jkt} {url} {proof.jti}"), self._proofs.forget_at(proof))

    async def spend(self, proven: ProvenKey, now: int) -> None:
        """Use the proof up, once its token was found good: others must not be able to fill the memory.

        Raises ``InvalidDpopProof`` if it was used before. Spec: RFC 9449 §11.1
        """
        if not await self._replays.record(proven.proof_id, proven.forget_at, now):
            raise InvalidDpopProof("the DPoP proof was used before")

    def nonce(self, now: int) -> str | None:
        """The nonce the next proof must carry, if it must."""
        return None if self._nonces is None else self._nonces.current(now)

    def _check_nonce(self, proof: DpopProof, now: int) -> None:
        if self._nonces is not None and not self._nonces.is_good(proof.nonce or "", now):
            raise UseDpopNonce("the DPoP proof must carry the nonce in the DPoP-Nonce header")

    def _url(self, connection: Mapping[str, Any]) -> str:
        # As it came: the path of the scope is decoded, and what was decoded cannot be told apart any more.
        raw = connection.get("raw_path")
        path = raw.decode("latin-1") if isinstance(raw, bytes) else quote(connection["path"])
        if self._base_url is not None:
            return f"{self._base_url}{path}"
        scheme = connection.get("scheme", "http")
        hosts = [value.decode("latin-1") for name, value in connection["headers"] if name.lower() == b"host"]
        if len(hosts) != 1:
            raise InvalidRequest("there is not exactly one Host header")
        return f"{_HTTP_SCHEMES.get(scheme, scheme)}://{hosts[0]}{path}"


def _check_base_url(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("base_url must be like https://photos.example, without query or fragment")
