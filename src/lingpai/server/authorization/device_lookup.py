"""From the code a person typed to the device that waits, at a rate that makes guessing hopeless.

Owns what is counted and in which order. Leaves counting to ``rate_limit`` and the words to the page. Whoever guesses
another person's code could connect that person's device to his own account, or read what it asks for.

Spec: RFC 8628 §5.1
"""

from typing import Literal

from msgspec import Struct

from lingpai.server.audit import USER_CODE_REFUSED, Audit
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.records import DeviceCode


class LookupRefused(Struct, frozen=True):
    """No device. ``retry_after_s``: seconds after which another try makes sense; 0: at once."""

    reason: Literal["wrong", "throttled"]
    retry_after_s: int = 0


class DeviceLookup:
    """Finds waiting devices for signed-in people.

    A try is counted before it is looked up, so that guesses which arrive together do not all see the same free place.
    A right one is only taken back, not rewarded with a fresh start: else a guesser would type a code of his own after
    every fourth guess.
    """

    def __init__(
        self, device_codes: DeviceCodes, throttle_account: Throttle, throttle_address: Throttle, audit: Audit
    ) -> None:
        self._device_codes = device_codes
        self._throttle_account = throttle_account
        self._throttle_address = throttle_address
        self._audit = audit

    async def find(self, user_code: str, account_id: bytes, *, ip: str, now: int) -> DeviceCode | LookupRefused:
        """The device that shows ``user_code``. Unknown, expired and decided codes are all the same ``wrong``."""
        account, network = account_id.hex(), network_of(ip)
        wait_s = await self._count(account, network, now)
        if wait_s:
            # Only a line: this can be repeated without limit. The tries that led here are in the audit log.
            self._audit.note(USER_CODE_REFUSED, account_id=account_id, ip=ip, reason="throttled")
            return LookupRefused("throttled", wait_s)
        code = await self._device_codes.get_pending(user_code, now)
        if code is None:
            await self._audit.record(USER_CODE_REFUSED, now=now, account_id=account_id, ip=ip, reason="wrong")
            return LookupRefused("wrong")
        await self._give_back(account, network, now)
        return code

    async def _count(self, account: str, network: str, now: int) -> int:
        """Count a try: 0, or the seconds to wait, and then it is not counted."""
        wait_s = max(
            await self._throttle_account.retry_after_s(account, now=now),
            await self._throttle_address.retry_after_s(network, now=now),
        )
        if wait_s:
            return wait_s
        wait_s = max(
            await self._throttle_account.hit(account, now=now),
            await self._throttle_address.hit(network, now=now),
        )
        if wait_s:
            await self._give_back(account, network, now)
        return wait_s

    async def _give_back(self, account: str, network: str, now: int) -> None:
        await self._throttle_account.give_back(account, now=now)
        await self._throttle_address.give_back(network, now=now)
