"""The admin API: who gets in, that what pages can do it can do, and that a request sent twice is done once."""

from typing import Any

import httpx2
import pytest

from lingpai.oauth.scope import scope_of
from lingpai.server.accounts.roles import ROLES
from lingpai.server.administration.desk import Actor, ActRefused
from lingpai.server.storage.records import Account
from lingpai.server.tokens.admin_scopes import ADMIN_READ, ADMIN_WRITE, admin_catalog
from tests.administration import add_person
from tests.portal import developer
from tests.world import PHOTOS, SECRET, World

V1 = "/admin/api/v1"
TEXTS = {"en": "Maintenance tonight", "zh_CN": "今晚维护"}


async def switch_on(world: World) -> None:
    server, scopes = admin_catalog(world.config.issuer)
    await world.server.store.catalog.put_resource_server(server)
    for scope in scopes:
        await world.server.store.catalog.put_scope(scope)
    await world.server.catalog.reload()


async def token_for(world: World, *scopes: str, client_id: str = "ops") -> str:
    await world.add_client(client_id, grant_types=("client_credentials",), scope=str(scope_of(scopes)))
    answer = await world.post(
        "/oauth2/token", client=client_id, grant_type="client_credentials", scope=" ".join(scopes)
    )
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["access_token"]
    return text


class Api:
    """Requests with one token."""

    def __init__(self, world: World, token: str) -> None:
        self._http = world.http
        self._token = token

    async def ask(self, method: str, path: str, *, key: str = "", **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self._token}"} | ({"idempotency-key": key} if key else {})
        return await self._http.request(method, V1 + path, headers=headers, **more)


@pytest.fixture
async def api(world: World) -> Api:
    await switch_on(world)
    return Api(world, await token_for(world, ADMIN_READ, ADMIN_WRITE))


async def test_without_its_resource_server_there_is_no_api(world: World) -> None:
    answer = await world.http.get(f"{V1}/accounts")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_a_token_it_asks_for_one(world: World) -> None:
    await switch_on(world)
    answer = await world.http.get(f"{V1}/accounts")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_a_token_for_another_audience_is_refused(world: World) -> None:
    await switch_on(world)
    await world.add_client("robot", grant_types=("client_credentials",), scope="list_album")
    answer = await world.post("/oauth2/token", client="robot", grant_type="client_credentials", resource=PHOTOS)
    refused = await Api(world, answer.json()["access_token"]).ask("GET", "/accounts")
    assert refused.status_code == 401
    assert refused.json()["status"] == 401


async def test_reading_is_not_writing(world: World) -> None:
    await switch_on(world)
    reader = Api(world, await token_for(world, ADMIN_READ))
    assert (await reader.ask("GET", "/accounts")).status_code == 200
    account = await _zhangsan(world)
    refused = await reader.ask("POST", f"/accounts/{account.id.hex()}/disable")
    assert refused.status_code == 403
    assert "insufficient_scope" in refused.headers["www-authenticate"]
    assert (await _zhangsan(world)).disabled_at is None


async def test_an_account_is_found_disabled_and_enabled(world: World, api: Api) -> None:
    found = (await api.ask("GET", "/accounts?username=zhang")).json()
    (account,) = found["items"]
    assert account["username"] == "zhangsan"
    assert "password" not in str(account).replace("has_password", "")
    assert (await api.ask("POST", f"/accounts/{account['id']}/disable")).json() == {"done": True}
    assert (await _zhangsan(world)).disabled_at is not None
    assert (await api.ask("POST", f"/accounts/{account['id']}/enable")).status_code == 200
    (event, *_) = (await api.ask("GET", "/audit?limit=1")).json()["items"]
    assert event["event"] == "account_changed"
    assert event["detail"]["by"] == "ops"


async def test_lists_go_on_where_they_stopped(world: World, api: Api) -> None:
    for number in range(5):
        await add_person(world, f"person-{number}", email=f"p{number}@example.com")
    for query in ("username=person", "email=p"):
        seen, after = [], ""
        while True:
            page = (await api.ask("GET", f"/accounts?{query}&limit=2&after={after}")).json()
            seen += [account["username"] for account in page["items"]]
            if page["next"] is None:
                break
            after = page["next"]
        assert seen == [f"person-{number}" for number in range(5)]


