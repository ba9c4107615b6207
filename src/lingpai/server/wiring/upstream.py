"""Identity providers upstream: one object for each in the settings, sharing their connections."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lingpai.server.clock import Clock
from lingpai.server.config import Config, ConfigInvalid
from lingpai.server.identity_provider_settings import IdentityProviderSettings
from lingpai.server.upstream.provider import UpstreamProvider
from lingpai.server.web import paths

if TYPE_CHECKING:
    import httpx2


class UpstreamParts:
    """``providers`` by name, in the order of the settings, and the connections they share."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.providers: Mapping[str, UpstreamProvider] = {}
        self._http = _connections() if config.identity_providers else None
        if self._http is not None:
            self.providers = {
                name: _provider(name, settings, config, self._http, clock)
                for name, settings in config.identity_providers.items()
            }

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()


def _connections() -> "httpx2.AsyncClient":
    import httpx2

    return httpx2.AsyncClient()


def _provider(
    name: str, settings: IdentityProviderSettings, config: Config, http: "httpx2.AsyncClient", clock: Clock
) -> UpstreamProvider:
    from lingpai.server.upstream.openid import OpenIdProvider
    from lingpai.server.upstream.platform import PlatformProvider

    kind = PlatformProvider if settings.platform else OpenIdProvider
    try:
        return kind(
            name,
            settings,
            redirect_uri=f"{config.issuer}{paths.SIGN_IN_CALLBACK}{name}",
            http=http,
            timeout_s=config.identity_provider_timeout_s,
            clock=clock,
        )
    except (TypeError, ValueError) as error:
        raise ConfigInvalid((f"identity_providers.{name}: {error}",)) from None
