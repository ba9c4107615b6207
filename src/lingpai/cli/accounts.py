"""``lingpai account``: people, one at a time."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, PasswordStdin, read_config, read_password
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.accounts.notices import Notices
    from lingpai.server.config import Config
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import Account

app = Group("People who sign in.")

Username = Annotated[str, argument(help="As the person types it when signing in.")]


@app.add("create")
def create(
    username: Username,
    name: Annotated[str | None, option(help="The person's name, as shown.")] = None,
    email: Annotated[str | None, option(help="The person's address.")] = None,
    picture: Annotated[str | None, option(help="Address of a picture.")] = None,
    locale: Annotated[str | None, option(help="The person's language, such as zh-CN.")] = None,
    password_stdin: PasswordStdin = False,
    config: ConfigFile = None,
) -> None:
    """Create an account. The password is asked for; it is never an argument, because arguments can be seen by others.

    Examples:

        lingpai account create zhangsan --name 张三

        pwgen 20 1 | lingpai account create robot --password-stdin
    """
    from lingpai.server.accounts.account import subject

    settings = read_config(config)
    profile = {"name": name, "email": email, "picture": picture, "locale": locale}
    account = put_account(settings, username, read_password(from_stdin=password_stdin), profile)
    click.echo(f"username={account.username}\nsub={subject(account)}")


def put_account(config: "Config", username: str, password: str, profile: dict[str, str | None]) -> "Account":
    """Write a new account; returns its record. Raises ``Refused``."""
    from lingpai.cli.apply.document import ACCOUNTS
    from lingpai.cli.entry import put_entry

    if not password:
        raise Refused("the password is empty")
    made = put_entry(config, ACCOUNTS, {"username": username, "password": password, **profile})
    return cast("Account", made.after)


@app.add("list")
def list_(
    username: Annotated[str, option(help="Only those whose user name begins with this.")] = "",
    email: Annotated[str, option(help="Only those whose address begins with this.")] = "",
    limit: Annotated[int, option(min=1, max=200, help="How many.")] = 50,
    config: ConfigFile = None,
) -> None:
    """List accounts: user name, name, address, since when, whether disabled.

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai account list --username zhang
    """
    from datetime import UTC, datetime

    from lingpai.cli.admin_api import admin_api
    from lingpai.cli.table import print_table

    with admin_api(config) as api:
        found = api.get("/accounts", username=username, email=email, limit=str(limit))["items"]
    rows = [
        (
            account["username"],
            account["name"],
            account["email"],
            f"{datetime.fromtimestamp(account['created_at'], UTC):%Y-%m-%d}",
            "disabled" if account["disabled_at"] else "",
        )
        for account in found
    ]
    print_table(("username", "name", "email", "since", "remarks"), rows)


@app.add("end-sessions")
def end_sessions(username: Username, config: ConfigFile = None) -> None:
    """Sign an account out of every browser.

    Example:

        lingpai account end-sessions zhangsan
    """
    from lingpai.cli.admin_api import admin_api

    with admin_api(config) as api:
        api.post(f"/accounts/{api.account_id(username)}/end-sessions")
    click.echo(f"{username} is signed out everywhere")


@app.add("force-reset")
def force_reset(username: Username, config: ConfigFile = None) -> None:
    """Take an account's password away, sign it out everywhere, and send a link to set a new one if it has an address.

    Example:

        lingpai account force-reset zhangsan
    """
    from lingpai.cli.admin_api import admin_api

    with admin_api(config) as api:
        sent = api.post(f"/accounts/{api.account_id(username)}/force-reset")["mail_sent"]
    click.echo(f"{username} has no password any more" + ("; a link to set one is on its way" if sent else ""))


@app.add("disable")
def disable(username: Username, config: ConfigFile = None) -> None:
    """Lock an account: nobody can sign in with it, browsers are signed out, its tokens stop working.

    Example:

        lingpai account disable zhangsan
    """
    from lingpai.cli.remote import current_remote
    from lingpai.server.audit import ACCOUNT_DISABLED
    from lingpai.server.storage.accounts import Accounts
    from lingpai.server.storage.sessions import Sessions

    async def work(driver: "Driver", account: "Account", now: int) -> None:
        await Accounts(driver).disable(account.id, now)
        await Sessions(driver).end_all(account.id)
        await _record(driver, ACCOUNT_DISABLED, account, now)

    if (remote := current_remote()) is not None:
        remote.post(f"/accounts/{remote.account_id(username)}/disable")
    else:
        _with_account(config, username, work)
    click.echo(f"{username} is disabled")


@app.add("enable")
def enable(username: Username, config: ConfigFile = None) -> None:
    """Unlock an account that was disabled. What it allowed to applications is as it was.

    Example:

        lingpai account enable zhangsan
    """
    from lingpai.cli.remote import current_remote
    from lingpai.server.audit import ACCOUNT_CHANGED
    from lingpai.server.storage.accounts import Accounts

    async def work(driver: "Driver", account: "Account", now: int) -> None:
        await Accounts(driver).enable(account.id, now)
        await _record(driver, ACCOUNT_CHANGED, account, now, fields=["disabled"])

    if (remote := current_remote()) is not None:
        remote.post(f"/accounts/{remote.account_id(username)}/enable")
    else:
        _with_account(config, username, work)
    click.echo(f"{username} is enabled")


@app.add("set-password")
def set_password(username: Username, password_stdin: PasswordStdin = False, config: ConfigFile = None) -> None:
    """Give an account a new password and sign it out of every browser.

    Examples:

        lingpai account set-password zhangsan

        pwgen 20 1 | lingpai account set-password robot --password-stdin
    """
    from lingpai.cli.apply.check import PASSWORD_LIMIT_CHARS
    from lingpai.cli.keeper import secret_keeper
    from lingpai.server.audit import PASSWORD_CHANGED
    from lingpai.server.storage.accounts import Accounts
    from lingpai.server.storage.sessions import Sessions

    async def work(driver: "Driver", account: "Account", now: int) -> None:
        password_hash = await keeper.passwords.hash(password)
        await Accounts(driver).set_password_hash(account.id, password_hash, now)
        await Sessions(driver).end_all(account.id)
        await _record(driver, PASSWORD_CHANGED, account, now)

    settings = read_config(config)
    password = read_password(from_stdin=password_stdin)
    low, high = PASSWORD_LIMIT_CHARS
    if not low <= len(password) <= high:
        raise Refused(f"the password must have {low} to {high} characters")
    with secret_keeper(settings) as keeper:
        _with_account(config, username, work)
    click.echo(f"{username} has a new password and is signed out everywhere")


@app.add("reset-second-factor")
def reset_second_factor(username: Username, config: ConfigFile = None) -> None:
    """Take the authenticator app and the recovery codes of somebody away who lost both.

    Be sure of the person first: their password alone is enough afterwards. They are signed out everywhere, and told by
    mail where their address is proved. Passkeys stay.

    Example:

        lingpai account reset-second-factor zhangsan
    """
    from lingpai.cli.keeper import read_master_key
    from lingpai.cli.remote import current_remote
    from lingpai.server.accounts.lost_factor import take_second_factor_away
    from lingpai.server.audit import SECOND_FACTOR_CHANGED
    from lingpai.server.storage.second_factors import SecondFactorRows

    async def work(driver: "Driver", account: "Account", now: int) -> None:
        totp = await SecondFactorRows(driver).get_totp(account.id)
        if totp is None or totp.confirmed_at is None:
            raise Refused(f"{username} has no second factor")
        await take_second_factor_away(driver, account.id)
        await _record(driver, SECOND_FACTOR_CHANGED, account, now, change="totp_reset")
        await _notices(settings, driver, master_key).security_changed(account, "totp_reset", now)

    if (remote := current_remote()) is not None:
        remote.post(f"/accounts/{remote.account_id(username)}/reset-second-factor")
    else:
        settings = read_config(config)
        master_key = read_master_key(settings)
        _with_account(config, username, work)
    click.echo(f"{username} signs in with the password alone, and is signed out everywhere")


def _notices(config: "Config", driver: "Driver", master_key: bytes) -> "Notices":
    from lingpai.i18n import load_translators
    from lingpai.server.accounts.notices import Notices
    from lingpai.server.log import get_logger
    from lingpai.server.storage.people import People
    from lingpai.server.wiring.people import open_post

    post = open_post(config, driver, get_logger("lingpai.cli"), master_key)
    return Notices(post, People(driver), load_translators(), default_locale=config.default_locale)


def _with_account(
    config: Path | None, username: str, work: "Callable[[Driver, Account, int], Awaitable[None]]"
) -> None:
    from lingpai.cli.storage import write_with_driver
    from lingpai.server.accounts.account import canonical_username
    from lingpai.server.storage.accounts import Accounts

    async def found(driver: "Driver", now: int) -> None:
        try:
            account = await Accounts(driver).get_by_username(canonical_username(username))
        except ValueError as error:
            raise Refused(str(error)) from None
        if account is None:
            raise Refused(f"there is no account {username}")
        await work(driver, account, now)

    write_with_driver(read_config(config), found)


async def _record(driver: "Driver", event: str, account: "Account", now: int, **detail: object) -> None:
    from lingpai.cli.record import record_event

    await record_event(driver, event, now, account_id=account.id, detail=detail)
