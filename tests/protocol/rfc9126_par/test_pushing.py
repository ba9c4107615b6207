"""Requests the client pushes: checked before a browser is involved, and good for one answer."""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests.browser import Browser
from tests.proofs import Prover
from tests.protocol.rfc9449_dpop.bound import PAR, another_process, prove, redeem, send
from tests.world import CALLBACK, Ask, World, refusal

URN = "urn:ietf:params:oauth:request_uri:"


async def push(world: World, ask: Ask, *, client: str = "photo-print", **changes: Any) -> httpx2.Response:
    """Push the request, with ``changes`` (``None``: leave out)."""
    params = {name: value for name, value in (ask.params | changes).items() if value is not None}
    response: httpx2.Response = await world.post(PAR, client=client, **params)
    return response


async def pushed(world: World, ask: Ask, *, client: str = "photo-print", **changes: str | None) -> str:
    response = await push(world, ask, client=client, **changes)
    assert response.status_code == 201, response.text
    return str(response.json()["request_uri"])


def link(world: World, request_uri: str, client_id: str = "photo-print", **more: str) -> str:
    query = urlencode({"client_id": client_id, "request_uri": request_uri, **more})
    return f"{world.config.issuer}/oauth2/authorize?{query}"


async def answer_of(world: World, browser: Browser, url: str) -> dict[str, str]:
    """Sign in and allow everything that is asked."""
    await browser.get(url)
    await browser.follow()
    if browser.shows("sign-in-form"):
        await world.sign_in(browser)
        await browser.follow()
    if not browser.page.is_redirect:
        form = browser.form("consent-form")
        scopes = [("scope", name) for name in form.boxes.get("scope", [])]
        await browser.submit(form, *scopes, ("lifetime", "30d"), ("decision", "allow"))
        await browser.follow()
    return browser.sent_to


@pytest.mark.spec("RFC 9126", "2.2", "201 with request_uri and expires_in, kept by nobody")
async def test_a_pushed_request_gets_a_reference(world: World) -> None:
    response = await push(world, Ask(world))
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["request_uri"].startswith(URN)
    assert 5 <= body["expires_in"] <= 600
    again = (await push(world, Ask(world))).json()["request_uri"]
    assert again != body["request_uri"]


@pytest.mark.spec("RFC 9126", "4", "the reference is exchanged for the answer to the pushed request")
async def test_a_person_answers_a_pushed_request(world: World) -> None:
    ask = Ask(world, scope="list_album")
    answer = await answer_of(world, world.browser(), link(world, await pushed(world, ask)))
    assert answer["state"] == "state-of-the-client"
    tokens = (await ask.redeem(answer["code"])).json()
    assert tokens["scope"] == "list_album"


