"""What the server says about itself is true, and found where clients look."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from lingpai.oauth.metadata import well_known_url
from tests.world import CALLBACK, ISSUER, SECRET, Ask, World

PATH = "/.well-known/oauth-authorization-server"


async def metadata(world: World) -> dict[str, Any]:
    response = await world.http.get(well_known_url(world.config.issuer))
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


@pytest.mark.spec("RFC 8414", "3.2", "the document is JSON with status 200")
async def test_the_document_is_json_that_may_be_kept_for_a_while(world: World) -> None:
    response = await world.http.get(PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"].startswith("public, max-age=")


@pytest.mark.spec("RFC 8414", "2", "the required members are there")
@pytest.mark.spec("RFC 8414", "3.3", "issuer is the one the address was made from")
async def test_what_is_required_is_there(world: World) -> None:
    document = await metadata(world)
    assert document["issuer"] == ISSUER
    assert "code" in document["response_types_supported"]
    assert "token" not in document["response_types_supported"], "no client here is marked legacy"
    assert {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= document.keys()
    assert {"get_user_info", "list_album"} <= set(document["scopes_supported"])
    assert document["protected_resources"] == ["http://localhost:5000"]


@pytest.mark.spec("RFC 8414", "3.2", "members without a value are left out")
async def test_nothing_empty_is_said(world: World) -> None:
    assert [name for name, value in (await metadata(world)).items() if value in (None, [], "")] == []


@pytest.mark.spec("RFC 8414", "2", "every address named is one of ours and answers")
async def test_every_endpoint_named_is_there(world: World) -> None:
    document = await metadata(world)
    endpoints = {name: url for name, url in document.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(endpoints) >= 6
    for name, url in endpoints.items():
        assert url.startswith(f"{ISSUER}/"), name
        assert (await world.http.get(url)).status_code != 404, name


@pytest.mark.spec("RFC 7636", "5", "code_challenge_methods_supported tells clients that PKCE works")
async def test_only_s256_is_named(world: World) -> None:
    assert (await metadata(world))["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_every_response_mode_named_works(world: World, mode: str) -> None:
    assert mode in (await metadata(world))["response_modes_supported"]
    browser = world.browser()
    await browser.get(Ask(world, response_mode=mode, prompt="none").url)
    if mode == "form_post":
        assert ("error", "login_required") in browser.form("response-form").fields
    else:
        assert browser.sent_to["error"] == "login_required"


async def test_a_response_mode_that_is_not_named_does_not_work(world: World) -> None:
    browser = world.browser()
    for mode in {"query", "fragment", "form_post", "query.jwt", "jwt"} - set(
        (await metadata(world))["response_modes_supported"]
    ):
        await browser.get(Ask(world, response_mode=mode).url)
        assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec("RFC 8414", "2", "grant_types_supported names what the token endpoint knows, and only that")
async def test_grant_types_are_those_that_work(world: World) -> None:
    named = (await metadata(world))["grant_types_supported"]
    assert {"authorization_code", "refresh_token"} <= set(named)
    for grant_type in named:
        answer = await world.post("/oauth2/token", grant_type=grant_type)
        assert answer.json()["error"] != "unsupported_grant_type", grant_type
    assert not {"password", "implicit"} & set(named), "no client here is marked legacy"


@pytest.mark.spec("RFC 8414", "2", "token_endpoint_auth_methods_supported names what works")
async def test_the_auth_methods_of_this_slice_are_named(world: World) -> None:
    document = await metadata(world)
    assert {"client_secret_basic", "client_secret_post", "none"} <= set(
        document["token_endpoint_auth_methods_supported"]
    )
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    assert "none" in document["revocation_endpoint_auth_methods_supported"]


async def test_a_new_permission_shows_up(world: World) -> None:
    before = await world.http.get(PATH)
    await world.add_scope("share")
    after = await world.http.get(PATH)
    assert "share" in after.json()["scopes_supported"]
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.spec("RFC 9110", "13.1.2", "a client that has the document gets 304")
async def test_who_has_it_already_gets_304(world: World) -> None:
    etag = (await world.http.get(PATH)).headers["etag"]
    response = await world.http.get(PATH, headers={"if-none-match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert (await world.http.get(PATH, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.spec("RFC 8414", "3.1", "the well-known part goes between host and path of the issuer")
async def test_an_issuer_with_a_path_is_found_and_works(tmp_path: Path) -> None:
    issuer = "https://sso.example/auth"
    world = await World.open(tmp_path, issuer=issuer)
    try:
        url = "https://sso.example/.well-known/oauth-authorization-server/auth"
        assert well_known_url(issuer) == url
        document = (await world.http.get(url)).json()
        assert document["issuer"] == issuer
        assert document["token_endpoint"] == f"{issuer}/oauth2/token"
        assert (await world.http.get(document["jwks_uri"])).json()["keys"]
        browser = world.browser()
        ask = Ask(world)
        answer = await ask.allow(browser)
        assert answer["iss"] == issuer
        assert browser.page.headers["location"].startswith(CALLBACK)
        auth = httpx2.BasicAuth("photo-print", SECRET)
        response = await world.http.post(
            document["token_endpoint"],
            auth=auth,
            data={
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": CALLBACK,
                "code_verifier": ask.code_verifier,
            },
        )
        assert response.status_code == 200
        visited = {urlsplit(str(page.url)).path for page in (browser.page, await browser.get(f"{issuer}/"))}
        assert all(path.startswith("/auth/") for path in visited)
        links = [form.action for form in browser.forms()]
        assert links
        assert all(link.startswith("/auth/") for link in links)
    finally:
        await world.close()
