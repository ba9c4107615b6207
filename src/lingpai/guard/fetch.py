"""Requests to the authorization server: the only place of the guard that opens a connection.

Owns: which URLs may be asked (https; http on this machine only), no redirects, one deadline, a size limit, JSON only.
Leaves: what the JSON means, and how long to remember it, to ``discovery``, ``jwks`` and ``introspection``.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

from lingpai.guard.errors import TokenCheckUnavailable

_TIMEOUT_S = 5.0
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class Document(Struct, frozen=True):
    """A JSON answer. ``max_age_s`` is what its Cache-Control says, or ``None``."""

    content: object
    max_age_s: int | None


def check_url(url: str, *, https_only: bool = False) -> None:
    """Raise ``ValueError`` unless the URL is https, or http to this very machine, and nothing but an address.

    ``https_only`` refuses http even to this machine: a URL that a remote server names must not reach local services.
    """
    if not url.isascii() or any(c <= " " or c in '\\"<>\x7f' for c in url):
        raise ValueError("a URL is empty or has characters no URL has")
    if not url.startswith(("https://", "http://")):
        raise ValueError("a URL must begin with https://")
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.password is not None or "#" in url:
        raise ValueError("a URL needs a host, and no user, password or fragment")
    _ = parts.port  # raises ValueError if it is not a number
    if parts.scheme == "https" or (parts.scheme == "http" and not https_only and is_loopback(parts.hostname)):
        return
    raise ValueError("a URL must be https (http is only for 127.0.0.1, [::1] and localhost)")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Fetcher:
    """Asks for JSON, carefully. The client's read timeout bounds a request as a whole: dripping bytes gain nothing.

    An ``http`` client that is passed in stays the caller's to close; its proxies, certificates and limits are used.
    """

    def __init__(self, http: httpx2.AsyncClient | None, *, limit_bytes: int = 262_144) -> None:
        self._own = http is None
        self._http = httpx2.AsyncClient(timeout=_TIMEOUT_S) if http is None else http
        self._timeout_s = self._http.timeout.read or _TIMEOUT_S
        self._limit_bytes = limit_bytes

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client is the caller's."""
        if self._own:
            await self._http.aclose()

    async def get(self, url: str) -> Document:
        """Read a JSON document; raise ``TokenCheckUnavailable`` for anything else."""
        return await self._ask(self._http.build_request("GET", url, headers=_HEADERS))

    async def post(self, url: str, form: Mapping[str, str], *, authorization: str) -> Document:
        """Send a form; raise ``TokenCheckUnavailable`` unless the answer is 200 and JSON."""
        headers = {**_HEADERS, "Authorization": authorization}
        return await self._ask(self._http.build_request("POST", url, headers=headers, data=dict(form)))

    async def _ask(self, request: httpx2.Request) -> Document:
        request.headers.pop("Cookie", None)  # nothing of one answer may travel with the next question
        where = f"{request.method} {request.url.copy_with(query=None)}"
        try:
            async with asyncio.timeout(self._timeout_s):
                # The flag overrides a client that follows: a redirect could lead to keys or an answer of somebody else.
                response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    return await self._read(response, where)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise TokenCheckUnavailable(f"{where}: no answer within {self._timeout_s} s") from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise TokenCheckUnavailable(f"{where}: {type(error).__name__}") from error

    async def _read(self, response: httpx2.Response, where: str) -> Document:
        if response.status_code != 200:
            raise TokenCheckUnavailable(f"{where}: answered {response.status_code}")
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise TokenCheckUnavailable(f"{where}: the answer is not JSON")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            # We did not ask for compression; unpacking it could fill the memory.
            raise TokenCheckUnavailable(f"{where}: the answer is compressed")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limit_bytes:
                raise TokenCheckUnavailable(f"{where}: the answer is larger than {self._limit_bytes} bytes")
        try:
            content = msgspec.json.decode(bytes(body))
        except (ValueError, RecursionError):
            raise TokenCheckUnavailable(f"{where}: the answer is not JSON") from None
        return Document(content, _max_age_s(response.headers.get("cache-control", "")))


def _max_age_s(cache_control: str) -> int | None:
    for directive in cache_control.split(","):
        name, _, text = directive.strip().partition("=")
        if name.lower() in {"no-store", "no-cache"}:
            return 0
        digits = text.strip().strip('"')
        if name.lower() == "max-age" and digits.isascii() and digits.isdigit():
            return int(digits[:9])
    return None
