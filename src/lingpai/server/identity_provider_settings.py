"""One identity provider people may sign in with: the table ``[identity_providers.<name>]`` of the settings.

Owns: its fields and the rules between them, and reading its secret from a file. Leaves: what is made of it to
``upstream``. A provider is a setting like the database, so its secret lies where the master key lies and never in the
database (decision 0009).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from lingpai.server.setting_values import SECRET, Checks, settings_of, settle

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
"""What a provider is called: it stands in addresses, so it stays as it is while people have linked it."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,255}\Z")


class IdentityProviderSettings(Struct, frozen=True, kw_only=True):
    """How this server signs people in with somebody else's."""

    issuer: str = ""
    """For an OpenID Connect provider: its issuer, whose metadata names everything else."""
    platform: str = ""
    """For a platform with ways of its own (`qq`, `wechat`, `github` …): its name, instead of `issuer`."""
    base_url: str = ""
    """Where the platform is, if not where it usually is: a look-alike for tests."""
    options: dict[str, str | bool] = {}
    """What else the platform needs to be told: `{ team_id = "…", key_id = "…" }` for `apple`."""
    client_id: str = ""
    """What the provider calls this server."""
    client_secret: Annotated[str, SECRET] = ""
    """What this server proves itself with there. Better in `client_secret_file`."""
    client_secret_file: Path | None = None
    """File with the secret, beside the settings."""
    title: dict[str, str] | str = {}
    """What the button calls it, by language: `{ en = "Example Inc.", zh_CN = "示例公司" }`."""
    scope: str = ""
    """What it is asked for; without it, what tells who somebody is (`openid profile email`)."""
    create_accounts: bool = False
    """Whether somebody who comes from there and is new here may get an account."""
    trust_amr: bool = False
    """Whether its word counts for how somebody proved themselves there (`amr`), a second factor included."""

    def __post_init__(self) -> None:
        """Check each value, then what must hold between them. A file that is not there is found now, at start."""
        settle(self, _CHECKS)
        _check_client_id(self.client_id)
        if self.client_secret_file is not None:
            if self.client_secret:
                raise ValueError("client_secret or client_secret_file, not both")
            msgspec.structs.force_setattr(self, "client_secret", _read_secret(self.client_secret_file))
        if bool(self.issuer) == bool(self.platform):
            raise ValueError("must have issuer (OpenID Connect) or platform, one of them")
        if self.issuer and (self.base_url or self.options):
            raise ValueError("base_url and options are for platforms")

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name, field in settings_of(type(self)).items() if not field.is_secret}
        return f"IdentityProviderSettings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def title_in(self, locale: str, default: str) -> str:
        """What the button calls it in ``locale``."""
        if isinstance(self.title, str):
            return self.title
        return self.title.get(locale) or next(iter(self.title.values()), default)


def _check_client_id(client_id: str) -> None:
    if not _CLIENT_ID.match(client_id):
        raise ValueError("client_id: must be what the provider calls this server")


def _check_issuer(issuer: str) -> None:
    parts = urlsplit(issuer)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (plain or parts.scheme == "https") or parts.query or parts.fragment:
        raise ValueError("must be an https address, exactly as the provider writes it")


def _read_secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"client_secret_file cannot be read: {error}") from None


_CHECKS: Checks = {"issuer": _check_issuer}


def check_names(providers: Mapping[str, IdentityProviderSettings]) -> None:
    """Raise ``ValueError`` for a name that cannot stand in an address."""
    for name in providers:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} must be small letters, digits and hyphens, at most 31")


def beside(folder: Path, providers: object) -> object:
    """The providers of a settings file in ``folder``, with their files taken from there."""
    if not isinstance(providers, Mapping):
        return providers
    return {name: _with_file(folder, values) for name, values in providers.items()}


def _with_file(folder: Path, values: Any) -> Any:
    file = values.get("client_secret_file") if isinstance(values, Mapping) else None
    return {**values, "client_secret_file": folder / file} if isinstance(file, str) else values
