"""An upstream provider whose OAuth is its own: QQ, WeChat, Weibo, GitHub and the others ``lingpai.client`` knows.

Owns: what is asked of it. Leaves: every deviation to ``lingpai.client.platforms``, and what is taken over of what it
says to ``openid``.
"""

from collections.abc import Callable

import httpx2

from lingpai.client import ClientError
from lingpai.client.platforms import AsyncPlatformClient, PendingSignIn, get_platform
from lingpai.server.identity_provider_settings import IdentityProviderSettings
from lingpai.server.upstream.openid import identity_of, refused
from lingpai.server.upstream.provider import Departure, ExternalIdentity, UpstreamRefused, Wanted


class PlatformProvider:
    """One platform. Raises ``ValueError`` or ``TypeError`` for settings it cannot be asked with."""

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
        self._platform = get_platform(
            settings.platform,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            base_url=settings.base_url or None,
            **settings.options,
        )
        self._client = AsyncPlatformClient(self._platform, http=http, timeout_s=timeout_s, clock=clock)

    @property
    def origin(self) -> str:
        """Where its sign-in page is."""
        return self._platform.authorization.endpoint or self._platform.issuer

    def title(self, locale: str) -> str:
        """As the operator says, else as everybody does."""
        return self.settings.title_in(locale, self._platform.title_zh if locale == "zh_CN" else self._platform.title)

    async def begin(self, wanted: Wanted) -> Departure:
        """The platform's own authorization request."""
        if wanted.max_age is not None:
            # None of them says when somebody proved who they are, so none can answer this.
            raise UpstreamRefused("upstream_not_fresh", "a platform cannot be asked to let somebody sign in again")
        try:
            pending = await self._client.begin(self._redirect_uri, self.settings.scope or None)
        except ClientError as error:
            raise refused(error) from error
        return Departure(pending.url, pending.state, pending.to_json())

    async def finish(self, pending: str, callback: str) -> ExternalIdentity:
        """Whoever the platform says came back."""
        try:
            person = await self._client.finish(PendingSignIn.from_json(pending), callback)
        except ClientError as error:
            raise refused(error) from error
        except ValueError as error:
            raise UpstreamRefused("upstream_failed", "what was remembered of the sign-in is not readable") from error
        claims = {
            "sub": person.subject,
            "name": person.name,
            "picture": person.picture,
            "email": person.email,
            "email_verified": person.email_verified,
        }
        return identity_of(self.name, claims, trust_amr=False)
