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
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

DAY_S = 86_400
ENV_PREFIX = "LINGPAI_"
CONFIG_FILE_VARIABLE = "LINGPAI_CONFIG"
"""Names the file; the one variable with our prefix that is not a setting."""
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_SQLITE_PREFIX = "sqlite:///"

_AuthMethod = Literal["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]
_RegistrableGrantType = Literal[
    "authorization_code",
    "refresh_token",
    "implicit",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
]


class ConfigInvalid(ValueError):
    """The settings cannot be used. Every problem is one sentence that names the place, the setting and the remedy."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Config(BaseModel):
    """The settings in force. ``load_config`` reads them; constructing one takes the arguments and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

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
    id_token_lifetime_s: int = Field(3600, ge=30, le=DAY_S)
    """Seconds an ID Token can be accepted by its client."""
    refresh_token_lifetime_s: int = Field(30 * DAY_S, ge=60, le=730 * DAY_S)
    """Seconds a refresh token may lie unused before it dies."""
    refresh_retry_window_s: int = Field(30, ge=0, le=300)
    """Seconds in which the previous refresh token is answered again with the same successor: the answer was lost."""
    device_code_lifetime_s: int = Field(600, ge=60, le=3600)
    """Seconds a device waits for its person to enter the code it shows (RFC 8628 §3.2)."""
    device_poll_interval_s: int = Field(5, ge=1, le=60)
    """Seconds a device waits before it asks again whether its person has answered."""
    device_codes_per_client: int = Field(1000, ge=1)
    """How many devices of one application may wait at once."""
    device_codes_per_address: int = Field(50, ge=1)
    """How many devices may wait at once at one network address, where the application has no credentials."""
    session_lifetime_s: int = Field(14 * DAY_S, ge=300, le=365 * DAY_S)
    """Seconds a browser stays signed in."""
    signing_algs: tuple[Literal["ES256", "EdDSA", "RS256", "PS256"], ...] = ("ES256", "EdDSA", "RS256", "PS256")
    """Algorithms there is a signing key for. ES256 is what tokens use where nobody asks for another."""
    key_rotation_interval_s: int = Field(90 * DAY_S, ge=0, le=730 * DAY_S)
    """Seconds after which a signing or sealing key gets a successor by itself. 0: only `lingpai key rotate` does."""
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

    registration: Literal["off", "token", "open"] = "off"
    """Who may register applications at `/oauth2/register` (RFC 7591): nobody, whoever has a token of
    `lingpai registration-token create`, or everybody."""
    registration_scope_ceiling: tuple[str, ...] = ("openid", "profile", "email", "offline_access")
    """The most a registered application may ask for; also what it may ask for when it does not say."""
    registration_grant_type_ceiling: tuple[_RegistrableGrantType, ...] = ("authorization_code", "refresh_token")
    """The grant types an application may register. With `implicit` it may have ID Tokens sent through the browser."""
    registration_auth_method_ceiling: tuple[_AuthMethod, ...] = get_args(_AuthMethod)
    """The ways to prove itself an application may register (`token_endpoint_auth_method`)."""
    registration_allow_legacy: bool = False
    """For tests only: registered applications may have access tokens sent through the browser, and those with
    credentials need no PKCE. RFC 9700 advises against both."""
    registrations_per_address: int = Field(20, ge=1)
    """How many applications may be registered without a token from one network address within an hour."""
    registration_limit: int = Field(1000, ge=1, le=10_000)
    """How many applications registered without a token there may be at once. One that nobody allows anything goes
    after 30 days."""

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
        _ = parts.port  # raises ValueError for an impossible one
        if parts.query or parts.fragment or parts.username or issuer.endswith(("/", "?", "#")):
            raise ValueError("must have no query, fragment, user name or slash at the end (RFC 8414 §2)")
        return issuer

    @field_validator("registration_scope_ceiling")
    @classmethod
    def _check_scopes(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_SCOPE.fullmatch(scope) for scope in scopes):
            raise ValueError('must be a list of scope names such as ["openid", "profile"]')
        return scopes

    @field_validator("signing_algs")
    @classmethod
    def _check_signing_algs(cls, algs: tuple[str, ...]) -> tuple[str, ...]:
        if "ES256" not in algs or len(set(algs)) != len(algs):
            raise ValueError("must contain ES256, and each algorithm once")
        return algs

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

    @field_validator("registration_grant_type_ceiling")
    @classmethod
    def _check_grant_type_ceiling(cls, grant_types: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "client_credentials" in grant_types and info.data.get("registration") == "open":
            raise ValueError('must not have client_credentials when registration = "open": no person would be asked')
        return grant_types

    @field_validator(
        "trusted_proxies",
        "signing_algs",
        "registration_scope_ceiling",
        "registration_grant_type_ceiling",
        "registration_auth_method_ceiling",
        mode="before",
    )
    @classmethod
    def _split_list(cls, value: object) -> object:
        # An environment variable has no lists.
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)  # its ValueError names the network
        return networks


def load_config(file: Path | None = None, **overrides: Any) -> Config:
    """The settings from ``file`` (TOML; ``None``: no file), over them the environment, over them ``overrides``.

    Relative paths in the file mean "beside the file"; those from elsewhere "from where the command was started".
    Raises ``ConfigInvalid`` naming everything that is wrong at once, and ``OSError`` when the file cannot be read.
    """
    in_file, lines = _read_file(file) if file else ({}, {})
    in_environment = {name: os.environ[variable] for variable, name in _variables() if name in Config.model_fields}
    places = {name: f"{file}, line {lines[name]}: {name}" for name in in_file}
    places |= {name: ENV_PREFIX + name.upper() for name in in_environment}
    places |= {name: f"--{name}" for name in overrides}
    values = _beside(file, in_file) | in_environment | overrides
    unknown = sorted(variable for variable, name in _variables() if name not in Config.model_fields)
    problems = [f"{variable}: there is no such setting{_did_you_mean(variable)}" for variable in unknown]
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


def _variables() -> list[tuple[str, str]]:
    """The environment variables with our prefix, and the settings they would be."""
    ours = [variable for variable in os.environ if variable.upper().startswith(ENV_PREFIX)]
    return [(variable, variable[len(ENV_PREFIX) :].lower()) for variable in ours if variable != CONFIG_FILE_VARIABLE]


def _sentence(loc: tuple[int | str, ...], kind: str, message: str, places: Mapping[str, str]) -> str:
    name = str(loc[0]) if loc else ""
    place = places.get(name) or name
    if kind == "extra_forbidden":
        return f"{place}: there is no such setting{_did_you_mean(name)}"
    return f"{place}: {message.removeprefix('Value error, ').replace('Input should', 'should')}"


def _did_you_mean(name: str) -> str:
    is_variable = name.upper().startswith(ENV_PREFIX)
    close = get_close_matches(name[len(ENV_PREFIX) * is_variable :].lower(), Config.model_fields, n=1)
    if not close:
        return "; `lingpai init` writes a file with all of them"
    return f"; did you mean {ENV_PREFIX + close[0].upper() if is_variable else close[0]}?"
