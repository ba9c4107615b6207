"""Every setting: its meaning, unit and default. Read once at start from a TOML file and ``LINGPAI_…`` variables.

Owns: the list of settings, the rules that hold between them, and where each value came from when one is wrong.
Leaves: what is made of them to ``wiring``. An unknown setting, in the file or the environment, is an error, so that a
typing mistake cannot silently leave a default in force.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from lingpai.server import identity_provider_settings, theme_settings
from lingpai.server.database_url import SQLITE, check_database_url, database_name
from lingpai.server.identity_provider_settings import IdentityProviderSettings
from lingpai.server.setting_sources import ENV_PREFIX, ConfigInvalid, did_you_mean, read_file, variables
from lingpai.server.setting_values import SECRET, Checks, Problem, Setting, ValuesWrong, settings_of, settle

__all__ = ["DAY_S", "SETTINGS", "Config", "ConfigInvalid", "load_config"]

DAY_S = 86_400
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_NO_OR_ONE_ADDRESS = r"^([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z"

_AuthMethod = Literal["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]
_RegistrableGrantType = Literal[
    "authorization_code",
    "refresh_token",
    "implicit",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
]


class Config(Struct, frozen=True, kw_only=True):
    """The settings in force. ``load_config`` reads them; constructing one takes the arguments and nothing else.

    Raises ``ValuesWrong`` naming every value that cannot be.
    """

    issuer: str = "http://localhost:4000"
    """The server's public address: `iss` of everything it signs, the start of every link. No slash at the end."""
    host: str = "127.0.0.1"
    """The address `lingpai serve` listens on."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 4000
    """The port `lingpai serve` listens on."""
    database: Annotated[str, SECRET] = "sqlite:///lingpai.db"
    """Where everything is kept. `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or
    `postgresql://user:password@host/database` (needs `lingpai[postgresql]`)."""
    postgresql_prepared_statements: bool = True
    """Keep statements prepared on PostgreSQL: less work for it. Given up by itself where a PgBouncer older than 1.21 is
    in between; `false` spares the one repetition each connection needs to find that out."""
    master_key_file: Path = Path("lingpai.key")
    """File with the key that seals all other keys. Keep it apart from the database and its backups."""
    master_key: Annotated[str, SECRET] = ""
    """The same key as text (base64url, 32 bytes) for machines without files; wins over `master_key_file`."""

    authorization_code_lifetime_s: Annotated[int, Meta(ge=10, le=600)] = 60
    """Seconds a code can be redeemed."""
    authorization_request_lifetime_s: Annotated[int, Meta(ge=60, le=DAY_S)] = 1800
    """Seconds a person may take for sign-in and consent."""
    access_token_lifetime_s: Annotated[int, Meta(ge=30, le=30 * DAY_S)] = 3600
    """Seconds an access token lives, where neither client nor resource server says otherwise."""
    id_token_lifetime_s: Annotated[int, Meta(ge=30, le=DAY_S)] = 3600
    """Seconds an ID Token can be accepted by its client."""
    refresh_token_lifetime_s: Annotated[int, Meta(ge=60, le=730 * DAY_S)] = 30 * DAY_S
    """Seconds a refresh token may lie unused before it dies."""
    refresh_retry_window_s: Annotated[int, Meta(ge=0, le=300)] = 30
    """Seconds in which the previous refresh token is answered again with the same successor: the answer was lost."""
    device_code_lifetime_s: Annotated[int, Meta(ge=60, le=3600)] = 600
    """Seconds a device waits for its person to enter the code it shows (RFC 8628 §3.2)."""
    device_poll_interval_s: Annotated[int, Meta(ge=1, le=60)] = 5
    """Seconds a device waits before it asks again whether its person has answered."""
    device_codes_per_client: Annotated[int, Meta(ge=1)] = 1000
    """How many devices of one application may wait at once."""
    device_codes_per_address: Annotated[int, Meta(ge=1)] = 50
    """How many devices may wait at once at one network address, where the application has no credentials."""
    session_lifetime_s: Annotated[int, Meta(ge=300, le=365 * DAY_S)] = 14 * DAY_S
    """Seconds a browser stays signed in."""
    signing_algs: tuple[Literal["ES256", "EdDSA", "RS256", "PS256"], ...] = ("ES256", "EdDSA", "RS256", "PS256")
    """Algorithms there is a signing key for. ES256 is what tokens use where nobody asks for another."""
    key_rotation_interval_s: Annotated[int, Meta(ge=0, le=730 * DAY_S)] = 90 * DAY_S
    """Seconds after which a signing or sealing key gets a successor by itself. 0: only `lingpai key rotate` does."""
    dpop_nonce_required: bool = False
    """Refuse DPoP proofs without a nonce of ours (RFC 9449 §8). Off: a nonce is checked where a client sends one."""
    key_activation_delay_s: Annotated[int, Meta(ge=0, le=30 * DAY_S)] = 600
    """Seconds a new signing key is published before it signs, so that every verifier has seen it."""

    password_threads: Annotated[int, Meta(ge=1, le=32)] = 2
    """How many passwords are hashed at once. Each takes about 64 MiB while it runs."""
    password_queue_limit: Annotated[int, Meta(ge=1, le=10_000)] = 64
    """How many sign-ins may wait for a hashing thread before the next is told to come back."""
    password_memory_kib: Annotated[int, Meta(ge=8, le=4_194_304)] = 65_536
    """Memory of one argon2id hash, in KiB (RFC 9106 §4, second recommendation)."""
    password_time_cost: Annotated[int, Meta(ge=1, le=100)] = 3
    """Passes of one argon2id hash over its memory."""
    sign_in_attempts_per_account: Annotated[int, Meta(ge=1)] = 10
    """Wrong passwords for one account within the window, however they are given, before further tries are refused."""
    sign_in_attempts_per_address: Annotated[int, Meta(ge=1)] = 100
    """Wrong passwords from one network address within the window before further tries are refused."""
    sign_in_window_s: Annotated[int, Meta(ge=10, le=DAY_S)] = 900
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
    registrations_per_address: Annotated[int, Meta(ge=1)] = 20
    """How many applications may be registered without a token from one network address within an hour."""
    registration_limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    """How many applications registered without a token there may be at once. One that nobody allows anything goes
    after 30 days."""

    identity_providers: dict[str, IdentityProviderSettings] = {}
    """Others with whom people may sign in here, each a table `[identity_providers.<name>]`: see
    [Sign in with another provider](../how-to/sign-in-with-another-provider.md)."""
    identity_provider_timeout_s: Annotated[int, Meta(ge=1, le=60)] = 5
    """Seconds one of them may take for one answer before the person is told that it cannot be reached."""

    account_registration: Literal["off", "open"] = "off"
    """Whether people may make themselves an account at `/register`, with a mail that proves their address."""
    smtp_host: str = ""
    """The mail server to hand mails to. Empty: mails stay in the database, and `mail_outbox` shows them."""
    smtp_port: Annotated[int, Meta(ge=1, le=65535)] = 587
    """Its port."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected. `none` only for a mail server on this machine."""
    smtp_username: str = ""
    """The name to sign in there with. Empty: without."""
    smtp_password: Annotated[str, SECRET] = ""
    """The password for it."""
    mail_from: Annotated[str, Meta(pattern=_NO_OR_ONE_ADDRESS, description="one address such as a@b.example")] = ""
    """The sender's address. Empty: `no-reply@` and the host of `issuer`."""
    mail_outbox: bool = False
    """Show mails that were not handed on at `/outbox`, to everybody. Only where `issuer` is this machine."""

    qq_access_token_lifetime_s: Annotated[int, Meta(ge=60, le=730 * DAY_S)] = 90 * DAY_S
    """Seconds an access token issued through QQ Connect lives (`expires_in`)."""
    qq_refresh_chain_s: Annotated[int, Meta(ge=60, le=730 * DAY_S)] = 90 * DAY_S
    """Seconds after a sign-in through QQ Connect until which its tokens can be refreshed, again and again."""
    openapi: tuple[str, ...] = ()
    """Endpoints to serve with the dialect's parameters and errors: `package.module:NAME` of a list of them."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. Empty: the header is ignored."""
    catalog_staleness_s: Annotated[int, Meta(ge=0, le=300)] = 5
    """Seconds after which permissions, resource servers and keys changed elsewhere are seen by this process."""
    sweep_interval_s: Annotated[int, Meta(ge=1, le=DAY_S)] = 60
    """Seconds between sweeps of what has expired."""
    default_locale: Literal["en", "zh_CN"] = "en"
    """Language of the pages when the browser names none we have."""
    service_name: Annotated[str, Meta(max_length=60)] = "Lingpai"
    """What the pages call this service. Plain text."""
    theme: dict[str, str] = {}
    """Colours, logo and links of the pages: see [Administration](../how-to/administration.md)."""
    log_format: Literal["console", "json"] = "console"
    """One line per request for people, or for machines."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is written."""

    names_given: frozenset[str] = frozenset()
    """No setting: which of them somebody set, to whatever value."""

    def __post_init__(self) -> None:
        """Check each value, then what must hold between them."""
        settle(self, _CHECKS)
        if self.mail_outbox and urlsplit(self.issuer).hostname not in ("localhost", "127.0.0.1", "::1"):
            sentence = "is for an issuer on this machine only: whoever opens /outbox opens every account"
            raise ValuesWrong([Problem(("mail_outbox",), sentence)])
        if "client_credentials" in self.registration_grant_type_ceiling and self.registration == "open":
            sentence = 'must not have client_credentials when registration = "open": no person would be asked'
            raise ValuesWrong([Problem(("registration_grant_type_ceiling",), sentence)])

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name, setting in SETTINGS.items() if not setting.is_secret}
        return f"Config({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS: decides the cookie prefix and ``Secure``."""
        return self.issuer.startswith("https://")

    @property
    def database_name(self) -> str:
        """The database for messages: without user and password."""
        return database_name(self.database)


