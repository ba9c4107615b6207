"""A bounded memory of what was found out about tokens.

Owns: the key (a keyed digest, never the token), the bound, the moment an answer is forgotten.
Leaves: how long an answer may live to its callers.
"""

from typing import Generic, TypeVar

from lingpai.crypto.digest import keyed_digest, new_secret

T = TypeVar("T")


class AnswerCache(Generic[T]):
    """Remembers at most ``limit`` answers; the one stored first makes room.

    ``context`` is everything the answers depend on besides the token (issuer, audience …). It is part of each key, so
    an answer found under one set of rules is no answer under another.
    """

    def __init__(self, *context: str, limit: int) -> None:
        self._context = context
        self._limit = limit
        # Random per process: a copy of this memory tells nobody which tokens it is about.
        self._digest_key = new_secret().encode()
        self._answers: dict[bytes, tuple[int, T]] = {}

    def key(self, token: str) -> bytes:
        """The key under which answers about this token are kept."""
        return keyed_digest(self._digest_key, *self._context, token)

    def get(self, key: bytes, now: int) -> T | None:
        """The answer, unless none is kept or it is over its time."""
        kept = self._answers.get(key)
        if kept is None:
            return None
        until, answer = kept
        if now >= until:
            del self._answers[key]
            return None
        return answer

    def put(self, key: bytes, answer: T, *, until: int) -> None:
        """Keep the answer before ``until`` (epoch seconds)."""
        if self._limit <= 0:
            return
        self._answers.pop(key, None)
        while len(self._answers) >= self._limit:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = (until, answer)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()

    def __len__(self) -> int:
        return len(self._answers)
