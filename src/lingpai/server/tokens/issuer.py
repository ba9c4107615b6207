"""The only place that mints: ``Authorization`` in, tokens out. Writes nothing: the grant type has spent and recorded.

Spec: RFC 6749 §5.1; RFC 9068 §2
"""

import msgspec

from lingpai.crypto.digest import new_id
from lingpai.oauth.names import OPENID
from lingpai.oauth.tokens import TokenResponse
from lingpai.server.storage.records import Client
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Audience, Catalog
from lingpai.server.tokens.id_token import IdTokens
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import (
    ACCESS_TOKEN,
    ACCESS_TOKEN_ID,
    REFRESH_TOKEN,
    AccessToken,
    AccessTokenId,
    seal_value,
)

DEFAULT_ALG = "ES256"

_json = msgspec.json.Encoder()


class Issuer:
    """Seals or signs access tokens and seals refresh tokens."""

    def __init__(
        self,
        keyring: Keyring,
        catalog: Catalog,
        id_tokens: IdTokens,
        *,
        issuer: str,
        lifetime_s: int,
        only_opaque: bool = False,
    ) -> None:
        self._id_tokens = id_tokens
        self._keyring = keyring
        self._catalog = catalog
        self._issuer = issuer
        self._lifetime_s = lifetime_s
        # A dialect whose clients match tokens with \w+ cannot carry signed ones.
        self._only_opaque = only_opaque

    def lifetime_s(self, client: Client) -> int:
        """The longest an access token of this client lives."""
        return client.access_token_lifetime_s or self._lifetime_s

    def issue(self, authorization: Authorization, now: int) -> TokenResponse:
        """The token response for a proven authorization. Spec: RFC 6749 §5.1"""
        audience = self._catalog.audience_of(authorization.scope, authorization.resource)
        expires_at = self._expires_at(authorization, audience, now)
        token = AccessToken(
            token_id=new_id(),
            account_id=authorization.account_id,
            family_id=authorization.family_id,
            client_id=authorization.client.client_id,
            scope=str(audience.scope),
            audience=audience.audience,
            issued_at=now,
            expires_at=expires_at,
            jkt=authorization.jkt,
            act=authorization.act,
            subject=authorization.subject,
            userinfo_claims=authorization.userinfo_claims,
            auth_time=authorization.auth_time,
            acr=authorization.acr,
        )
        sealer = self._keyring.current.sealer
        refresh_token = authorization.refresh_token
        if audience.signing_alg and not self._only_opaque:
            access_token = self._sign(token, audience.signing_alg)
        else:
            access_token = seal_value(sealer, ACCESS_TOKEN, token)
        return TokenResponse(
            access_token=access_token,
            token_type="DPoP" if token.jkt else "Bearer",
            expires_in=expires_at - now,
            refresh_token=None if refresh_token is None else seal_value(sealer, REFRESH_TOKEN, refresh_token),
            scope=token.scope or None,
            id_token=self._id_token(authorization, access_token, now),
            extra={"issued_token_type": authorization.issued_token_type} if authorization.issued_token_type else {},
        )

    def _id_token(self, authorization: Authorization, access_token: str, now: int) -> str | None:
        """Spec: OpenID Connect Core 1.0 §3.1.3.3; OpenID Connect Core 1.0 §12.2"""
        if authorization.id_token is None or OPENID not in authorization.scope:
            return None
        return self._id_tokens.mint(authorization.client, authorization.id_token, now=now, access_token=access_token)

    def _expires_at(self, authorization: Authorization, audience: Audience, now: int) -> int:
        lifetime_s = self.lifetime_s(authorization.client)
        if audience.lifetime_s is not None:
            lifetime_s = min(lifetime_s, audience.lifetime_s)
        return now + lifetime_s if authorization.not_after is None else min(now + lifetime_s, authorization.not_after)

    def _sign(self, token: AccessToken, alg: str) -> str:
        """The same claims for everybody to read. Spec: RFC 9068 §2.2"""
        reference = AccessTokenId(token.token_id, token.account_id, token.family_id)
        claims: dict[str, object] = {
            "iss": self._issuer,
            "sub": subject_of(token),
            "aud": token.audience[0] if len(token.audience) == 1 else token.audience,
            "client_id": token.client_id,
            "scope": token.scope,
            "iat": token.issued_at,
            "exp": token.expires_at,
            "jti": seal_value(self._keyring.current.sealer, ACCESS_TOKEN_ID, reference),
        }
        if token.jkt:
            claims["cnf"] = {"jkt": token.jkt}
        if token.act is not None:
            claims["act"] = token.act
        claims |= authentication_claims(token)
        return self._keyring.current.signer(alg).sign("at+jwt", _json.encode(claims))


def subject_of(token: AccessToken) -> str:
    """``sub``: the person, or the client that acts for itself. Spec: RFC 9068 §2.2"""
    if token.subject:
        return token.subject
    return token.client_id if token.account_id is None else token.account_id.hex()


def authentication_claims(token: AccessToken) -> dict[str, object]:
    """When and how strongly the person signed in, so that a resource can ask for more. Spec: RFC 9470 §6.1"""
    claims: dict[str, object] = {}
    if token.auth_time:
        claims["auth_time"] = token.auth_time
    if token.acr:
        claims["acr"] = token.acr
    return claims
