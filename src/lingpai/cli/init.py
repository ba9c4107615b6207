"""``lingpai init``: settings file, master key and database of a new server, and a first account.

Owns: the text of the settings file, and that nothing is overwritten or left half done. Leaves: the settings and what
they mean to ``server.config``.
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from lingpai.cli.commands import option
from lingpai.cli.options import DEFAULT_CONFIG_FILE, ConfigFile, PasswordStdin, read_config, read_password
from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.server.config import Config

_HEAD = """\
# Settings of the authorization server. A line that begins with # shows the default; take the # away to change it.
# LINGPAI_ and the name in capitals in the environment wins over this file. An unknown name is an error.
# Relative paths are taken from the directory this file lies in. `lingpai doctor` looks it all over.
"""


def init(
    issuer: Annotated[str | None, option(help="The server's public address, such as https://auth.example.com.")] = None,
    account: Annotated[str | None, option(help="Username of a first account; its password is asked for.")] = None,
    password_stdin: PasswordStdin = False,
    config: ConfigFile = None,
) -> None:
    """Set up a new server: lingpai.toml with every setting explained, the master key, the database.

    Nothing is overwritten: where one of the files exists, it stops and changes nothing.

    Examples:

        lingpai init --account zhangsan

        lingpai init --config auth.toml --issuer https://auth.example.com
    """
    file = config or DEFAULT_CONFIG_FILE
    if file.exists():
        raise Refused(f"{file} exists already: edit it, or name another file with --config")
    password = read_password(from_stdin=password_stdin) if account else ""
    made: list[Path] = []
    try:
        settings = _write_settings(file, issuer, made)
        _make(settings, made)
        if account:
            _make_account(settings, account, password)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    click.echo(f"made {', '.join(str(path) for path in made if path.exists())}")
    where = "" if file == DEFAULT_CONFIG_FILE else f" --config {file}"
    click.echo(f"Keep a copy of the master key apart from the database. Then: lingpai serve{where}")


def write_settings_file(values: dict[str, Any]) -> str:
    """The text of a settings file: every setting with its meaning, those in ``values`` set, the others shown."""
    import msgspec

    from lingpai.server.config import SETTINGS, Config
    from lingpai.server.setting_values import explanations

    blocks, explained = [_HEAD], explanations(Config)
    for name, field in SETTINGS.items():
        comment = textwrap.fill(explained[name], 118, initial_indent="# ", subsequent_indent="# ")
        default = str(field.default) if isinstance(field.default, Path) else field.default
        text = msgspec.json.encode(values.get(name, default)).decode()  # TOML writes these types as JSON does
        blocks.append(f"{comment}\n{'' if name in values else '# '}{name} = {text}\n")
    return "\n".join(blocks)


def _write_settings(file: Path, issuer: str | None, made: list[Path]) -> "Config":
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            made.append(file)
            opened.write(write_settings_file({"issuer": issuer} if issuer else {}))
    except OSError as error:
        raise Refused(f"cannot write {file}: {error.strerror}") from None
    return read_config(file)


def _make(config: "Config", made: list[Path]) -> None:
    from lingpai.cli.storage import create_database
    from lingpai.server.database_url import is_postgresql, sqlite_path

    paths = [] if is_postgresql(config.database) else [sqlite_path(config.database)]
    paths += [config.master_key_file] * (not config.master_key)
    for path in paths:
        if path.exists():
            raise Refused(f"{path} exists already: it may belong to a server; move it away, or name another")
    made.extend(paths)
    create_database(config)


def _make_account(config: "Config", username: str, password: str) -> None:
    from lingpai.cli.accounts import put_account

    put_account(config, username, password, {})
