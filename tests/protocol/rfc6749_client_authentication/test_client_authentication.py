"""Who is calling the back channel: by exactly the method the client registered, and by one at a time."""

import base64
from typing import Any

import httpx2
import pytest

from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.storage.records import ClientSecret
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from tests import databases
from tests.world import SECRET, Ask, World, refusal

AWKWARD = 'sec ret:%/+&="~'


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def use(world: World, *, headers: dict[str, str] | None = None, **params: str) -> httpx2.Response:
    """A token request that fails for nothing but client authentication: ``invalid_grant`` means "authenticated"."""
    sent = {"grant_type": "refresh_token", "refresh_token": "none"} | params
    return await world.http.post("/oauth2/token", data=sent, headers=headers or {})


AUTHENTICATED = (400, "invalid_grant")
REFUSED = (401, "invalid_client")


def secret_of(world: World, client_id: str, secret: str, **fields: Any) -> ClientSecret:
    pepper = client_secret_pepper(load_master_key(world.config, create=False))
    return ClientSecret(digest_client_secret(pepper, client_id, secret), world.clock.now, **fields)


@pytest.mark.spec("RFC 6749", "2.3.1", "client_secret_basic is supported")
async def test_a_client_authenticates_with_http_basic(world: World) -> None:
    assert refusal(await use(world, headers=basic("photo-print", SECRET))) == AUTHENTICATED


@pytest.mark.spec("RFC 6749", "2.3.1", "client_id and secret are form-encoded before they are joined")
async def test_awkward_secrets_are_form_encoded_in_the_header(world: World) -> None:
    await world.add_client("a:b c", secret=AWKWARD)
    encoded = str(httpx2.QueryParams({"k": AWKWARD})).removeprefix("k=")
    assert refusal(await use(world, headers=basic("a%3Ab+c", encoded))) == AUTHENTICATED
    assert refusal(await use(world, headers=basic("a%3ab%20c", encoded))) == AUTHENTICATED
    assert refusal(await use(world, headers=basic("a%3Ab+c", AWKWARD))) == REFUSED


@pytest.mark.spec("RFC 7617", "2", "the scheme's name has no case")
async def test_the_scheme_has_no_case(world: World) -> None:
    header = basic("photo-print", SECRET)["authorization"]
    assert refusal(await use(world, headers={"authorization": header.replace("Basic", "bASIC")})) == AUTHENTICATED


@pytest.mark.spec("RFC 6749", "2.3.1", "client_secret_post works for a client registered for it")
async def test_a_client_authenticates_in_the_body(world: World) -> None:
    await world.add_client("poster", token_endpoint_auth_method="client_secret_post")
    assert refusal(await use(world, client_id="poster", client_secret=SECRET)) == AUTHENTICATED
    assert refusal(await use(world, client_id="poster", client_secret=SECRET + "x")) == REFUSED


@pytest.mark.spec("RFC 6749", "3.2.1", "a public client names itself with client_id")
async def test_a_public_client_names_itself(world: World) -> None:
    await world.add_client("app", secret=None)
    assert refusal(await use(world, client_id="app")) == AUTHENTICATED


@pytest.mark.spec("RFC 6749", "2.3", "a client uses no more than one method per request")
async def test_two_methods_at_once_are_refused(world: World) -> None:
    answer = await use(world, headers=basic("photo-print", SECRET), client_id="photo-print", client_secret=SECRET)
    assert refusal(answer) == (400, "invalid_request")


async def test_client_id_may_be_repeated_beside_the_header_if_it_is_the_same(world: World) -> None:
    header = basic("photo-print", SECRET)
    assert refusal(await use(world, headers=header, client_id="photo-print")) == AUTHENTICATED
    assert refusal(await use(world, headers=header, client_id="photos")) == (400, "invalid_request")


@pytest.mark.spec("RFC 6749", "5.2", "a failed authentication is 401 with WWW-Authenticate for the scheme used")
@pytest.mark.parametrize(
    "header",
    [
        *[basic("photo-print", secret)["authorization"] for secret in ("wrong", "", SECRET[:-1], SECRET + " ")],
        basic("nobody", SECRET)["authorization"],
        basic("", "")["authorization"],
        "Basic",
        "Basic ",
        "Basic ====",
        "Basic not+base64!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"photo-print:\xff").decode(),
        "Basic " + base64.b64encode(f"photo-print:{SECRET}%00".encode()).decode(),
        "Basic " + base64.b64encode(f"photo-print:{SECRET}%zz".encode()).decode(),
        "Basic " + "QQ" * 4000,
        "Bearer " + "a" * 40,
        "Digest username=photo-print",
        "",
    ],
    ids=lambda header: f"{header[:30]}({len(header)})",
)
async def test_bad_credentials_get_401_and_a_challenge(world: World, header: str) -> None:
    response = await use(world, headers={"authorization": header})
    assert refusal(response) == REFUSED
    assert response.headers["www-authenticate"].startswith("Basic realm=")
    assert response.headers["cache-control"] == "no-store"


async def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(world: World) -> None:
    answers = [
        await use(world, headers=basic("photo-print", "wrong")),
        await use(world, headers=basic("nobody", "wrong")),
        await use(world, client_id="nobody", client_secret="wrong"),
        await use(world, client_id="photo-print", client_secret="wrong"),
        await use(world, client_id="nobody"),
        await use(world, client_id="photo-print"),
    ]
    assert len({(answer.status_code, answer.text, answer.headers["www-authenticate"]) for answer in answers}) == 1


@pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
async def test_the_secret_counts_in_the_header_and_in_the_body_but_not_without_it(
    world: World, registered: str
) -> None:
    await world.add_client("strict", token_endpoint_auth_method=registered)
    by_basic = refusal(await use(world, headers=basic("strict", SECRET)))
    by_post = refusal(await use(world, client_id="strict", client_secret=SECRET))
    by_none = refusal(await use(world, client_id="strict"))
    assert (by_basic, by_post, by_none) == (AUTHENTICATED, AUTHENTICATED, REFUSED)


@pytest.mark.spec("RFC 9700", "2.5", "only the registered method is accepted")
@pytest.mark.parametrize("registered", ["client_secret_jwt", "private_key_jwt", "none"])
async def test_a_client_registered_for_another_method_cannot_fall_back_to_a_secret(
    world: World, registered: str
) -> None:
    await world.add_client("strict", token_endpoint_auth_method=registered)
    assert refusal(await use(world, headers=basic("strict", SECRET)))[0] == REFUSED[0]
    assert refusal(await use(world, client_id="strict", client_secret=SECRET))[0] == REFUSED[0]


async def test_a_public_client_has_no_secret_to_present(world: World) -> None:
    await world.add_client("app", secret=None)
    assert refusal(await use(world, client_id="app", client_secret="anything")) == REFUSED
    assert refusal(await use(world, headers=basic("app", ""))) == REFUSED


async def test_an_empty_secret_in_the_body_is_no_secret(world: World) -> None:
    assert refusal(await use(world, client_id="photo-print", client_secret="")) == REFUSED


async def test_old_and_new_secret_are_both_good_until_the_old_one_expires(world: World) -> None:
    secrets = (
        secret_of(world, "rotating", "old-secret", expires_at=world.clock.now + 60),
        secret_of(world, "rotating", "new-secret"),
    )
    await world.add_client("rotating", client_secrets=secrets)
    for secret in ("old-secret", "new-secret"):
        assert refusal(await use(world, headers=basic("rotating", secret))) == AUTHENTICATED
    world.clock.advance(60)
    assert refusal(await use(world, headers=basic("rotating", "old-secret"))) == REFUSED
    assert refusal(await use(world, headers=basic("rotating", "new-secret"))) == AUTHENTICATED


async def test_the_secret_of_one_client_does_not_open_another(world: World) -> None:
    await world.add_client("first", secret="first-secret")
    # Even with the very same stored digest: it is bound to the client it was made for.
    await world.add_client("second", client_secrets=(secret_of(world, "first", "first-secret"),))
    assert refusal(await use(world, headers=basic("second", "first-secret"))) == REFUSED


async def test_a_disabled_client_is_refused(world: World) -> None:
    await world.add_client("gone", disabled_at=world.clock.now)
    assert refusal(await use(world, headers=basic("gone", SECRET))) == REFUSED


@pytest.mark.spec("RFC 6749", "2.3.1", "credentials are never taken from the URL")
@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
async def test_credentials_in_the_url_are_refused(world: World, path: str) -> None:
    query = httpx2.QueryParams(client_id="photo-print", client_secret=SECRET)
    answer = await world.http.post(f"/oauth2/{path}?{query}", data={"token": "x"})
    assert refusal(answer) == (400, "invalid_request")


async def test_secrets_are_not_stored_in_clear(world: World) -> None:
    await world.add_client("quiet", secret="do-not-write-this-down")
    stored = databases.stored_bytes(world.config.database)
    assert b"quiet" in stored
    assert b"do-not-write-this-down" not in stored


async def test_a_wrong_secret_does_not_spend_the_code(world: World) -> None:
    ask = Ask(world)
    code = (await ask.allow(world.browser()))["code"]
    answer = await world.post("/oauth2/token", secret="wrong", grant_type="authorization_code", code=code)
    assert refusal(answer) == REFUSED
    assert (await ask.redeem(code)).status_code == 200


async def test_what_a_header_proved_once_is_looked_at_again_when_the_client_changes(world: World) -> None:
    header = basic("photo-print", SECRET)
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    await world.add_client(secret="another-secret-0123456789abcdefghijklmnopqrst")
    assert refusal(await use(world, headers=header)) == REFUSED
    await world.add_client()
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    await world.add_client(disabled_at=world.clock.now)
    assert refusal(await use(world, headers=header)) == REFUSED


async def test_what_a_header_proved_once_ends_with_its_secret(world: World) -> None:
    secrets = (secret_of(world, "photo-print", SECRET, expires_at=world.clock.now + 60),)
    await world.add_client(client_secrets=secrets)
    header = basic("photo-print", SECRET)
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    world.clock.advance(59)
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    world.clock.advance(1)
    assert refusal(await use(world, headers=header)) == REFUSED


async def test_what_a_header_proved_once_does_not_cover_a_second_method(world: World) -> None:
    header = basic("photo-print", SECRET)
    assert refusal(await use(world, headers=header)) == AUTHENTICATED
    assert refusal(await use(world, headers=header, client_secret=SECRET)) == (400, "invalid_request")
    assert refusal(await use(world, headers=header, client_id="photos")) == (400, "invalid_request")
    assert refusal(await use(world, headers=header, client_id="photo-print")) == AUTHENTICATED
