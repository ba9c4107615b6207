"""An authorization request as QQ Connect writes it, checked, and how it is answered.

Owns the dialect's rules: callbacks by host and path, scope as a list of API names, no PKCE needed, what a refusal looks
like. What comes out is an ``AuthorizationRequest`` like any other, and everything after it does not know the dialect.
"""

import re

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.dialects import qq_authorize
from lingpai.dialects.qq import NAME
from lingpai.dialects.qq_errors import (
    BAD_REQUEST,
    CLIENT_ID_WRONG,
    CLIENT_OFFLINE,
    CLIENT_UNKNOWN,
    NOT_ALLOWED_FOR_CLIENT,
    REDIRECT_URI_WRONG,
    RESPONSE_TYPE_WRONG,
    error_text,
)
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.names import OFFLINE_ACCESS, OPENID
from lingpai.oauth.params import Params
from lingpai.oauth.pkce import check_code_challenge
from lingpai.oauth.redirect_uri import matches_host_and_path
from lingpai.oauth.response_mode import FormPost, Redirect
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.authorization.request import AuthorizationRequest, ReplyTo
from lingpai.server.policy import check_pushed, check_response_type
from lingpai.server.storage.records import Client

DEFAULT_SCOPE = "get_user_info"
ALL = "all"
MOBILE = "mobile"

APPID = re.compile(r"[0-9]{5,20}")
"""What QQ calls an application: a number."""

_STATE_LIMIT_CHARS = 4096
_REDIRECT_URI_LIMIT_CHARS = 1024
_TOKEN_MEMBERS = ("access_token", "expires_in")
# They would ask for an ID Token, which the dialect cannot carry.
_NOT_HERE = scope_of((OPENID, OFFLINE_ACCESS))


class Refused(Exception):
    """The request is refused with this number. ``reply_to``: whom to tell; ``None``: nobody is proven, show a page."""

    def __init__(self, number: int, text: str | None = None, *, reply_to: ReplyTo | None = None) -> None:
        self.number = number
        self.text = error_text(number) if text is None else text
        self.reply_to = reply_to
        super().__init__(f"{self.text}({number})")


def check_marked(client: Client) -> None:
    """Raise ``Refused`` unless an operator let this client use the dialect."""
    if NAME not in client.dialects:
        raise Refused(CLIENT_OFFLINE, "app is not registered for QQ Connect here")


def check_client(client: Client | None, client_id: str | None) -> Client:
    """The client that asks. Raises ``Refused`` when there is none, or none that may use the dialect."""
    if not client_id:
        raise Refused(CLIENT_ID_WRONG)
    if client is None or client.disabled_at is not None:
        # Only a number is repeated: nobody writes sentences on our page.
        shown = f" [appid: {client_id}] " if APPID.fullmatch(client_id) else ""
        raise Refused(CLIENT_UNKNOWN, error_text(CLIENT_UNKNOWN) + shown)
    check_marked(client)
    return client


def parse(client: Client, params: Params, *, browser: bytes, now: int, mobile: bool) -> AuthorizationRequest:
    """The checked request. Raises ``Refused``, with a ``reply_to`` as soon as there is one."""
    mobile = mobile or params.get("display") == MOBILE
    reply_to = _reply_to(client, params, mobile=mobile)
    response_type = params.get("response_type")
    if response_type not in ("code", "token"):
        raise Refused(RESPONSE_TYPE_WRONG, reply_to=reply_to)
    try:
        check_pushed(client, was_pushed=False)
        check_response_type(client, response_type)
    except OAuthError as error:
        raise Refused(NOT_ALLOWED_FOR_CLIENT, error.description, reply_to=reply_to) from error
    return AuthorizationRequest(
        request_id=new_id(),
        client_id=client.client_id,
        redirect_uri=reply_to.redirect_uri,
        redirect_uri_was_sent=True,
        response_type=response_type,
        state=reply_to.state,
        scope=str(_scope(client, params, reply_to)),
        code_challenge=_code_challenge(params, response_type, reply_to),
        asked_at=now,
        browser=browser,
        dialect=NAME,
        display=reply_to.display,
    )


def delivery(reply_to: ReplyTo, params: qq_authorize.Pairs) -> Redirect | FormPost:
    """The answer as QQ gives it: a code in the query, a token behind ``?#``, a refusal in the query; nothing else."""
    sent = dict(params)
    state = [] if reply_to.state is None else [("state", reply_to.state)]
    if "access_token" in sent:
        pairs = [(name, sent[name]) for name in _TOKEN_MEMBERS]
        return Redirect(qq_authorize.fragment_location(reply_to.redirect_uri, pairs + state))
    if "code" in sent:
        return Redirect(qq_authorize.query_location(reply_to.redirect_uri, [("code", sent["code"]), *state]))
    pairs = [(name, sent[name]) for name in ("error", "error_description") if name in sent]
    if sent.get("error") == "access_denied":
        # QQ itself says only this, and on a PC nothing at all.
        pairs = [qq_authorize.USER_CANCEL] if reply_to.display == MOBILE else [qq_authorize.USER_CANCEL, *pairs]
    return Redirect(qq_authorize.query_location(reply_to.redirect_uri, pairs + state))


def refusal(refused: Refused, reply_to: ReplyTo) -> Redirect | FormPost:
    """Where the browser takes a refusal by number."""
    return delivery(reply_to, [("error", str(refused.number)), ("error_description", refused.text)])


def _reply_to(client: Client, params: Params, *, mobile: bool) -> ReplyTo:
    redirect_uri = params.get("redirect_uri") or ""
    fits = len(redirect_uri) <= _REDIRECT_URI_LIMIT_CHARS
    if not fits or not matches_host_and_path(client.redirect_uris, redirect_uri, reserved=qq_authorize.RESERVED):
        raise Refused(REDIRECT_URI_WRONG)
    reply_to = ReplyTo(redirect_uri, "query", None, MOBILE if mobile else "")
    state = params.get("state")
    if state is not None and len(state) > _STATE_LIMIT_CHARS:
        raise Refused(BAD_REQUEST, f"state is longer than {_STATE_LIMIT_CHARS} characters", reply_to=reply_to)
    return msgspec.structs.replace(reply_to, state=state)


def _scope(client: Client, params: Params, reply_to: ReplyTo) -> Scope:
    """What is asked for of what the client is registered for; other names are passed over, as old SDKs send them all.

    ``all``: everything registered.
    """
    registered = parse_scope(client.scope) - _NOT_HERE
    asked = qq_authorize.read_scope(params.get("scope") or DEFAULT_SCOPE)
    scope = registered if ALL in asked else scope_of(name for name in asked if name in registered)
    if not scope:
        scope = scope_of([DEFAULT_SCOPE]) & registered
    if not scope:
        raise Refused(NOT_ALLOWED_FOR_CLIENT, reply_to=reply_to)
    return scope


def _code_challenge(params: Params, response_type: str, reply_to: ReplyTo) -> str:
    """PKCE for those who send it: old SDKs cannot, and prove themselves by their secret."""
    if response_type != "code" or "code_challenge" not in params:
        return ""
    try:
        return check_code_challenge(params.get("code_challenge"), params.get("code_challenge_method"))
    except OAuthError as error:
        raise Refused(BAD_REQUEST, error.description, reply_to=reply_to) from error
