"""Phase B of an authorization request: every parameter but client and redirect URI, one check each, in one order.

``parse`` is the list; an error raised here goes to the client by redirect. Leaves phase A to ``request``.

Spec: RFC 6749 §4.1.1; RFC 7636 §4.3; RFC 8707 §2; OpenID Connect Core 1.0 §3.1.2.1
"""

import re
from collections.abc import Collection

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.oauth.claims import ClaimsRequest, parse_claims_request
from lingpai.oauth.errors import (
    InvalidRequest,
    InvalidScope,
    UnmetAuthenticationRequirements,
    UnsupportedResponseType,
)
from lingpai.oauth.names import OPENID
from lingpai.oauth.params import Params
from lingpai.oauth.pkce import check_code_challenge
from lingpai.oauth.scope import Scope, scope_of
from lingpai.server.accounts.acr import ACR_VALUES
from lingpai.server.authorization.request import AuthorizationRequest, Identified, default_response_mode
from lingpai.server.policy import (
    RESPONSE_TYPES,
    check_pushed,
    check_resource,
    check_response_type,
    is_confidential,
    scope_to_ask,
)
from lingpai.server.storage.records import Client
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.id_token import IdTokens

RESPONSE_MODES = ("query", "fragment", "form_post")
DISPLAYS = ("page", "popup", "touch", "wap")
PROMPTS = ("none", "login", "consent", "select_account")
PROMPTS_WHERE_PEOPLE_REGISTER = (*PROMPTS, "create")
"""Spec: OpenID Connect Initiating User Registration 1.0 §3"""

_STATE_LIMIT_CHARS = 4096
_NONCE_LIMIT_CHARS = 1024
_TEXT_LIMIT_CHARS = 512
_MAX_AGE_LIMIT_S = 10**9
_JKT = re.compile(r"[A-Za-z0-9_-]{43}")


def parse(
    identified: Identified,
    params: Params,
    *,
    catalog: Catalog,
    id_tokens: IdTokens,
    browser: bytes,
    now: int,
    was_pushed: bool = False,
    prompts: Collection[str] = PROMPTS,
) -> AuthorizationRequest:
    """The request with every parameter checked. Raises ``OAuthError`` meant for the client."""
    client, reply_to = identified.client, identified.reply_to
    check_pushed(client, was_pushed=was_pushed)
    _check_delivery(params, response_type := _parse_response_type(params, client))
    scope = _parse_scope(params, client, response_type)
    request = AuthorizationRequest(
        request_id=new_id(),
        client_id=client.client_id,
        redirect_uri=reply_to.redirect_uri,
        redirect_uri_was_sent=identified.redirect_uri_was_sent,
        response_type=response_type,
        response_mode=reply_to.response_mode,
        state=params.get("state"),
        scope=str(scope),
        resource=_parse_resource(params, client, catalog),
        code_challenge=_parse_code_challenge(params, response_type, client),
        nonce=_parse_nonce(params, response_type),
        prompt=_parse_prompt(params, prompts),
        max_age=_parse_max_age(params, client),
        login_hint=params.get("login_hint") or "",
        ui_locales=params.get("ui_locales") or "",
        asked_at=now,
        jkt=_parse_dpop_jkt(params),
        was_pushed=was_pushed,
        browser=browser,
    )
    claims = parse_claims_request(params.get("claims") if OPENID in scope else None)
    covering = _scope_of_claims(claims, scope, client, catalog)
    expected_subject = _expected_subject(params, claims, id_tokens)
    return _with_claims(request, claims, covering, expected_subject, _parse_acr_values(params, claims, client))


def _parse_response_type(params: Params, client: Client) -> str:
    """Spec: RFC 6749 §3.1.1; RFC 6749 §4.1.2.1"""
    response_type = " ".join(sorted(params.require("response_type").split()))
    if response_type not in RESPONSE_TYPES:
        raise UnsupportedResponseType(f"response_type must be {' or '.join(RESPONSE_TYPES)}")
    check_response_type(client, response_type)
    return response_type


def _check_delivery(params: Params, response_type: str) -> None:
    """How the answer travels, how pages look, and nothing longer than it needs to be.

    Spec: OAuth 2.0 Multiple Response Type Encoding Practices §2.1
    """
    _check_display(params)
    _check_lengths(params)
    mode = params.get("response_mode")
    if mode is not None and mode not in RESPONSE_MODES:
        raise InvalidRequest("response_mode must be query, fragment or form_post")
    if mode == "query" and default_response_mode(response_type) != "query":
        raise InvalidRequest("response_mode query cannot carry tokens")


def _parse_code_challenge(params: Params, response_type: str, client: Client) -> str:
    """PKCE for every code. A response without a code has nothing it could protect.

    A client exempted by name must tie the code to its session by ``nonce`` instead. Spec: RFC 9700 §2.1.1
    """
    if "code" not in response_type.split():
        return ""
    challenge = params.get("code_challenge")
    if challenge is None and not client.require_pkce and is_confidential(client):
        if client.require_nonce and "nonce" not in params:
            raise InvalidRequest("send a code_challenge (PKCE), or at least a nonce")
        return ""
    return check_code_challenge(challenge, params.get("code_challenge_method"))


