"""Sending somebody to a platform, and what they come back with. Pure.

Owns: the authorization URL, and callbacks under other names. Leaves: state, issuer and errors of a callback to
``responses``, which checks them for every server the same.
"""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from lingpai.client.errors import CallbackError
from lingpai.client.flow import PendingSignIn
from lingpai.client.http_request import HidesSecrets
from lingpai.client.platforms.platform import Authorization, Platform
from lingpai.client.responses import parse_callback, query_of
from lingpai.crypto.digest import new_secret
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, encode_params, parse_params
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier

_OURS = frozenset(
    {"response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}
    | {"response_mode", "client_id", "client_secret", "request", "request_uri"}
)
_SCOPE_BORDER = re.compile(r"[\s,]+")


class Asked(Struct, frozen=True, kw_only=True):
    """What an application asks a platform for. ``scope``: names between blanks or commas; ``None``: the usual."""

    redirect_uri: str
    scope: str | None = None
    extra: Mapping[str, str] = {}


class Returned(HidesSecrets, frozen=True):
    """What a person came back with: a code, and what else the platform sends beside it."""

    code: str
    claims: dict[str, object]


def begin(platform: Platform, endpoint: str, asked: Asked, *, now: int) -> PendingSignIn:
    """A sign-in with a fresh state, and where to send the browser; ``ValueError`` for parameters that are ours.

    Spec: RFC 6749 §4.1.1; RFC 7636 §4.3; OpenID Connect Core 1.0 §3.1.2.1
    """
    authorization = platform.authorization
    taken = sorted((_OURS | {authorization.client_id}).intersection(asked.extra))
    if taken:
        raise ValueError(f"not to be given as extra parameters: {', '.join(taken)}")
    names = _scope_names(authorization, asked.scope)
    pending = PendingSignIn(
        url="",
        issuer=platform.issuer,
        client_id=platform.client_id,
        redirect_uri=asked.redirect_uri,
        scope=" ".join(names),
        state=new_secret(),
        nonce=new_secret() if platform.openid else None,
        code_verifier=new_code_verifier(),
        created_at=now,
    )
    params = {
        authorization.client_id: platform.client_id,
        "response_type": "code",
        "redirect_uri": asked.redirect_uri,
        "scope": authorization.scope_separator.join(names),
        "state": pending.state,
        "nonce": pending.nonce or "",
        **_challenge(authorization, pending.code_verifier),
        **dict(authorization.extra),
        **asked.extra,
    }
    query = encode_params([(name, value) for name, value in params.items() if value])
    url = f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"
    return msgspec.structs.replace(pending, url=url + (f"#{authorization.fragment}" if authorization.fragment else ""))


def read_callback(
    platform: Platform, pending: PendingSignIn, callback: str, *, iss_required: bool, now: int
) -> Returned:
    """The code of a callback URL, its query, or its form; raises ``CallbackError``, ``AuthorizationDenied``.

    Spec: RFC 6749 §4.1.2; RFC 6749 §10.12; RFC 9207 §2.4
    """
    try:
        params = parse_params(query_of(callback), may_repeat=())
    except InvalidRequest as error:
        raise CallbackError("invalid_callback", error.description) from None
    standard = _standard_params(platform, params)
    code = parse_callback(pending, encode_params(standard.items()), iss_required=iss_required, now=now)
    extra = platform.authorization.read_callback
    return Returned(code, extra(params) if extra else {})


def _scope_names(authorization: Authorization, scope: str | None) -> list[str]:
    asked = authorization.default_scope if scope is None else scope
    names = [authorization.required_scope, *_SCOPE_BORDER.split(asked)]
    return [name for name in dict.fromkeys(names) if name]


def _challenge(authorization: Authorization, code_verifier: str) -> dict[str, str]:
    if not authorization.pkce:
        return {}
    return {"code_challenge": code_challenge_s256(code_verifier), "code_challenge_method": "S256"}


def _standard_params(platform: Platform, params: Params) -> dict[str, str]:
    """The callback as a standard server would have made it."""
    own = platform.authorization
    code = params.get(own.code) or params.get("code")
    error = params.get("error")
    if own.error_beside and own.error_beside in params:
        code, error = None, error or code
    if own.cancel and params.get(own.cancel) not in (None, "0"):
        code, error = None, "access_denied"
    if own.denied_without_code and code is None and error is None:
        error = "access_denied"
    if error in own.denials:
        error = "access_denied"
    standard = {
        "state": params.get("state"),
        "code": code,
        "error": error,
        "error_description": params.get("error_description") or params.get(own.error_beside),
        # Of other platforms nobody promises that it is the name we know them by.
        "iss": params.get("iss") if platform.openid else None,
    }
    return {name: value for name, value in standard.items() if value}
