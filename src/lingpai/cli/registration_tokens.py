"""``lingpai registration-token``: the tokens with which others register their applications (RFC 7591)."""

from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.storage.driver import Driver
    from lingpai.server.storage.records import RegistrationToken

app = Group("Tokens that let others register applications.")

_ID_CHARS = 16


@app.add("create")
def create(
    uses: Annotated[int, option(min=1, max=1_000_000, help="How many applications it is good for.")] = 1,
    lifetime_s: Annotated[int, option(min=60, max=365 * 86_400, help="Seconds it is good for.")] = 7 * 86_400,
    config: ConfigFile = None,
) -> None:
    """Make an initial access token and print it, this once. It goes into the Authorization header of a registration.

    Examples:

        lingpai registration-token create

        lingpai registration-token create --uses 20 --lifetime-s 86400
    """
    from lingpai.cli.record import record_event
    from lingpai.cli.storage import write_with_driver
    from lingpai.crypto.digest import digest, new_secret
    from lingpai.server.audit import REGISTRATION_TOKEN_CREATED
    from lingpai.server.storage.records import RegistrationToken
    from lingpai.server.storage.registrations import Registrations

    settings = read_config(config)
    secret = new_secret()

    async def work(driver: "Driver", now: int) -> None:
        token = RegistrationToken(digest=digest(secret), uses_left=uses, created_at=now, expires_at=now + lifetime_s)
        await Registrations(driver).record_token(token)
        detail = {"id": _id(token), "uses": uses, "lifetime_s": lifetime_s}
        await record_event(driver, REGISTRATION_TOKEN_CREATED, now, detail=detail)

    write_with_driver(settings, work)
    click.echo(secret)
    click.echo("Keep the token now: only its digest is stored, so it cannot be shown again.", err=True)
    if settings.registration == "off":
        click.echo('Registration is off: it works once the settings say registration = "token".', err=True)


@app.add("list")
def list_(config: ConfigFile = None) -> None:
    """List the tokens that are good for something: id, uses left, days left (the last one counts).

    Into a pipe it prints tab-separated lines without a heading.

    Example:

        lingpai registration-token list
    """
    from lingpai.cli.storage import with_driver
    from lingpai.cli.table import print_table
    from lingpai.server.storage.registrations import Registrations

    async def work(driver: "Driver", now: int) -> "tuple[list[RegistrationToken], int]":
        return await Registrations(driver).list_tokens(now), now

    tokens, now = with_driver(read_config(config), work)
    rows = [(_id(t), str(t.uses_left), str(-((now - t.expires_at) // 86_400))) for t in tokens]
    print_table(("id", "uses", "days"), rows)


@app.add("revoke")
def revoke(
    token_id: Annotated[str, argument(metavar="ID", help="As `list` shows it.")],
    config: ConfigFile = None,
) -> None:
    """End a token at once. What was registered with it stays.

    Example:

        lingpai registration-token revoke 5f1c0a9be2d34477
    """
    from lingpai.cli.record import record_event
    from lingpai.cli.storage import write_with_driver
    from lingpai.server.audit import REGISTRATION_TOKEN_REVOKED
    from lingpai.server.storage.registrations import Registrations

    async def work(driver: "Driver", now: int) -> None:
        rows = Registrations(driver)
        found = [token for token in await rows.list_tokens(now) if _id(token) == token_id]
        if not found:
            raise Refused(f"there is no such token {token_id}: `lingpai registration-token list` shows them")
        await rows.delete_token(found[0].digest)
        await record_event(driver, REGISTRATION_TOKEN_REVOKED, now, detail={"id": token_id})

    write_with_driver(read_config(config), work)
    click.echo(f"revoked {token_id}")


def _id(token: "RegistrationToken") -> str:
    """The start of the digest tells one from another and nothing about the token."""
    return token.digest.hex()[:_ID_CHARS]