def _check_issuer(issuer: str) -> None:
    parts = urlsplit(issuer)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https address such as https://auth.example.com")
    _ = parts.port  # raises ValueError for an impossible one
    if parts.query or parts.fragment or parts.username or issuer.endswith(("/", "?", "#")):
        raise ValueError("must have no query, fragment, user name or slash at the end (RFC 8414 §2)")


def _check_scopes(scopes: tuple[str, ...]) -> None:
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise ValueError('must be a list of scope names such as ["openid", "profile"]')


def _check_signing_algs(algs: tuple[str, ...]) -> None:
    if "ES256" not in algs or len(set(algs)) != len(algs):
        raise ValueError("must contain ES256, and each algorithm once")


def _check_networks(networks: tuple[str, ...]) -> None:
    for network in networks:
        ip_network(network, strict=False)  # its ValueError names the network


_CHECKS: Checks = {
    "issuer": _check_issuer,
    "database": check_database_url,
    "registration_scope_ceiling": _check_scopes,
    "signing_algs": _check_signing_algs,
    "trusted_proxies": _check_networks,
    "identity_providers": identity_provider_settings.check_names,
    "theme": theme_settings.check_theme,
}
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {name: setting for name, setting in settings_of(Config).items() if name != "names_given"}
)
"""Every setting by its name, in the order of ``Config``."""


