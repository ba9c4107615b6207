"""Where the authorization server keeps things, in its own words.

Owns: reading metadata and believing it only about the issuer that was asked.
Leaves: keeping it to ``cached_document``; the requests to ``fetch``.
"""

from collections.abc import Sequence
from contextlib import suppress

from lingpai.client.discovery import metadata_urls
from lingpai.guard.cached_document import CachedDocument, Caching, Fetched
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.fetch import Document, Fetcher, check_url


def check_issuer(issuer: str) -> None:
    """Raise ``ValueError`` unless this can be an issuer: an https URL without query or fragment. Spec: RFC 8414 §2"""
    try:
        check_url(issuer)
    except ValueError as problem:
        raise ValueError(f"the guard needs the issuer of the tokens: {problem}") from None
    if "?" in issuer:
        raise ValueError("the guard needs the issuer of the tokens: an issuer has no query")


class Discovery:
    """Finds the endpoints of one issuer, which has passed ``check_issuer``.

    Spec: RFC 8414 §3; OpenID Connect Discovery 1.0 §4
    """

    def __init__(self, issuer: str, fetcher: Fetcher, caching: Caching) -> None:
        self._issuer = issuer
        self._fetcher = fetcher
        self._metadata = CachedDocument(self._fetch, caching)

    async def endpoint(self, name: str, now: int) -> str:
        """The URL the metadata gives under ``name``; raise ``TokenCheckUnavailable`` if it gives none we may ask."""
        url = (await self._metadata.get(now)).get(name)
        if not isinstance(url, str):
            raise TokenCheckUnavailable(f"the metadata of {self._issuer} has no {name}")
        try:
            check_url(url, https_only=self._issuer.startswith("https:"))
        except ValueError as problem:
            raise TokenCheckUnavailable(f"{name} of {self._issuer}: {problem}") from None
        return url

    async def _fetch(self, _now: int) -> Fetched[dict[str, object]]:
        document = await self._read(metadata_urls(self._issuer))
        metadata = document.content
        if not isinstance(metadata, dict) or metadata.get("issuer") != self._issuer:
            # Somebody else's metadata would send our credentials, or our trust in keys, to somebody else.
            raise TokenCheckUnavailable(f"the metadata found is not that of {self._issuer}")
        return Fetched(document, metadata)

    async def _read(self, urls: Sequence[str]) -> Document:
        """The first document there is; what went wrong with the first URL if there is none."""
        try:
            return await self._fetcher.get(urls[0])
        except TokenCheckUnavailable:
            for url in urls[1:]:
                with suppress(TokenCheckUnavailable):
                    return await self._fetcher.get(url)
            raise
