"""Whatever fits the API's own description, or nearly, it answers with something it describes, never with a failure."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from lingpai.server.tokens.admin_scopes import ADMIN_READ, ADMIN_WRITE, admin_catalog
from tests.world import ISSUER, World

_OPENAPI = "/admin/api/v1/openapi.json"
# The application and its database live in one fixture for all inputs: that is the point.
_bounded = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None
)


class _Running:
    """The server in a loop of its own, so that plain tests can call it."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.world = self._runner.run(World.open(folder))
        self.token = self._runner.run(self._token())

    async def _token(self) -> str:
        world = self.world
        server, scopes = admin_catalog(ISSUER)
        await world.server.store.catalog.put_resource_server(server)
        for scope in scopes:
            await world.server.store.catalog.put_scope(scope)
        await world.server.catalog.reload()
        await world.add_client("ops", grant_types=("client_credentials",), scope=f"{ADMIN_READ} {ADMIN_WRITE}")
        answer = await world.post("/oauth2/token", client="ops", grant_type="client_credentials")
        token: str = answer.json()["access_token"]
        return token

    def send(self, case: Any) -> Any:
        """The answer to a request schemathesis made."""
        given_ = case.as_transport_kwargs(base_url=ISSUER)
        headers = {name: str(value) for name, value in dict(given_.get("headers") or {}).items()}
        headers = {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}
        headers["authorization"] = f"Bearer {self.token}"
        body = {name: given_[name] for name in ("params", "json", "data") if given_.get(name) is not None}
        if isinstance(body.get("data"), bytes | str):
            body["content"] = body.pop("data")
        request = self.world.http.request(given_["method"], given_["url"], headers=headers, **body)
        return self._runner.run(_awaited(request))

    def document(self) -> dict[str, Any]:
        """The description."""
        answer = self._runner.run(_awaited(self.world.http.get(_OPENAPI)))
        document: dict[str, Any] = answer.json()
        return document

    def close(self) -> None:
        """Stop it."""
        self._runner.run(self.world.close())
        self._runner.close()


async def _awaited(request: Any) -> Any:
    return await request


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Running]:
    running = _Running(tmp_path_factory.mktemp("api"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def operations(running: _Running) -> list[Any]:
    schema = schemathesis.openapi.from_dict(running.document())
    return [cast("Any", result).ok() for result in schema.get_all_operations()]


def _ask(running: _Running, operation: Any) -> None:
    @_bounded
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = running.send(case)
        assert answer.status_code < 500, f"{operation.label}: {answer.status_code} {answer.text}"

    ask()


def test_no_request_that_fits_the_description_is_a_failure(running: _Running, operations: list[Any]) -> None:
    assert len(operations) >= 30
    for operation in operations:
        _ask(running, operation)
