"""What ``lingpai doctor`` says about the identity providers in the settings: can each be asked, and what comes back?"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingpai.cli.checks import Finding
    from lingpai.server.config import Config
    from lingpai.server.identity_provider_settings import IdentityProviderSettings

_TIMEOUT_S = 10


def examine_identity_providers(config: "Config", *, online: bool) -> "list[Finding]":
    """One finding for each; ``online``: with a look at the metadata of those that have some."""
    return [_examine(name, settings, online=online) for name, settings in config.identity_providers.items()]


def _examine(name: str, settings: "IdentityProviderSettings", *, online: bool) -> "Finding":
    from lingpai.cli.checks import Finding

    if settings.platform:
        return _examine_platform(name, settings)
    if online:
        return _examine_issuer(name, settings)
    if settings.issuer.startswith("http://"):
        return Finding("warn", f"identity provider {name} is not https", "it is for developing: use its https issuer")
    return Finding("ok", f"identity provider {name}: {settings.issuer}")


def _examine_platform(name: str, settings: "IdentityProviderSettings") -> "Finding":
    from lingpai.cli.checks import Finding
    from lingpai.client.platforms import get_platform

    try:
        platform = get_platform(
            settings.platform,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            base_url=settings.base_url or None,
            **settings.options,
        )
    except (TypeError, ValueError) as error:
        return Finding("fail", f"identity provider {name}: {error}", "the server does not start like this")
    return Finding("ok", f"identity provider {name}: {platform.title}")


def _examine_issuer(name: str, settings: "IdentityProviderSettings") -> "Finding":
    from lingpai.cli.checks import Finding
    from lingpai.client import Client, ClientError

    try:
        with Client(settings.issuer, settings.client_id, timeout_s=_TIMEOUT_S) as client:
            provider = client.provider()
    except ClientError as error:
        advice = "people who press its button are told to come back later: correct issuer, or ask who runs it"
        return Finding("fail", f"identity provider {name} cannot be used: {error}", advice)
    if not provider.iss_parameter_supported:
        advice = "each provider has a callback of its own, which keeps their answers apart"
        return Finding("ok", f"identity provider {name} answers, without iss in its answers (RFC 9207)", advice)
    return Finding("ok", f"identity provider {name} answers")