async def test_a_password_is_taken_away(world: World, api: Api) -> None:
    account = await add_person(world, "lisi", email="lisi@example.com")
    answer = await api.ask("POST", f"/accounts/{account.id.hex()}/force-reset")
    assert answer.json() == {"done": True, "mail_sent": True}
    changed = await world.server.store.accounts.get(account.id)
    assert changed is not None
    assert changed.password_hash is None


async def test_roles_are_given_and_taken(world: World, api: Api) -> None:
    account = await _zhangsan(world)
    path = f"/accounts/{account.id.hex()}/role"
    assert (await api.ask("PUT", path, json={"role": "support"})).status_code == 200
    assert (await api.ask("GET", "/roles")).json() == {"zhangsan": "support"}
    assert (await api.ask("PUT", path, json={"role": None})).status_code == 200
    assert (await api.ask("GET", "/roles")).json() == {}
    assert (await api.ask("PUT", path, json={"role": "emperor"})).status_code == 422


async def test_an_application_is_disabled_and_gets_a_new_secret(world: World, api: Api) -> None:
    made = (await api.ask("POST", "/clients/photo-print/rotate-secret")).json()
    assert (await world.post("/oauth2/introspect", secret=SECRET, token="x")).status_code == 401
    assert made["client_secret"] != SECRET
    assert (await api.ask("POST", "/clients/photo-print/disable")).status_code == 200
    assert (await api.ask("GET", "/clients/photo-print")).json()["disabled_at"] is not None
    listed = (await api.ask("GET", "/clients?name=photo")).json()["items"]
    assert [client["client_id"] for client in listed] == ["ops", "photo-print", "photos"]  # all called Photo Print
    assert "secret" not in str(listed).replace("client_secret_", "")


async def test_an_application_is_deleted_unless_an_api_is_checked_in_its_name(api: Api) -> None:
    assert (await api.ask("DELETE", "/clients/photo-print")).json() == {"done": True}
    assert (await api.ask("GET", "/clients/photo-print")).status_code == 404
    assert (await api.ask("DELETE", "/clients/photo-print")).status_code == 404
    refused = await api.ask("DELETE", "/clients/photos")
    assert refused.status_code == 409
    assert refused.json()["problems"] == {"client_id": "checks_tokens"}


async def test_a_permission_is_written_in_both_languages_or_not(api: Api) -> None:
    words = {"en": "See your albums", "zh_CN": "查看相册"}
    saved = await api.ask("PUT", "/scopes/albums", json={"descriptions": words, "resource": PHOTOS})
    assert saved.status_code == 200, saved.text
    refused = await api.ask("PUT", "/scopes/albums", json={"descriptions": {"en": "x"}})
    assert refused.status_code == 422
    assert refused.json()["problems"] == {"descriptions.zh_CN": "text"}
    assert (await api.ask("DELETE", "/scopes/albums")).status_code == 200
    assert (await api.ask("DELETE", "/scopes/albums")).status_code == 404


async def test_a_resource_server_with_permissions_stays(api: Api) -> None:
    refused = await api.ask("DELETE", f"/resource-servers?resource={PHOTOS}")
    assert refused.status_code == 409
    body = {"resource": "https://api.example.com", "client_ids": ["nobody"]}
    assert (await api.ask("PUT", "/resource-servers", json=body)).json()["problems"] == {"client_ids": "unknown"}
    body = {"resource": "https://api.example.com", "access_token_format": "at+jwt"}
    assert (await api.ask("PUT", "/resource-servers", json=body)).status_code == 200
    assert (await api.ask("DELETE", "/resource-servers?resource=https://api.example.com")).status_code == 200


