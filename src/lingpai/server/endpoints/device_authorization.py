"""Device authorization: a device without keyboard or browser gets a code for itself and one for its person.

Owns the request and its answer, and how many devices may wait at once: anybody may ask in the name of a public client,
and what waits is a row. Leaves the two codes' life to ``storage.device_codes``.

Spec: RFC 8628 §3.1; RFC 8628 §3.2
"""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.oauth.errors import InvalidScope, OAuthError, TemporarilyUnavailable
from lingpai.oauth.names import DEVICE_CODE
from lingpai.oauth.params import Params
from lingpai.server.authorization.user_code import new_user_code, show_user_code
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import check_no_query, client_address, json_response, read_form, remember_client
from lingpai.server.policy import check_grant_type, check_resource, is_confidential, scope_to_ask
from lingpai.server.rate_limit import network_of
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.records import Client, DeviceCode
from lingpai.server.tokens.catalog import Catalog

_TRIES = 2
_RETRY_AFTER_S = 60


class TooManyDevices(TemporarilyUnavailable):
    """As many devices wait as may. Spec: RFC 6585 §4"""

    status = 429


class DeviceLimits(Struct, frozen=True):
    """How long a device waits, how often it asks, and how many wait at once."""

    lifetime_s: int
    interval_s: int
    per_client: int
    per_network: int
    """Only for clients without credentials: one that has some answers for itself, from however few machines."""


class DeviceAuthorizationEndpoint:
    """``POST /oauth2/device_authorization``."""

    def __init__(
        self,
        client_auth: ClientAuthentication,
        dpop: DpopCheck,
        catalog: Catalog,
        device_codes: DeviceCodes,
        clock: Clock,
        *,
        verification_uri: str,
        limits: DeviceLimits,
    ) -> None:
        self._client_auth = client_auth
        self._dpop = dpop
        self._catalog = catalog
        self._device_codes = device_codes
        self._clock = clock
        self._verification_uri = verification_uri
        self._limits = limits

    async def handle(self, request: Request) -> Response:
        """The two codes, or the error of RFC 6749 §5.2. Spec: RFC 8628 §3.2"""
        now = self._clock()
        try:
            response = await self._begin(request, now)
        except OAuthError as error:
            response = refuse(request, error)
            if isinstance(error, TooManyDevices):
                response.headers["retry-after"] = str(_RETRY_AFTER_S)
        self._dpop.offer_nonce(request, response, now)
        return response

    async def _begin(self, request: Request, now: int) -> Response:
        check_no_query(request)
        params = await read_form(request)
        header = request.headers.get("authorization")
        client = await self._client_auth.authenticate(header, params, now, path=paths.DEVICE_AUTHORIZATION)
        remember_client(request, client)
        check_grant_type(client, DEVICE_CODE)
        jkt = await self._dpop.jkt(request, paths.DEVICE_AUTHORIZATION, now)
        secret = new_secret()
        network = "" if is_confidential(client) else network_of(client_address(request))
        code = self._code(client, params, secret=secret, jkt=jkt, network=network, now=now)
        return json_response(msgspec.json.encode(self._answer(secret, await self._record(code))))

    def _code(self, client: Client, params: Params, *, secret: str, jkt: str, network: str, now: int) -> DeviceCode:
        scope = scope_to_ask(client, params.get("scope"))
        if not scope:
            raise InvalidScope("scope is missing, and this client has no registered scope to stand for it")
        resource = params.get_all("resource")
        check_resource(client, resource)
        self._catalog.check_resources(resource)
        return DeviceCode(
            digest=digest(secret),
            user_code=new_user_code(),
            client_id=client.client_id,
            scope=str(scope),
            resource=resource,
            jkt=jkt,
            network=network,
            created_at=now,
            expires_at=now + self._limits.lifetime_s,
            interval_s=self._limits.interval_s,
        )

    async def _record(self, code: DeviceCode) -> DeviceCode:
        """The code once it is kept; with another user code if somebody has that one."""
        limits = self._limits
        for _ in range(_TRIES):
            if await self._device_codes.record(code, per_client=limits.per_client, per_network=limits.per_network):
                return code
            code = msgspec.structs.replace(code, user_code=new_user_code())
        raise TooManyDevices("too many devices are waiting for an answer; try again later")

    def _answer(self, secret: str, code: DeviceCode) -> dict[str, object]:
        shown = show_user_code(code.user_code)
        return {
            "device_code": secret,
            "user_code": shown,
            "verification_uri": self._verification_uri,
            "verification_uri_complete": f"{self._verification_uri}?user_code={shown}",
            "expires_in": self._limits.lifetime_s,
            "interval": self._limits.interval_s,
        }
