"""UserInfo: who the token's person is, as far as its permissions open their claims.

Spec: OpenID Connect Core 1.0 §5.3; RFC 6750 §2
"""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import equal
from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.dpop import ALGS
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, InvalidToken, OAuthError, UseDpopNonce
from lingpai.server.accounts.account import userinfo_claims
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.endpoints.token import refuse
from lingpai.server.endpoints.userinfo_response import UserInfoResponses
from lingpai.server.http import check_no_query, json_response, read_form
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.issuer import subject_of
from lingpai.server.tokens.lookup import TokenLookup

_ALGS = " ".join(ALGS)


class PresentedToken(Struct, frozen=True):
    """An access token as it came: ``scheme`` is ``bearer`` or ``dpop``."""

    scheme: str
    token: str

    def __repr__(self) -> str:
        return f"PresentedToken({self.scheme})"


class UserInfoEndpoint:
    """``GET`` and ``POST /oauth2/userinfo``."""

    def __init__(
        self,
        lookup: TokenLookup,
        catalog: Catalog,
        dpop: DpopCheck,
        responses: UserInfoResponses,
        clock: Clock,
        *,
        issuer: str,
    ) -> None:
        self._responses = responses
        self._lookup = lookup
        self._dpop = dpop
        self._catalog = catalog
        self._clock = clock
        self._issuer = issuer

    async def handle(self, request: Request) -> Response:
        """The claims as the client wants them, or a challenge. Spec: OpenID Connect Core 1.0 §5.3.2"""
        now = self._clock()
        try:
            presented = await read_access_token(request)
            if presented is None:
                # No credentials, no error code. Spec: RFC 6750 §3.1
                response = json_response(b"{}", 401)
                response.headers["www-authenticate"] = self._both_schemes(write_challenge("Bearer", realm=self._issuer))
            else:
                response = await self._tell(request, presented, now)
        except OAuthError as error:
            response = self._challenge(request, error)
        self._dpop.offer_nonce(request, response, now)
        return response

    async def _tell(self, request: Request, presented: PresentedToken, now: int) -> Response:
        live = await self._lookup.get_live(presented.token, now)
        if live is None or live.account is None:
            raise InvalidToken("the access token is expired, revoked or not for a person")
        if self._issuer not in live.token.audience:
            # A resource server that received this token must not be able to read the profile with it.
            raise InvalidToken("the access token is not for this endpoint")
        await self._check_key(request, presented, live.token.jkt, now)
        definitions = (self._catalog.scopes[name] for name in live.scope if name in self._catalog.scopes)
        asked = (name for name in live.token.userinfo_claims if self._catalog.scopes_opening(name) & live.granted)
        claims = userinfo_claims(live.account, definitions, asked)
        return await self._responses.write(live.client, {"sub": subject_of(live.token)} | claims, now)

    async def _check_key(self, request: Request, presented: PresentedToken, bound_to: str, now: int) -> None:
        """A token bound to a key works with a proof of that key and in no other way. Spec: RFC 9449 §7.1"""
        if presented.scheme == "dpop":
            if "dpop" not in request.headers:
                raise InvalidDpopProof("the DPoP header is missing")
            jkt = await self._dpop.jkt(request, paths.USERINFO, now, access_token=presented.token)
            if not bound_to or not equal(jkt, bound_to):
                raise InvalidToken("the access token is not bound to the key of this DPoP proof")
        elif bound_to:
            raise InvalidToken("the access token is bound to a key: present it with DPoP")

    def _challenge(self, request: Request, error: OAuthError) -> Response:
        """The error in the scheme the client used; who used Bearer in vain learns that DPoP is there too.

        Spec: RFC 6750 §3; RFC 9449 §7.1
        """
        response = refuse(request, error)
        said = {"realm": self._issuer, "error": error.code, "error_description": error.description}
        if request.headers.get("authorization", "").lower().startswith("dpop "):
            if isinstance(error, InvalidDpopProof | UseDpopNonce):
                response.status_code = 401
            challenge = write_challenge("DPoP", **said, algs=_ALGS)
        else:
            challenge = write_challenge("Bearer", **said)
            challenge = self._both_schemes(challenge) if response.status_code == 401 else challenge
        response.headers["www-authenticate"] = challenge
        return response

    def _both_schemes(self, bearer: str) -> str:
        return f"{bearer}, {write_challenge('DPoP', realm=self._issuer, algs=_ALGS)}"


async def read_access_token(request: Request) -> PresentedToken | None:
    """The access token of a request: in the header, or in the form of a POST; ``None`` when there is none.

    Raises ``InvalidRequest`` for two at once. A token in the URL is never read: it would be in logs and histories.

    Spec: RFC 6750 §2; RFC 9449 §7.1; RFC 9700 §4.3.2
    """
    check_no_query(request)
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise InvalidRequest("more than one Authorization header")
    in_body = None
    if request.method == "POST" and request.headers.get("content-type"):
        in_body = (await read_form(request)).get("access_token")
    if not headers:
        return None if in_body is None else PresentedToken("bearer", in_body)
    if in_body is not None:
        raise InvalidRequest("the access token is sent twice: in the Authorization header and in the body")
    scheme, _, token = headers[0].partition(" ")
    if scheme.strip().lower() not in ("bearer", "dpop"):
        return None  # who tries another scheme is told ours. Spec: RFC 6750 §3.1
    if not token.strip():
        raise InvalidRequest("the Authorization header must be Bearer or DPoP with an access token")
    return PresentedToken(scheme.lower(), token.strip())
