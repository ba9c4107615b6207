"""Every setting: its meaning, unit and default. Read once at start from a TOML file and ``LINGPAI_…`` variables.

Owns: the list of settings, the rules that hold between them, and where each value came from when one is wrong.
Leaves: what is made of them to ``wiring``. An unknown setting, in the file or the environment, is an error, so that a
typing mistake cannot silently leave a default in force.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

DAY_S = 86_400
ENV_PREFIX = "LINGPAI_"
CONFIG_FILE_VARIABLE = "LINGPAI_CONFIG"
"""Names the file; the one variable with our prefix that is not a setting."""
_SQLITE_PREFIX = "sqlite:///"


class ConfigInvalid(ValueError):
    """The settings cannot be used. Every problem is one sentence that names the place, the setting and the remedy."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Config(BaseSettings):
    """The settings in force. ``load_config`` reads them; constructing one takes the arguments and nothing else."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True, use_attribute_docstrings=True)

    issuer: str = "http://localhost:4000"
    """The server's public address: `iss` of everything it signs, the start of every link. No slash at the end."""
    host: str = "127.0.0.1"
    """The address `lingpai serve` listens on."""
    port: int = Field(4000, ge=0, le=65535)
    """The port `lingpai serve` listens on."""
    database: str = "sqlite:///lingpai.db"
    """Where everything is kept. `sqlite:///relative/path.db` or `sqlite:////absolute/path.db`."""
    master_key_file: Path = Path("lingpai.key")
    """File with the key that seals all other keys. Keep it apart from the database and its backups."""
    master_key: str = Field("", repr=False)
    """The same key as text (base64url, 32 bytes) for machines without files; wins over `master_key_file`."""

    authorization_code_lifetime_s: int = Field(60, ge=10, le=600)
    """Seconds a code can be redeemed."""
    authorization_request_lifetime_s: int = Field(1800, ge=60, le=DAY_S)
    """Seconds a person may take for sign-in and consent."""
    access_token_lifetime_s: int = Field(3600, ge=30, le=30 * DAY_S)
    """Seconds an access token lives, where neither client nor resource server says otherwise."""
    refresh_token_lifetime_s: int = Field(30 * DAY_S, ge=60, le=730 * DAY_S)
    """Seconds a refresh token may lie unused before it dies."""
    refresh_retry_window_s: int = Field(30, ge=0, le=300)
    """Seconds in which the previous refresh token is answered again with the same successor: the answer was lost."""
    session_lifetime_s: int = Field(14 * DAY_S, ge=300, le=365 * DAY_S)
    """Seconds a browser stays signed in."""
    dpop_nonce_required: bool = False
    """Refuse DPoP proofs without a nonce of ours (RFC 9449 §8). Off: a nonce is checked where a client sends one."""
    key_activation_delay_s: int = Field(600, ge=0, le=30 * DAY_S)
    """Seconds a new signing key is published before it signs, so that every verifier has seen it."""

    password_threads: int = Field(2, ge=1, le=32)
    """How many passwords are hashed at once. Each takes about 64 MiB while it runs."""
    password_queue_limit: int = Field(64, ge=1, le=10_000)
    """How many sign-ins may wait for a hashing thread before the next is told to come back."""
    password_memory_kib: int = Field(65_536, ge=8, le=4_194_304)
    """Memory of one argon2id hash, in KiB (RFC 9106 §4, second recommendation)."""
    password_time_cost: int = Field(3, ge=1, le=100)
    """Passes of one argon2id hash over its memory."""
    sign_in_attempts_per_account: int = Field(10, ge=1)
    """Wrong passwords for one account within the window, however they are given, before further tries are refused."""
    sign_in_attempts_per_address: int = Field(100, ge=1)
    """Wrong passwords from one network address within the window before further tries are refused."""
    sign_in_window_s: int = Field(900, ge=10, le=DAY_S)
    """Seconds over which wrong passwords are counted."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. Empty: the header is ignored."""
    catalog_staleness_s: int = Field(5, ge=0, le=300)
    """Seconds after which permissions, resource servers and keys changed elsewhere are seen by this process."""
    sweep_interval_s: int = Field(60, ge=1, le=DAY_S)
    """Seconds between sweeps of what has expired."""
    default_locale: Literal["en", "zh_CN"] = "en"
    """Language of the pages when the browser names none we have."""
    service_name: str = Field("Lingpai", max_length=60)
    """What the pages call this service. Plain text."""
    log_format: Literal["console", "json"] = "console"
    """One line per request for people, or for machines."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is written."""

    @field_validator("issuer")
    @classmethod
    def _check_issuer(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https address such as https://auth.example.com")
        if parts.query or parts.fragment or parts.username or issuer.endswith(("/", "?", "#")):
            raise ValueError("must have no query, fragment, user name or slash at the end (RFC 8414 §2)")
        return issuer

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS: decides the cookie prefix and ``Secure``."""
        return self.issuer.startswith("https://")

    @field_validator("database")
    @classmethod
    def _check_database(cls, database: str) -> str:
        if not database.startswith(_SQLITE_PREFIX) or database == _SQLITE_PREFIX:
            raise ValueError("must be sqlite:///relative/path.db or sqlite:////absolute/path.db")
        return database

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: ``load_config`` reads the other places, so that it can say which one is wrong."""
        return (init_settings,)


def load_config(file: Path | None = None, **overrides: Any) -> Config:
    """The settings from ``file`` (TOML; ``None``: no file), over them the environment, over them ``overrides``.

    Relative paths in the file mean "beside the file"; those from elsewhere "from where the command was started".
    Raises ``ConfigInvalid`` naming everything that is wrong at once, and ``OSError`` when the file cannot be read.
    """
    in_file, lines = _read_file(file) if file else ({}, {})
    in_environment = _read_environment()
    places = {name: f"{file}, line {lines[name]}: {name}" for name in in_file}
    places |= {name: ENV_PREFIX + name.upper() for name in in_environment}
    places |= {name: f"--{name}" for name in overrides}
    values = _beside(file, in_file) | in_environment | overrides
    problems = _unknown_variables(os.environ)
    try:
        config = Config(**values)
    except ValidationError as error:
        problems += [_sentence(found["loc"], found["type"], found["msg"], places) for found in error.errors()]
        raise ConfigInvalid(tuple(problems)) from None
    if problems:
        raise ConfigInvalid(tuple(problems))
    return config


def _read_file(file: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The settings of a TOML file and the line each one stands on. Settings are flat, so a line names one setting."""
    try:
        text = file.read_text(encoding="utf-8")
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid((f"{file}: this is not TOML: {error}",)) from None
    lines = dict.fromkeys(settings, 1)
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"""\s*\[*\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.\]]""", line):
            lines[found[1]] = number
    return settings, lines


def _read_environment() -> dict[str, Any]:
    try:
        return EnvSettingsSource(Config)()
    except SettingsError as error:
        advice = """a list is written as JSON: '["10.0.0.0/8"]'"""
        raise ConfigInvalid((f"{ENV_PREFIX}… variable: {error}; {advice}",)) from None


def _beside(file: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    """``settings`` with the paths, given or by default, taken from the directory the file lies in."""
    if file is None:
        return settings
    database = settings.get("database", Config.model_fields["database"].default)
    key_file = settings.get("master_key_file", Config.model_fields["master_key_file"].default)
    if isinstance(database, str) and database.startswith(_SQLITE_PREFIX) and database != _SQLITE_PREFIX:
        settings = settings | {"database": _SQLITE_PREFIX + str(file.parent / database.removeprefix(_SQLITE_PREFIX))}
    if isinstance(key_file, str | Path):
        settings = settings | {"master_key_file": file.parent / key_file}
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    names = [name for name in environment if name.upper().startswith(ENV_PREFIX) and name != CONFIG_FILE_VARIABLE]
    unknown = sorted(name for name in names if name[len(ENV_PREFIX) :].lower() not in Config.model_fields)
    return [
        f"{name}: there is no such setting{_did_you_mean(name[len(ENV_PREFIX) :], variable=True)}" for name in unknown
    ]


def _sentence(loc: tuple[int | str, ...], kind: str, message: str, places: Mapping[str, str]) -> str:
    name = str(loc[0]) if loc else ""
    place = places.get(name) or name
    if kind == "extra_forbidden":
        return f"{place}: there is no such setting{_did_you_mean(name)}"
    return f"{place}: {message.removeprefix('Value error, ').replace('Input should', 'should')}"


def _did_you_mean(name: str, *, variable: bool = False) -> str:
    close = get_close_matches(name.lower(), Config.model_fields, n=1)
    if not close:
        return "; `lingpai init` writes a file with all of them"
    return f"; did you mean {ENV_PREFIX + close[0].upper() if variable else close[0]}?"
