"""The answer of the authorization endpoint: a code or an error, with ``state`` and ``iss``, on its way to the client.

Spec: RFC 6749 §4.1.2; RFC 6749 §4.1.2.1; RFC 9207 §2
"""

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.response_mode import FormPost, Redirect, deliver
from lingpai.server.authorization.interaction import Issue
from lingpai.server.authorization.request import AuthorizationRequest, ReplyTo
from lingpai.server.storage.records import Session
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import AUTHORIZATION_CODE, AuthorizationCode, seal_value


class AuthorizationResponses:
    """Makes them."""

    def __init__(self, keyring: Keyring, *, issuer: str, code_lifetime_s: int) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._code_lifetime_s = code_lifetime_s

    def code(self, request: AuthorizationRequest, issue: Issue, session: Session, now: int) -> Redirect | FormPost:
        """A code bound to everything it was asked and allowed for. Writes nothing. Spec: RFC 6749 §4.1.2"""
        code = AuthorizationCode(
            family_id=new_id(),
            account_id=session.account_id,
            grant_id=issue.grant.id,
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            redirect_uri_was_sent=request.redirect_uri_was_sent,
            scope=str(issue.scope),
            resource=request.resource,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            auth_time=session.auth_time,
            session_digest=session.digest,
            refresh=issue.grant.lifetime != "once",
            expires_at=now + self._code_lifetime_s,
        )
        text = seal_value(self._keyring.current.sealer, AUTHORIZATION_CODE, code)
        return self._deliver(request.reply_to, [("code", text)])

    def error(self, reply_to: ReplyTo, error: OAuthError) -> Redirect | FormPost:
        """An error the client can act on. Spec: RFC 6749 §4.1.2.1"""
        params = [("error", error.code)]
        if error.description:
            params.append(("error_description", error.description))
        return self._deliver(reply_to, params)

    def _deliver(self, reply_to: ReplyTo, params: list[tuple[str, str]]) -> Redirect | FormPost:
        if reply_to.state is not None:
            params.append(("state", reply_to.state))
        # Which server answered: without it a client of several can be mixed up. Spec: RFC 9207 §2
        params.append(("iss", self._issuer))
        return deliver(reply_to.redirect_uri, reply_to.response_mode, params)
