"""Every protocol error Lingpai can answer, one class per registered error code.

Owns: the code, its HTTP status, and the rule which characters a description may hold.
Leaves: how an error is written on the wire to ``dialects`` and ``oauth.response_mode``; where it is caught to the
endpoints. ``description`` is sent to the client's developer, ``detail`` is logged for the operator and never sent.

Spec: RFC 6749 §4.1.2.1; RFC 6749 §5.2; RFC 6750 §3.1
"""

import re
from typing import ClassVar

_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*\Z")


class OAuthError(Exception):
    """A refusal the protocol has a code for.

    ``description``: English, for the client's developer; only the characters RFC 6749 allows.
    ``detail``: for the operator's log; may name internal facts, never a secret.

    Spec: RFC 6749 §5.2
    """

    code: ClassVar[str] = "server_error"
    status: ClassVar[int] = 400

    def __init__(self, description: str = "", *, detail: str = "") -> None:
        if not _DESCRIPTION.match(description):
            raise ValueError(f"error_description has characters RFC 6749 §5.2 forbids: {description!r}")
        super().__init__(f"{self.code}: {description or detail}")
        self.description = description
        self.detail = detail


class InvalidRequest(OAuthError):
    """A parameter is missing, unknown to this use, repeated, too long or malformed. Spec: RFC 6749 §5.2"""

    code = "invalid_request"


class InvalidClient(OAuthError):
    """Client authentication failed. Spec: RFC 6749 §5.2"""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """The code, refresh token or assertion is invalid, expired, revoked or not this client's. Spec: RFC 6749 §5.2"""

    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """The client is known but may not do this. Spec: RFC 6749 §5.2"""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """No such ``grant_type`` here. Spec: RFC 6749 §5.2"""

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """No such ``response_type`` here. Spec: RFC 6749 §4.1.2.1"""

    code = "unsupported_response_type"


class UnsupportedTokenType(OAuthError):
    """The revocation endpoint does not revoke this kind of token. Spec: RFC 7009 §2.2.1"""

    code = "unsupported_token_type"


class InvalidScope(OAuthError):
    """A scope is unknown, malformed or more than the client may have. Spec: RFC 6749 §5.2"""

    code = "invalid_scope"


class InvalidTarget(OAuthError):
    """The ``resource`` is unknown, malformed or not for this client. Spec: RFC 8707 §2"""

    code = "invalid_target"


class AccessDenied(OAuthError):
    """The person, or a policy, refused. Spec: RFC 6749 §4.1.2.1"""

    code = "access_denied"


class ServerError(OAuthError):
    """Something broke on our side. Spec: RFC 6749 §4.1.2.1"""

    code = "server_error"
    status = 500


class TemporarilyUnavailable(OAuthError):
    """Overload or a database that is away; worth trying again. Spec: RFC 6749 §4.1.2.1"""

    code = "temporarily_unavailable"
    status = 503


class InvalidToken(OAuthError):
    """The access token is missing, malformed, expired, revoked or not for here. Spec: RFC 6750 §3.1"""

    code = "invalid_token"
    status = 401


class InsufficientScope(OAuthError):
    """The access token is good but does not carry the permission. Spec: RFC 6750 §3.1"""

    code = "insufficient_scope"
    status = 403


class LoginRequired(OAuthError):
    """``prompt=none`` and nobody is signed in. Spec: OpenID Connect Core 1.0 §3.1.2.6"""

    code = "login_required"


class ConsentRequired(OAuthError):
    """``prompt=none`` and the person has not consented to this. Spec: OpenID Connect Core 1.0 §3.1.2.6"""

    code = "consent_required"


class InteractionRequired(OAuthError):
    """``prompt=none`` and some page would be needed. Spec: OpenID Connect Core 1.0 §3.1.2.6"""

    code = "interaction_required"


class InvalidRequestUri(OAuthError):
    """The ``request_uri`` is unknown, expired, used or somebody else's. Spec: RFC 9101 §6.2"""

    code = "invalid_request_uri"


class InvalidRedirectUri(OAuthError):
    """A redirect URI may not be registered. Spec: RFC 7591 §3.2.2"""

    code = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    """A field of what a client says about itself cannot be registered. Spec: RFC 7591 §3.2.2"""

    code = "invalid_client_metadata"


class InvalidDpopProof(OAuthError):
    """The DPoP proof is missing, malformed, replayed or for something else. Spec: RFC 9449 §5"""

    code = "invalid_dpop_proof"


class UseDpopNonce(OAuthError):
    """The proof must carry the nonce sent along. Spec: RFC 9449 §8"""

    code = "use_dpop_nonce"


class AuthorizationPending(OAuthError):
    """The person has not answered on the other screen yet. Spec: RFC 8628 §3.5"""

    code = "authorization_pending"


class SlowDown(OAuthError):
    """Polled faster than agreed: from now on five seconds slower. Spec: RFC 8628 §3.5"""

    code = "slow_down"


class ExpiredToken(OAuthError):
    """The device code has expired: start again. Spec: RFC 8628 §3.5"""

    code = "expired_token"


class InsufficientUserAuthentication(OAuthError):
    """The sign-in behind the token is too old or too weak for this. Spec: RFC 9470 §3"""

    code = "insufficient_user_authentication"
    status = 401


class UnmetAuthenticationRequirements(OAuthError):
    """No sign-in here is as strong as the request demands. Spec: RFC 9470 §5"""

    code = "unmet_authentication_requirements"


class InvalidRequestObject(OAuthError):
    """The request object is not signed as registered, or holds what it must not. Spec: RFC 9101 §6.2"""

    code = "invalid_request_object"
