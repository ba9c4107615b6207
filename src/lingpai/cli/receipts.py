"""``lingpai receipt``: what people were given to prove what they allowed. Needs no server of one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from lingpai.cli.commands import Group, argument, option
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.crypto.jwk import PublicKey

app = Group("Receipts of what people allowed.")

_LIMIT_BYTES = 1024 * 1024
_TIMEOUT_S = 10


@app.add("verify")
def verify(
    file: Annotated[Path, argument(help="The receipt as it was downloaded.")],
    issuer: Annotated[
        str, option(help="Who must have signed it; else whoever the receipt names.", show_default=False)
    ] = "",
    jwks: Annotated[
        Path | None, option(help="A copy of the issuer's keys; else they are asked for.", show_default=False)
    ] = None,
) -> None:
    """Verify a receipt that somebody shows you, and print what is in it.

    The keys come from the issuer, not from the receipt: everybody can sign with keys of their own. An issuer does not
    publish old keys for ever; a copy of them from the time of the receipt serves as well.

    Examples:

        lingpai receipt verify receipt.json --issuer https://auth.example.com

        lingpai receipt verify receipt.json --jwks keys-of-2026.json
    """
    import msgspec

    from lingpai.crypto.compact import InvalidJws, read_unproven_claims
    from lingpai.server.authorization.receipt import verify_receipt

    signed, readable = _read_receipt(file)
    try:
        named = read_unproven_claims(signed, limit_bytes=_LIMIT_BYTES).get("iss")
    except InvalidJws as error:
        raise Refused(f"{file} is no receipt: {error}") from None
    if not isinstance(named, str) or (issuer and named != issuer):
        raise Refused(f"the receipt is not of {issuer or 'anybody'}: it names {named!r}")
    try:
        claims = verify_receipt(signed, _read_keys(jwks) if jwks else _fetch_keys(named))
    except InvalidJws as error:
        raise Refused(f"the receipt is not genuine: {error}") from None
    if readable is not None and readable != claims:
        raise Refused("the readable part of the file is not what was signed: it was changed")
    click.echo(msgspec.json.format(msgspec.json.encode(claims)).decode())
    click.echo(f"genuine: signed by {named}", err=True)


def _read_receipt(file: Path) -> tuple[str, object]:
    """The signed text, and what the file says in clear, ``None`` if nothing."""
    document = _read_json(file)
    if not isinstance(document, dict) or not isinstance(document.get("signed"), str):
        raise Refused(f"{file} is no receipt")
    return document["signed"], document.get("receipt")


def _read_keys(file: Path) -> "Sequence[PublicKey]":
    return _parse_keys(_read_json(file), str(file))


def _fetch_keys(issuer: str) -> "Sequence[PublicKey]":
    import httpx2

    from lingpai.cli.checks import is_loopback
    from lingpai.oauth.metadata import well_known_url

    try:
        address = well_known_url(issuer)
        host = httpx2.URL(address).host
        if not address.startswith("https://") and not is_loopback(host):
            raise Refused(f"the issuer {issuer} is not https: nobody can be sure of its keys; give them with --jwks")
        metadata = httpx2.get(address, timeout=_TIMEOUT_S).raise_for_status().json()
        if metadata["issuer"] != issuer:
            raise Refused(f"{address} says its issuer is {metadata['issuer']}, not {issuer}")
        document = httpx2.get(metadata["jwks_uri"], timeout=_TIMEOUT_S).raise_for_status().json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise Refused(f"the keys of {issuer} cannot be had: {type(error).__name__}: {error}") from None
    return _parse_keys(document, issuer)


def _parse_keys(document: object, source: str) -> "Sequence[PublicKey]":
    from lingpai.crypto.jwk import parse_jwks

    try:
        return parse_jwks(document)
    except ValueError as error:
        raise Refused(f"the keys of {source} are not usable: {error}") from None


def _read_json(file: Path) -> object:
    import msgspec

    try:
        with file.open("rb") as opened:
            text = opened.read(_LIMIT_BYTES + 1)
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None
    if len(text) > _LIMIT_BYTES:
        raise Refused(f"{file} is larger than any receipt")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(f"{file} is not JSON: {error}") from None
