"""``python -m tools.fill``: a database as big as a country's, to see that lists stay fast (``make fill``).

Makes accounts, applications and grants that look like real ones through the same statements the server writes with.
The database must be new or empty: run ``lingpai init`` first. A second run goes on where the first stopped.
"""

import argparse
import asyncio
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lingpai.server.config import load_config
from lingpai.server.database_url import is_postgresql, sqlite_path
from lingpai.server.storage.accounts import inserted
from lingpai.server.storage.clients import put_client
from lingpai.server.storage.driver import Statement
from lingpai.server.storage.grants import put_statement
from lingpai.server.storage.records import Account, Client, Grant
from lingpai.server.wiring import open_driver

_BATCH_ROWS = 50_000
_SURNAMES = ("li", "wang", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu")
_PERMISSIONS = ("get_user_info", "list_album", "upload_pic", "email", "profile")
_BEGAN_AT = 1_700_000_000


def account_id(number: int) -> bytes:
    """The same for the same number, so that grants find their accounts, and in order, so that filling is fast."""
    return number.to_bytes(16, "big")


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


def make_grants(count: int, accounts: int, clients: int) -> Iterator[Grant]:
    """What people allowed applications, by account. One application has nearly everybody, as everywhere."""
    each = -(-count // accounts)
    for number in range(count):
        who, turn = divmod(number, each)
        which = 0 if turn == 0 else 1 + (who * 31 + turn * 7919) % (clients - 1)
        yield Grant(
            account_id=account_id(who),
            client_id=f"app-{which:06}",
            id=(1 << 64 | number).to_bytes(16, "big"),
            permissions={_PERMISSIONS[number % 5]: _BEGAN_AT},
            lifetime="forever",
            created_at=_BEGAN_AT + number,
            updated_at=_BEGAN_AT + number,
        )


def statements(accounts: int, clients: int, grants: int) -> Iterator[tuple[str, Iterator[Statement]]]:
    """What to write, by kind."""
    yield "applications", (put_client(make_client(number)) for number in range(clients))
    yield "accounts", (inserted(make_account(number)) for number in range(accounts))
    # What is there from an earlier run stays as it is.
    yield "grants", (put_statement(grant, None) for grant in make_grants(grants, accounts, clients))


def fill_file(path: Path, batch: Sequence[Statement]) -> None:
    """Write a batch of one kind into a file, much faster than a server that must survive a power cut."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-400000")
        # $1 is ?1 here.
        database.executemany(re.sub(r"\$(\d+)", r"?\1", batch[0].sql), (statement.args for statement in batch))
        database.commit()


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
    config = load_config(wanted.config)
    driver = open_driver(config)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        for kind, made in statements(wanted.accounts, wanted.applications, wanted.grants):
            task = progress.add_task(kind, total=getattr(wanted, kind))
            while batch := list(islice(made, _BATCH_ROWS)):
                if is_postgresql(config.database):
                    await driver.transact([Statement(statement.sql, statement.args) for statement in batch])
                else:
                    fill_file(sqlite_path(config.database), batch)
                progress.advance(task, len(batch))
    await driver.close()


if __name__ == "__main__":
    main()
