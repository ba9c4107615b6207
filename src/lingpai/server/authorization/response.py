"""The answer of the authorization endpoint: code, tokens or an error, with ``state`` and ``iss``.

Spec: RFC 6749 §4.1.2; RFC 6749 §4.1.2.1; RFC 9207 §2
"""

from collections.abc import Callable

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.oauth.claims import SCOPE_CLAIMS
from lingpai.oauth.errors import AccessDenied, OAuthError
from lingpai.oauth.names import OPENID
from lingpai.oauth.response_mode import FormPost, Redirect, deliver
from lingpai.oauth.tokens import TokenResponse
from lingpai.server.accounts.account import claims_by_name
from lingpai.server.accounts.acr import acr_of
from lingpai.server.authorization.interaction import Issue
from lingpai.server.authorization.request import AuthorizationRequest, ReplyTo
from lingpai.server.authorization.session_state import session_state
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.records import Client, Session
from lingpai.server.storage.session_clients import SessionClients
from lingpai.server.storage.sweep_clock import SweepClock
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.encryption import Envelopes
from lingpai.server.tokens.id_token import IdTokens, SignInFacts, sid_of
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.redemption import Credential, Redemption
from lingpai.server.tokens.sealed import AUTHORIZATION_CODE, AuthorizationCode, seal_value
from lingpai.server.tokens.subjects import Subjects

Delivery = Callable[[ReplyTo, list[tuple[str, str]]], Redirect | FormPost]
"""How the parameters of an answer get to the client: each dialect has its own."""


def standard_delivery(issuer: str) -> Delivery:
    """The parameters with ``state`` and ``iss``, as the request's ``response_mode`` says. Spec: RFC 9207 §2"""

    def deliver_to(reply_to: ReplyTo, params: list[tuple[str, str]]) -> Redirect | FormPost:
        if reply_to.state is not None:
            params.append(("state", reply_to.state))
        # Which server answered: without it a client of several can be mixed up.
        params.append(("iss", issuer))
        return deliver(reply_to.redirect_uri, reply_to.response_mode, params)

    return deliver_to


class AuthorizationResponses:
    """Makes them."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        keyring: Keyring,
        redemption: Redemption,
        tokens: Issuer,
        id_tokens: IdTokens,
        subjects: Subjects,
        accounts: Accounts,
        session_clients: SessionClients,
        catalog: Catalog,
        *,
        envelopes: Envelopes,
        sweep_clock: SweepClock,
        delivery: Delivery,
        code_lifetime_s: int,
    ) -> None:
        self._id_tokens = id_tokens
        self._subjects = subjects
        self._accounts = accounts
        self._catalog = catalog
        self._envelopes = envelopes
        self._sweep_clock = sweep_clock
        self._session_clients = session_clients
        self._keyring = keyring
        self._redemption = redemption
        self._tokens = tokens
        self._deliver = delivery
        self._code_lifetime_s = code_lifetime_s

    async def success(
        self, client: Client, request: AuthorizationRequest, issue: Issue, session: Session, now: int
    ) -> Redirect | FormPost:
        """What was asked for: a code, an ID Token, a token, together or alone. Raises ``OAuthError`` for the client.

        Spec: RFC 6749 §4.1.2; RFC 6749 §4.2.2; OpenID Connect Core 1.0 §3.3.2.5
        """
        words = request.response_type.split()
        if OPENID in issue.scope and (client.backchannel_logout_uri or client.frontchannel_logout_uri):
            account_id, expires_at = session.account_id, session.expires_at
            await self._session_clients.record(session.sid, client.client_id, account_id, expires_at)
        code = self._code(request, issue, session, now) if "code" in words else ""
        tokens = await self._tokens_in_front(client, request, issue, session, now) if "token" in words else None
        params = [("code", code)] if code else []
        if tokens is not None:
            params += [("access_token", tokens.access_token), ("token_type", tokens.token_type)]
            params += [("expires_in", str(tokens.expires_in)), ("scope", tokens.scope or "")]
        if "id_token" in words:
            access_token = tokens.access_token if tokens else ""
            facts = await self._facts(client, request, issue, session, alone=words == ["id_token"])
            id_token = self._id_tokens.mint(client, facts, now=now, access_token=access_token, code=code)
            if (envelope := await self._envelopes.for_id_token(client, now)) is not None:
                id_token = envelope.close(id_token.encode("ascii"), is_jwt=True)
            params.append(("id_token", id_token))
        if OPENID in issue.scope and (state := session_state(client.client_id, request.redirect_uri, session.digest)):
            params.append(("session_state", state))
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
            sid=session.sid,
            refresh=issue.grant.lifetime != "once",
            expires_at=now + self._code_lifetime_s,
            sweep_clock_until=self._sweep_clock.time(now) + self._code_lifetime_s,
            jkt=request.jkt,
            acr=acr_of(session.amr),
            amr=session.amr,
            id_token_claims=self._covered(request.id_token_claims, issue),
            userinfo_claims=self._covered(request.userinfo_claims, issue),
        )
        return seal_value(self._keyring.current.sealer, AUTHORIZATION_CODE, code)

    async def _tokens_in_front(
        self, client: Client, request: AuthorizationRequest, issue: Issue, session: Session, now: int
    ) -> TokenResponse:
        """An access token for the browser, never a refresh token. Spec: RFC 6749 §4.2.2"""
        credential = Credential(
            family_id=new_id(),
            account_id=session.account_id,
            grant_id=issue.grant.id,
            scope=issue.scope,
            resource=request.resource,
            auth_time=session.auth_time,
            acr=acr_of(session.amr),
            sid=session.sid,
            refresh=False,
            userinfo_claims=self._covered(request.userinfo_claims, issue),
            expires_at=now,
        )
        authorization = await self._redemption.redeem(client, credential, resource=request.resource, jkt="", now=now)
        if authorization is None:
            raise AccessDenied("the person's permission has just ended")
        # The ID Token, where one is asked for, is made here, with the code's hash as well.
        return self._tokens.issue(msgspec.structs.replace(authorization, id_token=None), now)

    async def _facts(
        self, client: Client, request: AuthorizationRequest, issue: Issue, session: Session, *, alone: bool
    ) -> SignInFacts:
        """What the ID Token in the answer says. Spec: OpenID Connect Core 1.0 §3.2.2.10"""
        asked = set(self._covered(request.id_token_claims, issue))
        if alone:
            # Without an access token there is no UserInfo: what the scopes open goes here. Spec: Core §5.4
            asked |= {claim for name in issue.scope for claim in SCOPE_CLAIMS.get(name, ())}
        account = await self._accounts.get(session.account_id) if asked else None
        return SignInFacts(
            subject=self._subjects.subject(client, session.account_id),
            auth_time=session.auth_time,
            nonce=request.nonce,
            acr=acr_of(session.amr),
            amr=session.amr,
            sid=sid_of(session.sid),
            claims={} if account is None else claims_by_name(account, asked),
        )

    def _covered(self, claims: tuple[str, ...], issue: Issue) -> tuple[str, ...]:
        """Of the claims asked for by name, those the person has allowed. Spec: OpenID Connect Core 1.0 §5.5.1"""
        return tuple(claim for claim in claims if self._catalog.scopes_opening(claim) & issue.granted)
