"""What is asked of a server, the same for every server: one function per scenario, one generator per connection.

Owns the requests. Leaves where a server has its endpoints, and who is signed in there, to its ``Target``.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from typing import Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bench.load import Answer, Talk, UnexpectedAnswer
from bench.process import ServerProcess
from lingpai.oauth.pkce import code_challenge_s256

SECRET = "bench-secret-0123456789abcdefghijklmnopqrstu"
CALLBACK = "http://127.0.0.1:1/callback"
API = "http://127.0.0.1:1/api"
_VERIFIER = "a-verifier-of-the-benchmark-0123456789-abcdefghij"
CHALLENGE = code_challenge_s256(_VERIFIER)
_CODE = re.compile(rb"[?&]code=([^&\s]+)")


class Target(Struct, frozen=True, kw_only=True):
    """A server under load: where its endpoints are, and who is signed in there.

    Every server knows three clients with the same secret: ``bench``, and ``bench-ES256`` and ``bench-RS256``, whose ID
    Tokens are signed with that.
    """

    name: str
    server: ServerProcess
    authorize: str
    token: str
    introspect: str
    userinfo: str
    jwks: str
    cookies: tuple[str, ...]
    """A signed-in browser per connection."""
    client_id: str = "bench"
    scope: str = "profile"
    """What a person is asked for; with ``openid`` there is an ID Token."""


class _Tokens(Struct):
    access_token: str = ""
    refresh_token: str = ""


_tokens = msgspec.json.Decoder(_Tokens)


def get(target: Target, path: str, *headers: str) -> bytes:
    """A GET request."""
    lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{target.server.port}", *headers)
    return "\r\n".join((*lines, "", "")).encode()


def post(target: Target, path: str, params: Mapping[str, str]) -> bytes:
    """A form, with the client's credentials."""
    body = urlencode(params)
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{target.server.port}",
        f"Authorization: Basic {b64encode(f'{target.client_id}:{SECRET}'.encode()).decode()}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def jwks(target: Target, _number: int) -> Talk:
    """The public keys."""
    request = get(target, target.jwks)
    while True:
        yield request


def opaque_token(target: Target, _number: int) -> Talk:
    """A token for the client itself, opaque."""
    request = post(target, target.token, {"grant_type": "client_credentials", "scope": "jobs"})
    while True:
        yield request


def signed_token(target: Target, _number: int) -> Talk:
    """The same as a JWT for one resource server, signed with ES256. Spec: RFC 9068"""
    request = post(target, target.token, {"grant_type": "client_credentials", "scope": "api", "resource": API})
    while True:
        yield request


def code_flow(target: Target, number: int) -> Talk:
    """A person who is signed in and has allowed it before: code (PKCE), then tokens."""
    while True:
        yield from _sign_in(target, number)


def refresh(target: Target, number: int) -> Talk:
    """Every refresh token buys the next one."""
    token = (yield from _sign_in(target, number)).refresh_token
    while True:
        answer = yield post(target, target.token, {"grant_type": "refresh_token", "refresh_token": token})
        token = _tokens.decode(answer.body).refresh_token


def introspect(target: Target, number: int) -> Talk:
    """Is this opaque token of a person in force?"""
    token = (yield from _sign_in(target, number)).access_token
    request = post(target, target.introspect, {"token": token})
    while True:
        yield request


def userinfo(target: Target, number: int) -> Talk:
    """Who is the person of this opaque token?"""
    token = (yield from _sign_in(target, number)).access_token
    request = get(target, target.userinfo, f"Authorization: Bearer {token}")
    while True:
        yield request


def _sign_in(target: Target, number: int) -> Generator[bytes, Answer, "_Tokens"]:
    params = {
        "response_type": "code",
        "client_id": target.client_id,
        "redirect_uri": CALLBACK,
        "scope": target.scope,
        "state": "state-of-the-benchmark",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    answer = yield get(target, f"{target.authorize}?{urlencode(params)}", f"Cookie: {target.cookies[number]}")
    code = _CODE.search(answer.head)
    if code is None:
        raise UnexpectedAnswer(f"{target.name} gave no code: {answer.head.decode('latin-1')}")
    redeem = {
        "grant_type": "authorization_code",
        "code": code[1].decode(),
        "redirect_uri": CALLBACK,
        "code_verifier": _VERIFIER,
    }
    answer = yield post(target, target.token, redeem)
    return _tokens.decode(answer.body)


class Scenario(Struct, frozen=True):
    """A row of the table."""

    name: str
    talk: Callable[[Target, int], Talk]
    answers_per_operation: int = 1
    id_token: Literal["", "ES256", "RS256"] = ""
    """The algorithm of the ID Token that comes with every answer; empty: none comes."""

    def talks(self, target: Target, connections: int) -> list[Talk]:
        """What each connection says."""
        if self.id_token:
            target = replace(target, client_id=f"bench-{self.id_token}", scope="openid profile")
        return [self.talk(target, number) for number in range(connections)]


BARE = Scenario("bare server", opaque_token)
"""A token request to the server that only answers: what HTTP alone costs."""

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("JWKS", jwks),
    Scenario("client_credentials, opaque", opaque_token),
    Scenario("client_credentials, at+jwt ES256", signed_token),
    Scenario("code flow (authorize + token)", code_flow, 2),
    Scenario("code flow, ID Token ES256", code_flow, 2, "ES256"),
    Scenario("refresh", refresh),
    Scenario("refresh, ID Token ES256", refresh, 1, "ES256"),
    Scenario("refresh, ID Token RS256", refresh, 1, "RS256"),
    Scenario("introspection", introspect),
    Scenario("userinfo", userinfo, 1, "ES256"),
)
