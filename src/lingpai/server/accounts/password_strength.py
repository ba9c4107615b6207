"""Whether a new password can be guessed, and what would help.

Owns the bar and the kinds of weakness. Leaves their sentences to the pages. Nothing here is asked of passwords that
exist already.
"""

from collections.abc import Collection
from typing import Literal

from lingpai.server.accounts.passwords import PASSWORD_LIMIT_BYTES

Weakness = Literal["short", "long", "personal", "common", "pattern", "guessable"]

LENGTH_LIMIT = 8
_SCORE_LIMIT = 3  # of 4: more than 10^8 guesses, which nobody has with throttling and argon2id
_LOOKED_AT_CHARS = 40  # the estimate takes time that grows with the square of the length
_READ_AS_LETTERS = frozenset("4@8({[<369!1|7l0$5+%2")
_READ_LIMIT, _PART_CHARS = 8, 10
_PATTERNS = frozenset(("repeat", "sequence", "spatial", "date", "regex"))


def weakness_of(password: str, *, about: Collection[str] = ()) -> Weakness | None:
    """Why ``password`` is not good enough; ``None``: it is. ``about``: name and address of the person, which are known.

    Spec: NIST SP 800-63B §5.1.1
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are loaded by who chooses a password

    if len(password.strip()) < LENGTH_LIMIT:
        return "short"
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_LIMIT_BYTES:
        return "long"
    known = [part for text in about for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]
    found = [zxcvbn(part, user_inputs=known) for part in _parts_of(password[:_LOOKED_AT_CHARS])]
    # The whole is never weaker than one of its parts.
    if any(part["score"] >= _SCORE_LIMIT for part in found):
        return None
    matches = [match for part in found for match in part["sequence"]]
    if any(match.get("dictionary_name") == "user_inputs" for match in matches):
        return "personal"
    if any(match["pattern"] == "dictionary" for match in matches):
        return "common"
    return "pattern" if any(match["pattern"] in _PATTERNS for match in matches) else "guessable"


def _parts_of(text: str) -> list[str]:
    """What is looked at together: everything, unless that would take seconds, in which the server does nothing else.

    The estimate tries every way to read digits and signs as letters, which doubles with each of them. Nobody's word has
    more than a few, so who sends very many is after our time.
    """
    if len(set(text) & _READ_AS_LETTERS) <= _READ_LIMIT:
        return [text]
    return [text[start : start + _PART_CHARS] for start in range(0, len(text), _PART_CHARS)]
