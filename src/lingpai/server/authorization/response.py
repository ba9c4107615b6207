"""The answer of the authorization endpoint: a code, a token or an error, with ``state`` and ``iss``.

Spec: RFC 6749 §4.1.2; RFC 6749 §4.1.2.1; RFC 9207 §2
"""

from lingpai.crypto.digest import new_id
from lingpai.oauth.errors import AccessDenied, OAuthError
from lingpai.oauth.response_mode import FormPost, Redirect, deliver
from lingpai.server.accounts.acr import acr_of
from lingpai.server.authorization.interaction import Issue
from lingpai.server.authorization.request import AuthorizationRequest, ReplyTo
from lingpai.server.storage.records import Client, Session
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.redemption import Credential, Redemption
from lingpai.server.tokens.sealed import AUTHORIZATION_CODE, AuthorizationCode, seal_value


class AuthorizationResponses:
    """Makes them."""

    def __init__(
        self, keyring: Keyring, redemption: Redemption, tokens: Issuer, *, issuer: str, code_lifetime_s: int
    ) -> None:
        self._keyring = keyring
        self._redemption = redemption
        self._tokens = tokens
        self._issuer = issuer
        self._code_lifetime_s = code_lifetime_s

    async def success(
        self, client: Client, request: AuthorizationRequest, issue: Issue, session: Session, now: int
    ) -> Redirect | FormPost:
        """What was asked for: a code, or for a legacy client the token itself. Raises ``OAuthError`` for the client."""
        if request.response_type == "code":
            params = [("code", self._code(request, issue, session, now))]
        else:
            params = await self._token(client, request, issue, session, now)
        return self._deliver(request.reply_to, params)

    def error(self, reply_to: ReplyTo, error: OAuthError) -> Redirect | FormPost:
        """An error the client can act on. Spec: RFC 6749 §4.1.2.1"""
        params = [("error", error.code)]
        if error.description:
            params.append(("error_description", error.description))
        return self._deliver(reply_to, params)

    def _code(self, request: AuthorizationRequest, issue: Issue, session: Session, now: int) -> str:
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
            jkt=request.jkt,
            acr=acr_of(session.amr),
            amr=session.amr,
            id_token_claims=request.id_token_claims,
            userinfo_claims=request.userinfo_claims,
        )
        return seal_value(self._keyring.current.sealer, AUTHORIZATION_CODE, code)

    async def _token(
        self, client: Client, request: AuthorizationRequest, issue: Issue, session: Session, now: int
    ) -> list[tuple[str, str]]:
        """The access token in the fragment, never a refresh token. Spec: RFC 6749 §4.2.2"""
        credential = Credential(
            family_id=new_id(),
            account_id=session.account_id,
            grant_id=issue.grant.id,
            scope=issue.scope,
            resource=request.resource,
            auth_time=session.auth_time,
            acr=acr_of(session.amr),
            session_digest=session.digest,
            refresh=False,
            expires_at=now,
        )
        authorization = await self._redemption.redeem(client, credential, resource=request.resource, jkt="", now=now)
        if authorization is None:
            raise AccessDenied("the person's permission has just ended")
        tokens = self._tokens.issue(authorization, now)
        params = [("access_token", tokens.access_token), ("token_type", tokens.token_type)]
        params += [("expires_in", str(tokens.expires_in)), ("scope", tokens.scope or "")]
        return params

    def _deliver(self, reply_to: ReplyTo, params: list[tuple[str, str]]) -> Redirect | FormPost:
        if reply_to.state is not None:
            params.append(("state", reply_to.state))
        # Which server answered: without it a client of several can be mixed up. Spec: RFC 9207 §2
        params.append(("iss", self._issuer))
        return deliver(reply_to.redirect_uri, reply_to.response_mode, params)
