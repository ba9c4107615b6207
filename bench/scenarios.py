"""What is asked of a server, the same for every server: one function per scenario, one generator per connection.

Owns the requests of clients. Leaves where a server has its endpoints, and who is signed in there, to its ``Target``,
and what people do on pages to ``pages``.
"""

import re
from collections.abc import Callable, Generator
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bench import pages
from bench.load import Answer, Talk, UnexpectedAnswer
from bench.target import API, API_RS256, CALLBACK, VERIFIER, Target, authorization_url, get, post

_CODE = re.compile(rb"[?&]code=([^&\s]+)")


class _Tokens(Struct):
    access_token: str = ""
    refresh_token: str = ""


_tokens = msgspec.json.Decoder(_Tokens)


def discovery(target: Target, _number: int) -> Talk:
    """The metadata document."""
    request = get(target, target.discovery)
    while True:
        yield request


def jwks(target: Target, _number: int) -> Talk:
    """The public keys."""
    request = get(target, target.jwks)
    while True:
        yield request


def opaque_token(target: Target, _number: int) -> Talk:
    """A token for the client itself, opaque."""
    target = replace(target, client_id=target.own_client_id or target.client_id)
    request = post(target, target.token, {"grant_type": "client_credentials", "scope": "jobs"})
    while True:
        yield request


def signed_token(target: Target, _number: int) -> Talk:
    """The same as a JWT for one resource server, signed with ES256. Spec: RFC 9068"""
    request = post(target, target.token, {"grant_type": "client_credentials", "scope": "api", "resource": API})
    while True:
        yield request


def rs256_token(target: Target, _number: int) -> Talk:
    """The same for a resource server that wants RS256."""
    params = {"grant_type": "client_credentials", "scope": "api-rs256", "resource": API_RS256}
    request = post(target, target.token, params)
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
    answer = yield get(target, authorization_url(target), f"Cookie: {target.cookies[number]}")
    code = _CODE.search(answer.head)
    if code is None:
        raise UnexpectedAnswer(f"{target.name} gave no code: {answer.head.decode('latin-1')}")
    redeem = {
        "grant_type": "authorization_code",
        "code": code[1].decode(),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = yield post(target, target.token, redeem)
    return _tokens.decode(answer.body)


class Scenario(Struct, frozen=True):
    """A row of the table."""

    name: str
    talk: Callable[[Target, int], Talk]
    answers_per_operation: int = 1
    answers_before: int = 0
    """What every connection needs first: a sign-in, which is not counted."""
    id_token: Literal["", "ES256", "RS256"] = ""
    """The algorithm of the ID Token that comes with every answer; empty: none comes."""
    connections: int = 32
    wall_s: float = 0.0
    """The least length of a turn, where a second would hold too few answers."""

    def talks(self, target: Target) -> list[Talk]:
        """What each connection says."""
        if self.id_token:
            client_id = f"{target.client_id}-{self.id_token}"
            target = replace(target, client_id=client_id, scope="openid profile")
        return [self.talk(target, number) for number in range(min(self.connections, target.connections))]


BARE = Scenario("bare server", opaque_token)
"""A token request to the server that only answers: what HTTP alone costs."""

CONNECTIONS = BARE.connections

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("JWKS", jwks),
    Scenario("discovery", discovery),
    Scenario("client_credentials, opaque", opaque_token),
    Scenario("client_credentials, at+jwt ES256", signed_token),
    Scenario("client_credentials, at+jwt RS256", rs256_token),
    Scenario("code flow (authorize + token)", code_flow, 2),
    Scenario("code flow, ID Token ES256", code_flow, 2, id_token="ES256"),
    Scenario("refresh", refresh, 1, 2),
    Scenario("refresh, ID Token ES256", refresh, 1, 2, "ES256"),
    Scenario("refresh, ID Token RS256", refresh, 1, 2, "RS256"),
    Scenario("introspection", introspect, 1, 2),
    Scenario("userinfo", userinfo, 1, 2, "ES256"),
    Scenario("consent (4 requests)", pages.consent, 4),
    # More connections would only wait for one another: a password takes a processor a good part of a tenth of a second.
    Scenario("sign-in with password (2 requests)", pages.sign_in, 2, connections=4, wall_s=2.0),
)

OF_LINGPAI = frozenset({"consent (4 requests)", "sign-in with password (2 requests)"})
"""On pages, which differ from server to server."""
