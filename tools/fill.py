"""``python -m tools.fill``: a database as big as a country's, to see that lists stay fast (``make fill``).

Makes accounts, applications and grants that look like real ones through the same statements the server writes with.
The database must be new or empty: run ``lingpai init`` first. A second run goes on where the first stopped.
"""

import argparse
import asyncio
import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lingpai.server.config import load_config
from lingpai.server.storage.accounts import inserted
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver, Statement
from lingpai.server.storage.grants import put_statement
from lingpai.server.storage.records import Account, Client, Grant
from lingpai.server.wiring import open_driver

_BATCH_ROWS = 5_000
_SURNAMES = ("li", "wang", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu")
_PERMISSIONS = ("get_user_info", "list_album", "upload_pic", "email", "profile")
_BEGAN_AT = 1_700_000_000


def account_id(number: int) -> bytes:
    """The same for the same number, so that grants find their accounts."""
    return hashlib.sha256(b"account %d" % number).digest()[:16]


def make_account(number: int) -> Account:
    """Somebody."""
    surname = _SURNAMES[number % len(_SURNAMES)]
    name = f"{surname}{number:07}"
    return Account(
        id=account_id(number),
        username=name,
        name=f"{surname.title()} {number}",
        email=f"{name}@example.com",
        email_verified=number % 3 > 0,
        created_at=_BEGAN_AT + number,
        updated_at=_BEGAN_AT + number,
        disabled_at=_BEGAN_AT if number % 997 == 0 else None,
    )


def make_client(number: int) -> Client:
    """An application."""
    return Client(
        client_id=f"app-{number:06}",
        client_name=f"{_SURNAMES[number % len(_SURNAMES)].title()} Photos {number}",
        redirect_uris=(f"https://app-{number}.example.com/callback",),
        scope="openid profile list_album",
        created_at=_BEGAN_AT,
        updated_at=_BEGAN_AT,
    )


def make_grant(number: int, accounts: int, clients: int) -> Grant:
    """What somebody allowed an application. A few applications have most of the people, as everywhere."""
    who, turn = number % accounts, number // accounts
    # The first turn is the application everybody uses; the others are spread.
    which = 0 if turn == 0 else (who * 31 + turn * 7919) % clients
    return Grant(
        account_id=account_id(who),
        client_id=f"app-{which:06}",
        id=hashlib.sha256(b"grant %d" % number).digest()[:16],
        permissions={_PERMISSIONS[number % 5]: _BEGAN_AT},
        lifetime="forever",
        created_at=_BEGAN_AT + number,
        updated_at=_BEGAN_AT + number,
    )


async def fill(driver: Driver, *, accounts: int, clients: int, grants: int, report: Callable[[str, int], None]) -> None:
    """Write them all. ``report(kind, rows)`` after each batch."""
    rows = Clients(driver)
    for number in range(clients):
        await rows.put(make_client(number))
        report("applications", 1)
    made = (inserted(make_account(number)) for number in range(accounts))
    await _write(driver, made, "accounts", report)
    allowed = (put_statement(make_grant(number, accounts, clients), None) for number in range(grants))
    # One that was spread to where there is one already is no more than that.
    loose = (Statement(statement.sql, statement.args) for statement in allowed)
    await _write(driver, loose, "grants", report)


async def _write(
    driver: Driver, statements: Iterator[Statement], kind: str, report: Callable[[str, int], None]
) -> None:
    while batch := list(islice(statements, _BATCH_ROWS)):
        await driver.transact(batch)
        report(kind, len(batch))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Fill a database, to see that lists stay fast.")
    parser.add_argument("--config", type=Path, default=Path("lingpai.toml"), help="the settings of the server to fill")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--applications", type=int, default=10_000)
    parser.add_argument("--grants", type=int, default=5_000_000)
    wanted = parser.parse_args()
    asyncio.run(_run(wanted))


async def _run(wanted: argparse.Namespace) -> None:
    driver = open_driver(load_config(wanted.config))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        tasks = {kind: progress.add_task(kind, total=getattr(wanted, kind)) for kind in ("applications", "accounts")}
        tasks["grants"] = progress.add_task("grants", total=wanted.grants)
        await fill(
            driver,
            accounts=wanted.accounts,
            clients=wanted.applications,
            grants=wanted.grants,
            report=lambda kind, rows: progress.advance(tasks[kind], rows),
        )
    await driver.close()


if __name__ == "__main__":
    main()
