"""Codes, tokens, requests and cookies cut short or changed by a bit.

Spec: RFC 6819 §5.1.4.2; RFC 9700 §4.3. Stops: CVE-2026-27840 (a truncated opaque token stays valid).
"""

import pytest

from tests.attack.damage import damaged
from tests.attack.extension_scene import collect_more
from tests.attack.extension_sinks import ALL_SINKS
from tests.world import World

# Headers and cookies cannot carry these, or the framework strips them before we see them.
_NOT_IN_A_HEADER = ("a line break behind", "a NUL behind", "a space before", "digits of another script")


def _can_be_sent(place: str, what: str) -> bool:
    in_a_header = ("a bearer token", "a session", "a proof", "a registration access token", "an initial access token")
    return place not in in_a_header or what not in _NOT_IN_A_HEADER


@pytest.mark.parametrize(
    ("kind", "place", "step"),
    [
        ("code", "a code", 5),
        ("refresh_token", "a refresh token", 5),
        ("access_token", "a bearer token", 5),
        ("access_token", "a token to introspect", 9),
        ("signed_token", "a token to introspect", 9),
        ("pending_request", "a pending request", 29),
        ("session_cookie", "a session", 1),
        ("csrf_token", "a form token", 3),
        ("access_token", "a token to revoke", 29),
        ("signed_token", "a token to revoke", 29),
        ("refresh_token", "a token to revoke", 29),
        ("device_code", "a device code", 3),
        ("device_visit", "a way to a device", 9),
        ("request_uri", "a pushed request", 29),
        ("logout_request", "a logout request", 9),
        ("id_token", "an ID Token", 29),
        ("exchanged_token", "a token to introspect", 9),
        ("client_assertion", "a client assertion", 9),
        ("grant_assertion", "an assertion about a person", 9),
        ("dpop_proof", "a proof", 9),
        ("registration_access_token", "a registration access token", 3),
        ("initial_access_token", "an initial access token", 3),
    ],
)
async def test_nothing_that_was_changed_is_taken(world: World, kind: str, place: str, step: int) -> None:
    loot = await collect_more(world)
    value, (sink, _) = loot.everything()[kind], ALL_SINKS[place]
    tried = 0
    for what, changed in damaged(value, step=step):
        if changed != value and _can_be_sent(place, what):
            assert not await sink(world, loot, changed), what
            tried += 1
    assert tried > 15
    assert await sink(world, loot, value), "none of it did any harm to the real one"
