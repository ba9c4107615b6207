"""UserInfo: who the token's person is, as far as its permissions open their claims.

Spec: OpenID Connect Core 1.0 §5.3; RFC 6750 §2
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidRequest, InvalidToken, OAuthError
from lingpai.server.accounts.account import userinfo_claims
from lingpai.server.clock import Clock
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import check_no_query, json_response, read_form
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.lookup import TokenLookup


class UserInfoEndpoint:
    """``GET`` and ``POST /oauth2/userinfo``."""

    def __init__(self, lookup: TokenLookup, catalog: Catalog, clock: Clock, *, issuer: str) -> None:
        self._lookup = lookup
        self._catalog = catalog
        self._clock = clock
        self._issuer = issuer

    async def handle(self, request: Request) -> Response:
        """The claims as JSON, or a challenge. Spec: OpenID Connect Core 1.0 §5.3.2"""
        try:
            token = await read_bearer(request)
        except OAuthError as error:
            return self._challenge(request, error)
        if token is None:
            # No credentials, no error code. Spec: RFC 6750 §3.1
            response = json_response(b"{}", 401)
            response.headers["www-authenticate"] = write_challenge("Bearer", realm=self._issuer)
            return response
        live = await self._lookup.get_live(token, self._clock())
        if live is None or live.account is None:
            return self._challenge(request, InvalidToken("the access token is expired, revoked or not for a person"))
        if self._issuer not in live.token.audience:
            # A resource server that received this token must not be able to read the profile with it.
            return self._challenge(request, InvalidToken("the access token is not for this endpoint"))
        definitions = (self._catalog.scopes[name] for name in live.scope if name in self._catalog.scopes)
        return json_response(msgspec.json.encode(userinfo_claims(live.account, definitions)))

    def _challenge(self, request: Request, error: OAuthError) -> Response:
        response = refuse(request, error)
        response.headers["www-authenticate"] = write_challenge(
            "Bearer", realm=self._issuer, error=error.code, error_description=error.description
        )
        return response


async def read_bearer(request: Request) -> str | None:
    """The bearer token of a request: in the header, or in the form of a POST; ``None`` when there is none.

    Raises ``InvalidRequest`` for two at once. A token in the URL is never read: it would be in logs and histories.

    Spec: RFC 6750 §2; RFC 9700 §4.3.2
    """
    check_no_query(request)
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise InvalidRequest("more than one Authorization header")
    in_body = None
    if request.method == "POST" and request.headers.get("content-type"):
        in_body = (await read_form(request)).get("access_token")
    if not headers:
        return in_body
    if in_body is not None:
        raise InvalidRequest("the access token is sent twice: in the Authorization header and in the body")
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidRequest("the Authorization header must be Bearer with an access token")
    return token.strip()
