"""DPoP at our endpoints: the proof in the header, seen once, with a nonce of ours. Checked here, never in a grant type.

A proof's ``jti`` is remembered in the database until the proof would be too old anyway, so no process accepts it twice.
Nonces are stored nowhere.

Spec: RFC 9449 §5; RFC 9449 §8; RFC 9449 §11.1
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.oauth.dpop import DpopProof, DpopProofs, Nonces
from lingpai.oauth.errors import InvalidDpopProof, UseDpopNonce
from lingpai.server.http import find_header
from lingpai.server.storage.spent import Spent


class DpopCheck:
    """Checks the proof of a request to one of our own addresses."""

    def __init__(self, spent: Spent, *, key: bytes, issuer: str, nonce_required: bool) -> None:
        self._spent = spent
        self._proofs = DpopProofs()
        self._nonces = Nonces(key)
        self._issuer = issuer
        self._nonce_required = nonce_required

    async def jkt(self, request: Request, path: str, now: int, *, access_token: str | None = None) -> str:
        """Thumbprint of the key whose proof came with the request; empty when none came.

        Raises ``InvalidDpopProof``, ``UseDpopNonce``.
        """
        if find_header(request, b"dpop") is None:
            return ""
        headers = request.headers.getlist("dpop")
        if len(headers) > 1:
            raise InvalidDpopProof("more than one DPoP header")
        proof = self._proofs.check(
            headers[0], method=request.method, url=self._issuer + path, now=now, access_token=access_token
        )
        self._check_nonce(proof, now)
        # Bound to key and address, so that nobody can spend another's jti.
        seen = digest(f"{proof.jkt} {path} {proof.jti}")
        if not await self._spent.record("dpop_proof", seen, self._proofs.forget_at(proof)):
            raise InvalidDpopProof("the DPoP proof was used before")
        return proof.jkt

    def offer_nonce(self, request: Request, response: Response, now: int) -> None:
        """Tell a client that uses DPoP the nonce for its next proof. Spec: RFC 9449 §8.2"""
        if find_header(request, b"dpop") is not None:
            response.headers["dpop-nonce"] = self._nonces.current(now)

    def _check_nonce(self, proof: DpopProof, now: int) -> None:
        if proof.nonce is None:
            if self._nonce_required:
                raise UseDpopNonce("the DPoP proof must carry the nonce in the DPoP-Nonce header")
        elif not self._nonces.is_good(proof.nonce, now):
            raise UseDpopNonce("the DPoP nonce is too old or not ours; use the one in the DPoP-Nonce header")