@pytest.mark.spec("RFC 9126", "5", "the metadata names the endpoint")
async def test_the_metadata_names_the_endpoint(world: World) -> None:
    document = (await world.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["pushed_authorization_request_endpoint"] == world.config.issuer + PAR
    assert "require_pushed_authorization_requests" not in document


async def test_pushing_stores_nothing(world: World) -> None:
    before = world.rows()
    for _ in range(10):
        await pushed(world, Ask(world))
    assert world.rows() == before


@pytest.mark.spec("RFC 9126", "4", "what the URL says besides does not count")
async def test_nothing_in_the_url_changes_what_was_pushed(world: World) -> None:
    ask = Ask(world, scope="list_album")
    url = link(
        world,
        await pushed(world, ask),
        scope="get_user_info",
        redirect_uri="https://evil.example",
        state="other",
        code_challenge="x",
        response_mode="fragment",
    )
    browser = world.browser()
    answer = await answer_of(world, browser, url)
    assert browser.page.headers["location"].startswith(f"{CALLBACK}?")
    assert answer["state"] == "state-of-the-client"
    assert (await ask.redeem(answer["code"])).json()["scope"] == "list_album"


@pytest.mark.spec("RFC 9126", "7.3", "a request_uri is good for one answer")
async def test_a_reference_is_good_for_one_answer(world: World) -> None:
    browser = world.browser()
    request_uri = await pushed(world, Ask(world))
    assert "code" in await answer_of(world, browser, link(world, request_uri))
    for again in (browser, world.browser()):
        page = await again.get(link(world, request_uri))
        assert (page.status_code, "location" in page.headers) == (400, False)
    async with another_process(world) as other:
        assert (await other.browser().get(link(world, request_uri))).status_code == 400


async def test_a_silent_answer_uses_it_up_too(world: World) -> None:
    browser = world.browser()
    await Ask(world).allow(browser)
    request_uri = await pushed(world, Ask(world, prompt="none"))
    await browser.get(link(world, request_uri))
    assert "code" in browser.sent_to
    assert (await browser.get(link(world, request_uri))).status_code == 400


async def test_of_two_tabs_with_one_reference_one_is_answered(world: World) -> None:
    tabs = [world.browser(), world.browser()]
    request_uri = await pushed(world, Ask(world))
    for tab in tabs:
        await tab.get(link(world, request_uri))
        await tab.follow()
        await world.sign_in(tab)
        await tab.follow()
    answers = []
    for tab in tabs:
        if not tab.page.is_redirect:
            await tab.submit(tab.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
            await tab.follow()
        answers.append(tab.sent_to)
    assert [sorted({"code", "error"} & set(answer)) for answer in answers] == [["code"], ["error"]]
    assert answers[1]["error"] == "invalid_request_uri"


@pytest.mark.spec("RFC 9126", "2.2", "a request_uri lives as long as expires_in says")
async def test_a_reference_expires(world: World) -> None:
    response = (await push(world, Ask(world))).json()
    world.clock.advance(response["expires_in"] - 1)
    assert (await world.browser().get(link(world, response["request_uri"]))).status_code == 303
    world.clock.advance(1)
    assert (await world.browser().get(link(world, response["request_uri"]))).status_code == 400


async def test_a_person_may_take_longer_than_the_reference_lives(world: World) -> None:
    browser, ask = world.browser(), Ask(world)
    await browser.get(link(world, await pushed(world, ask)))
    await browser.follow()
    world.clock.advance(900)
    await world.sign_in(browser)
    await browser.follow()
    await browser.submit(browser.form("consent-form"), ("scope", "list_album"), ("decision", "allow"))
    await browser.follow()
    assert (await ask.redeem(browser.sent_to["code"])).status_code == 200


@pytest.mark.spec("RFC 9126", "2.2", "a request_uri is bound to the client that pushed it")
async def test_the_reference_of_another_client_is_dead(world: World) -> None:
    await world.add_client("other")
    request_uri = await pushed(world, Ask(world))
    page = await world.browser().get(link(world, request_uri, "other"))
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert "code" in await answer_of(world, world.browser(), link(world, request_uri)), "and still good for its own"


DEAD = {
    "made up": URN + "lpp_" + "0" * 200,
    "nothing after the prefix": URN,
    "a code's shape": URN + "x" * 43,
    "non-ASCII": URN + "密",
}


@pytest.mark.parametrize("request_uri", DEAD.values(), ids=DEAD.keys())
async def test_what_we_never_gave_out_is_a_page_and_no_redirect(world: World, request_uri: str) -> None:
    page = await world.browser().get(link(world, request_uri))
    assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.spec("RFC 9101", "5.2", "a request_uri that is not ours is not fetched")
@pytest.mark.parametrize("request_uri", ["https://evil.example/request.jwt", "http://169.254.169.254/", "urn:x"])
async def test_a_reference_to_somewhere_else_is_not_followed(world: World, request_uri: str) -> None:
    browser = world.browser()
    await browser.get(f"{Ask(world).url}&{urlencode({'request_uri': request_uri})}")
    assert browser.sent_to["error"] == "invalid_request_uri"


async def test_another_sealed_value_is_no_reference(world: World) -> None:
    browser = world.browser()
    await browser.get(Ask(world).url)
    pending = httpx2.URL(browser.page.headers["location"]).params["request"]
    code = (await Ask(world).allow(browser))["code"]
    for value in (pending, code):
        assert (await browser.get(link(world, URN + value))).status_code == 400


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no response_type": ({"response_type": None}, "invalid_request"),
    "an unknown response_type": ({"response_type": "device"}, "unsupported_response_type"),
    "one it is not registered for": ({"response_type": "token"}, "unauthorized_client"),
    "no code_challenge": ({"code_challenge": None}, "invalid_request"),
    "plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "more scope than registered": ({"scope": "upload_pic"}, "invalid_scope"),
    "a redirect URI of another": ({"redirect_uri": "https://evil.example"}, "invalid_request"),
    "an unknown resource": ({"resource": "https://unknown.example"}, "invalid_target"),
    "a request_uri": ({"request_uri": URN + "x"}, "invalid_request"),
    "a bad prompt": ({"prompt": "none login"}, "invalid_request"),
    "a bad max_age": ({"max_age": "-1"}, "invalid_request"),
    "a bad response_mode": ({"response_mode": "cookie"}, "invalid_request"),
    "too long a state": ({"state": "x" * 4097}, "invalid_request"),
}


@pytest.mark.spec("RFC 9126", "2.3", "an error the authorization endpoint would give is given at once, as JSON")
@pytest.mark.parametrize(("changes", "error"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_request_is_refused_when_it_is_pushed(world: World, changes: dict[str, Any], error: str) -> None:
    response = await push(world, Ask(world), **changes)
    assert refusal(response) == (400, error)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.spec("RFC 9126", "2.1", "the client authenticates as at the token endpoint")
@pytest.mark.parametrize(
    ("auth", "status"), [(("photo-print", "wrong"), 401), (("nobody", "x"), 401), (None, 401)], ids=str
)
async def test_who_does_not_prove_itself_pushes_nothing(world: World, auth: Any, status: int) -> None:
    params = {name: value for name, value in Ask(world).params.items() if auth is None or name != "client_id"}
    response = await world.http.post(PAR, data=params, auth=auth)
    assert refusal(response) == (status, "invalid_client")


async def test_a_client_cannot_push_in_the_name_of_another(world: World) -> None:
    await world.add_client("other")
    assert refusal(await push(world, Ask(world), client="other")) == (400, "invalid_request")


async def test_a_public_client_pushes_with_its_name_alone(world: World) -> None:
    await world.add_client("app", secret=None)
    response = await world.http.post(PAR, data=Ask(world, "app").params)
    assert response.status_code == 201


@pytest.mark.spec("RFC 9126", "6", "a client that must push its requests gets no others answered")
async def test_a_client_that_must_push_is_answered_only_so(world: World) -> None:
    await world.add_client("strict", require_pushed_authorization_requests=True)
    ask = Ask(world, "strict")
    browser = world.browser()
    await browser.get(ask.url)
    assert (browser.sent_to["error"], browser.sent_to["state"]) == ("invalid_request", "state-of-the-client")
    request_uri = await pushed(world, ask, client="strict")
    assert "code" in await answer_of(world, browser, link(world, request_uri, "strict"))


@pytest.mark.spec("RFC 9126", "2.3", "only POST")
async def test_only_a_post_pushes(world: World) -> None:
    assert (await world.http.get(PAR)).status_code == 405
    assert refusal(await world.http.post(f"{PAR}?a=b", data=Ask(world).params)) == (400, "invalid_request")


@pytest.mark.spec("RFC 9449", "10.1", "a proof with the pushed request binds the code")
async def test_a_proof_with_the_pushed_request_binds_the_code(world: World) -> None:
    prover, ask = Prover(), Ask(world)
    response = await send(world, PAR, prove(world, prover, PAR), **ask.params)
    answer = await answer_of(world, world.browser(), link(world, response.json()["request_uri"]))
    for proof in ("", prove(world, Prover())):
        assert refusal(await redeem(world, ask, answer["code"], proof)) == (400, "invalid_grant")
    assert (await redeem(world, ask, answer["code"], prove(world, prover))).json()["token_type"] == "DPoP"


@pytest.mark.spec("RFC 9449", "10.1", "dpop_jkt and the proof name the same key")
async def test_a_dpop_jkt_of_another_key_is_refused(world: World) -> None:
    prover = Prover()
    ask = Ask(world, dpop_jkt=Prover().jkt)
    assert refusal(await send(world, PAR, prove(world, prover, PAR), **ask.params)) == (400, "invalid_dpop_proof")
    ask = Ask(world, dpop_jkt=prover.jkt)
    assert (await send(world, PAR, prove(world, prover, PAR), **ask.params)).status_code == 201


async def test_a_disabled_client_gets_no_pushed_request_answered(world: World) -> None:
    request_uri = await pushed(world, Ask(world))
    await world.add_client(disabled_at=world.clock.now)
    assert (await world.browser().get(link(world, request_uri))).status_code == 400
