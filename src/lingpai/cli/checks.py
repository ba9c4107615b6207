"""What ``lingpai doctor`` knows about a healthy deployment. Pure: what was found goes in, findings come out."""

import stat
from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.server.config import Config
from lingpai.server.storage.migrate import SchemaState
from lingpai.server.storage.records import Client, Key, ResourceServer
from lingpai.server.tokens.rotation import living

DAY_S = 86_400
_KEY_AGE_LIMIT_S = 365 * DAY_S
_WAITING_LIMIT = 10_000
"""Expired rows a server leaves behind between two sweeps, at a few hundred a second."""
_RELEASED_AT = 1_735_689_600
"""The start of 2025: a clock that shows less was never set."""


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``advice`` says what to do about it."""

    level: Literal["ok", "warn", "fail"]
    what: str
    advice: str = ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_issuer(config: Config) -> Finding:
    """The issuer is where people and applications reach us."""
    host = urlsplit(config.issuer).hostname or ""
    if config.is_https:
        return Finding("ok", f"issuer {config.issuer}")
    if is_loopback(host):
        advice = "" if is_loopback(config.host) else "others cannot reach it: set issuer to the public https address"
        return Finding("warn" if advice else "ok", f"issuer {config.issuer} is for this machine only", advice)
    advice = "put a TLS proxy in front and set issuer to its https address: passwords and tokens travel in clear"
    return Finding("fail", f"issuer {config.issuer} is not https", advice)


def check_key_file_mode(path: str, mode: int) -> Finding:
    """Whoever reads the master key and the database can be this server."""
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("fail", f"master key {path} can be read by others", f"chmod 600 {path}")
    return Finding("ok", f"master key {path} is readable by its owner only")


def check_schema(state: SchemaState) -> Finding:
    """Database and code fit together."""
    if state.current is None:
        return Finding("fail", "there is no database", "run `lingpai init`, or correct the setting `database`")
    if state.is_newer_than_code:
        return Finding(
            "fail", f"the database (revision {state.current}) is newer than this lingpai", "install the newer"
        )
    if state.needs_upgrade:
        return Finding("fail", f"the database is at revision {state.current}, not {state.head}", "lingpai db upgrade")
    if state.is_ahead:
        found = f"the database (revision {state.current}) was upgraded by a newer lingpai; this one may serve it"
        return Finding("warn", found, "install the newer")
    return Finding("ok", f"database at revision {state.current}")


def check_keys(keys: Sequence[Key], now: int) -> list[Finding]:
    """There is a key for each use, and none has signed for longer than a year."""
    findings = []
    for use, verb in (("sig", "signs"), ("seal", "seals")):
        in_use = [key for key, state in living(keys, now) if key.use == use and state == "in_use"]
        for key in sorted(in_use, key=lambda key: key.alg):
            age_s = now - key.active_from
            old = age_s > _KEY_AGE_LIMIT_S
            advice = f"lingpai key rotate --use {use}" if old else ""
            what = f"key {key.kid} ({key.alg}) {verb} since {age_s // DAY_S} days"
            findings.append(Finding("warn" if old else "ok", what, advice))
        if not in_use:
            findings.append(Finding("warn", f"no key {verb} yet", "the first `lingpai serve` makes one"))
    return findings


def check_signatures(
    clients: Sequence[Client], resource_servers: Sequence[ResourceServer], algs: Collection[str]
) -> list[Finding]:
    """Nobody waits for a signature that no key makes. ``algs``: those there is a key for, or the next start makes."""
    wanted = {}
    for client in clients:
        if client.disabled_at is None and "openid" in client.scope.split():
            wanted[f"client {client.client_id} wants ID Tokens"] = client.id_token_signed_response_alg
        if client.disabled_at is None and client.userinfo_signed_response_alg:
            wanted[f"client {client.client_id} wants UserInfo"] = client.userinfo_signed_response_alg
    for server in resource_servers:
        if server.access_token_format == "at+jwt":
            wanted[f"resource server {server.resource} wants access tokens"] = server.access_token_signing_alg
    return [
        Finding("fail", f"{who} signed with {alg}, and there is no key", f"add {alg} to signing_algs, or change it")
        for who, alg in wanted.items()
        if alg not in algs
    ]


def check_clients(clients: Sequence[Client]) -> list[Finding]:
    """No living application does what RFC 9700 advises against."""
    findings = []
    for client in clients:
        if client.disabled_at is not None:
            continue
        if client.legacy:
            advice = (
                "move it to the authorization code grant with PKCE (RFC 9700 §2.1.2, §2.4), then take the mark away"
            )
            findings.append(Finding("warn", f"client {client.client_id} may use legacy grants", advice))
        for uri in client.redirect_uris:
            parts = urlsplit(uri)
            if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
                what = f"client {client.client_id} has the redirect URI {uri}"
                findings.append(Finding("fail", what, "codes travel in clear: register its https address"))
            elif parts.scheme == "http" and client.application_type == "web":
                what = f"client {client.client_id} has the redirect URI {uri}"
                findings.append(Finding("warn", what, "it is for developing: remove it from a server others use"))
    return findings or [Finding("ok", f"{len(clients)} clients, none with legacy grants or http redirect URIs")]


def check_registration(config: Config) -> list[Finding]:
    """Strangers cannot register what RFC 9700 advises against."""
    if config.registration == "off":
        return []
    who = "everybody" if config.registration == "open" else "whoever has a token"
    if config.registration_allow_legacy:
        what = f"{who} may register applications with access tokens in the browser and without PKCE"
        return [Finding("warn", what, "registration_allow_legacy is for tests: take it out of the settings")]
    return [Finding("ok", f"{who} may register applications")]


def check_expired(counts: Mapping[str, tuple[int, int]]) -> Finding:
    """Expired rows are swept about as fast as they expire. ``counts``: table -> expired rows, all rows."""
    waiting, rows = (sum(column) for column in zip(*counts.values(), strict=True))
    worst = max(counts, key=lambda table: counts[table][0])
    what = f"{waiting} of {rows} rows have expired and wait to be swept"
    if waiting <= max(_WAITING_LIMIT, rows // 10):
        return Finding("ok", what)
    advice = "is a server running on this database? it sweeps every `sweep_interval_s`, and its log says why not"
    return Finding("warn", f"{what}, most of them in {worst}", advice)


def check_mail(config: Config) -> list[Finding]:
    """Who registers or forgets the password gets a mail."""
    if config.smtp_host:
        return [Finding("ok", f"mails go through {config.smtp_host}")]
    if config.account_registration == "open" and not config.mail_outbox:
        what = "people may register, but no mail can reach them: there is no mail server"
        return [Finding("warn", what, "set smtp_host (docs/how-to/mail.md), or account_registration to off")]
    return []


def check_clock(now: int, newest_at: int) -> Finding:
    """The clock is set, and not behind ``newest_at``, the latest instant that is stored."""
    if now < _RELEASED_AT or now < newest_at:
        advice = "set the clock and let NTP keep it: tokens live and die by it"
        return Finding("fail", "this machine's clock is behind", advice)
    return Finding("ok", "the clock is plausible")
