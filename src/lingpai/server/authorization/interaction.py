"""What comes next on the way to a code. Pure: every page writes its answer and returns here.

Spec: OpenID Connect Core 1.0 §3.1.2.3; OpenID Connect Core 1.0 §3.1.2.4
"""

from msgspec import Struct

from lingpai.oauth.errors import (
    AccessDenied,
    ConsentRequired,
    LoginRequired,
    OAuthError,
    UnmetAuthenticationRequirements,
)
from lingpai.oauth.scope import Scope, parse_scope
from lingpai.server.accounts.acr import meets
from lingpai.server.authorization.consent import granted_scope, must_ask
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.storage.records import Client, Grant, Session


class SignIn(Struct, frozen=True):
    """Show the sign-in page."""


class AskConsent(Struct, frozen=True):
    """Show the consent page."""


class Issue(Struct, frozen=True):
    """Answer with a code for this scope under this grant."""

    scope: Scope
    granted: Scope
    """Everything the grant holds: what covers the claims asked for by name."""
    grant: Grant


class Refuse(Struct, frozen=True):
    """Answer with an error."""

    error: OAuthError


class SelectAccount(Struct, frozen=True):
    """Show the account chooser."""


class Register(Struct, frozen=True):
    """Show the page that makes an account. Spec: OpenID Connect Initiating User Registration 1.0 §3"""


class AllowByPolicy(Struct, frozen=True):
    """A first-party application: grant what it asks without a page, unless the person took it back before."""


Step = SignIn | Register | SelectAccount | AskConsent | AllowByPolicy | Issue | Refuse


def next_step(
    request: AuthorizationRequest, client: Client, session: Session | None, subject: str, grant: Grant | None, now: int
) -> Step:
    """Exactly one step for every state. ``prompt=none`` turns every page into the error that says which is missing.

    ``subject``: what the client calls whoever is signed in.
    """
    if request.refused:
        return Refuse(AccessDenied("the person refused"))
    silent = "none" in request.prompt
    if "create" in request.prompt and not request.signed_in:
        return Register()
    if session is None or _must_sign_in_again(request, session, now):
        return Refuse(LoginRequired("nobody is signed in, or not recently enough")) if silent else SignIn()
    if request.acr_essential and not meets(session.amr, request.acr_values):
        return Refuse(UnmetAuthenticationRequirements("whoever signed in cannot do so as strongly as required"))
    if request.expected_subject and request.expected_subject != subject:
        if silent or session.digest in (request.signed_in, request.selected):
            return Refuse(LoginRequired("somebody else is signed in"))
        return SelectAccount()
    if "select_account" in request.prompt and session.digest not in (request.signed_in, request.selected):
        return SelectAccount()
    if grant is None or must_ask(request, client, grant, now):
        if not client.require_consent and "consent" not in request.prompt:
            return AllowByPolicy()
        return ask_consent(request)
    return issue(request, grant, now)


def ask_consent(request: AuthorizationRequest) -> AskConsent | Refuse:
    """The consent page, or what ``prompt=none`` makes of it. Spec: OpenID Connect Core 1.0 §3.1.2.6"""
    if "none" in request.prompt:
        return Refuse(ConsentRequired("the person has not allowed this yet"))
    return AskConsent()


def issue(request: AuthorizationRequest, grant: Grant, now: int) -> Issue:
    """What was asked for and is granted."""
    granted = granted_scope(grant, now)
    return Issue(parse_scope(request.scope) & granted, granted, grant)


def _must_sign_in_again(request: AuthorizationRequest, session: Session, now: int) -> bool:
    """Whether this session is not good enough; a sign-in made for this very request always is.

    Spec: RFC 9470 §5; OpenID Connect Core 1.0 §3.1.2.1
    """
    if request.signed_in == session.digest:
        return False
    if "login" in request.prompt:
        return True
    if request.acr_values and not meets(session.amr, request.acr_values):
        return True
    if request.max_age == 0:
        return True  # the same as prompt=login, even within the second the session began in
    return request.max_age is not None and now - session.auth_time > request.max_age
