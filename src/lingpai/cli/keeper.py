"""The master key in a command's hands, and the secret keeper made of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lingpai.cli.refusal import Refused

if TYPE_CHECKING:
    from lingpai.cli.secrets import SecretKeeper
    from lingpai.server.config import Config
    from lingpai.server.storage.driver import Driver


@contextmanager
def secret_keeper(config: "Config") -> "Iterator[SecretKeeper]":
    """What recognises and makes stored secrets. Raises ``Refused`` when the master key is missing or no key."""
    from lingpai.cli.secrets import SecretKeeper
    from lingpai.server.accounts.passwords import Passwords
    from lingpai.server.tokens.master_key import client_secret_key, client_secret_pepper

    master_key = read_master_key(config)
    passwords = Passwords(
        config.password_threads, config.password_queue_limit, config.password_memory_kib, config.password_time_cost
    )
    try:
        yield SecretKeeper(client_secret_pepper(master_key), client_secret_key(master_key), passwords)
    finally:
        passwords.close()


def read_master_key(config: "Config", *, create: bool = False) -> bytes:
    """The master key. Raises ``Refused``."""
    from lingpai.server.tokens.master_key import MasterKeyError, load_master_key

    try:
        return load_master_key(config, create=create)
    except MasterKeyError as error:
        raise Refused(str(error)) from None


async def check_master_key(config: "Config", driver: "Driver", now: int) -> None:
    """Raise ``Refused`` unless the master key opens the database's keys: what a wrong one writes, no server reads."""
    from lingpai.crypto.seal import Unsealable
    from lingpai.server.storage.keys import Keys
    from lingpai.server.tokens.keyring import Keyring
    from lingpai.server.tokens.master_key import material_key

    try:
        await Keyring(Keys(driver), material_key(read_master_key(config))).reload(now)
    except Unsealable:
        raise Refused(wrong_master_key(config)) from None


def wrong_master_key(config: "Config") -> str:
    """What to say when the keys in the database do not open."""
    source = "the setting master_key" if config.master_key else f"the master key {config.master_key_file}"
    return f"{source} is not the one the keys in {config.database_name} are sealed with: restore the one that is"
