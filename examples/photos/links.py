"""Links to pictures that work for a few minutes and for one picture.

An ``<img>`` in another site's page can send no access token, so the API answers with links that carry their own proof.
Owns: making and checking that proof. Leaves: who gets a link to ``app``.
"""

import hashlib
import hmac
import time
from urllib.parse import urlencode


def process_seconds() -> int:
    """Seconds on a clock nobody can set, the same for all processes of this machine."""
    return int(time.monotonic())


class PictureLinks:
    """Makes and checks links. ``key``: at least 32 random bytes; who has it can see every picture."""

    def __init__(self, key: bytes, *, lifetime_s: int = 300) -> None:
        self._key = key
        self._lifetime_s = lifetime_s

    def query(self, photo_id: str, *, now: int) -> str:
        """The query string with which ``photo_id`` may be fetched from ``now`` (epoch seconds) on, for a while."""
        expires = str(now + self._lifetime_s)
        return urlencode({"expires": expires, "signature": self._signature(photo_id, expires)})

    def is_good(self, photo_id: str, expires: str, signature: str, *, now: int) -> bool:
        """Whether we wrote this query for this very picture and its time has not passed."""
        # Proof first: nothing of an unproven link is interpreted. As bytes, since str takes only ASCII here.
        if not hmac.compare_digest(self._signature(photo_id, expires).encode(), signature.encode()):
            return False
        return now < int(expires)

    def _signature(self, photo_id: str, expires: str) -> str:
        # The ids are our own file names, without "\n": two different pairs can never give the same message.
        return hmac.new(self._key, f"{photo_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
