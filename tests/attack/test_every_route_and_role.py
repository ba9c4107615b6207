"""Every route of the server with every role and somebody else's ids: who has no right to a thing is not even told
that it exists, no form works without its token, and no answer to a GET holds a secret.

Generated from the application's own table of routes, so that a page added tomorrow is walked as well.
"""

from collections.abc import Mapping

import pytest

from lingpai.server.accounts.roles import ROLES
from lingpai.server.app import Route
from lingpai.server.storage.records import Account
from lingpai.server.wiring.pages import browser_routes
from lingpai.server.wiring.protocol import protocol_routes
from tests.administration import add_person, sign_in
from tests.browser import Browser, Form
from tests.portal import developer
from tests.world import SECRET, World

WHO = ("nobody", "person", "developer", *ROLES)
REVIEWERS = ("reviewer", "administrator")
# Anybody may send these: they change nothing but the sender's own view, or are the protocol's own door.
BEGINNINGS = (
    *("/sign-in", "/account/confirm", "/account/security", "/developer", "/reset-password", "/register"),
    "/device",
)
# Where somebody is sent who must begin again; nothing was done.
WITHOUT_TOKEN = {"/language", "/oauth2/authorize", "/oauth2/end_session"}


def _routes(world: World) -> Mapping[str, Route]:
    pages, machines = browser_routes(world.server), protocol_routes(world.server)
    return {path: route for path, route in {**machines, **pages}.items() if not path.startswith("/static/")}


async def _somebody(world: World, who: str) -> Browser:
    if who == "nobody":
        return world.browser()
    if who == "developer":
        return (await developer(world, "another-developer")).browser
    role = next((role for role in ROLES if role == who), None)
    await add_person(world, f"a-{who}", role)
    return await sign_in(world, f"a-{who}")


async def _owner(world: World) -> tuple[Account, dict[str, str]]:
    """Whose things the others must not reach, and the ids of those things."""
    owner = await developer(world)
    ids = {"account_id": owner.account.id.hex(), "team_id": owner.team_id, "client_id": owner.client_id}
    return owner.account, ids | {"reference": "0123456789abcdef", "rest": "/accounts"}


def _allowed(path: str, who: str) -> tuple[int, ...]:
    """The statuses a GET of a page may have."""
    if path.startswith("/admin/reviews"):
        return (200, 404) if who in REVIEWERS else (303, 403, 404)
    if path.startswith("/admin/api"):
        return (401, 404)
    if path.startswith("/admin"):
        return (200, 404) if who in ROLES else (303,) if who == "nobody" else (404,)
    if path.startswith("/developer/") and "{" in path:
        return (303,) if who == "nobody" else (404,)
    if path.startswith(("/developer", "/account")):
        return (303, 400) if who == "nobody" else (200, 303, 400, 404)
    return (200, 303, 302, 400, 401, 404, 410)


@pytest.mark.parametrize("who", WHO)
async def test_a_foreign_object_is_out_of_reach(world: World, who: str) -> None:
    account, ids = await _owner(world)
    browser = await _somebody(world, who)
    found: list[str] = []
    secrets = [SECRET, str(account.password_hash), world.config.master_key_file.read_text().strip()]
    for path, route in _routes(world).items():
        if "GET" not in route.methods:
            continue
        answer = await browser.get(path.format(**ids))
        if not route.machine and answer.status_code not in _allowed(path, who):
            found.append(f"GET {path}: {answer.status_code}")
        if answer.status_code >= 500:
            found.append(f"GET {path}: {answer.status_code}")
        found += [f"GET {path} shows a secret" for secret in secrets if secret in answer.text]
        if answer.headers.get("content-type", "").startswith("text/html"):
            found += [f"GET {path}: form {form.action} has no token" for form in _without_token(browser)]
    assert found == []


@pytest.mark.parametrize("who", WHO)
async def test_nothing_is_done_without_the_token_of_a_form(world: World, who: str) -> None:
    _, ids = await _owner(world)
    browser = await _somebody(world, who)
    before = world.rows()
    found: list[str] = []
    for path, route in _routes(world).items():
        if "POST" not in route.methods or route.machine or path in WITHOUT_TOKEN:
            continue
        answer = await browser.http.post(path.format(**ids), data={"action": "delete", "csrf_token": "x"})
        leads = answer.headers.get("location", "")
        is_refused = answer.status_code in (400, 403, 404, 415, 422) or leads.split("?")[0].endswith(BEGINNINGS)
        if not is_refused:
            found.append(f"POST {path}: {answer.status_code} {leads}")
    assert found == []
    changed = {name for name, count in world.rows().items() if count != before[name]}
    assert changed <= {"throttle", "spent", "audit_event", "refusal"}


def _without_token(browser: Browser) -> list[Form]:
    forms = [form for form in browser.forms() if form.method == "post" and form.id != "language-form"]
    return [form for form in forms if "csrf_token" not in dict(form.fields)]
