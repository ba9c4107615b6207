"""Everything the client library raises on purpose, under one base class.

Owns: the exceptions an application can catch, and which text of a remote server may stand in them.
Leaves: deciding when to raise to ``responses``, ``id_token``, ``discovery`` and the shells.

No message holds a token, code, secret, verifier, state or query string.
"""

_TEXT_LIMIT = 300


def printable(text: str) -> str:
    """Make a remote server's words safe to log and show: no control or direction characters, 300 characters at most."""
    return "".join(c if c.isprintable() else " " for c in text[:_TEXT_LIMIT])


class ClientError(Exception):
    """The base of all exceptions of this package: catch it to say "the sign-in did not work"."""


class ServerUnreachable(ClientError):
    """No answer we can use: no connection, too slow, too large, or in an encoding we did not ask for."""


class DiscoveryError(ClientError):
    """The issuer has no metadata, or it is not the issuer's own. Spec: RFC 8414 §3.3"""


class UnsupportedByProvider(ClientError):
    """The provider does not offer what was asked for; its metadata has no such endpoint."""


class CallbackError(ClientError):
    """The browser came back with something that is no sign-in.

    ``code`` is the error code of the authorization server, or one of ours: ``invalid_callback`` (malformed or
    repeated parameters), ``state_mismatch`` (not the answer to this request), ``issuer_mismatch`` (the answer of
    another server), ``sign_in_expired`` (begun too long ago).

    Spec: RFC 6749 §4.1.2.1; RFC 9207 §2.4
    """

    def __init__(self, code: str, description: str = "") -> None:
        self.code = printable(code)
        self.description = printable(description)
        super().__init__(f"{self.code}: {self.description}" if description else self.code)


class AuthorizationDenied(CallbackError):
    """The person, or the server's policy, said no (``access_denied``). Spec: RFC 6749 §4.1.2.1"""


class EndpointError(ClientError):
    """An endpoint refused, or answered something that is not in the protocol.

    ``code`` is the endpoint's, or ours: ``unreadable_response``. ``status`` is the HTTP status of the answer.
    """

    def __init__(self, code: str, description: str = "", *, status: int) -> None:
        self.code = printable(code)
        self.description = printable(description)
        self.status = status
        super().__init__(f"{self.code} (HTTP {status})" + (f": {self.description}" if description else ""))


class TokenError(EndpointError):
    """The token or revocation endpoint refused. Spec: RFC 6749 §5.2; RFC 7009 §2.2.1"""


class UserinfoError(EndpointError):
    """The userinfo endpoint refused, or its answer is about somebody else. Spec: OpenID Connect Core 1.0 §5.3"""


class LogoutTokenError(ClientError):
    """The logout token proves nothing: answer 400, end nothing. Spec: OpenID Connect Back-Channel Logout 1.0 §2.6"""


class IdTokenError(ClientError):
    """The ID Token is missing or proves nothing. Spec: OpenID Connect Core 1.0 §3.1.3.7"""
