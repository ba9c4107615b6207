"""A person's way from the code on a device to the answer: sealed, in the address, bound to browser and account.

What the question page showed is what the answer decides: the device stands in the sealed value, not the typed code, so
neither a form nor a link can put another one in its place, and no other account can answer (CVE-2026-45337).
"""

from msgspec import Struct

from lingpai.crypto.digest import digest, equal
from lingpai.crypto.seal import Unsealable
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import DEVICE_VISIT, open_value, seal_value


class DeviceVisit(Struct, frozen=True, array_like=True):
    """How far the person is. Travels sealed, is stored nowhere."""

    browser: bytes
    """Digest of the browser's cookie."""
    begun_at: int
    user_code: str = ""
    """What to fill in: from a QR code, or typed before. Proves nothing."""
    account_id: bytes = b""
    """Who typed a code that is waiting."""
    device: bytes = b""
    """Digest of that device's code; empty: not found yet."""


class DeviceVisits:
    """Seals and opens them."""

    def __init__(self, keyring: Keyring, *, lifetime_s: int) -> None:
        self._keyring = keyring
        self._lifetime_s = lifetime_s

    def seal(self, visit: DeviceVisit) -> str:
        """As text for a URL."""
        return seal_value(self._keyring.current.sealer, DEVICE_VISIT, visit)

    def unseal(self, text: str, browser: str, now: int) -> DeviceVisit | None:
        """The visit, if it is this browser's (the cookie's value) and not too old. Else the person starts again."""
        try:
            visit = open_value(self._keyring.current.sealer, DEVICE_VISIT, text, DeviceVisit)
        except Unsealable:
            return None
        is_ours = equal(visit.browser, digest(browser))
        return visit if is_ours and visit.begun_at + self._lifetime_s > now else None


def is_device_visit(text: str) -> bool:
    """Whether a sealed text in an address is the way to a device rather than an authorization request."""
    return text.startswith(f"{DEVICE_VISIT.prefix}_")
