"""The public keys of an authorization server: fetched, kept, and looked at again when a key is unknown.

Owns: when to look. Leaves: reading keys to ``crypto.jwk``; what they verify to ``verifier``.
"""

import httpx2

from lingpai.crypto.jwk import PublicKey, parse_jwks
from lingpai.guard.cached_document import CachedDocument, Caching, Fetched
from lingpai.guard.discovery import Discovery, check_issuer
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.fetch import Fetcher, check_url


class Jwks:
    """The signing keys of one issuer. Without ``jwks_uri`` its metadata (RFC 8414) is asked where they are.

    ``http``: an HTTP client of yours, if it needs a proxy or a private CA, or other than 5 seconds for an answer
    (its read timeout bounds a request as a whole); closing it stays with you.

    Spec: RFC 7517 §5; RFC 8414 §2
    """

    def __init__(
        self,
        *,
        issuer: str,
        jwks_uri: str | None = None,
        caching: Caching | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        check_issuer(issuer)
        if jwks_uri is not None:
            check_url(jwks_uri)
        self.issuer = issuer
        self._jwks_uri = jwks_uri
        caching = Caching() if caching is None else caching
        self._fetcher = Fetcher(http)
        self._discovery = Discovery(issuer, self._fetcher, caching)
        self._document = CachedDocument(self._fetch, caching)

    async def get(self, now: int) -> tuple[PublicKey, ...]:
        """The keys; the same object as long as they do not change. ``TokenCheckUnavailable`` if they cannot be had."""
        return await self._document.get(now)

    async def look_again(self, now: int) -> tuple[PublicKey, ...]:
        """The keys after a token named one that is not among them, because the server may have rotated.

        Anybody can invent a ``kid``, so this asks at most once per cooldown; the key may still be missing.
        """
        return await self._document.renew(now)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._fetcher.aclose()

    async def _fetch(self, now: int) -> Fetched[tuple[PublicKey, ...]]:
        url = self._jwks_uri or await self._discovery.endpoint("jwks_uri", now)
        document = await self._fetcher.get(url)
        try:
            keys = parse_jwks(document.content)
        except ValueError as problem:
            raise TokenCheckUnavailable(f"{url}: {problem}") from None
        return Fetched(document, keys)
