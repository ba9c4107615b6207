"""From a grant somebody holds to a token family: the one write that every grant type with a person ends in.

Owns the life of a new family and the refresh token that goes with it. Leaves proving the credential to the grant types;
its id is the credential's own, so redeeming the same credential twice meets the primary key.

Spec: RFC 6749 §4.1.2; docs/decisions/0001
"""

from collections.abc import Mapping

from msgspec import Struct

from lingpai.oauth.errors import InvalidGrant
from lingpai.oauth.names import OFFLINE_ACCESS, OPENID, REFRESH_TOKEN
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.policy import is_confidential
from lingpai.server.storage.records import Client, TokenFamily
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.id_token import SignInFacts, sid_of
from lingpai.server.tokens.issuer import Issuer
from lingpai.server.tokens.sealed import RefreshToken
from lingpai.server.tokens.subjects import Subjects


class Credential(Struct, frozen=True, kw_only=True):
    """What was proven, whichever grant type proved it."""

    family_id: bytes
    """Belongs to the credential: the same credential, the same id."""
    account_id: bytes
    grant_id: bytes
    scope: Scope
    resource: tuple[str, ...] = ()
    """Everything that was asked for; the token may be for less."""
    auth_time: int = 0
    acr: str = ""
    sid: bytes | None = None
    refresh: bool = True
    """Whether the person let the application stay."""
    nonce: str = ""
    amr: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    claims: Mapping[str, object] = {}
    """Claims about the person that were asked for in the ID Token itself."""
    expires_at: int
    """Until when the credential itself could be presented again."""
    sweep_clock_until: int | None = None
    """The same by the clock that is never put back, where we made the credential ourselves."""


class Redemption:
    """Turns credentials into authorizations, once each."""

    def __init__(self, families: TokenFamilies, issuer: Issuer, subjects: Subjects, *, refresh_lifetime_s: int) -> None:
        self._subjects = subjects
        self._families = families
        self._issuer = issuer
        self._refresh_lifetime_s = refresh_lifetime_s

    async def redeem(
        self, client: Client, credential: Credential, *, resource: tuple[str, ...], jkt: str, now: int
    ) -> Authorization | None:
        """Record the family and return what it allows; ``None``: redeemed before, or the grant is not in force.

        Raises ``InvalidGrant`` when the person took back all of it since it was proven.
        """
        refresh = credential.refresh and _may_refresh(client, credential.scope)
        family = self._family(client, credential, refresh=refresh, now=now)
        bought = await self._families.redeem(family, sweep_clock_until=credential.sweep_clock_until)
        if bought is None:
            return None
        scope = credential.scope & scope_of(bought.permissions)
        if not scope:
            raise InvalidGrant("none of the permissions is granted any more", detail="the grant was narrowed")
        subject = self._subjects.subject(client, family.account_id)
        facts = _facts(credential, subject)
        return Authorization(
            client=client,
            account_id=family.account_id,
            family_id=family.id,
            scope=scope,
            resource=resource,
            not_after=bought.grant_expires_at,
            refresh_token=_first_refresh_token(client, family, credential, jkt) if refresh else None,
            jkt=jkt,
            auth_time=credential.auth_time,
            acr=credential.acr,
            subject="" if client.subject_type == "public" else subject,
            userinfo_claims=credential.userinfo_claims,
            id_token=facts,
        )

    def _family(self, client: Client, credential: Credential, *, refresh: bool, now: int) -> TokenFamily:
        lifetime_s = self._issuer.lifetime_s(client)
        if refresh:
            lifetime_s = max(lifetime_s, client.refresh_token_lifetime_s or self._refresh_lifetime_s)
        return TokenFamily(
            account_id=credential.account_id,
            id=credential.family_id,
            client_id=client.client_id,
            grant_id=credential.grant_id,
            scope=str(credential.scope),
            resource=credential.resource,
            auth_time=credential.auth_time,
            sid=credential.sid,
            created_at=now,
            # Not before the credential itself: while it could come again, the row must be there to refuse it.
            expires_at=max(now + lifetime_s, credential.expires_at),
        )


def _may_refresh(client: Client, scope: Scope) -> bool:
    """With OpenID Connect, only who was allowed ``offline_access``, where the client knows that scope at all.

    Spec: OpenID Connect Core 1.0 §11
    """
    if REFRESH_TOKEN not in client.grant_types:
        return False
    return OPENID not in scope or OFFLINE_ACCESS in scope or OFFLINE_ACCESS not in parse_scope(client.scope)


def _facts(credential: Credential, subject: str) -> SignInFacts:
    return SignInFacts(
        subject=subject,
        auth_time=credential.auth_time,
        nonce=credential.nonce,
        acr=credential.acr,
        amr=credential.amr,
        sid=_sid(credential),
        claims=credential.claims,
    )


def _sid(credential: Credential) -> str:
    return "" if credential.sid is None else sid_of(credential.sid)


def _first_refresh_token(client: Client, family: TokenFamily, credential: Credential, jkt: str) -> RefreshToken:
    # A client with credentials proves itself by them; one without can only be bound by its key. Spec: RFC 9449 §5
    bound = "" if is_confidential(client) else jkt
    return RefreshToken(
        account_id=family.account_id,
        family_id=family.id,
        client_id=family.client_id,
        generation=0,
        scope=family.scope,
        resource=family.resource,
        jkt=bound,
        auth_time=family.auth_time,
        acr=credential.acr,
        sid=_sid(credential),
        userinfo_claims=credential.userinfo_claims,
    )
