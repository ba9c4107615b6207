"""Registration over HTTP: an application registers itself, and looks at, changes and ends its registration.

The client configuration endpoint is the same path with ``client_id`` in the query; its address is opaque to clients,
who got it from us. Leaves everything about what is registered to ``registration``.

Spec: RFC 7591 §3; RFC 7592 §2; OpenID Connect Dynamic Client Registration 1.0 §3
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.challenge import write_challenge
from lingpai.oauth.errors import InvalidRequest, InvalidToken, OAuthError
from lingpai.oauth.params import encode_params, parse_params
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import (
    NO_STORE,
    check_no_query,
    client_address,
    json_response,
    read_json_object,
    read_query,
    remember_client,
)
from lingpai.server.registration.metadata import write_metadata
from lingpai.server.registration.registrar import Registered, Registrar, TooManyRegistrations


class RegistrationEndpoint:
    """``POST /oauth2/register``; ``GET``, ``PUT`` and ``DELETE /oauth2/register?client_id=…``."""

    def __init__(self, registrar: Registrar, clock: Clock, *, issuer: str) -> None:
        self._registrar = registrar
        self._clock = clock
        self._issuer = issuer

    async def handle(self, request: Request) -> Response:
        """What is registered, or the error. Spec: RFC 7591 §3.2; RFC 7592 §2"""
        try:
            match request.method:
                case "POST":
                    return await self._register(request)
                case "PUT":
                    return await self._replace(request)
                case "DELETE":
                    return await self._delete(request)
                case _:
                    return await self._read(request)
        except OAuthError as error:
            return self._refuse(request, error)

    async def _register(self, request: Request) -> Response:
        check_no_query(request)
        now, ip = self._clock(), client_address(request)
        admission = await self._registrar.admit(_read_bearer(request), ip=ip, now=now)
        document = await read_json_object(request)
        registered = await self._registrar.register(document, admission, ip=ip, now=now)
        return self._answer(request, registered, 201)

    async def _read(self, request: Request) -> Response:
        registered = await self._registrar.read(_read_client_id(request), _read_bearer(request))
        return self._answer(request, registered, 200)

    async def _replace(self, request: Request) -> Response:
        now, ip = self._clock(), client_address(request)
        client_id, token = _read_client_id(request), _read_bearer(request)
        await self._registrar.read(client_id, token)  # nobody else's body is read
        document = await read_json_object(request)
        registered = await self._registrar.replace(client_id, token, document, ip=ip, now=now)
        return self._answer(request, registered, 200)

    async def _delete(self, request: Request) -> Response:
        now, ip = self._clock(), client_address(request)
        await self._registrar.delete(_read_client_id(request), _read_bearer(request), ip=ip, now=now)
        return Response(status_code=204, headers=NO_STORE)

    def _answer(self, request: Request, registered: Registered, status: int) -> Response:
        """Spec: RFC 7591 §3.2.1; RFC 7592 §3"""
        client = registered.client
        remember_client(request, client)
        query = encode_params([("client_id", client.client_id)])
        body: dict[str, object] = {
            "client_id": client.client_id,
            "client_id_issued_at": client.created_at,
            "registration_access_token": registered.registration_access_token,
            "registration_client_uri": f"{self._issuer}{paths.REGISTER}?{query}",
        }
        if registered.client_secret is not None:
            body |= {"client_secret": registered.client_secret, "client_secret_expires_at": 0}
        return json_response(msgspec.json.encode(body | write_metadata(client)), status)

    def _refuse(self, request: Request, error: OAuthError) -> Response:
        response = refuse(request, error)
        if isinstance(error, InvalidToken):
            # No credentials, no error code. Spec: RFC 6750 §3.1
            said = {"error": error.code, "error_description": error.description}
            sent = "authorization" in request.headers
            response.headers["www-authenticate"] = write_challenge(
                "Bearer", realm=self._issuer, **(said if sent else {})
            )
        if isinstance(error, TooManyRegistrations):
            response.headers["retry-after"] = str(error.retry_after_s)
        return response


def _read_client_id(request: Request) -> str:
    """Whose registration; empty: nobody's."""
    return parse_params(read_query(request)).get("client_id") or ""


def _read_bearer(request: Request) -> str | None:
    """The token in the ``Authorization`` header, or ``None``. Spec: RFC 6750 §2.1"""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise InvalidRequest("the Authorization header must be Bearer with a token, and there once")
    return token.strip()