async def test_keys_announcements_terms_and_settings(world: World, api: Api) -> None:
    before = (await api.ask("GET", "/keys")).json()["items"]
    assert (await api.ask("POST", "/keys/rotate", json={"use": "sig"})).status_code == 200
    after = (await api.ask("GET", "/keys")).json()["items"]
    assert len(after) == len(before) + 1
    leaked = next(key["kid"] for key in after if key["state"] == "in_use" and key["use"] == "sig")
    assert (await api.ask("DELETE", f"/keys/{leaked}")).status_code == 200
    assert (await api.ask("DELETE", f"/keys/{leaked}")).status_code == 404
    now = world.clock.now
    body = {"texts": TEXTS, "begins_at": now, "ends_at": now + 3600}
    made = (await api.ask("POST", "/announcements", json=body)).json()
    assert (await api.ask("DELETE", f"/announcements/{made['id']}")).status_code == 200
    assert (await api.ask("POST", "/terms", json={"texts": TEXTS})).status_code == 200
    assert (await api.ask("GET", "/terms")).json()["items"][0]["version"] == 1
    settings = (await api.ask("GET", "/settings")).json()
    assert settings["issuer"] == world.config.issuer
    assert settings["smtp_password"] in ("", "set")
    assert (await api.ask("GET", "/overview")).json()["warnings"] == ["no_mail"]


async def test_the_same_key_gives_the_same_answer_and_does_nothing_again(world: World, api: Api) -> None:
    path = "/clients/photo-print/rotate-secret"
    first = await api.ask("POST", path, key="k1")
    second = await api.ask("POST", path, key="k1")
    assert first.json() == second.json()
    assert first.headers["content-type"] == second.headers["content-type"]
    assert (await api.ask("POST", "/clients/photo-print/disable", key="k1")).status_code == 422
    assert (await api.ask("POST", path, key="k" * 256)).status_code == 400
    world.clock.advance(86_400)
    api = Api(world, await token_for(world, ADMIN_WRITE, client_id="ops"))
    assert (await api.ask("POST", path, key="k1")).json() != first.json()


async def test_a_kept_answer_holds_no_secret_in_clear(world: World, api: Api) -> None:
    answer = await api.ask("POST", "/clients/photo-print/rotate-secret", key="k1")
    rows = await world.driver.fetch_all("SELECT sealed FROM idempotency_key")
    assert len(rows) == 1
    assert answer.json()["client_secret"].encode() not in bytes(rows[0][0])


async def test_it_describes_itself(world: World) -> None:
    await switch_on(world)
    document = (await world.http.get(f"{V1}/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert f"{V1}/accounts" in document["paths"]


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/accounts/%00", "/accounts/zz", "/../../etc/passwd"])
async def test_what_is_not_there_is_a_problem_document(api: Api, path: str) -> None:
    answer = await api.ask("GET", path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith(("application/problem+json", "text/html"))


@pytest.mark.parametrize("role", ROLES)
async def test_support_cannot_touch_whoever_has_a_role(world: World, role: Any) -> None:
    account = await add_person(world, "boss", role)
    acts = world.server.administration.accounts
    helper = await add_person(world, "helper", "support")
    with pytest.raises(ActRefused, match="forbidden"):
        await acts.disable(Actor(helper.id.hex(), "support"), account.id, world.clock.now)
    with pytest.raises(ActRefused, match="forbidden"):
        await acts.end_grant(Actor(helper.id.hex(), "support"), account.id, "photo-print", world.clock.now)


async def _zhangsan(world: World) -> Account:
    account = await world.server.store.accounts.get_by_username("zhangsan")
    assert account is not None
    return account


async def test_a_submitted_application_is_approved_as_it_was_seen(world: World, api: Api) -> None:
    one = await developer(world)
    assert (await api.ask("GET", "/reviews")).json()["items"] == []
    await one.hand_in()
    (waiting,) = (await api.ask("GET", "/reviews")).json()["items"]
    assert (waiting["client_id"], waiting["state"], waiting["name"]) == (one.client_id, "submitted", "Prints")
    path = f"/reviews/{one.client_id}"
    assert (await api.ask("POST", path, json={"decision": "approve", "revision": "0.0"})).status_code == 409
    assert (
        await api.ask("POST", path, json={"decision": "changes", "revision": waiting["revision"]})
    ).status_code == 422
    said = await api.ask("POST", path, json={"decision": "comment", "text": "We are on it."})
    assert said.status_code == 200
    decided = await api.ask("POST", path, json={"decision": "approve", "revision": waiting["revision"]})
    assert decided.status_code == 200, decided.text
    assert (await one.kept()).application.state == "approved"
    (latest, comment, *_) = (await api.ask("GET", f"{path}/history")).json()["items"]
    assert (latest["event"], latest["author"], comment["text"]) == ("approved", "ops", "We are on it.")
    assert (await api.ask("GET", "/reviews/nobody")).status_code == 404
