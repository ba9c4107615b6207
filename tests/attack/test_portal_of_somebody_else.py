"""The developer portal: nobody reaches what is another team's, nobody makes themselves more than they are, and nothing
anybody typed runs in anybody's browser.
"""

import asyncio
import io

import httpx2
import pytest
from PIL import Image

from lingpai.server.web import portal_paths
from lingpai.server.web.showing import Showing
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.portal import portal_pages
from tests.portal import CALLBACK, Developer, decide, developer, reviewer
from tests.world import World

PROBE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}${7*7}"
REFERENCE = "0123456789abcdef"


def _routes(world: World) -> list[tuple[str, str]]:
    server = world.server
    visits = Visits(
        server.cookies, server.csrf, server.browser_sessions, server.pending, server.store.clients, server.clock
    )
    return list(portal_pages(server.portal, Showing(server.pages, visits)))


def _path(pattern: str, one: Developer, account_id: str = "0" * 32) -> str:
    return (
        pattern.replace("{client_id}", one.client_id)
        .replace("{team_id}", one.team_id)
        .replace("{reference}", REFERENCE)
        .replace("{account_id}", account_id)
    )


async def _ask(client: httpx2.AsyncClient, method: str, path: str) -> int:
    if method == "GET":
        return (await client.get(path)).status_code
    return (await client.post(path, data={"csrf_token": "x", "action": "save"})).status_code


async def test_every_route_about_a_foreign_object_is_a_404_for_every_other_role(world: World) -> None:
    one = await developer(world)
    other = await developer(world, "lisi")
    judge = await reviewer(world)
    about_objects = [(method, path) for method, path in _routes(world) if "{" in path]
    assert len(about_objects) > 25
    for method, pattern in about_objects:
        is_review = pattern == portal_paths.REVIEWED
        for browser, status in ((other.browser, 404), (judge, 403 if method == "POST" else 200)):
            expected = status if browser is other.browser or is_review else 404
            assert await _ask(browser.http, method, _path(pattern, one)) == expected, (method, pattern)


async def test_every_route_asks_who_is_there(world: World) -> None:
    one = await developer(world)
    stranger = world.browser()
    for method, pattern in _routes(world):
        if pattern == portal_paths.ICON:
            continue
        response = await (stranger.http.get if method == "GET" else stranger.http.post)(_path(pattern, one))
        assert response.status_code == 303, (method, pattern)
        assert response.headers["location"].startswith("/sign-in"), (method, pattern)


async def test_every_form_needs_its_token(world: World) -> None:
    one = await developer(world)
    before = await one.kept()
    for method, pattern in _routes(world):
        if method == "POST" and pattern not in (portal_paths.REVIEWED, portal_paths.ICON_UPLOAD):
            response = await one.browser.http.post(_path(pattern, one), data={"action": "save", "name": "Taken over"})
            assert response.status_code == (404 if pattern == portal_paths.JOIN else 403), pattern
    assert await one.kept() == before


@pytest.mark.parametrize("client_id", ["..", "%2e%2e", "a%00b", "x" * 129, "a b", "a%2Fb", "é"])
async def test_what_cannot_be_an_id_is_no_page(world: World, client_id: str) -> None:
    one = await developer(world)
    response = await one.browser.http.get(f"/developer/applications/{client_id}/secrets")
    assert response.status_code == 404


async def test_a_developer_cannot_do_what_owners_do(world: World) -> None:
    one = await developer(world)
    await one.browser.get(f"/developer/teams/{one.team_id}")
    await one.browser.submit(one.browser.form("invite-form"), ("role", "developer"), ("action", "invite"))
    link = one.browser.page.text.partition('id="invitation-link">')[2].partition("<")[0]
    await world.add_account("lisi")
    lisi = world.browser()
    await world.sign_in(lisi, "lisi")
    await lisi.get(link)
    await lisi.submit(lisi.form("join-form"))
    assert lisi.page.status_code == 303
    await lisi.get(f"/developer/teams/{one.team_id}")
    assert not lisi.shows("invite-form")
    leave = next(form for form in lisi.forms() if ("action", "leave") in form.buttons)
    account = await world.server.store.accounts.get_by_username("lisi")
    assert account is not None
    for action in ("owner", "invite", "rename", "remove", "uninvite"):
        await lisi.submit(leave, ("action", action), ("account_id", account.id.hex()), ("name", "Mine"))
        assert lisi.page.status_code == 422
    members = await world.server.portal.teams.members(bytes.fromhex(one.team_id))
    assert {member.username: member.role for member in members} == {"zhangsan": "owner", "lisi": "developer"}
    await lisi.get(link)
    assert lisi.page.status_code == 404


async def test_an_invitation_is_good_once_even_if_two_follow_it_together(world: World) -> None:
    one = await developer(world)
    await one.browser.get(f"/developer/teams/{one.team_id}")
    await one.browser.submit(one.browser.form("invite-form"), ("action", "invite"))
    link = one.browser.page.text.partition('id="invitation-link">')[2].partition("<")[0]
    browsers = []
    for name in ("lisi", "wangwu"):
        await world.add_account(name)
        browser = world.browser()
        await world.sign_in(browser, name)
        await browser.get(link)
        browsers.append(browser)
    await asyncio.gather(*(browser.submit(browser.form("join-form")) for browser in browsers))
    assert sorted(browser.page.status_code for browser in browsers) == [303, 404]


