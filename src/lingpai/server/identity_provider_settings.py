"""One identity provider people may sign in with: the table ``[identity_providers.<name>]`` of the settings.

Owns: its fields and the rules between them, and reading its secret from a file. Leaves: what is made of it to
``upstream``. A provider is a setting like the database, so its secret lies where the master key lies and never in the
database (decision 0009).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

NAME = r"^[a-z0-9][a-z0-9-]{0,30}$"
"""What a provider is called: it stands in addresses, so it stays as it is while people have linked it."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,255}\Z")


class IdentityProviderSettings(BaseModel):
    """How this server signs people in with somebody else's."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    issuer: str = ""
    """For an OpenID Connect provider: its issuer, whose metadata names everything else."""
    platform: str = ""
    """For a platform with ways of its own (`qq`, `wechat`, `github` …): its name, instead of `issuer`."""
    base_url: str = ""
    """Where the platform is, if not where it usually is: a look-alike for tests."""
    options: dict[str, str | bool] = {}
    """What else the platform needs to be told: `{ team_id = "…", key_id = "…" }` for `apple`."""
    client_id: str
    """What the provider calls this server."""
    client_secret: str = Field("", repr=False)
    """What this server proves itself with there. Better in `client_secret_file`."""
    client_secret_file: Path | None = None
    """File with the secret, beside the settings."""
    title: dict[str, str] = {}
    """What the button calls it, by language: `{ en = "Example Inc.", zh_CN = "示例公司" }`."""
    scope: str = ""
    """What it is asked for; without it, what tells who somebody is (`openid profile email`)."""
    create_accounts: bool = False
    """Whether somebody who comes from there and is new here may get an account."""
    trust_amr: bool = False
    """Whether its word counts for how somebody proved themselves there (`amr`), a second factor included."""

    @field_validator("title", mode="before")
    @classmethod
    def _one_for_all(cls, title: object) -> object:
        return dict.fromkeys(("en", "zh_CN"), title) if isinstance(title, str) else title

    @field_validator("client_id")
    @classmethod
    def _check_client_id(cls, client_id: str) -> str:
        if not _CLIENT_ID.match(client_id):
            raise ValueError("must be what the provider calls this server")
        return client_id

    @field_validator("issuer")
    @classmethod
    def _check_issuer(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if issuer and (not parts.hostname or not (plain or parts.scheme == "https") or parts.query or parts.fragment):
            raise ValueError("must be an https address, exactly as the provider writes it")
        return issuer

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, values: object) -> object:
        """A file that is not there is found now, not when the first person presses the button."""
        if not isinstance(values, dict) or not values.get("client_secret_file"):
            return values
        if values.get("client_secret"):
            raise ValueError("client_secret or client_secret_file, not both")
        try:
            secret = Path(values["client_secret_file"]).read_text(encoding="utf-8").strip()
        except (OSError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(f"client_secret_file cannot be read: {error}") from None
        return values | {"client_secret": secret}

    @model_validator(mode="after")
    def _check_kind(self) -> "IdentityProviderSettings":
        if bool(self.issuer) == bool(self.platform):
            raise ValueError("must have issuer (OpenID Connect) or platform, one of them")
        if self.issuer and (self.base_url or self.options):
            raise ValueError("base_url and options are for platforms")
        return self

    def title_in(self, locale: str, default: str) -> str:
        """What the button calls it in ``locale``."""
        return self.title.get(locale) or next(iter(self.title.values()), default)


def beside(folder: Path, providers: object) -> object:
    """The providers of a settings file in ``folder``, with their files taken from there."""
    if not isinstance(providers, Mapping):
        return providers
    return {name: _with_file(folder, values) for name, values in providers.items()}


def _with_file(folder: Path, values: Any) -> Any:
    file = values.get("client_secret_file") if isinstance(values, Mapping) else None
    return {**values, "client_secret_file": folder / file} if isinstance(file, str) else values


def read_providers(value: object) -> object:
    """An environment variable has no tables: there they are written as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except ValueError:
        raise ValueError("must be a JSON object: provider -> its settings") from None
