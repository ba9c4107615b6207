"""The only place of the server that opens a connection to an address somebody else chose (``jwks_uri`` and the like).

Owns: which addresses may be reached, that exactly the address that was checked is the one connected to, and bounds on
time and size. Leaves: what a document means and how long it is kept to ``tokens.foreign_jwks``.

Spec: RFC 9111 §5.2.2
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from lingpai.server.outbound.address import Target, is_address, is_loopback, is_public, parse_target

if TYPE_CHECKING:
    import httpx2  # loading it takes longer than starting without: only who fetches something pays

_DEADLINE_S = 5.0
_LIMIT_BYTES = 65_536
_AT_ONCE = 16
_ADDRESS_LIMIT = 4
_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "connection": "close", "user-agent": "lingpai"}

_T = TypeVar("_T")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) -> its IP addresses. Raises ``OSError``."""


class FetchRefused(Exception):
    """The document cannot be had; ``reason`` is for the operator's log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Document(Struct, frozen=True):
    """A JSON document. ``max_age_s`` is what its Cache-Control says, or ``None``."""

    content: object
    max_age_s: int | None


async def resolve_name(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Outbound:
    """Fetches JSON. This machine itself may be reached only by a server whose own ``issuer`` is on it: one that is
    being developed, where the other side is a program beside it.
    """

    def __init__(
        self,
        *,
        issuer: str,
        resolve: Resolve = resolve_name,
        tls: ssl.SSLContext | None = None,
        deadline_s: float = _DEADLINE_S,
    ) -> None:
        own = urlsplit(issuer)
        self._loopback = is_loopback(own.hostname or "")
        self._http = self._loopback and own.scheme == "http"
        self._resolve = resolve
        self._tls = tls
        self._deadline_s = deadline_s
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def fetch_json(self, url: str) -> Document:
        """The document at ``url``, asked for once, at an address that was checked. Raises ``FetchRefused``."""
        return await self._exchange(url, "GET", None, _read)

    async def fetch_text(self, url: str) -> str:
        """The text at ``url``, whatever its type. Raises ``FetchRefused``."""
        return await self._exchange(url, "GET", None, _read_text)

    async def post_form(self, url: str, params: Mapping[str, str]) -> int:
        """The status with which ``url`` answers a form, sent once. Its body is not read. Raises ``FetchRefused``."""
        return await self._exchange(url, "POST", params, _status)

    async def _exchange(
        self,
        url: str,
        method: str,
        params: Mapping[str, str] | None,
        read: "Callable[[httpx2.Response], Awaitable[_T]]",
    ) -> _T:
        import httpx2

        try:
            target = parse_target(url)
        except ValueError as error:
            raise FetchRefused(f"the address {error}") from None
        if target.scheme == "http" and not self._http:
            raise FetchRefused("the address must be https")
        try:
            async with asyncio.timeout(self._deadline_s), self._turns:
                return await self._send(target, method, params, read)
        except TimeoutError:
            raise FetchRefused(f"no answer within {self._deadline_s:g} seconds") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            raise FetchRefused(f"{type(error).__name__}: {str(error)[:200]}") from error

    async def _send(
        self,
        target: Target,
        method: str,
        params: Mapping[str, str] | None,
        read: "Callable[[httpx2.Response], Awaitable[_T]]",
    ) -> _T:
        import httpx2

        addresses = await self._checked_addresses(target)
        # A client for one request: no connection, cookie or proxy setting is shared between two names.
        timeout = httpx2.Timeout(self._deadline_s, connect=self._deadline_s / len(addresses))
        async with httpx2.AsyncClient(
            verify=self._tls_context(), trust_env=False, follow_redirects=False, timeout=timeout
        ) as http:
            for address in addresses[:-1]:
                try:
                    return await _ask(http, _request(http, target, address, method, params), read)
                except (httpx2.ConnectError, httpx2.ConnectTimeout):
                    continue
            return await _ask(http, _request(http, target, addresses[-1], method, params), read)

    async def _checked_addresses(self, target: Target) -> list[str]:
        """Where the name is, each of them allowed: of a mixed answer nothing is believed."""
        if is_address(target.host):
            addresses = [target.host]
        else:
            addresses = list(dict.fromkeys(await self._resolve(target.host, target.port)))
        if not addresses:
            raise FetchRefused("the host has no address")
        for address in addresses:
            if not self._may_reach(address, target.scheme):
                raise FetchRefused("the host is not on the public Internet")
        return addresses[:_ADDRESS_LIMIT]

    def _may_reach(self, address: str, scheme: str) -> bool:
        if is_loopback(address):
            return self._loopback
        return scheme == "https" and is_address(address) and is_public(address)

    def _tls_context(self) -> ssl.SSLContext:
        # Reading the system's certificates takes a while: once, and only where something is fetched at all.
        import httpx2

        if self._tls is None:
            self._tls = httpx2.create_ssl_context()
        return self._tls


async def _read(response: "httpx2.Response") -> Document:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _read_body(response)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise FetchRefused("the answer is not JSON")
    try:
        content = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise FetchRefused("the answer is not JSON") from None
    return Document(content, _max_age_s(response.headers.get("cache-control", "")))


async def _read_text(response: "httpx2.Response") -> str:
    try:
        return (await _read_body(response)).decode("ascii").strip()
    except UnicodeDecodeError:
        raise FetchRefused("the answer is not plain text") from None


async def _read_body(response: "httpx2.Response") -> bytes:
    if response.status_code != 200:
        raise FetchRefused(f"answered {response.status_code}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # We did not ask for compression; unpacking it could fill the memory.
        raise FetchRefused("the answer is compressed")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _LIMIT_BYTES:
            raise FetchRefused(f"the answer is larger than {_LIMIT_BYTES} bytes")
    return bytes(body)


def _max_age_s(cache_control: str) -> int | None:
    for directive in cache_control.split(","):
        name, _, text = directive.strip().partition("=")
        if name.lower() in {"no-store", "no-cache"}:
            return 0
        digits = text.strip().strip('"')
        if name.lower() == "max-age" and digits.isascii() and digits.isdigit():
            return int(digits[:9])
    return None


def _request(
    http: "httpx2.AsyncClient", target: Target, address: str, method: str, params: Mapping[str, str] | None
) -> "httpx2.Request":
    import httpx2

    # The address goes into the URL, the name into Host, SNI and certificate check. Nobody resolves it again, so a
    # name that changes its answer meanwhile (DNS rebinding) changes nothing.
    return http.build_request(
        method,
        httpx2.URL(target.url).copy_with(host=address),
        data=None if params is None else dict(params),
        headers={**_HEADERS, "host": target.authority},
        extensions={"sni_hostname": target.host},
    )


async def _ask(
    http: "httpx2.AsyncClient", request: "httpx2.Request", read: "Callable[[httpx2.Response], Awaitable[_T]]"
) -> _T:
    response = await http.send(request, stream=True)
    try:
        return await read(response)
    finally:
        await response.aclose()


async def _status(response: "httpx2.Response") -> int:
    return response.status_code
