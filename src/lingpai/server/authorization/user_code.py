"""The code a person carries from a device to its other screen: made to be read out, typed and hard to guess.

Twenty consonants, no vowels: eight of them spell no word and give 2.5 * 10^10 codes, of which a guesser gets five tries
in a quarter of an hour.

Spec: RFC 8628 §6.1; RFC 8628 §5.1
"""

import re
import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_TYPED_LIMIT_CHARS = 64
_CODE = re.compile(f"[{ALPHABET}]{{{_LENGTH}}}")
# What people put between the halves: any space, any dash, the minus sign, a dot or underscore.
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc._]+")


def new_user_code() -> str:
    """A code nobody can guess, without its hyphen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def parse_user_code(typed: str) -> str:
    """The code in what a person typed, in any letter case, width and grouping. Raises ``ValueError`` for no code.

    Spec: RFC 8628 §6.1
    """
    if len(typed) > _TYPED_LIMIT_CHARS:
        raise ValueError("too long for a user code")
    # A Chinese keyboard types full-width letters; NFKC makes them the same.
    code = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    if not _CODE.fullmatch(code):
        raise ValueError("not a user code")
    return code


def show_user_code(user_code: str) -> str:
    """The code in two halves, as it is shown on both screens."""
    return f"{user_code[:4]}-{user_code[4:]}"
