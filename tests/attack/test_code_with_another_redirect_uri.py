"""A code asked for at one redirect URI is redeemed as if it had come to another: the sign of an injected code.

Spec: RFC 6819 §4.4.1.7; RFC 9700 §4.5. Stops: CVE-2026-28512, GHSA-p64j-f4x9-wq66.
"""

from typing import Any

import pytest

from tests.attack.scene import INVALID_GRANT, redeemed
from tests.world import CALLBACK, Ask, World, refusal

OTHER = "http://localhost:3000/other"
pytestmark = pytest.mark.spec(
    "RFC 6749", "4.1.3", "redirect_uri is the one of the authorization request, if it had one"
)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        OTHER,
        CALLBACK + "/",
        CALLBACK + "?",
        CALLBACK + "#",
        CALLBACK.upper(),
        CALLBACK.replace("localhost", "127.0.0.1"),
        CALLBACK.replace(":3000", ":3001"),
        CALLBACK[:-1],
        " " + CALLBACK,
        CALLBACK + " ",
        CALLBACK.replace("/user", "/%75ser"),
        "x" * 10_000,
    ],
)
async def test_a_code_is_bound_to_every_character_of_its_redirect_uri(world: World, redirect_uri: str) -> None:
    await world.add_client(redirect_uris=(CALLBACK, OTHER))
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, redirect_uri=redirect_uri)) == INVALID_GRANT
    assert (await redeemed(ask, code))["access_token"], "the attempt spent nothing"


async def test_leaving_it_out_where_it_was_sent_is_refused(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    assert refusal(await ask.redeem(code, redirect_uri=None)) == (400, "invalid_request")
    assert refusal(await ask.redeem(code, redirect_uri="")) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"redirect_uri": None}, 200), ({"redirect_uri": CALLBACK}, 200), ({"redirect_uri": OTHER}, 400)],
)
async def test_where_none_was_sent_only_the_registered_one_may_be_named(
    world: World, sent: dict[str, Any], status: int
) -> None:
    ask = Ask(world, redirect_uri=None)
    code = (await ask.allow(world.browser()))["code"]
    assert (await ask.redeem(code, **sent)).status_code == status


async def test_a_loopback_port_chosen_by_the_system_is_bound_too(world: World) -> None:
    await world.add_client("cli", secret=None, application_type="native", redirect_uris=("http://127.0.0.1/cb",))
    ask = Ask(world, "cli", redirect_uri="http://127.0.0.1:51234/cb")
    code = (await ask.allow(world.browser()))["code"]
    as_public: dict[str, Any] = {"client": None, "client_id": "cli"}
    for other in ("http://127.0.0.1:51235/cb", "http://127.0.0.1/cb"):
        assert refusal(await ask.redeem(code, redirect_uri=other, **as_public)) == INVALID_GRANT
    assert (await redeemed(ask, code, **as_public))["access_token"]
