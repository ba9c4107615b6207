"""A server under load as the scenarios see it, and requests to it as bytes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from msgspec import Struct

from bench.process import ServerProcess
from lingpai.oauth.pkce import code_challenge_s256

SECRET = "bench-secret-0123456789abcdefghijklmnopqrstu"
PASSWORD = "bench password of everybody"
CALLBACK = "http://127.0.0.1:1/callback"
API = "http://127.0.0.1:1/api"
API_RS256 = "http://127.0.0.1:1/api-rs256"
VERIFIER = "a-verifier-of-the-benchmark-0123456789-abcdefghij"
CHALLENGE = code_challenge_s256(VERIFIER)


class Target(Struct, frozen=True, kw_only=True):
    """Where the endpoints of a server are, and who is signed in there.

    Every server knows three clients with the same secret: ``bench``, and ``bench-ES256`` and ``bench-RS256``, whose ID
    Tokens are signed with that.
    """

    name: str
    server: ServerProcess
    authorize: str = "/"
    token: str = "/"
    introspect: str = "/"
    userinfo: str = "/"
    jwks: str = "/"
    discovery: str = "/"
    cookies: tuple[str, ...] = ()
    """A signed-in browser per connection."""
    browsers: tuple[str, ...] = ()
    """Cookies of a browser nobody is signed in with, per connection. Its person is ``person<number>``."""
    client_id: str = "bench"
    own_client_id: str = ""
    """The client that asks for tokens of its own, where one client cannot do both."""
    scope: str = "profile"
    """What a person is asked for; with ``openid`` there is an ID Token."""
    offers: frozenset[str] | None = None
    """The scenarios it can be asked; ``None``: all."""
    connections: int = 32
    """At most. Fewer where more would only wait for one another."""
    wall_s: float = 0.0
    """The least length of a turn, where a second would hold too few answers."""
    database_cpu_s: Callable[[], float] | None = None
    """Processor time so far of the database, where that is a server of its own."""


def get(target: Target, path: str, *headers: str) -> bytes:
    """A GET request."""
    lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{target.server.port}", *headers)
    return "\r\n".join((*lines, "", "")).encode()


def post(target: Target, path: str, params: Mapping[str, str]) -> bytes:
    """A form, with the client's credentials."""
    credentials = b64encode(f"{target.client_id}:{SECRET}".encode()).decode()
    return submit(target, path, list(params.items()), f"Authorization: Basic {credentials}")


def submit(target: Target, path: str, pairs: list[tuple[str, str]], *headers: str) -> bytes:
    """A form."""
    body = urlencode(pairs)
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{target.server.port}",
        *headers,
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def authorization_url(target: Target, **more: str) -> str:
    """The path and query a browser is sent to for a code."""
    params = {
        "response_type": "code",
        "client_id": target.client_id,
        "redirect_uri": CALLBACK,
        "scope": target.scope,
        "state": "state-of-the-benchmark",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{target.authorize}?{urlencode(params | more)}"
