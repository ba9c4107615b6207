"""Hashing people's passwords with argon2id, a few at once and never more waiting than fit.

Owns the cost of a hash and the pool it runs in. Leaves to ``sign_in`` whose password it is and how often one may guess.
Secrets made by machines are not for here: they cannot be guessed and get a plain digest (``crypto.digest``).

Spec: RFC 9106 §4
"""

import asyncio
import base64
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

PASSWORD_LIMIT_BYTES = 1024

_Result = TypeVar("_Result")


class PasswordsBusy(Exception):
    """Every hashing thread works and the queue is full. Worth trying again in a moment; nothing was hashed."""


class Passwords:
    """Argon2id in a pool of ``threads`` threads, with at most ``queue_limit`` calls waiting for one.

    A hash takes ``memory_kib`` KiB and ``time_cost`` passes. The bound is what keeps a flood of sign-ins from taking
    all memory, and the rest of the server from waiting for it.
    """

    def __init__(self, threads: int, queue_limit: int, memory_kib: int, time_cost: int) -> None:
        # One lane: with more, every hash would start threads of its own and `threads` would bound nothing.
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._dummy_hash = _hash_of_nothing(memory_kib, time_cost)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lingpai-password")
        self._places = threading.BoundedSemaphore(threads + queue_limit)

    async def hash(self, password: str) -> str:
        """The PHC string to store. Raises ``PasswordsBusy``, and ``ValueError`` for an empty or too long password."""
        prepared = _prepared(password)
        if not prepared:
            raise ValueError(f"a password must have 1 to {PASSWORD_LIMIT_BYTES} bytes")
        return await self._run(lambda: self._hasher.hash(prepared))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether ``password`` is the one that was hashed. Raises ``PasswordsBusy``.

        Without a hash, or with a password that cannot be one, the same work is done for nothing: how long the answer
        takes must not tell whether the account exists.
        """
        prepared = _prepared(password)
        if password_hash is None or prepared is None:
            await self._run(lambda: self._matches(self._dummy_hash, prepared or b""))
            return False
        return await self._run(lambda: self._matches(password_hash, prepared))

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than those in force."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return True

    def close(self) -> None:
        """Refuse what waits and let what runs finish: at most one hash time."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        if not self._places.acquire(blocking=False):
            raise PasswordsBusy
        try:
            future = self._pool.submit(work)
        except RuntimeError as error:  # the pool is closed: the server is stopping
            self._places.release()
            raise PasswordsBusy from error
        # A place is free when the work is over, not when its request is: somebody who hangs up while waiting leaves
        # the queue at once, but a hash that runs keeps its memory until it ends. Hanging up must not buy more of them.
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _future: "Future[_Result]") -> None:
        self._places.release()

    def _matches(self, password_hash: str, password: bytes) -> bool:
        with suppress(VerifyMismatchError):
            try:
                return self._hasher.verify(password_hash, password)
            except InvalidHashError:  # what is stored is no hash: the same work all the same
                self._hasher.verify(self._dummy_hash, password)
        return False


def _prepared(password: str) -> bytes | None:
    """The bytes to hash: one spelling for what a keyboard may send composed or not. ``None``: cannot be a password.

    Spec: RFC 8265 §4.2.2
    """
    if len(password) > PASSWORD_LIMIT_BYTES:  # before the work of normalising 1 MB
        return None
    try:
        prepared = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        return None
    return prepared if len(prepared) <= PASSWORD_LIMIT_BYTES else None


def _hash_of_nothing(memory_kib: int, time_cost: int) -> str:
    """A well-formed hash that no password has: its result, 256 bit, is drawn and not computed, which takes no time."""
    salt, result = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p=1${salt}${result}"
