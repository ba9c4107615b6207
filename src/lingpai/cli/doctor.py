"""``lingpai doctor``: look a deployment over and say what is wrong. Owns looking; ``checks`` owns judging."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.cli.checks import Finding
    from lingpai.server.config import Config
    from lingpai.server.storage.driver import Driver

_TIMEOUT_S = 10


def doctor(
    online: Annotated[
        bool, option("--online", help="Also ask the issuer's address and identity providers whether they answer.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Check settings, master key, database, keys, applications and clock, and say what to do about each finding.

    The exit status is 1 when something fails; warnings leave it at 0.

    Examples:

        lingpai doctor

        lingpai doctor --online
    """
    settings = read_config(config)
    findings = examine(settings, online=online)
    for finding in findings:
        advice = f"\n      {finding.advice}" if finding.advice else ""
        click.echo(f"{finding.level:4}  {finding.what}{advice}")
    if any(finding.level == "fail" for finding in findings):
        raise click.exceptions.Exit(1)


def examine(config: "Config", *, online: bool) -> "list[Finding]":
    """Everything that was looked at, in the order it is best repaired."""
    from lingpai.cli import checks
    from lingpai.cli.identity_providers import examine_identity_providers

    findings = [checks.Finding("ok", "settings are valid"), checks.check_issuer(config), _examine_key(config)]
    findings += checks.check_registration(config)
    findings += checks.check_mail(config)
    findings += examine_identity_providers(config, online=online)
    findings += _examine_database(config)
    if online:
        findings.append(_examine_issuer(config.issuer))
    return findings


def _examine_key(config: "Config") -> "Finding":
    from lingpai.cli import checks
    from lingpai.cli.keeper import read_master_key

    try:
        read_master_key(config)
    except Refused as error:
        return checks.Finding("fail", str(error), "restore it from your copy; without it the database cannot be opened")
    if config.master_key:
        return checks.Finding("ok", "master key from the settings")
    return checks.check_key_file_mode(str(config.master_key_file), config.master_key_file.stat().st_mode)


def _examine_database(config: "Config") -> "list[Finding]":
    from lingpai.cli import checks
    from lingpai.cli.storage import read_schema, with_driver

    try:
        schema = checks.check_schema(read_schema(config))
        return [schema] if schema.level == "fail" else [schema, *with_driver(config, partial(_look, config))]
    except Refused as error:
        return [checks.Finding("fail", str(error), "see that disk, file and directory can be written by this user")]


async def _look(config: "Config", driver: "Driver", now: int) -> "list[Finding]":
    from lingpai.cli import checks
    from lingpai.cli.apply.plan import every_client
    from lingpai.cli.keeper import check_master_key
    from lingpai.server.storage.catalog import CatalogRows
    from lingpai.server.storage.clients import Clients
    from lingpai.server.storage.driver import Statement
    from lingpai.server.storage.keys import Keys
    from lingpai.server.storage.sweep import count_expired
    from lingpai.server.tokens.rotation import living

    # Takes the write lock and writes nothing: there is no such row.
    await driver.transact([Statement("DELETE FROM heartbeat WHERE id = $1", (-1,))])
    findings = [checks.Finding("ok", "the database can be written")]
    try:
        await check_master_key(config, driver, now)
    except Refused as error:
        findings.append(checks.Finding("fail", str(error), "nothing that was handed out works until it is back"))
    keys = await Keys(driver).list()
    findings += checks.check_keys(keys, now)
    clients = [client async for client in every_client(Clients(driver))]
    findings += checks.check_clients(clients)
    algs = {*config.signing_algs, *(key.alg for key, state in living(keys, now) if state == "in_use")}
    findings += checks.check_signatures(clients, await CatalogRows(driver).resource_servers(), algs)
    findings.append(checks.check_expired(await count_expired(driver, now)))
    return [*findings, checks.check_clock(now, max((key.created_at for key in keys), default=0))]


def _examine_issuer(issuer: str) -> "Finding":
    import httpx2

    from lingpai.cli import checks
    from lingpai.oauth.metadata import well_known_url

    address = well_known_url(issuer)
    try:
        answer = httpx2.get(address, timeout=_TIMEOUT_S)
        found = answer.json().get("issuer") if answer.status_code == 200 else None
    except (httpx2.HTTPError, ValueError, AttributeError) as error:
        advice = "start the server, or correct the proxy, the name or the certificate"
        return checks.Finding("fail", f"{address} does not answer: {type(error).__name__}: {error}", advice)
    if answer.status_code != 200:
        advice = "is the proxy forwarding /.well-known/ to this server?"
        return checks.Finding("fail", f"{address} answers {answer.status_code}", advice)
    if found != issuer:
        what = f"{address} says its issuer is {found}, not {issuer}"
        return checks.Finding("fail", what, "another server answers there, or it runs with other settings")
    return checks.Finding("ok", f"{address} answers with this issuer")
