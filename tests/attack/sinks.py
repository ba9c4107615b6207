"""Every place that takes something the server once handed out, as a function that tells whether it was taken.

Whatever a place does not take it must refuse as such: an answer of 500 fails the test that asked.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.attack.scene import Loot, bearer
from tests.world import World

Sink = Callable[[World, Loot, str], Awaitable[bool]]


def taken(response: httpx2.Response, *statuses: int) -> bool:
    """Whether the answer is one of those that mean yes."""
    assert response.status_code < 500, response.text
    return response.status_code in statuses


async def as_code(_world: World, loot: Loot, value: str) -> bool:
    """At the token endpoint."""
    return taken(await loot.ask.redeem(value), 200)


async def as_refresh_token(world: World, _loot: Loot, value: str) -> bool:
    """At the token endpoint."""
    return taken(await world.refresh(value), 200)


async def as_bearer_token(world: World, _loot: Loot, value: str) -> bool:
    """At UserInfo."""
    return taken(await world.http.get("/oauth2/userinfo", headers=bearer(value)), 200)


async def as_introspected_token(world: World, _loot: Loot, value: str) -> bool:
    """By the application and by the API it is for."""
    is_taken = False
    for caller in ("photo-print", "photos"):
        response = await world.post("/oauth2/introspect", token=value, client=caller)
        if taken(response, 200):  # 400 is for what cannot be in a form
            answer = response.json()
            assert answer == {"active": False} or answer["active"] is True
            is_taken |= answer["active"]
    return is_taken


async def as_pending_request(_world: World, loot: Loot, value: str) -> bool:
    """At each of the places that go on with one."""
    statuses = set()
    places = {"/oauth2/authorize/resume": 303, "/consent": 200, "/select-account": 200, "/sign-in": 200}
    if value.startswith("lpv_"):
        del places["/sign-in"]  # people sign in on the way to a device too
    for path, good in places.items():
        page = await loot.browser.http.get(path, params={"request": value})
        statuses.add(taken(page, good))
    assert len(statuses) == 1
    return statuses.pop()


async def as_session(world: World, _loot: Loot, value: str) -> bool:
    """As the cookie that signs a browser in."""
    page = await world.http.get("/account/grants", headers={"cookie": f"lingpai_session={value}"})
    return taken(page, 200)


async def as_form_token(_world: World, loot: Loot, value: str) -> bool:
    """In a form that takes a permission back."""
    form = {"action": "take_back", "client_id": "photo-print", "scope": "upload_pic", "csrf_token": value}
    return taken(await loot.browser.http.post("/account/grants", data=form), 303)


async def as_access_token_to_revoke(world: World, _loot: Loot, value: str) -> bool:
    """At the revocation endpoint, which answers 200 to everything: whether anything was kept."""
    before = world.rows()
    response: Any = await world.post("/oauth2/revoke", token=value, token_type_hint="access_token")
    assert taken(response, 200, 400)
    return world.rows() != before


SINKS: dict[str, tuple[Sink, frozenset[str]]] = {
    "a code": (as_code, frozenset({"code"})),
    "a refresh token": (as_refresh_token, frozenset({"refresh_token"})),
    "a bearer token": (as_bearer_token, frozenset({"access_token"})),
    "a token to introspect": (as_introspected_token, frozenset({"access_token", "signed_token", "exchanged_token"})),
    "a pending request": (as_pending_request, frozenset({"pending_request"})),
    "a session": (as_session, frozenset({"session_cookie"})),
    "a form token": (as_form_token, frozenset({"csrf_token"})),
    "a token to revoke": (as_access_token_to_revoke, frozenset({"access_token", "signed_token", "refresh_token"})),
}
"""Place -> how to try it, and the kinds of things it is for."""
