"""Asking the authorization server whether a token is good (RFC 7662), and remembering the answer for seconds.

Owns: the question, what the answer must say to count, how long it counts.
Leaves: the request to ``fetch``; the bound of the memory to ``answer_cache``.
"""

import base64
from urllib.parse import quote_plus

import httpx2
from msgspec import Struct

from lingpai.guard.access_token import (
    AccessToken,
    check_audience_name,
    check_key,
    read_access_token,
    read_audience,
)
from lingpai.guard.answer_cache import AnswerCache
from lingpai.guard.cached_document import Caching
from lingpai.guard.discovery import Discovery, check_issuer
from lingpai.guard.errors import TokenCheckUnavailable
from lingpai.guard.fetch import Fetcher, check_url
from lingpai.guard.single_flight import SingleFlight
from lingpai.oauth.errors import InvalidToken

_REFUSAL_LIFETIME_S = 5
_ACCESS_TOKEN_KINDS = {"token_type": {"bearer", "dpop"}, "token_use": {"access_token", "access"}}
"""What an answer may say about the kind of token: a refresh token is "active" too, and opens nothing here."""


class _Refused(Struct, frozen=True):
    """An answer that says no. ``reason`` is for the client's developer."""

    reason: str


class Introspector:
    """Asks one issuer about tokens made for one audience, as the confidential client ``client_id``.

    Without ``introspection_endpoint`` the issuer's metadata (RFC 8414) is asked where it is.
    ``cache_lifetime_s``: how long an answer counts, and so how long a revoked token may still work; 0 asks every time.
    ``cache_limit``: how many good tokens are remembered. ``http``: see ``Jwks``.

    Spec: RFC 7662 §2; RFC 6749 §2.3.1
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        client_id: str,
        client_secret: str,
        introspection_endpoint: str | None = None,
        cache_lifetime_s: int = 5,
        cache_limit: int = 10_000,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        check_issuer(issuer)
        check_audience_name(audience)
        if not client_id or not client_secret:
            raise ValueError("the guard needs a client_id and client_secret to ask about tokens")
        if introspection_endpoint is not None:
            check_url(introspection_endpoint)
        self.issuer = issuer
        self.audience = audience
        self._authorization = _basic(client_id, client_secret)
        self._fetcher = Fetcher(http)
        self._discovery = Discovery(issuer, self._fetcher, Caching())
        self._endpoint = introspection_endpoint
        self._cache_lifetime_s = cache_lifetime_s
        self._good: AnswerCache[AccessToken] = AnswerCache(issuer, audience, client_id, limit=cache_limit)
        # Apart from the good ones, so that a flood of invented tokens pushes none of those out.
        self._refused: AnswerCache[_Refused] = AnswerCache(issuer, audience, client_id, limit=cache_limit)
        self._flight: SingleFlight[AccessToken | _Refused] = SingleFlight()

    async def check(self, token: str, now: int, *, jkt: str = "") -> AccessToken:
        """Return what the server says about the token; raise ``InvalidToken``, or ``TokenCheckUnavailable``.

        ``jkt``: see ``TokenCheck``.
        """
        good_key, refused_key = self._good.key(token), self._refused.key(token)
        answer = self._good.get(good_key, now) or self._refused.get(refused_key, now)
        if answer is None and self._cache_lifetime_s <= 0:
            answer = await self._ask(token, now)
        elif answer is None:
            answer = await self._flight.run(good_key, lambda: self._ask(token, now))
            self._keep(answer, good_key, refused_key, now)
        if isinstance(answer, _Refused):
            raise InvalidToken(answer.reason)
        check_key(answer, jkt)
        return answer

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        await self._fetcher.aclose()

    def _keep(self, answer: AccessToken | _Refused, good_key: bytes, refused_key: bytes, now: int) -> None:
        if isinstance(answer, AccessToken):
            self._good.put(good_key, answer, until=min(now + self._cache_lifetime_s, answer.expires_at))
        else:
            self._refused.put(refused_key, answer, until=now + min(self._cache_lifetime_s, _REFUSAL_LIFETIME_S))

    async def _ask(self, token: str, now: int) -> AccessToken | _Refused:
        endpoint = self._endpoint or await self._discovery.endpoint("introspection_endpoint", now)
        form = {"token": token, "token_type_hint": "access_token"}
        document = await self._fetcher.post(endpoint, form, authorization=self._authorization)
        claims = document.content
        if not isinstance(claims, dict) or not isinstance(claims.get("active"), bool):
            raise TokenCheckUnavailable(f"{endpoint}: the answer does not say whether the token is active")
        try:
            # Some servers write what they do not know as null.
            return self._read({name: said for name, said in claims.items() if said is not None}, now)
        except InvalidToken as refusal:
            return _Refused(refusal.description)

    def _read(self, claims: dict[str, object], now: int) -> AccessToken:
        if claims["active"] is not True:
            raise InvalidToken("the access token is expired, revoked or unknown")
        if claims.get("iss", self.issuer) != self.issuer:
            raise InvalidToken("the access token is from another issuer")
        if self.audience not in read_audience(claims):
            # Also when there is no audience at all: a token for everybody could come from any other resource server.
            raise InvalidToken("the access token is not for this resource")
        for member, kinds in _ACCESS_TOKEN_KINDS.items():
            if member in claims and str(claims[member]).lower() not in kinds:
                raise InvalidToken("the token is not an access token that can be presented here")
        access_token = read_access_token(claims)
        if str(claims.get("token_type")).lower() == "dpop" and not access_token.jkt:
            raise InvalidToken("the server does not say to which key the access token is bound")
        if access_token.expires_at <= now:
            raise InvalidToken("the access token is expired")
        return access_token


def _basic(client_id: str, client_secret: str) -> str:
    """Both parts are form-encoded first, so that a colon in the id cannot move the border. Spec: RFC 6749 §2.3.1"""
    pair = f"{quote_plus(client_id, safe='')}:{quote_plus(client_secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
