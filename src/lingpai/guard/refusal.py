"""How a guard says no: status, ``WWW-Authenticate`` and a JSON body.

Owns: RFC 6750 §3, RFC 9449 §7.1 and RFC 9470 §3. Leaves: sending it to ``asgi`` and ``dependency``.
"""

import msgspec
from msgspec import Struct

from lingpai.guard.errors import TokenCheckUnavailable, TokenMissing
from lingpai.guard.requirement import Requirement
from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, OAuthError, UseDpopNonce


class Refusal(Struct, frozen=True):
    """An answer ready to be sent, in whatever framework. ``body`` is the JSON object to write."""

    status: int
    headers: dict[str, str]
    body: dict[str, str]

    def body_bytes(self) -> bytes:
        """The body as JSON."""
        return msgspec.json.encode(self.body)


class Challenger(Struct, frozen=True):
    """What every challenge of a guard says. ``algs``: the algorithms a DPoP proof may be signed with."""

    realm: str
    algs: str

    def refuse(self, error: OAuthError, *, dpop: bool, requirement: Requirement, nonce: str | None) -> Refusal:
        """The answer to a request that was not let in; ``dpop``: its token came under the scheme DPoP.

        ``requirement``: what the resource demands. ``nonce``: the one proofs must carry, where they must.

        Spec: RFC 6750 §3; RFC 9110 §10.2.3; RFC 9449 §7.1; RFC 9470 §3
        """
        body = {"error": error.code, "error_description": error.description}
        headers = {"Cache-Control": "no-store"}
        if isinstance(error, TokenCheckUnavailable):
            return Refusal(error.status, {**headers, "Retry-After": str(error.retry_after_s)}, body)
        if dpop and nonce is not None:
            headers["DPoP-Nonce"] = nonce
        # A wrong proof is a malformed request to a token endpoint, and failed authentication here.
        status = 401 if isinstance(error, InvalidDpopProof | UseDpopNonce) else error.status
        if isinstance(error, TokenMissing):
            # Who sent no credentials did nothing wrong yet: no error code (RFC 6750 §3.1), only what is needed.
            del body["error"]
            challenge = {"realm": self.realm}
        else:
            challenge = {"realm": self.realm, **body}
        if not isinstance(error, InvalidRequest | InvalidDpopProof | UseDpopNonce):
            demanded = _demanded(requirement)
            challenge |= demanded
            body |= demanded
        headers["WWW-Authenticate"] = self._write(challenge, dpop=dpop, both=status == 401)
        return Refusal(status, headers, body)

    def _write(self, challenge: dict[str, str], *, dpop: bool, both: bool) -> str:
        """The challenge in the scheme the client used; one who used none, or Bearer, learns that DPoP is there too."""
        if dpop:
            return write_challenge("DPoP", **challenge, algs=self.algs)
        bearer = write_challenge("Bearer", **challenge)
        return f"{bearer}, {write_challenge('DPoP', realm=self.realm, algs=self.algs)}" if both else bearer


def _demanded(requirement: Requirement) -> dict[str, str]:
    demanded = {}
    if requirement.scope:
        demanded["scope"] = str(requirement.scope)
    if requirement.acr_values:
        demanded["acr_values"] = " ".join(requirement.acr_values)
    if requirement.max_age_s is not None:
        demanded["max_age"] = str(requirement.max_age_s)
    return demanded
