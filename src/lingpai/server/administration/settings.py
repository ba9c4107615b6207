"""The settings in force, for people to read: no secret among them, not even a part of one.

Of what holds settings of its own only the names are shown.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from lingpai.server.config import SETTINGS, Config

_USERINFO = re.compile(r"//[^/@]*@")


class Setting(Struct, frozen=True):
    """``is_default``: nobody set it to anything else. ``is_secret``: ``value`` only says whether it is set."""

    name: str
    value: str
    is_default: bool
    is_secret: bool = False


def settings_in_force(config: Config) -> list[Setting]:
    """Every setting in the order of its description."""
    return [_setting(config, name) for name in SETTINGS]


def _setting(config: Config, name: str) -> Setting:
    field, value = SETTINGS[name], getattr(config, name)
    is_default = value == field.default
    if name == "database":
        return Setting(name, config.database_name, is_default)
    if field.is_secret:
        return Setting(name, "set" if value else "", is_default, is_secret=True)
    return Setting(name, _USERINFO.sub("//", _text(value)), is_default)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(map(str, value))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    # What is neither text nor number holds settings of its own, perhaps secret ones.
    return str(value) if isinstance(value, str | int | float) or hasattr(value, "__fspath__") else "…"
