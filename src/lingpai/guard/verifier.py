"""Checking an ``at+jwt`` access token here, without asking anybody (RFC 9068 §4).

Owns: the order of the checks and the memory of tokens already verified.
Leaves: the signature to ``crypto.jws``, times, issuer and audience to ``crypto.jwt``, the keys to ``jwks``.
A token that was revoked is good here until it expires; who cannot wait that long uses ``Introspector``.
"""

from collections.abc import Collection

from lingpai.crypto.jwk import PublicKey
from lingpai.crypto.jws import InvalidJws, read_kid, verify
from lingpai.crypto.jwt import LIMIT_LEEWAY_S, InvalidJwt, check_claims
from lingpai.guard.access_token import AccessToken, check_audience_name, check_key, read_access_token
from lingpai.guard.answer_cache import AnswerCache
from lingpai.guard.discovery import check_issuer
from lingpai.guard.jwks import Jwks
from lingpai.oauth.errors import InvalidToken

ALGS = ("ES256", "EdDSA", "PS256", "RS256")
"""Signatures with a key pair. With ``none`` or a shared secret anybody, or any resource server, could make tokens."""

_TYP = ("at+jwt",)
_REQUIRED = ("iss", "aud", "exp", "iat", "sub", "client_id", "jti")
_TOKEN_LIMIT_BYTES = 16_384


class Verifier:
    """Checks ``at+jwt`` access tokens of one issuer, made for one audience.

    ``leeway_s``: how far the issuer's clock may be from ours. ``cache_limit``: how many good tokens are remembered.

    Spec: RFC 9068 §4; RFC 8725 §3
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks: Jwks | None = None,
        algs: Collection[str] = ALGS,
        leeway_s: int = 5,
        cache_limit: int = 10_000,
    ) -> None:
        check_issuer(issuer)
        check_audience_name(audience)
        if isinstance(algs, str) or not algs or not set(algs) <= {*ALGS, "Ed25519"}:
            raise ValueError(f"algs must be some of {', '.join(ALGS)}")
        if not 0 <= leeway_s <= LIMIT_LEEWAY_S:
            raise ValueError(f"leeway_s is 0 to {LIMIT_LEEWAY_S}")
        if jwks is not None and jwks.issuer != issuer:
            raise ValueError("the keys are those of another issuer")
        self.issuer = issuer
        self.audience = audience
        self._own_jwks = jwks is None
        self._jwks = Jwks(issuer=issuer) if jwks is None else jwks
        self._algs = tuple(algs)
        self._leeway_s = leeway_s
        self._verified: AnswerCache[AccessToken] = AnswerCache(issuer, audience, limit=cache_limit)
        self._verified_under: tuple[PublicKey, ...] = ()

    async def check(self, token: str, now: int, *, jkt: str = "") -> AccessToken:
        """Return what the token says; raise ``InvalidToken``, or ``TokenCheckUnavailable`` if there are no keys.

        ``jkt``: see ``TokenCheck``.
        """
        keys = await self._jwks.get(now)
        kid = read_kid(token)
        if kid is not None and all(key.kid not in {None, kid} for key in keys):
            keys = await self._jwks.look_again(now)
        try:
            access_token = self._check_under(keys, token, now)
        except (InvalidJws, InvalidJwt) as refusal:
            raise InvalidToken(f"the access token was refused: {refusal.reason}") from None
        check_key(access_token, jkt)
        return access_token

    async def aclose(self) -> None:
        """Close the connections, unless the ``Jwks`` was passed in."""
        if self._own_jwks:
            await self._jwks.aclose()

    def _check_under(self, keys: tuple[PublicKey, ...], token: str, now: int) -> AccessToken:
        if keys is not self._verified_under:
            # A key that was withdrawn takes the tokens with it that were believed because of it.
            self._verified.clear()
            self._verified_under = keys
        cache_key = self._verified.key(token)
        access_token = self._verified.get(cache_key, now)
        if access_token is None:
            access_token = self._verify(keys, token, now)
            self._verified.put(cache_key, access_token, until=access_token.expires_at)
        return access_token

    def _verify(self, keys: tuple[PublicKey, ...], token: str, now: int) -> AccessToken:
        _, claims = verify(token, keys, typ=_TYP, algs=self._algs, limit_bytes=_TOKEN_LIMIT_BYTES)
        check_claims(
            claims, issuer=self.issuer, audience=self.audience, now=now, leeway_s=self._leeway_s, required=_REQUIRED
        )
        return read_access_token(claims)
