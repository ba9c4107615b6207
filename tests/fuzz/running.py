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
from tests.attack.scene import Loot, collect
from tests.device import DEVICE_CODE, add_tv
from tests.fuzz.inputs import as_bytes, bounded_time, written
from tests.proofs import Prover
from tests.wire import FORM, send
from tests.world import CALLBACK, PHOTOS, World

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
PARTNER = "https://partner.test"
CLIENT, SIGNER = "photo-print", "signer"

_SCOPE = "openid profile email offline_access get_user_info list_album read_signed"
_GRANT_TYPES = (
    *("authorization_code", "refresh_token", "client_credentials", "password"),
    *(TOKEN_EXCHANGE, JWT_BEARER, DEVICE_CODE),
)
_SETTINGS: dict[str, Any] = {
    "registration": "open",
    "registrations_per_address": 10**9,
    "sign_in_attempts_per_account": 10**9,
    "sign_in_attempts_per_address": 10**9,
}
_NEW_EVERY = 500

Headers = list[tuple[str, str | bytes]]


class Running:
    """The server in a loop of its own, so that plain tests can call it."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.prover = Prover()
        self.world = self._runner.run(World.open(folder, **_SETTINGS))
        self._runner.run(self._fill())
        self.loot = self._collect()
        self._sent = 0
        server = self.world.server
        self.paths = sorted({**protocol_routes(server), **browser_routes(server)})

    def close(self) -> None:
        """Stop it."""
        self._runner.run(self.world.close())
        self._runner.close()

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One request. Whatever it is, the answer is no failure of the server and comes soon."""
        self._sent += 1
        if self._sent % _NEW_EVERY == 0:  # what was redeemed, replayed or revoked opens nothing any more
            self.loot = self._collect()
        with bounded_time():
            response = self._runner.run(send(self.world.server.app, method, path, **request))
        assert response.status_code < 500, (response.status_code, response.text[:500])
        return response

    def post(self, path: str, form: Mapping[str, str], headers: Headers) -> httpx2.Response:
        """A form, decodable or not."""
        body = urlencode({as_bytes(name): as_bytes(value) for name, value in form.items()}).encode()
        return self.send("POST", path, body=body, headers=[FORM, *headers])

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """A JWT of the one key everybody here has."""
        return self.prover.sign(".".join(b64.encode(as_bytes(written(part))) for part in (header, claims)))

    @property
    def cookies(self) -> tuple[str, str]:
        """Of somebody who is signed in."""
        return "cookie", "; ".join(f"lingpai_{name}={self.loot.cookie(name)}" for name in ("session", "browser"))

    def forms(self) -> dict[str, dict[str, str]]:
        """Path -> one or several good forms, by a name that ends in the path."""
        loot, client = self.loot, {"client_id": CLIENT}
        csrf = {"csrf_token": loot.csrf_token}
        authorize = client | {
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid list_album",
            "state": "s",
            "nonce": "n",
            "code_challenge": "A" * 43,
            "code_challenge_method": "S256",
            "prompt": "none",
            "max_age": "60",
            "claims": '{"userinfo":{"email":null}}',
            "ui_locales": "zh-CN",
            "login_hint": "x",
            "acr_values": "1",
            "response_mode": "query",
            "resource": PHOTOS,
            "dpop_jkt": "A" * 43,
            "request": "x",
            "id_token_hint": loot.signed_token,
            "display": "page",
            "request_uri": "urn:x",
        }
        redeem = {"code": loot.code, "redirect_uri": CALLBACK, "code_verifier": loot.ask.code_verifier}
        exchange = {"subject_token": loot.access_token, "subject_token_type": ACCESS_TOKEN, "resource": PHOTOS}
        return {
            "/oauth2/authorize": authorize,
            "/oauth2/par": authorize,
            "code /oauth2/token": {"grant_type": "authorization_code", **redeem},
            "refresh /oauth2/token": {"grant_type": "refresh_token", "refresh_token": loot.refresh_token, "scope": "x"},
            "exchange /oauth2/token": {"grant_type": TOKEN_EXCHANGE, **exchange, "actor_token": loot.signed_token},
            "device /oauth2/token": {"grant_type": DEVICE_CODE, "device_code": loot.code},
            "password /oauth2/token": {"grant_type": "password", "username": "zhangsan", "password": "x"},
            "machine /oauth2/token": {"grant_type": "client_credentials", "scope": "list_album", "resource": PHOTOS},
            "/oauth2/device_authorization": {"scope": "list_album", "resource": PHOTOS},
            "/oauth2/introspect": {"token": loot.access_token, "token_type_hint": "access_token"},
            "/oauth2/revoke": {"token": "lpr_00", "token_type_hint": "refresh_token"},
            "/oauth2/userinfo": {"access_token": loot.access_token},
            "/oauth2/end_session": {"id_token_hint": loot.signed_token, **client, "state": "s", "logout_hint": "x"},
            "/sign-in": csrf | {"username": "zhangsan", "password": "x", "request": loot.pending},
            "/select-account": csrf | {"account": "x", "request": loot.pending},
            "/consent": csrf | {"scope": "list_album", "lifetime": "30d", "decision": "allow", "request": loot.pending},
            "/device": csrf | {"user_code": "BCDF-GHJK", "request": loot.pending},
            "/device/confirm": csrf | {"scope": "list_album", "lifetime": "30d", "decision": "x", "request": "x"},
            "/account/grants": csrf | {"action": "end", "client_id": CLIENT},
            "/language": csrf | {"locale": "en", "page": "consent", "request": loot.pending},
        }

    def _collect(self) -> Loot:
        loot = self._runner.run(collect(self.world))
        self._runner.run(self.world.add_client(CLIENT, scope=_SCOPE, grant_types=_GRANT_TYPES, legacy=True))
        return loot

    async def _fill(self) -> None:
        world = self.world
        jwks: dict[str, object] = {"keys": [self.prover.jwk]}
        await world.add_client(
            SIGNER, secret=None, jwks=jwks, token_endpoint_auth_method="private_key_jwt", scope=_SCOPE
        )
        await add_tv(world)
        partner = TrustedIssuer(issuer=PARTNER, jwks=jwks, client_ids=(CLIENT,), scope="list_album")
        await world.server.store.trusted_issuers.put(partner)
