"""What we accept as a mail address: narrow on purpose, because it ends up in headers and in account names.

Owns the one spelling under which an address is stored, compared and throttled.
"""

import re

LIMIT_CHARS = 128
"""As many as a username has, which such an address may become."""

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def canonical_address(text: str) -> str:
    """``text`` as we keep it: in small letters, the domain as DNS has it. Raises ``ValueError`` for anything unusual.

    Quoted local parts, comments and address literals are refused: nobody has them, and every parser that differs from
    the next one over them is a way to send somebody else's mail to oneself.

    Spec: RFC 5321 §4.1.2
    """
    local, at, domain = text.strip().lower().rpartition("@")
    if not at or len(text) > 2 * LIMIT_CHARS or not _LOCAL.fullmatch(local) or len(local) > 64:
        raise ValueError("not a mail address")
    try:
        name = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError("not a mail address") from error
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(local) + 1 + len(name) > LIMIT_CHARS:
        raise ValueError("not a mail address")
    if labels[-1].isdigit():
        raise ValueError("not a mail address: an IP address is no domain")
    return f"{local}@{name}"
