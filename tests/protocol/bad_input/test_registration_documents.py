"""Registration documents that are wrong from the first byte, and addresses and tokens of nobody."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from lingpai.oauth.metadata import ClientMetadata
from tests.protocol.bad_input.spoil import MALFORMED, encode
from tests.registration import CALLBACK, REGISTER, manage, register, registering_world, stored
from tests.wire import send
from tests.world import World

JSON = ("content-type", "application/json")
BODIES = {
    "nothing": b"",
    "half an object": b'{"redirect_uris": [',
    "two objects": b"{}{}",
    "a list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "a number": b"1",
    "NaN": b'{"default_max_age": NaN}',
    "not UTF-8": b'{"client_name": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nested deeply": b'{"jwks": ' + b"[" * 30_000,
    "a form": b"redirect_uris=https://print.example/callback",
    "1 MB": b'{"client_name": "' + b"x" * 1_000_000 + b'"}',
}
WRONG: tuple[Any, ...] = (7, -1.5, {"a": [None]}, [[]], [1], "\x00", "a\nb", "x" * 9_000)
FIELDS = [field.name for field in msgspec.structs.fields(ClientMetadata)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with registering_world(tmp_path_factory.mktemp("documents"), registrations_per_address=100_000) as opened:
        yield opened


async def answers(world: World, method: str, query: bytes, token: str, body: bytes) -> tuple[int, str]:
    headers = [JSON, *([("authorization", f"Bearer {token}")] if token else [])]
    response = await send(world.server.app, method, REGISTER, query=query, body=body, headers=headers)
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, response.json().get("error", "")


@pytest.mark.spec("RFC 7591", "3.1", "the request is a JSON object")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_what_is_no_json_object_is_refused(open_world: World, body: bytes) -> None:
    answer = await register(open_world)
    token, query = answer["registration_access_token"], encode({"client_id": answer["client_id"]})
    before, clients = await stored(open_world, answer), open_world.rows()["client"]
    expected = (413 if len(body) > 65_536 else 400, "invalid_request")
    assert await answers(open_world, "POST", b"", "", body) == expected
    assert await answers(open_world, "PUT", query, token, body) == expected
    assert await stored(open_world, answer) == before
    assert open_world.rows()["client"] == clients


@pytest.mark.spec("RFC 7591", "3.2.2", "invalid_client_metadata")
@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_of_another_type_is_refused_or_means_nothing_new(open_world: World, field: str) -> None:
    answer = await register(open_world)
    token, query = answer["registration_access_token"], encode({"client_id": answer["client_id"]})
    for wrong in WRONG:
        document = {"client_id": answer["client_id"], "redirect_uris": [CALLBACK], field: wrong}
        status, error = await answers(open_world, "PUT", query, token, msgspec.json.encode(document))
        if (field, wrong) == ("default_max_age", 7):
            assert status == 200
        else:
            assert (status, error.partition("_")[0]) == (400, "invalid"), (field, wrong)


@pytest.mark.spec("RFC 7592", "2", "who is not proven is refused, and told nothing")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("way", MALFORMED)
async def test_a_malformed_address_is_nobodys(open_world: World, method: str, way: str) -> None:
    answer = await register(open_world)
    query = encode({"client_id": answer["client_id"]}, "client_id", MALFORMED[way])
    status, error = await answers(open_world, method, query, answer["registration_access_token"], b"{}")
    assert (status, error) in ((400, "invalid_request"), (401, "invalid_token"))
    assert (await manage(open_world, answer, "GET")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "é", "a b", "lpa_00"])
async def test_a_token_of_nobody_manages_nothing(open_world: World, method: str, token: str) -> None:
    answer = await register(open_world)
    query = encode({"client_id": answer["client_id"]})
    status, error = await answers(open_world, method, query, token, b"{}")
    assert (status, error) in ((400, "invalid_request"), (401, "invalid_token"), (401, ""))
    assert (await manage(open_world, answer, "GET")).status_code == 200