async def test_the_last_owner_stays(world: World) -> None:
    one = await developer(world)
    await one.browser.get(f"/developer/teams/{one.team_id}")
    leave = next(form for form in one.browser.forms() if ("action", "leave") in form.buttons)
    for action in ("leave", "developer", "remove"):
        await one.browser.submit(leave, ("action", action))
        assert one.browser.page.status_code == 422


async def test_nobody_but_a_reviewer_decides(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    for role in ("reader", "support"):
        account = await world.add_account(role)
        await world.server.portal.roles.put(account.id, role, world.clock.now)
        browser = world.browser()
        await world.sign_in(browser, role)
        assert (await browser.get(f"/admin/reviews/{one.client_id}")).status_code == 404
        assert (
            await browser.http.post(f"/admin/reviews/{one.client_id}", data={"action": "approve"})
        ).status_code == 404
    assert (await one.kept()).client.trial


async def test_a_permission_that_is_not_offered_cannot_be_taken(world: World) -> None:
    await world.add_scope("read_mail", sensitive=True)
    one = await developer(world, kind="machine")
    for scope in ("openid", "email", "made_up", "openid read_mail", ""):
        assert await one.want(scope, "Why not?") == 422
    assert (await one.kept()).client.scope == ""


async def test_what_people_type_is_shown_and_never_run(world: World) -> None:
    await world.add_scope("read_mail", sensitive=True)
    one = await developer(world)
    await one.open()
    await one.submit("basics-form", ("name", PROBE[:60]), ("description", PROBE), ("filing_number", PROBE[:64]))
    await one.want("read_mail", PROBE)
    await one.set_callbacks(CALLBACK)
    await one.open("/review")
    await one.submit("submit-form", ("action", "submit"), ("text", PROBE))
    await one.browser.get(f"/developer/teams/{one.team_id}")
    await one.browser.submit(one.browser.form("rename-form"), ("action", "rename"), ("name", PROBE[:60]))
    await one.open("/callbacks")
    await one.submit("callbacks-form", ("redirect_uris", PROBE), ("action", "check"))
    pages = [one.browser.page.text]
    sent = httpx2.QueryParams({"client_id": one.client_id, "redirect_uri": PROBE, "scope": PROBE})
    refused = await one.browser.get(f"/oauth2/authorize?{sent}")
    reference = refused.headers["x-request-id"]
    await world.server.portal.observer.write_waiting()
    tabs = ("", "/permissions", "/review", "/people", "/snippets", "/sandbox", "/refusals", f"/refusals/{reference}")
    pages += [await one.open(tab) for tab in tabs]
    pages += [(await one.browser.get(path)).text for path in ("/developer", f"/developer/teams/{one.team_id}")]
    judge = await reviewer(world)
    pages += [(await judge.get(path)).text for path in ("/admin/reviews", f"/admin/reviews/{one.client_id}")]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("website", ["javascript:alert(1)", "https://good@evil.example/", "data:text/html,x", "//x.y/"])
async def test_a_web_site_is_a_web_site(world: World, website: str) -> None:
    one = await developer(world)
    await one.open()
    assert await one.submit("basics-form", ("website", website)) == 422


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "bomb":
        Image.new("1", (10_000, 10_000)).save(out, "PNG")
    elif kind == "svg":
        out.write(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    elif kind == "polyglot":
        Image.new("RGB", (64, 64), "red").save(out, "PNG")
        out.write(b"<script>alert(1)</script>")
    elif kind == "too long":
        out.write(b"\0" * 6_000_000)
    elif kind == "broken":
        out.write(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "status"),
    [("bomb", 422), ("svg", 422), ("broken", 422), ("empty", 422), ("too long", 422), ("polyglot", 303)],
)
async def test_pictures_are_refused_or_made_anew(world: World, kind: str, status: int) -> None:
    one = await developer(world)
    await one.open()
    token = dict(one.browser.form("icon-form").fields)["csrf_token"]
    body = _picture(kind)
    response = await one.browser.http.post(
        one.path("/icon"),
        data={"csrf_token": token, "action": "upload"},
        files={"icon": ("icon.png", body, "image/png")},
    )
    assert response.status_code == status
    if status == 303:
        kept = await one.kept()
        shown = await world.http.get(kept.client.logo_uri)
        assert shown.status_code == 200
        assert shown.headers["content-type"] in ("image/png", "image/jpeg")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert b"<script>" not in shown.content


async def test_two_acts_at_once_do_not_overwrite_each_other(world: World) -> None:
    one = await developer(world)
    await one.open()
    form = one.browser.form("basics-form")
    other = world.browser()
    await world.sign_in(other, "zhangsan")
    await other.get(one.path("/callbacks"))
    callbacks = other.form("callbacks-form")
    await one.browser.submit(form, ("name", "First"), ("description", "x"))
    await other.submit(callbacks, ("redirect_uris", CALLBACK), ("action", "save"))
    assert other.page.status_code == 409
    assert (await one.kept()).client.redirect_uris == ()


async def test_a_decided_application_is_not_decided_again_by_a_request_sent_twice(world: World) -> None:
    one = await developer(world)
    await one.hand_in()
    judge = await reviewer(world)
    await judge.get(f"/admin/reviews/{one.client_id}")
    form = judge.form("decision-form")
    answers = await asyncio.gather(
        *(
            judge.http.post(form.action, data=dict([*form.fields, ("action", "approve"), ("text", "")]))
            for _ in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert await decide(judge, one.client_id, "approve") == 409
