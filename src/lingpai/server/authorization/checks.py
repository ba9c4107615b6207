"""Phase B of an authorization request: every parameter but client and redirect URI, one check each, in one order.

``parse`` is the list; an error raised here goes to the client by redirect. Leaves phase A to ``request``.

Spec: RFC 6749 §4.1.1; RFC 7636 §4.3; RFC 8707 §2; OpenID Connect Core 1.0 §3.1.2.1
"""

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import InvalidRequest, InvalidScope, UnauthorizedClient, UnsupportedResponseType
from lingpai.oauth.params import Params
from lingpai.oauth.pkce import check_code_challenge
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.authorization.request import AuthorizationRequest, Identified
from lingpai.server.storage.records import Client
from lingpai.server.tokens.catalog import Catalog

RESPONSE_TYPES = ("code",)
RESPONSE_MODES = ("query", "fragment", "form_post")
PROMPTS = ("none", "login", "consent", "select_account")

_STATE_LIMIT_CHARS = 4096
_NONCE_LIMIT_CHARS = 1024
_TEXT_LIMIT_CHARS = 512
_MAX_AGE_LIMIT_S = 10**9


def parse(
    identified: Identified, params: Params, *, catalog: Catalog, browser: bytes, now: int
) -> AuthorizationRequest:
    """The request with every parameter checked. Raises ``OAuthError`` meant for the client."""
    client = identified.client
    _check_unsupported(params)
    _check_response_type(params, client)
    _check_response_mode(params)
    _check_length(params, "state", _STATE_LIMIT_CHARS)
    _check_length(params, "nonce", _NONCE_LIMIT_CHARS)
    _check_length(params, "login_hint", _TEXT_LIMIT_CHARS)
    _check_length(params, "ui_locales", _TEXT_LIMIT_CHARS)
    resource = params.get_all("resource")
    catalog.check_resources(resource)
    reply_to = identified.reply_to
    return AuthorizationRequest(
        request_id=new_id(),
        client_id=client.client_id,
        redirect_uri=reply_to.redirect_uri,
        redirect_uri_was_sent=identified.redirect_uri_was_sent,
        response_mode=reply_to.response_mode,
        state=params.get("state"),
        scope=str(_parse_scope(params, client)),
        resource=resource,
        code_challenge=check_code_challenge(params.get("code_challenge"), params.get("code_challenge_method")),
        nonce=params.get("nonce") or "",
        prompt=_parse_prompt(params),
        max_age=_parse_max_age(params),
        login_hint=params.get("login_hint") or "",
        ui_locales=params.get("ui_locales") or "",
        asked_at=now,
        browser=browser,
    )


def _check_unsupported(params: Params) -> None:
    """Refuse what would change the meaning of the request if it were ignored. Spec: RFC 9101 §10.5"""
    for name in ("request", "request_uri"):
        if name in params:
            raise InvalidRequest(f"{name} is not supported: send the parameters themselves")


def _check_response_type(params: Params, client: Client) -> None:
    """Spec: RFC 6749 §3.1.1; RFC 6749 §4.1.2.1"""
    response_type = params.require("response_type")
    if response_type not in RESPONSE_TYPES:
        raise UnsupportedResponseType("response_type must be code")
    if response_type not in client.response_types or "authorization_code" not in client.grant_types:
        raise UnauthorizedClient("this client is not registered for response_type code")


def _check_response_mode(params: Params) -> None:
    """Spec: OAuth 2.0 Multiple Response Type Encoding Practices §2.1"""
    mode = params.get("response_mode")
    if mode is not None and mode not in RESPONSE_MODES:
        raise InvalidRequest("response_mode must be query, fragment or form_post")


def _check_length(params: Params, name: str, limit_chars: int) -> None:
    if len(params.get(name) or "") > limit_chars:
        raise InvalidRequest(f"{name} is longer than {limit_chars} characters")


def _parse_scope(params: Params, client: Client) -> Scope:
    """What is asked for; everything the client is registered for when nothing is named. Spec: RFC 6749 §3.3"""
    registered = parse_scope(client.scope)
    text = params.get("scope")
    scope = registered if text is None else parse_scope(text)
    if not scope:
        raise InvalidScope("scope is missing, and this client has no registered scope to stand for it")
    if not scope <= registered:
        unknown = str(scope - registered)[:200]
        raise InvalidScope(f"this client is not registered for: {unknown}")
    return scope


def _parse_prompt(params: Params) -> tuple[str, ...]:
    """Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    prompt = tuple(dict.fromkeys((params.get("prompt") or "").split()))
    for value in prompt:
        if value not in PROMPTS:
            raise InvalidRequest("prompt must be none, login, consent or select_account")
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("prompt none cannot be combined with another prompt")
    return prompt


def _parse_max_age(params: Params) -> int | None:
    """Seconds. Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    text = params.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= _MAX_AGE_LIMIT_S):
        raise InvalidRequest("max_age must be a number of seconds")
    return int(text)
