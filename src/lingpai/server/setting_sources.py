"""Where settings come from: a TOML file and ``LINGPAI_…`` variables.

Owns: reading both, and naming the place of each value. Leaves: which settings there are, and their rules, to
``config``.
"""

import os
import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

ENV_PREFIX = "LINGPAI_"
CONFIG_FILE_VARIABLE = "LINGPAI_CONFIG"
"""Names the file."""
_OF_THE_COMMAND = (CONFIG_FILE_VARIABLE, ENV_PREFIX + "REMOTE")
"""Variables with our prefix that are no settings begin like these."""

_NAME_OF_LINE = re.compile(r"""\s*\[*\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.\]]""")


class ConfigInvalid(ValueError):
    """The settings cannot be used. Every problem is one sentence that names the place, the setting and the remedy."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_file(file: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The settings of a TOML file and the line each one stands on; of a table, the line where it begins."""
    try:
        text = file.read_text(encoding="utf-8")
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid((f"{file}: this is not TOML: {error}",)) from None
    lines: dict[str, int] = {}
    in_table = False
    for number, line in enumerate(text.splitlines(), start=1):
        begins_table = line.lstrip().startswith("[")
        found = _NAME_OF_LINE.match(line)
        if found and (begins_table or not in_table):
            lines.setdefault(found[1], number)
        in_table = in_table or begins_table
    return settings, dict.fromkeys(settings, 1) | lines


def variables() -> list[tuple[str, str]]:
    """The environment variables with our prefix, and the settings they would be."""
    ours = [variable for variable in os.environ if variable.upper().startswith(ENV_PREFIX)]
    settings = [variable for variable in ours if not variable.startswith(_OF_THE_COMMAND)]
    return [(variable, variable[len(ENV_PREFIX) :].lower()) for variable in settings]


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about a setting there is not."""
    is_variable = name.upper().startswith(ENV_PREFIX)
    close = get_close_matches(name[len(ENV_PREFIX) * is_variable :].lower(), list(names), n=1)
    if not close:
        return "; `lingpai init` writes a file with all of them"
    return f"; did you mean {ENV_PREFIX + close[0].upper() if is_variable else close[0]}?"
