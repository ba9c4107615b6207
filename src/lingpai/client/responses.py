"""What the authorization server says back, read with suspicion. Pure.

Owns: the callback (state, issuer, repeated parameters, errors), ``TokenSet``, and the bodies of the token, revocation,
userinfo and pushed authorization request endpoints.
Leaves: ID Tokens to ``id_token``, metadata to ``discovery``, the wire format of tokens to ``dialects``.
"""

import re

import msgspec

from lingpai.client.errors import AuthorizationDenied, CallbackError, TokenError, UserinfoError, printable
from lingpai.client.flow import ACCESS_TOKEN_TYPE, PendingSignIn
from lingpai.client.http_request import Storable
from lingpai.crypto.digest import equal
from lingpai.dialects import standard
from lingpai.dialects.base import RemoteError, WireBody
from lingpai.oauth.challenge import parse_challenge
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, parse_params
from lingpai.oauth.tokens import TokenResponse

SIGN_IN_LIFETIME_S = 3600

# Ten years: a number nobody means must not grow into one a session store cannot write.
_LIFETIME_LIMIT_S = 10 * 365 * 86_400

_JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"

_TOKEN = re.compile(r"[\x21-\x7e]+\Z")
_ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")
_ERROR_CODE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}\Z")


class TokenSet(Storable, frozen=True, kw_only=True):
    """What a sign-in, a refresh or client credentials gave us.

    ``expires_at`` is in epoch seconds, ``None`` when the server did not say. ``scope`` is what was granted, which may
    be less than what was asked for. ``id_token_claims`` are verified.
    """

    access_token: str
    refresh_token: str | None = None
    expires_at: int | None = None
    scope: str = ""
    id_token: str | None = None
    id_token_claims: dict[str, object] | None = None
    token_type: str = "Bearer"
    """``DPoP``: the access token works with a proof of our key only. Spec: RFC 9449 §5"""

    shown = ("expires_at", "scope", "subject", "token_type")

    @property
    def subject(self) -> str | None:
        """Who signed in, if an ID Token said so."""
        subject = (self.id_token_claims or {}).get("sub")
        return subject if isinstance(subject, str) else None

    def expires_within(self, seconds: int, now: int) -> bool:
        """Whether the access token will be over in ``seconds``; one without a known end never is."""
        return self.expires_at is not None and self.expires_at <= now + seconds


def parse_callback(pending: PendingSignIn, callback: str, *, iss_required: bool, now: int) -> str:
    """Return the authorization code of a callback URL, or of its bare query.

    Raises ``AuthorizationDenied`` when the person said no, ``CallbackError`` for everything else that is not a code.

    Spec: RFC 6749 §4.1.2; RFC 6749 §10.12; RFC 9207 §2.4
    """
    try:
        params = parse_params(query_of(callback), may_repeat=())
    except InvalidRequest as error:
        raise CallbackError("invalid_callback", error.description) from None
    # Before anything else is believed: an attacker can make a browser open any callback (CSRF, session fixation).
    if not equal(params.get("state") or "", pending.state):
        raise CallbackError("state_mismatch", "the callback does not answer this sign-in")
    _check_issuer(pending, params, iss_required=iss_required)
    if now - pending.created_at > SIGN_IN_LIFETIME_S:
        raise CallbackError("sign_in_expired", "the sign-in was begun too long ago")
    error_code = params.get("error")
    if error_code is not None:
        raise _authorization_error(error_code, params.get("error_description") or "")
    code = params.get("code")
    if code is None:
        raise CallbackError("invalid_callback", "the callback has neither code nor error")
    return code


def query_of(callback: str) -> str:
    """The query of a callback URL, or the bare query as it is."""
    if _ABSOLUTE_URL.match(callback):
        return callback.partition("#")[0].partition("?")[2]
    return callback.removeprefix("?")


def _check_issuer(pending: PendingSignIn, params: Params, *, iss_required: bool) -> None:
    """Refuse the answer of another server: a mix-up would send it our code (RFC 9700 §4.4). Spec: RFC 9207 §2.4"""
    issuer = params.get("iss")
    if issuer is None and iss_required:
        raise CallbackError("issuer_mismatch", "the callback does not say which server it is from")
    if issuer is not None and issuer != pending.issuer:
        raise CallbackError("issuer_mismatch", "the callback is from another server")


def _authorization_error(code: str, description: str) -> CallbackError:
    if not _ERROR_CODE.match(code):
        return CallbackError("invalid_callback", "the error code is malformed")
    if code == "access_denied":
        return AuthorizationDenied(code, description)
    return CallbackError(code, description)


