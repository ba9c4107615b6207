"""Access tokens on requests to resources, for applications that use httpx2.

Owns: the Authorization header, the DPoP proof beside it, one more try when the resource wants its nonce in it.
Leaves: getting the tokens to the clients, what a proof says to ``keys``.
"""

from collections.abc import Callable, Generator

import httpx2

from lingpai.client.dpop import DpopProver, asks_for_nonce
from lingpai.client.providers import check_url
from lingpai.client.responses import TokenSet


class TokenAuth(httpx2.Auth):
    """``http.get(url, auth=client.auth_for(tokens))``. Works with ``httpx2.Client`` and ``httpx2.AsyncClient``.

    Raises ``ValueError`` for a resource over plain http on another machine: anybody on the way could read the token.

    Spec: RFC 6750 §2.1; RFC 9449 §7.1; RFC 9449 §9
    """

    def __init__(self, tokens: TokenSet, prover: DpopProver | None, clock: Callable[[], int]) -> None:
        if tokens.token_type == "DPoP" and prover is None:
            raise ValueError("these tokens are bound to a DPoP key, and this client has none")
        self._tokens = tokens
        self._prover = prover if tokens.token_type == "DPoP" else None
        self._clock = clock

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send the request with the token; once more if the resource gives us the nonce it misses."""
        check_url("the resource", f"{request.url.scheme}://{request.url.netloc.decode('ascii')}")
        request.headers["Authorization"] = f"{self._tokens.token_type} {self._tokens.access_token}"
        if self._prover is None:
            yield request
            return
        for _ in range(2):
            url = str(request.url)
            token = self._tokens.access_token
            proof = self._prover.headers(request.method, url, now=self._clock(), access_token=token)
            request.headers.update(proof)
            response = yield request
            answered = response.headers.multi_items()
            self._prover.learn(url, answered)
            # Without the body, which may be long and is the application's: a resource asks in its challenge.
            if not asks_for_nonce(response.status_code, answered, b""):
                return
