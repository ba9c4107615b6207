"""An upstream provider that speaks OpenID Connect, asked through our own client library.

Owns: what is asked of it and how its claims become an ``ExternalIdentity``. Leaves: state, ``iss``, nonce, PKCE and the
ID Token's checks to ``lingpai.client``.

Spec: OpenID Connect Core 1.0 §3.1; RFC 9700 §2.1; RFC 9207 §2.4
"""

from collections.abc import Callable, Mapping

import httpx2

from lingpai.client import (
    AsyncClient,
    AuthorizationDenied,
    CallbackError,
    ClientError,
    DiscoveryError,
    IdTokenError,
    PendingSignIn,
    ServerUnreachable,
    TokenSet,
)
from lingpai.server.identity_provider_settings import IdentityProviderSettings
from lingpai.server.upstream.provider import SUBJECT_LIMIT_CHARS, Departure, ExternalIdentity, UpstreamRefused, Wanted

DEFAULT_SCOPE = "openid profile email"
_TEXT_LIMIT_CHARS = 200
_ADDRESS_LIMIT_CHARS = 2000
_AMR_LIMIT = 10
_END_OF_TIME_S = 2**40
# Said by the provider instead of showing a page; for us the person simply did not come back with a yes.
_DENIALS = frozenset({"login_required", "interaction_required", "consent_required", "account_selection_required"})


class OpenIdProvider:
    """One issuer. ``redirect_uri`` is this provider's alone, so that no answer passes for another's (RFC 9700 §4.4)."""

    def __init__(
        self,
        name: str,
        settings: IdentityProviderSettings,
        *,
        redirect_uri: str,
        http: httpx2.AsyncClient,
        timeout_s: float,
        clock: Callable[[], int],
    ) -> None:
        self.name = name
        self.settings = settings
        self._redirect_uri = redirect_uri
        self._client = AsyncClient(
            settings.issuer,
            settings.client_id,
            settings.client_secret or None,
            http=http,
            timeout_s=timeout_s,
            clock=clock,
        )

    @property
    def origin(self) -> str:
        """Spec: OpenID Connect Discovery 1.0 §3"""
        return self.settings.issuer

    def title(self, locale: str) -> str:
        """As the operator says, else its name in the settings."""
        return self.settings.title_in(locale, self.name.replace("-", " ").title())

    async def begin(self, wanted: Wanted) -> Departure:
        """An authorization request. Spec: OpenID Connect Core 1.0 §3.1.2.1"""
        scope = self.settings.scope or DEFAULT_SCOPE
        try:
            pending = await self._client.begin_sign_in(
                redirect_uri=self._redirect_uri,
                scope=scope if "openid" in scope.split() else f"openid {scope}",
                prompt=wanted.prompt,
                max_age=wanted.max_age,
                extra={"ui_locales": wanted.locales} if wanted.locales else {},
            )
        except ClientError as error:
            raise refused(error) from error
        return Departure(pending.url, pending.state, pending.to_json())

    async def finish(self, pending: str, callback: str) -> ExternalIdentity:
        """The ID Token's person, with what UserInfo adds. Spec: OpenID Connect Core 1.0 §3.1.3"""
        try:
            tokens = await self._client.finish_sign_in(PendingSignIn.from_json(pending), callback)
            claims = dict(tokens.id_token_claims or {})
            if "name" not in claims and "email" not in claims:
                claims = await self._userinfo(tokens) | claims
        except IdTokenError as error:
            stale = str(error).startswith("auth_time")
            raise UpstreamRefused("upstream_not_fresh" if stale else "upstream_failed", str(error)) from error
        except ClientError as error:
            raise refused(error) from error
        except ValueError as error:
            raise UpstreamRefused("upstream_failed", "what was remembered of the sign-in is not readable") from error
        return identity_of(self.name, claims, trust_amr=self.settings.trust_amr)

    async def _userinfo(self, tokens: TokenSet) -> dict[str, object]:
        """What else the provider says; that it has no such endpoint, or that it is broken, spoils no sign-in."""
        try:
            return await self._client.userinfo(tokens)
        except ClientError:
            return {}


def identity_of(provider: str, claims: Mapping[str, object], *, trust_amr: bool) -> ExternalIdentity:
    """Standard claims, each only if it is what it should be. Raises ``UpstreamRefused`` without a subject.

    Spec: OpenID Connect Core 1.0 §5.1; OpenID Connect Core 1.0 §5.7
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LIMIT_CHARS or not subject.isprintable():
        raise UpstreamRefused("upstream_failed", "no subject")
    auth_time, amr = claims.get("auth_time"), claims.get("amr")
    return ExternalIdentity(
        provider=provider,
        subject=subject,
        username=_text(claims, "preferred_username") or _text(claims, "nickname"),
        name=_text(claims, "name"),
        picture=_picture(claims),
        # Some send the text; anything but a clear yes is a no: an address somebody only claims is not taken over.
        email=_text(claims, "email") if claims.get("email_verified") in (True, "true") else "",
        locale=_text(claims, "locale"),
        amr=tuple(method for method in amr[:_AMR_LIMIT] if _is_word(method))
        if trust_amr and isinstance(amr, list)
        else (),
        auth_time=auth_time if type(auth_time) is int and 0 <= auth_time < _END_OF_TIME_S else None,
    )


def _text(claims: Mapping[str, object], name: str, limit: int = _TEXT_LIMIT_CHARS) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        return ""
    return value.strip()


def _picture(claims: Mapping[str, object]) -> str:
    """Only an address a page may show: it goes on to applications, and ``javascript:`` in an ``href`` is code."""
    address = _text(claims, "picture", _ADDRESS_LIMIT_CHARS)
    return address if address.startswith(("https://", "http://")) else ""


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isalnum() and len(value) <= 20


def refused(error: ClientError) -> UpstreamRefused:
    """What an error of the client library means to the person at the browser."""
    # The texts of these errors hold no secret: see lingpai.client.errors.
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, AuthorizationDenied) or (isinstance(error, CallbackError) and error.code in _DENIALS):
        return UpstreamRefused("upstream_denied", reason)
    if isinstance(error, ServerUnreachable | DiscoveryError):
        return UpstreamRefused("upstream_unreachable", reason)
    return UpstreamRefused("upstream_failed", reason)
