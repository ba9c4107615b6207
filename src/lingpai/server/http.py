"""Between Starlette and the protocol: bodies read once with a limit, queries, cookies, addresses, JSON answers.

Owns everything about HTTP that more than one endpoint or page needs. Leaves the grammar of parameters to
``oauth.params`` and what an answer says to its endpoint.
"""

import functools
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest
from lingpai.dialects.base import WireBody
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, parse_params
from lingpai.server.authorization.session_state import browser_state
from lingpai.server.config import Config
from lingpai.server.storage.records import Client

Handler = Callable[[Request], Awaitable[Response]]

BODY_LIMIT_BYTES = 65_536
_FORM = "application/x-www-form-urlencoded"
_ASCII = bytes(range(128))
_ADDRESS_KEY = "lingpai.client_address"
_HEADERS_KEY = "lingpai.headers"
CLIENT_KEY = "lingpai.client_id"
_COOKIE_VALUE_LIMIT_CHARS = 128
_OTHERS_LIMIT = 4
_YEAR_S = 31_536_000

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache", "x-content-type-options": "nosniff"}

RawHeaders = list[tuple[bytes, bytes]]
"""Headers as ASGI takes them: added to a new response without looking through those it has."""


def raw_headers(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """For headers that are the same for every response: encoded once."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


_RAW_JSON_NO_STORE = raw_headers([("content-type", "application/json"), *NO_STORE.items()])


class ReadyResponse(Response):
    """An answer whose bytes and headers are complete: Starlette has nothing left to work out."""

    def __init__(self, body: bytes, status: int, headers: RawHeaders) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]


class BodyTooLarge(InvalidRequest):
    """More than an endpoint reads. Spec: RFC 9110 §15.5.14"""

    status = 413


class BodyEndedEarly(InvalidRequest):
    """Whoever sent it went away."""


class MethodNotAllowed(InvalidRequest):
    """The endpoint exists, but not for this method. Spec: RFC 9110 §15.5.6"""

    status = 405


async def read_form(request: Request, *, limit_bytes: int = BODY_LIMIT_BYTES) -> Params:
    """The parameters of a POST body. Raises ``InvalidRequest`` for another type, ``BodyTooLarge`` for a longer one.

    Spec: RFC 6749 §3.2; RFC 6749 Appendix B
    """
    return parse_params(await read_form_body(request, limit_bytes=limit_bytes))


async def read_form_body(request: Request, *, limit_bytes: int = BODY_LIMIT_BYTES) -> bytes:
    """The undecoded form, never more of it in memory than the limit."""
    return await read_body(request, _FORM, limit_bytes)


async def read_json_object(request: Request, *, limit_bytes: int = BODY_LIMIT_BYTES) -> dict[str, object]:
    """The JSON object in the body. Raises as ``read_form``. Spec: RFC 8259 §4"""
    body = await read_body(request, "application/json", limit_bytes)
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not a JSON object") from error


async def read_body(request: Request, media_type: str, limit_bytes: int) -> bytes:
    """The whole body, which must be of this type. Raises as ``read_form``."""
    content_type = find_header(request, b"content-type") or ""
    if content_type != media_type and content_type.partition(";")[0].strip().lower() != media_type:
        raise InvalidRequest(f"the Content-Type must be {media_type}")
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise BodyEndedEarly("the body ended early")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit_bytes:
            raise BodyTooLarge(f"the body is longer than {limit_bytes} bytes")
    content = bytes(body)
    request.scope["lingpai.form"] = content  # for whoever explains a refusal
    return content


def find_header(request: Request, name: bytes) -> str | None:
    """The value of a header, the first where there are several; ``name`` in small letters.

    Every endpoint looks for the same few, most of which are not there: one dictionary answers them all.
    """
    headers = request.scope.get(_HEADERS_KEY)
    if headers is None:
        headers = request.scope[_HEADERS_KEY] = dict(reversed(list(request.scope["headers"])))
    value: bytes | None = headers.get(name)
    return None if value is None else value.decode("latin-1")


def read_query(request: Request) -> str:
    """The undecoded query."""
    return escape_raw_bytes(request.scope["query_string"])


def escape_raw_bytes(encoded: bytes) -> str:
    """Parameters as text: bytes that should have been percent-encoded are, so that they mean the same either way."""
    return encoded.decode("ascii") if encoded.isascii() else quote(encoded, safe=_ASCII)


def check_no_query(request: Request) -> None:
    """Refuse parameters in the URL of an endpoint that takes them in the body: URLs end up in logs.

    Spec: RFC 6749 §2.3.1; RFC 6749 §3.2
    """
    if request.scope["query_string"]:
        raise InvalidRequest("send the parameters in the request body, not in the URL")


def write_body(body: WireBody) -> Response:
    """A dialect's answer."""
    return ReadyResponse(body.body, body.status, _wire_headers(body.content_type, body.headers))


@functools.lru_cache(maxsize=16)
def _wire_headers(content_type: str, headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    """A dialect has one or two such tuples for all its answers."""
    return raw_headers([("content-type", content_type), ("x-content-type-options", "nosniff"), *headers])


def json_response(content: bytes, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return ReadyResponse(content, status, _RAW_JSON_NO_STORE)


def find_client_address(request: Request, trusted_proxies: Sequence[str]) -> str:
    """The address the request came from.

    ``X-Forwarded-For`` is read from the right, and only as long as the hop that added an entry is a trusted proxy:
    anybody can send the header (CVE-2025-64101).
    """
    client = request.scope.get("client")
    address: str = client[0] if client else ""
    if not trusted_proxies:
        return address
    networks = _networks(tuple(trusted_proxies))
    hops = [hop.strip() for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and _is_within(address, networks):
        address = hops.pop()
    return address


@functools.lru_cache(maxsize=16)
def _networks(trusted_proxies: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Of a setting, which is the same for every request."""
    return [ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies]


def _is_within(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


def remember_client_address(request: Request, address: str) -> None:
    """Keep what ``find_client_address`` found for the handlers of this request."""
    request.scope[_ADDRESS_KEY] = address


def client_address(request: Request) -> str:
    """The address the request came from, as the application found it."""
    address: str = request.scope.get(_ADDRESS_KEY, "")
    return address


def remember_client(request: Request, client: Client) -> None:
    """Let the request's log line name the client."""
    request.scope[CLIENT_KEY] = client.client_id


class Cookies:
    """Our five cookies. Over https they have the ``__Host-`` prefix: no subdomain can plant one.

    Spec: RFC 6265 §4.1.2
    """

    def __init__(self, config: Config) -> None:
        prefix = "__Host-" if config.is_https else ""
        self._session = f"{prefix}lingpai_session"
        self._others = f"{prefix}lingpai_others"
        self._browser = f"{prefix}lingpai_browser"
        self._browser_state = f"{prefix}lingpai_browser_state"
        self._locale = f"{prefix}lingpai_locale"
        self._secure = config.is_https

    def session(self, request: Request) -> str | None:
        """The session secret."""
        return _value(request, self._session)

    def set_session(self, response: Response, secret: str, max_age_s: int) -> None:
        """Sign this browser in."""
        self._set(response, self._session, secret, max_age_s)
        self._set_browser_state(response, browser_state(digest(secret)), max_age_s)

    def keep_browser_state(self, request: Request, response: Response, session_digest: bytes, max_age_s: int) -> None:
        """Let the page at ``check_session`` know which session this browser has, if it does not."""
        state = browser_state(session_digest)
        if _value(request, self._browser_state) != state:
            self._set_browser_state(response, state, max_age_s)

    def _set_browser_state(self, response: Response, state: str, max_age_s: int) -> None:
        # A script in a frame on somebody's page reads it, so it is neither hidden from scripts nor kept from frames.
        # Without https a browser takes no SameSite=None; there every port of localhost is the same site anyway.
        response.set_cookie(
            self._browser_state,
            state,
            max_age=max_age_s,
            path="/",
            secure=self._secure,
            samesite="none" if self._secure else "lax",
        )

    def clear_session(self, response: Response) -> None:
        """Sign this browser out."""
        response.delete_cookie(
            self._browser_state, path="/", secure=self._secure, samesite="none" if self._secure else "lax"
        )
        response.delete_cookie(self._session, path="/", secure=self._secure, httponly=True, samesite="lax")

    def others(self, request: Request) -> tuple[str, ...]:
        """The session secrets of the other accounts signed in in this browser."""
        value = request.cookies.get(self._others, "")
        if len(value) > _OTHERS_LIMIT * _COOKIE_VALUE_LIMIT_CHARS or not value.isascii():
            return ()
        return tuple(secret for secret in value.split(".") if secret)[:_OTHERS_LIMIT]

    def set_others(self, response: Response, secrets: Sequence[str], max_age_s: int) -> None:
        """Remember the other accounts of this browser, the latest first; the oldest make room."""
        self._set(response, self._others, ".".join(secrets[:_OTHERS_LIMIT]), max_age_s)

    def browser(self, request: Request) -> str | None:
        """The random name of this browser, which binds pending requests and forms to it."""
        return _value(request, self._browser)

    def set_browser(self, response: Response, name: str) -> None:
        """Give the browser its name."""
        self._set(response, self._browser, name, _YEAR_S)

    def locale(self, request: Request) -> str | None:
        """The language the person chose."""
        return _value(request, self._locale)

    def set_locale(self, response: Response, locale: str) -> None:
        """Remember the language."""
        self._set(response, self._locale, locale, _YEAR_S)

    def _set(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        response.set_cookie(
            name, value, max_age=max_age_s, path="/", secure=self._secure, httponly=True, samesite="lax"
        )


def _value(request: Request, name: str) -> str | None:
    value = request.cookies.get(name)
    fits = value is not None and 0 < len(value) <= _COOKIE_VALUE_LIMIT_CHARS and value.isascii()
    return value if fits else None
