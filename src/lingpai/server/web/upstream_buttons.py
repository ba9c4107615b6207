"""The providers people may sign in with, as pages show them."""

from collections.abc import Mapping

from msgspec import Struct

from lingpai.server.upstream.provider import UpstreamProvider
from lingpai.server.web.views import form_action_sources, initial


class ProviderView(Struct, frozen=True):
    """A button. ``name``: as in addresses."""

    name: str
    title: str
    initial: str


class UpstreamButtons:
    """Those in the settings, in their order."""

    def __init__(self, providers: Mapping[str, UpstreamProvider]) -> None:
        self._providers = providers
        addresses = [provider.origin for provider in providers.values()]
        self.sources = tuple(dict.fromkeys(source for address in addresses for source in form_action_sources(address)))
        """What ``form-action`` must allow where one of the buttons stands."""

    def shown(self, locale: str) -> list[ProviderView]:
        """All of them."""
        return [self.view(name, locale) for name in self._providers]

    def view(self, name: str, locale: str) -> ProviderView:
        """One of them, even one that is in the settings no more."""
        provider = self._providers.get(name)
        title = provider.title(locale) if provider else name
        return ProviderView(name, title, initial(title))
