"""The application in process with one of everything it hands out, for requests that are almost right."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2

from lingpai.crypto import b64
from lingpai.server.storage.records import TrustedIssuer
from lingpai.server.wiring.pages import browser_routes
from lingpai.server.wiring.protocol import protocol_routes
from lingpai.server.wiring.qq import qq_routes
from tests.attack.scene import Loot, collect
from tests.device import DEVICE_CODE, add_tv
from tests.fuzz.forms import (
    CLIENT,
    JWT_BEARER,
    TOKEN_EXCHANGE,
    dialect_forms,
    machine_forms,
    page_forms,
    people_forms,
)
from tests.fuzz.inputs import as_bytes, bounded_time, written
from tests.proofs import Prover
from tests.qq import add_qq_client
from tests.wire import FORM, send
from tests.world import World

PARTNER = "https://partner.test"
SIGNER = "signer"

_SCOPE = "openid profile email offline_access get_user_info list_album read_signed"
_GRANT_TYPES = (
    *("authorization_code", "refresh_token", "client_credentials", "password"),
    *(TOKEN_EXCHANGE, JWT_BEARER, DEVICE_CODE),
)
_SETTINGS: dict[str, Any] = {
    "registration": "open",
    "account_registration": "open",
    "identity_providers": {"company": {"issuer": "http://127.0.0.1:9", "client_id": "lobby"}},
    "registrations_per_address": 10**9,
    "sign_in_attempts_per_account": 10**9,
    "sign_in_attempts_per_address": 10**9,
}
_NEW_EVERY = 500
_ANSWER_LIMIT_S = 30

Headers = list[tuple[str, str | bytes]]


class Running:
    """The server in a loop of its own, so that plain tests can call it."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.prover = Prover()
        self.world = self._runner.run(World.open(folder, **_SETTINGS))
        self._runner.run(self._fill())
        self.loot: Loot
        self.renew()
        self._sent = 0
        server = self.world.server
        self.paths = sorted({**protocol_routes(server), **qq_routes(server), **browser_routes(server)})

    def close(self) -> None:
        """Stop it."""
        self._runner.run(self.world.close())
        self._runner.close()

    def renew(self) -> None:
        """Somebody allows everything again, and there is a new one of everything."""
        self.loot = self._runner.run(collect(self.world))
        self._runner.run(self.world.add_client(CLIENT, scope=_SCOPE, grant_types=_GRANT_TYPES, legacy=True))

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One request. Whatever it is, the answer is no failure of the server and comes soon."""
        self._sent += 1
        if self._sent % _NEW_EVERY == 0:  # what was redeemed, replayed or revoked opens nothing any more
            self.renew()
        with bounded_time():
            response = self._runner.run(self._answer(method, path, request))
        assert response.status_code < 500, (response.status_code, response.text[:500])
        return response

    def post(self, path: str, form: Mapping[str, str], headers: Headers) -> httpx2.Response:
        """A form, decodable or not."""
        return self.send("POST", path, body=_encode(form), headers=[FORM, *headers])

    def get(self, path: str, form: Mapping[str, str], headers: Headers) -> httpx2.Response:
        """The same in the address."""
        return self.send("GET", path, query=_encode(form), headers=headers)

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """A JWT of the one key everybody here has."""
        return self.prover.sign(".".join(b64.encode(as_bytes(written(part))) for part in (header, claims)))

    @property
    def cookies(self) -> tuple[str, str]:
        """Of somebody who is signed in."""
        return "cookie", "; ".join(f"lingpai_{name}={self.loot.cookie(name)}" for name in ("session", "browser"))

    def forms(self) -> dict[str, dict[str, str]]:
        """Path -> one or several good forms, by a name that ends in the path."""
        loot = self.loot
        return {**machine_forms(loot), **page_forms(loot), **people_forms(loot), **dialect_forms(loot)}

    async def _answer(self, method: str, path: str, request: dict[str, Any]) -> httpx2.Response:
        async with asyncio.timeout(_ANSWER_LIMIT_S):
            return await send(self.world.server.app, method, path, **request)

    async def _fill(self) -> None:
        world = self.world
        jwks: dict[str, object] = {"keys": [self.prover.jwk]}
        await world.add_client(
            SIGNER, secret=None, jwks=jwks, token_endpoint_auth_method="private_key_jwt", scope=_SCOPE
        )
        await add_tv(world)
        await add_qq_client(world)
        partner = TrustedIssuer(issuer=PARTNER, jwks=jwks, client_ids=(CLIENT,), scope="list_album")
        await world.server.store.trusted_issuers.put(partner)


def _encode(form: Mapping[str, str]) -> bytes:
    return urlencode({as_bytes(name): as_bytes(value) for name, value in form.items()}).encode()
