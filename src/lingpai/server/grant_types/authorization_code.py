"""``grant_type=authorization_code``: check everything the code is bound to, then redeem it once.

Spec: RFC 6749 §4.1.3; RFC 7636 §4.6; RFC 9700 §2.1.1
"""

from typing import ClassVar

from lingpai.crypto.digest import equal
from lingpai.crypto.seal import Unsealable
from lingpai.oauth.errors import InvalidGrant, InvalidRequest
from lingpai.oauth.pkce import verify_code_verifier
from lingpai.oauth.scope import parse_scope
from lingpai.server import audit
from lingpai.server.accounts.account import claims_by_name
from lingpai.server.audit import Audit
from lingpai.server.grant_types.base import TokenRequest, narrowed_resource
from lingpai.server.policy import check_resource
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.redemption import Credential, Redemption
from lingpai.server.tokens.sealed import AUTHORIZATION_CODE, AuthorizationCode, open_value

_DEAD = "code is not valid: it is unknown, expired, used or not for this client"


class CodeReused(InvalidGrant):
    """It was redeemed before. Spec: RFC 6749 §4.1.2"""


class RedirectUriMismatch(InvalidGrant):
    """It was issued for another redirect URI. Spec: RFC 6749 §4.1.3"""


class AuthorizationCodeGrant:
    """Codes for tokens."""

    name: ClassVar[str] = "authorization_code"
    parameters: ClassVar[frozenset[str]] = frozenset({"code", "redirect_uri", "code_verifier", "resource"})

    def __init__(
        self,
        keyring: Keyring,
        catalog: Catalog,
        families: TokenFamilies,
        accounts: Accounts,
        redemption: Redemption,
        audit_log: Audit,
    ) -> None:
        self._keyring = keyring
        self._catalog = catalog
        self._families = families
        self._accounts = accounts
        self._redemption = redemption
        self._audit = audit_log

    async def authorize(self, request: TokenRequest) -> Authorization:
        """The authorization the code stands for. Raises ``InvalidGrant`` for anything it is not bound to."""
        code = self._open(request)
        _check_bindings(code, request)
        resource = narrowed_resource(request.params, code.resource)
        check_resource(request.client, resource)
        self._catalog.check_resources(resource)
        return await self._redeem(code, resource, request)

    def _open(self, request: TokenRequest) -> AuthorizationCode:
        text = request.params.require("code")
        try:
            code = open_value(self._keyring.current.sealer, AUTHORIZATION_CODE, text, AuthorizationCode)
        except Unsealable as error:
            raise InvalidGrant(_DEAD, detail="the code does not open") from error
        if code.client_id != request.client.client_id:
            raise InvalidGrant(_DEAD, detail=f"the code belongs to client {code.client_id}")
        return code

    async def _redeem(self, code: AuthorizationCode, resource: tuple[str, ...], request: TokenRequest) -> Authorization:
        credential = Credential(
            family_id=code.family_id,
            account_id=code.account_id,
            grant_id=code.grant_id,
            scope=parse_scope(code.scope),
            resource=code.resource,
            auth_time=code.auth_time,
            acr=code.acr,
            sid=code.sid,
            refresh=code.refresh,
            nonce=code.nonce,
            amr=code.amr,
            userinfo_claims=code.userinfo_claims,
            claims=await self._claims(code),
            expires_at=code.expires_at,
            sweep_clock_until=code.sweep_clock_until,
        )
        client, jkt, now = request.client, request.jkt, request.now
        # An expired code inserts nothing, but presenting a used one again still ends what it bought.
        authorization = None
        if code.expires_at > now:
            authorization = await self._redemption.redeem(client, credential, resource=resource, jkt=jkt, now=now)
        if authorization is None:
            await self._refuse_replay(code, request)
            raise InvalidGrant(_DEAD, detail="redeemed before, expired, or the grant has ended")
        return authorization

    async def _claims(self, code: AuthorizationCode) -> dict[str, object]:
        """What was asked for in the ID Token itself; one read, and only then. Spec: OpenID Connect Core 1.0 §5.5"""
        account = await self._accounts.get(code.account_id) if code.id_token_claims else None
        return {} if account is None else claims_by_name(account, code.id_token_claims)

    async def _refuse_replay(self, code: AuthorizationCode, request: TokenRequest) -> None:
        """Somebody else may have the tokens: end them. Spec: RFC 6749 §4.1.2; RFC 9700 §4.5.3"""
        now = request.now
        if await self._families.revoke(code.account_id, code.family_id, reason=audit.CODE_REPLAYED, now=now):
            await self._audit.record(
                audit.CODE_REPLAYED, now=now, account_id=code.account_id, client_id=code.client_id, ip=request.ip
            )
            raise CodeReused("code was used before: all tokens it bought are revoked", detail="replayed")
        if await self._families.get(code.account_id, code.family_id) is not None:
            raise CodeReused(_DEAD, detail="redeemed before")


def _check_bindings(code: AuthorizationCode, request: TokenRequest) -> None:
    params = request.params
    redirect_uri = params.get("redirect_uri")
    if redirect_uri is None and code.redirect_uri_was_sent:
        raise InvalidRequest("redirect_uri is missing: it must be the one of the authorization request")
    if redirect_uri is not None and not equal(redirect_uri, code.redirect_uri):
        raise RedirectUriMismatch("redirect_uri is not the one of the authorization request")
    if code.jkt and not equal(code.jkt, request.jkt):
        raise InvalidGrant("the code is bound to a DPoP key (dpop_jkt), and the proof is of another one or missing")
    verifier = params.get("code_verifier")
    if code.code_challenge:
        if verifier is None:
            raise InvalidGrant("code_verifier is missing: the authorization request had a code_challenge")
        if not verify_code_verifier(verifier, code.code_challenge):
            raise InvalidGrant("code_verifier does not match the code_challenge")
    elif verifier is not None:
        # A verifier without a challenge means somebody stripped the challenge. Spec: RFC 9700 §4.8.2
        raise InvalidGrant("code_verifier was sent, but the authorization request had no code_challenge")