def _parse_nonce(params: Params, response_type: str) -> str:
    """Spec: OpenID Connect Core 1.0 §3.2.2.1"""
    _check_length(params, "nonce", _NONCE_LIMIT_CHARS)
    nonce = params.get("nonce") or ""
    if "id_token" in response_type.split() and not nonce:
        raise InvalidRequest("nonce is missing: an ID Token in the response needs one")
    return nonce


def _expected_subject(params: Params, claims: ClaimsRequest, id_tokens: IdTokens) -> str:
    """Spec: OpenID Connect Core 1.0 §3.1.2.1; OpenID Connect Core 1.0 §5.5.1"""
    asked = claims.id_token.get("sub")
    wanted = set(asked.values) if asked else set()
    text = params.get("id_token_hint")
    if text is not None:
        hint = id_tokens.open_hint(text)
        if hint is None:
            raise InvalidRequest("id_token_hint is not an ID Token of this server")
        wanted.add(hint.sub)
    if len(wanted) > 1:
        raise InvalidRequest("the request names more than one person")
    return wanted.pop() if wanted else ""


def _with_claims(
    request: AuthorizationRequest,
    claims: ClaimsRequest,
    covering: Scope,
    expected_subject: str,
    acr_values: tuple[str, ...],
) -> AuthorizationRequest:
    acr = claims.id_token.get("acr")
    return msgspec.structs.replace(
        request,
        acr_values=acr_values,
        acr_essential=acr is not None and acr.essential and bool(acr.values),
        id_token_claims=tuple(claims.id_token),
        userinfo_claims=tuple(claims.userinfo),
        claims_scope=str(covering),
        expected_subject=expected_subject,
    )


def _scope_of_claims(claims: ClaimsRequest, scope: Scope, client: Client, catalog: Catalog) -> Scope:
    """One permission for every claim asked for by name, or a client would see without asking what it may not ask for.

    A claim that none of the client's scopes opens is left out in silence. Spec: OpenID Connect Core 1.0 §5.5.1
    """
    registered = scope_to_ask(client, None)
    covering = []
    for claim in {*claims.id_token, *claims.userinfo}:
        opening = catalog.scopes_opening(claim) & registered
        if opening and not opening & scope:
            covering.append(opening.names[0])
    return scope_of(covering)


def _check_display(params: Params) -> None:
    """Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    if params.get("display") not in (None, *DISPLAYS):
        raise InvalidRequest(f"display must be one of {', '.join(DISPLAYS)}")


def _parse_dpop_jkt(params: Params) -> str:
    """Spec: RFC 9449 §10"""
    jkt = params.get("dpop_jkt") or ""
    if jkt and not _JKT.fullmatch(jkt):
        raise InvalidRequest("dpop_jkt is not a SHA-256 thumbprint in base64url")
    return jkt


def _check_lengths(params: Params) -> None:
    _check_length(params, "state", _STATE_LIMIT_CHARS)
    for name in ("login_hint", "ui_locales", "acr_values"):
        _check_length(params, name, _TEXT_LIMIT_CHARS)


def _check_length(params: Params, name: str, limit_chars: int) -> None:
    if len(params.get(name) or "") > limit_chars:
        raise InvalidRequest(f"{name} is longer than {limit_chars} characters")


def _parse_resource(params: Params, client: Client, catalog: Catalog) -> tuple[str, ...]:
    """Spec: RFC 8707 §2"""
    resource = params.get_all("resource")
    check_resource(client, resource)
    catalog.check_resources(resource)
    return resource


def _parse_scope(params: Params, client: Client, response_type: str) -> Scope:
    """What is asked for; everything the client is registered for when nothing is named. Spec: RFC 6749 §3.3"""
    scope = scope_to_ask(client, params.get("scope"))
    if not scope:
        raise InvalidScope("scope is missing, and this client has no registered scope to stand for it")
    if "id_token" in response_type.split() and OPENID not in scope:
        raise InvalidScope("an ID Token needs the scope openid")
    return scope


def _parse_prompt(params: Params, known: Collection[str]) -> tuple[str, ...]:
    """Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    prompt = tuple(dict.fromkeys((params.get("prompt") or "").split()))
    for value in prompt:
        if value not in known:
            raise InvalidRequest(f"prompt must be one of {', '.join(known)}")
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("prompt none cannot be combined with another prompt")
    return prompt


def _parse_max_age(params: Params, client: Client) -> int | None:
    """Seconds. Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    text = params.get("max_age")
    if text is None:
        return client.default_max_age
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= _MAX_AGE_LIMIT_S):
        raise InvalidRequest("max_age must be a number of seconds")
    return int(text)


def _parse_acr_values(params: Params, claims: ClaimsRequest, client: Client) -> tuple[str, ...]:
    """Of the sign-in strengths asked for, by whichever of three ways, those we know.

    Names we do not know are wishes and passed over, unless the ``claims`` parameter says that one of them must be met.

    Spec: RFC 9470 §5; OpenID Connect Core 1.0 §5.5.1.1; OpenID Connect Dynamic Client Registration 1.0 §2
    """
    text, claim = params.get("acr_values"), claims.id_token.get("acr")
    asked = client.default_acr_values if text is None else tuple(text.split())
    if claim is not None and claim.values:
        asked = claim.values
    known = tuple(name for name in ACR_VALUES if name in asked)
    if claim is not None and claim.essential and claim.values and not known:
        raise UnmetAuthenticationRequirements("nobody can sign in here as strongly as the acr claim requires")
    return known
