"""What the setting ``database`` may be, and how it is named where others read it: never with its password."""

import re
from pathlib import Path
from urllib.parse import urlsplit

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql://", "postgres://")

_NAME = re.compile(r"postgres(?:ql)?://[^/@]*/[^/@]+")
"""A host, or several, or none for a socket in the file system; and the name of a database."""
_FORMS = "sqlite:///relative/path.db, sqlite:////absolute/path.db or postgresql://user:password@host/database"


def check_database_url(url: str) -> str:
    """The URL itself. Raises ``ValueError``, which does not repeat it, for what names no database."""
    is_file = url.startswith(SQLITE) and url != SQLITE
    if not is_file and not (is_postgresql(url) and _NAME.fullmatch(database_name(url))):
        raise ValueError(f"must be {_FORMS}")
    return url


def is_postgresql(url: str) -> bool:
    """Whether it names a PostgreSQL database, as opposed to an SQLite file."""
    return url.startswith(POSTGRESQL)


def database_name(url: str) -> str:
    """The URL without user, password and options: for messages, logs and pages."""
    if not is_postgresql(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("the URL of the database cannot be read") from None  # its own message quotes parts of it
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def sqlite_path(url: str) -> Path:
    """The file behind a ``sqlite:///…`` setting. Raises ``ValueError`` for anything else."""
    if not url.startswith(SQLITE) or len(url) == len(SQLITE):
        raise ValueError(f"database must be {_FORMS}")
    return Path(url.removeprefix(SQLITE))
