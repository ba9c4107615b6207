"""Who is it? ``/oauth2.0/me``: the application and the person of an access token, as JSONP.

A page of any origin can load it as a script, so it reads no cookie: who asks must hold the token and knows already.
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects import qq
from lingpai.dialects.qq import Identity
from lingpai.dialects.qq_errors import (
    ACCESS_TOKEN_CHECK_FAILED,
    ACCESS_TOKEN_EXPIRED,
    ACCESS_TOKEN_MISSING,
    ACCESS_TOKEN_REVOKED,
    ACCESS_TOKEN_WRONG,
    UNIONID_NOT_SET,
)
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.params import Params
from lingpai.server.authorization.qq import Refused, check_marked
from lingpai.server.clock import Clock
from lingpai.server.endpoints.qq.answers import asked_shape, number_of, refuse
from lingpai.server.endpoints.qq.params import bearer_token, read_params
from lingpai.server.http import remember_client, write_body
from lingpai.server.tokens.lookup import LiveToken, TokenLookup
from lingpai.server.tokens.openids import PeopleIds


class QqMeEndpoint:
    """``GET`` and ``POST /oauth2.0/me``, ``/moc2/me``."""

    def __init__(self, lookup: TokenLookup, people: PeopleIds, clock: Clock) -> None:
        self._lookup = lookup
        self._people = people
        self._clock = clock

    async def handle(self, request: Request) -> Response:
        """``client_id`` and ``openid``, with ``unionid`` only when it was asked for. The status is 200 always."""
        params = Params({})
        try:
            params = await read_params(request)
            identity = await self._identity(request, params)
        except Refused as error:
            refused = error
        except OAuthError as error:
            refused = number_of(error, "")
        else:
            return write_body(qq.write_me(identity, shape=asked_shape(request, params, default="jsonp")))
        return refuse(request, refused, asked_shape(request, params, default="jsonp"))

    async def _identity(self, request: Request, params: Params) -> Identity:
        text = params.get("access_token") or bearer_token(request)
        if not text:
            raise Refused(ACCESS_TOKEN_MISSING)
        live = await live_token(self._lookup, text, self._clock())
        remember_client(request, live.client)
        account_id = live.token.account_id
        if account_id is None or live.token.jkt:  # a machine's, or bound to a key that nobody proves here
            raise Refused(ACCESS_TOKEN_CHECK_FAILED)
        check_marked(live.client)
        openid = await self._people.openid(live.client, account_id)
        if params.get("unionid") != "1":
            return Identity(live.client.client_id, openid)
        unionid = await self._people.unionid(live.client, account_id)
        if unionid is None:
            raise Refused(UNIONID_NOT_SET)
        return Identity(live.client.client_id, openid, unionid)


async def live_token(lookup: TokenLookup, text: str, now: int) -> LiveToken:
    """The token if it is in force; otherwise ``Refused`` with the number that says why it is not."""
    live = await lookup.get_live(text, now)
    if live is not None:
        return live
    if lookup.open_access_token(text, now) is not None:
        raise Refused(ACCESS_TOKEN_REVOKED)
    # Read as if it were the beginning of time: then only what is not ours at all does not open.
    raise Refused(ACCESS_TOKEN_EXPIRED if lookup.open_access_token(text, 0) is not None else ACCESS_TOKEN_WRONG)
