"""Pushed authorization requests: the client proves itself and has the request checked before any browser is involved.

Spec: RFC 9126 §2
"""

from collections.abc import Collection

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import equal
from lingpai.oauth.errors import InvalidDpopProof, InvalidRequest, OAuthError
from lingpai.oauth.params import encode_params, parse_params
from lingpai.server.authorization.checks import PROMPTS, parse
from lingpai.server.authorization.pushed import LIFETIME_S, PushedRequests
from lingpai.server.authorization.request import NotProven, identify
from lingpai.server.authorization.request_object import RequestObjects
from lingpai.server.client_auth import ClientAuthentication
from lingpai.server.clock import Clock
from lingpai.server.endpoints import paths
from lingpai.server.endpoints.dpop import DpopCheck
from lingpai.server.endpoints.token import refuse
from lingpai.server.http import check_no_query, json_response, read_form, remember_client
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.id_token import IdTokens


class ParEndpoint:
    """``POST /oauth2/par``."""

    def __init__(
        self,
        client_auth: ClientAuthentication,
        dpop: DpopCheck,
        catalog: Catalog,
        id_tokens: IdTokens,
        pushed: PushedRequests,
        request_objects: RequestObjects,
        clock: Clock,
        *,
        prompts: Collection[str] = PROMPTS,
    ) -> None:
        self._prompts = prompts
        self._client_auth = client_auth
        self._dpop = dpop
        self._catalog = catalog
        self._id_tokens = id_tokens
        self._pushed = pushed
        self._request_objects = request_objects
        self._clock = clock

    async def handle(self, request: Request) -> Response:
        """201 with a ``request_uri``, or the error the authorization endpoint would have given. Spec: RFC 9126 §2.3"""
        now = self._clock()
        try:
            response = await self._push(request, now)
        except OAuthError as error:
            response = refuse(request, error)
        except NotProven as error:
            refused = InvalidRequest("redirect_uri is missing or is not one registered for this client")
            response = refuse(request, refused)
            request.scope["lingpai.detail"] = error.reason
        self._dpop.offer_nonce(request, response, now)
        return response

    async def _push(self, request: Request, now: int) -> Response:
        check_no_query(request)
        params = await read_form(request)
        header = request.headers.get("authorization")
        client = await self._client_auth.authenticate(header, params, now, path=paths.PAR)
        remember_client(request, client)
        jkt = await self._dpop.jkt(request, paths.PAR, now)
        if "request_uri" in params:
            raise InvalidRequest("request_uri cannot be pushed")
        encoded = encode_params(params.items())
        if "request" in params:
            encoded = await self._request_objects.open(client, params.require("request"), now)
            params = parse_params(encoded)
        identified = identify(encoded, client)
        checked = parse(
            identified,
            params,
            catalog=self._catalog,
            id_tokens=self._id_tokens,
            browser=b"",
            now=now,
            was_pushed=True,
            prompts=self._prompts,
        )
        if jkt:
            # A proof here binds the code as dpop_jkt would. Spec: RFC 9449 §10.1
            if checked.jkt and not equal(checked.jkt, jkt):
                raise InvalidDpopProof("dpop_jkt is not the key of the DPoP proof")
            checked = msgspec.structs.replace(checked, jkt=jkt)
        body = {"request_uri": self._pushed.push(checked), "expires_in": LIFETIME_S}
        return json_response(msgspec.json.encode(body), 201)
