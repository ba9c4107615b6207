"""A person's way through an upstream provider: what must be known when they come back, and who they then are.

Owns: ``Trip``, kept in a row while the person is away, and ``UpstreamVisit``, sealed in the address of our own pages
while they decide what their identity shall open. Both are bound to the browser, so nobody can finish what another began
(login CSRF: an attacker's identity would be linked to the victim's account), and both are over soon.

Spec: RFC 6749 §10.12; RFC 9700 §4.7
"""

from typing import Literal

from msgspec import Struct

from lingpai.crypto.digest import digest, equal
from lingpai.crypto.seal import Unsealable
from lingpai.server.storage.upstream_trips import UpstreamTrips
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import UPSTREAM_TRIP, UPSTREAM_VISIT, open_value, seal_value
from lingpai.server.upstream.provider import Departure, ExternalIdentity, UpstreamProvider, Wanted

VisitLost = Literal["expired", "other_browser", "garbled"]

TRIP_LIFETIME_S = 1800
VISIT_LIFETIME_S = 900


class Trip(Struct, frozen=True, array_like=True):
    """Where somebody is going and what for."""

    provider: str
    pending: str
    begun_at: int
    request: str = ""
    """The sealed text the sign-in page was opened with: an authorization request, a device, an identity to link."""
    link_account: bytes = b""
    """Who asked on the account page to link an identity; empty: it is a sign-in."""
    session_digest: bytes = b""
    """The session they asked in."""
    fresh: bool = False
    """They must have proved themselves since ``begun_at``."""


class UpstreamVisit(Struct, frozen=True, array_like=True):
    """What somebody is about to link: a proven identity, or one they still have to prove (``identity`` is ``None``)."""

    browser: bytes
    begun_at: int
    provider: str = ""
    """Empty: nothing is to be linked, they only had to prove who they are again."""
    identity: ExternalIdentity | None = None
    request: str = ""
    """The sealed authorization request that goes on afterwards."""


class Trips:
    """Begins and ends them."""

    def __init__(self, rows: UpstreamTrips, keyring: Keyring) -> None:
        self._rows = rows
        self._keyring = keyring

    async def begin(
        self,
        provider: UpstreamProvider,
        wanted: Wanted,
        browser: str,
        now: int,
        *,
        request: str = "",
        fresh: bool = False,
        link_account: bytes = b"",
        session_digest: bytes = b"",
    ) -> Departure:
        """Somebody leaves for ``provider``. Raises ``UpstreamRefused``."""
        departure = await provider.begin(wanted)
        trip = Trip(provider.name, departure.pending, now, request, link_account, session_digest, fresh)
        sealed = seal_value(self._keyring.current.sealer, UPSTREAM_TRIP, trip)
        await self._rows.record(digest(departure.state), digest(browser), sealed, now + TRIP_LIFETIME_S)
        return departure

    async def end(self, provider: str, state: str, browser: str, now: int) -> Trip | None:
        """The trip somebody is back from. Once; ``None``: not this browser's, not this provider's, or too late."""
        sealed = await self._rows.take(digest(state), digest(browser), now)
        if sealed is None:
            return None
        try:
            trip = open_value(self._keyring.current.sealer, UPSTREAM_TRIP, sealed, Trip)
        except Unsealable:
            return None
        # An answer that arrives where another provider's belong is a mix-up. RFC 9700 §4.4
        return trip if trip.provider == provider else None


class UpstreamVisits:
    """Seals and opens them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, visit: UpstreamVisit) -> str:
        """As text for a URL."""
        return seal_value(self._keyring.current.sealer, UPSTREAM_VISIT, visit)

    def unseal(self, text: str, browser: str, now: int) -> UpstreamVisit | VisitLost:
        """The visit, if it is this browser's and not too old; else why not."""
        try:
            visit = open_value(self._keyring.current.sealer, UPSTREAM_VISIT, text, UpstreamVisit)
        except Unsealable:
            return "garbled"
        if not equal(visit.browser, digest(browser)):
            return "other_browser"
        return visit if visit.begun_at + VISIT_LIFETIME_S > now else "expired"


def is_upstream_visit(text: str) -> bool:
    """Whether a sealed text in an address is about an identity to link."""
    return text.startswith(f"{UPSTREAM_VISIT.prefix}_")