def parse_token_response(body: WireBody, *, dpop: bool = False) -> TokenResponse:
    """Read the token endpoint's answer; raises ``TokenError``. ``dpop``: we sent a proof, so the token must be bound.

    Spec: RFC 6749 §5.1; RFC 6749 §5.2; RFC 9449 §5
    """
    try:
        response = standard.parse_tokens(body)
    except RemoteError as error:
        raise TokenError(error.code, error.description, status=error.status) from None
    if response.token_type.lower() != ("dpop" if dpop else "bearer"):
        # A token of a kind we cannot present would be sent as if anybody holding it could use it (RFC 6749 §7.1);
        # one that is not bound, though we asked for that, anybody could.
        wanted = "bound to our DPoP key" if dpop else "a bearer token"
        raise TokenError("unreadable_response", f"the token is not {wanted}", status=body.status)
    if not _TOKEN.match(response.access_token):
        raise TokenError("unreadable_response", "the token does not fit into a header", status=body.status)
    return response


def token_set(
    response: TokenResponse, *, now: int, scope: str, previous: TokenSet | None, claims: dict[str, object] | None
) -> TokenSet:
    """Put together what the answer says and what it leaves as it was.

    ``scope`` is what was asked for, ``previous`` the tokens that were refreshed.

    Spec: RFC 6749 §5.1; RFC 6749 §6
    """
    kept = previous or TokenSet(access_token="")
    return TokenSet(
        access_token=response.access_token,
        refresh_token=response.refresh_token or kept.refresh_token,
        expires_at=None if response.expires_in is None else now + min(response.expires_in, _LIFETIME_LIMIT_S),
        scope=scope if response.scope is None else response.scope,
        id_token=response.id_token or kept.id_token,
        id_token_claims=claims or kept.id_token_claims,
        token_type="DPoP" if response.token_type.lower() == "dpop" else "Bearer",
    )


def check_exchanged(response: TokenResponse) -> None:
    """Raise ``TokenError`` unless what came is the access token that was asked for. Spec: RFC 8693 §2.2.1"""
    if response.extra.get("issued_token_type") not in (ACCESS_TOKEN_TYPE, _JWT_TYPE):
        raise TokenError("unreadable_response", "issued_token_type is not access_token", status=200)


def check_revoked(body: WireBody) -> None:
    """Raise ``TokenError`` unless the token is over; unknown tokens count as over. Spec: RFC 7009 §2.2"""
    check_status(body, 200)


def parse_pushed(body: WireBody) -> str:
    """Read the ``request_uri`` of a pushed request; raises ``TokenError``. Spec: RFC 9126 §2.2; RFC 9126 §2.3"""
    check_status(body, 200, 201)
    try:
        request_uri = json_object(body.body).get("request_uri")
    except ValueError as error:
        raise TokenError("unreadable_response", str(error), status=body.status) from None
    if not isinstance(request_uri, str) or not _TOKEN.match(request_uri):
        raise TokenError("unreadable_response", "there is no request_uri in the answer", status=body.status)
    return request_uri


def check_status(body: WireBody, *good: int) -> None:
    """Raise the ``TokenError`` in the answer unless its status is good. Spec: RFC 6749 §5.2; RFC 7009 §2.2.1"""
    if body.status not in good:
        # Errors have the form of the token endpoint's, whose reader takes any status but 200 for one.
        parse_token_response(body)


def parse_userinfo(body: WireBody, *, subject: str | None) -> dict[str, object]:
    """Read the claims about a person; ``subject`` is who the ID Token spoke of, if there was one.

    Raises ``UserinfoError``. A different ``sub`` is refused: the token was swapped for somebody else's.

    Spec: OpenID Connect Core 1.0 §5.3.2; RFC 6750 §3.1
    """
    if body.status != 200:
        raise _userinfo_refusal(body)
    try:
        claims = json_object(body.body)
    except ValueError as error:
        raise UserinfoError("unreadable_response", str(error), status=body.status) from None
    if subject is not None and claims.get("sub") != subject:
        raise UserinfoError("unreadable_response", "the answer is about somebody else", status=body.status)
    return claims


def _userinfo_refusal(body: WireBody) -> UserinfoError:
    for name, value in body.headers:
        if name.lower() == "www-authenticate":
            for _, params in parse_challenge(value):
                code = params.get("error", "")
                if _ERROR_CODE.match(code):
                    return UserinfoError(code, printable(params.get("error_description", "")), status=body.status)
    return UserinfoError("unreadable_response", "the answer is not in the protocol", status=body.status)


def json_object(body: bytes) -> dict[str, object]:
    """Read a JSON object; raises ``ValueError`` with a plain sentence for anything else."""
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, RecursionError):
        # The decoder's own message may quote the body; depth is an attack on the stack.
        raise ValueError("the answer is not a JSON object") from None