def load_config(file: Path | None = None, **overrides: Any) -> Config:
    """The settings from ``file`` (TOML; ``None``: no file), over them the environment, over them ``overrides``.

    Relative paths in the file mean "beside the file"; those from elsewhere "from where the command was started".
    Raises ``ConfigInvalid`` naming everything that is wrong at once, and ``OSError`` when the file cannot be read.
    """
    in_file, lines = read_file(file) if file else ({}, {})
    in_environment = {name: os.environ[variable] for variable, name in variables() if name in SETTINGS}
    places = {name: f"{file}, line {lines[name]}: {name}" for name in in_file}
    places |= {name: ENV_PREFIX + name.upper() for name in in_environment}
    places |= {name: f"--{name}" for name in overrides}
    values = _beside(file, in_file) | in_environment | overrides
    unknown_variables = sorted(variable for variable, name in variables() if name not in SETTINGS)
    unknown = [name for name in values if name not in SETTINGS]
    try:
        known = {name: value for name, value in values.items() if name in SETTINGS}
        config = Config(**known, names_given=frozenset({**in_file, **in_environment, **overrides}))
        wrong: list[Problem] = []
    except ValuesWrong as error:
        config, wrong = Config(), error.problems
    problems = [
        *(f"{variable}: there is no such setting{did_you_mean(variable, SETTINGS)}" for variable in unknown_variables),
        *(f"{'.'.join((places.get(p.path[0], p.path[0]), *p.path[1:]))}: {p.sentence}" for p in wrong),
        *(f"{places[name]}: there is no such setting{did_you_mean(name, SETTINGS)}" for name in unknown),
    ]
    if problems:
        raise ConfigInvalid(tuple(problems))
    return config


def _beside(file: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    """``settings`` with the paths, given or by default, taken from the directory the file lies in."""
    if file is None:
        return settings
    database = settings.get("database", SETTINGS["database"].default)
    key_file = settings.get("master_key_file", SETTINGS["master_key_file"].default)
    if isinstance(database, str) and database.startswith(SQLITE) and database != SQLITE:
        settings = settings | {"database": SQLITE + str(file.parent / database.removeprefix(SQLITE))}
    if isinstance(key_file, str | Path):
        settings = settings | {"master_key_file": file.parent / key_file}
    if "identity_providers" in settings:
        providers = identity_provider_settings.beside(file.parent, settings["identity_providers"])
        settings = settings | {"identity_providers": providers}
    if "theme" in settings:
        settings = settings | {"theme": theme_settings.beside(file.parent, settings["theme"])}
    return settings
