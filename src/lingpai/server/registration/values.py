"""Rules about single values of a registration, each raising ``ValueError`` with what is wrong. Pure.

Spec: RFC 7591 §2; RFC 7591 §5
"""

import re
from urllib.parse import urlsplit

from lingpai.server.outbound.address import Target, parse_target

_NAME_LIMIT_CHARS = 100
_LINE_LIMIT_CHARS = 254
_VISIBLE = re.compile(r"[\x21-\x7e]{1,2048}")


def check_name(name: str) -> None:
    """What people read on the consent page: one line that reads as what it is."""
    # Not printable are control characters and those that turn the reading direction.
    if not name.strip() or len(name) > _NAME_LIMIT_CHARS or not name.isprintable():
        raise ValueError(f"must be 1 to {_NAME_LIMIT_CHARS} characters of one line")


def check_line(text: str) -> None:
    """An address to write to, a name of something."""
    if not text.strip() or len(text) > _LINE_LIMIT_CHARS or not text.isprintable():
        raise ValueError(f"must be 1 to {_LINE_LIMIT_CHARS} characters of one line")


def check_web_address(address: str) -> None:
    """What becomes a link or a picture on our pages: ``javascript:`` there would run as ours (CVE-2026-67333)."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise ValueError("must be an http or https address") from None
    if parts.scheme not in ("http", "https") or not host or not _VISIBLE.fullmatch(address):
        raise ValueError("must be an http or https address")
    if "@" in parts.netloc:
        # good.example@evil.example reads like the one and leads to the other.
        raise ValueError("must not have a user name (@) before the host")


def parse_fetched(address: str) -> Target:
    """An address that we ask, or send browsers to, by ourselves: https, or http on this machine."""
    return parse_target(address)


def check_https(address: str) -> None:
    """An address that must be https even on this machine."""
    if parse_target(address).scheme != "https":
        raise ValueError("must be https")
