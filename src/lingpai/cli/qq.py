"""``lingpai qq``: what QQ Connect needs beside what every application needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from lingpai.cli.commands import Group, argument
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.accounts import Accounts
    from lingpai.server.storage.clients import Clients
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.openids import ImportedOpenid

app = Group("What moves in from QQ Connect (QQ 互联).")

_APPID_DIGITS = 9
_COLUMNS = ("appid", "openid", "username", "unionid")
_SHOWN_LIMIT = 20


@app.add("import-openids")
def import_openids(
    file: Annotated[Path, argument(metavar="FILE", help="CSV with the columns appid, openid, username[, unionid].")],
    config: ConfigFile = None,
) -> None:
    """Keep the openid by which an application knows its people, so that nobody becomes somebody else.

    Accounts and applications must be there already. All lines are taken or none. Giving the same file again changes
    nothing.

    Example:

        lingpai qq import-openids openids.csv
    """
    from lingpai.cli.storage import with_driver
    from lingpai.server.storage.openids import Openids

    lines = _read(file)

    async def work(driver: "Driver", _now: int) -> int:
        imported = await _resolve(driver, lines)
        if not await Openids(driver).put(imported):
            raise Refused("two people would have the same openid or unionid: nothing was changed")
        return len(imported)

    click.echo(f"{with_driver(read_config(config), work)} openids kept")


def client_values(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of an application for the dialect, as ``lingpai client create --dialect qq`` makes it.

    A number for an id, callbacks joined by semicolons, permissions by commas, as they stand in Tencent's console.
    """
    uris = [uri.strip() for joined in given["redirect_uris"] for uri in joined.split(";")]
    return given | {
        "client_id": given["client_id"] or new_appid(),
        "redirect_uris": tuple(filter(None, uris)),
        "token_endpoint_auth_method": "none" if given["token_endpoint_auth_method"] == "none" else "client_secret_post",
        "scope": (given["scope"] or "get_user_info").replace(",", " "),
        "dialects": ("standard", "qq"),
        "default_grant_lifetime": "forever",
    }


def new_appid() -> str:
    """A number nobody has, in all likelihood."""
    from secrets import randbelow

    return str(10**_APPID_DIGITS + randbelow(9 * 10**_APPID_DIGITS))


def _read(file: Path) -> list[dict[str, str]]:
    import csv

    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            missing = [name for name in _COLUMNS[:3] if name not in (reader.fieldnames or ())]
            if missing:
                raise Refused(f"{file}: the first line must name the columns {', '.join(_COLUMNS)}")
            return [{name: (line.get(name) or "").strip() for name in _COLUMNS} for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{file} cannot be read: {error}") from None


async def _resolve(driver: "Driver", lines: list[dict[str, str]]) -> "list[ImportedOpenid]":
    """The lines with the accounts they mean. Raises ``Refused`` with every line that means nobody."""
    from lingpai.server.storage.accounts import Accounts
    from lingpai.server.storage.clients import Clients

    clients, accounts = Clients(driver), Accounts(driver)
    imported: list[ImportedOpenid] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=2):
        try:
            imported.append(await _resolve_line(clients, accounts, line))
        except Refused as refused:
            problems.append(f"line {number}: {refused}")
    if problems:
        raise Refused("\n".join([*problems[:_SHOWN_LIMIT], "nothing was changed"]))
    return imported


async def _resolve_line(clients: "Clients", accounts: "Accounts", line: dict[str, str]) -> "ImportedOpenid":
    from lingpai.dialects.qq import NAME, OPENID
    from lingpai.server.accounts.account import canonical_username
    from lingpai.server.storage.openids import ImportedOpenid

    client = await clients.get(line["appid"])
    if client is None or NAME not in client.dialects:
        raise Refused(f"there is no application {line['appid']} for QQ Connect")
    if not OPENID.fullmatch(line["openid"]):
        raise Refused("openid must be 32 letters and digits")
    if line["unionid"] and not client.developer:
        raise Refused(f"{line['appid']} has no developer, so there is no place for a unionid")
    if line["unionid"] and not OPENID.fullmatch(line["unionid"].removeprefix("UID_")):
        raise Refused("unionid must be 32 letters and digits, with or without UID_")
    try:
        account = await accounts.get_by_username(canonical_username(line["username"]))
    except ValueError:
        account = None
    if account is None:
        raise Refused("there is no account with this username")
    return ImportedOpenid(client.client_id, account.id, line["openid"], client.developer, line["unionid"])
