"""QQ Connect's authorization endpoint: checks the request in the dialect, then goes the way of every other request.

Who asks and where the answer goes is proven first; until then a refusal is a page that shows its number and leads
nowhere.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.dialects.qq_errors import BAD_REQUEST
from lingpai.oauth.errors import OAuthError
from lingpai.oauth.params import Params
from lingpai.oauth.response_mode import Redirect
from lingpai.server.authorization import qq
from lingpai.server.authorization.pending import PendingRequests
from lingpai.server.authorization.qq import Refused
from lingpai.server.authorization.request import AuthorizationRequest
from lingpai.server.clock import Clock
from lingpai.server.endpoints.qq import paths
from lingpai.server.endpoints.qq.answers import note_refusal
from lingpai.server.endpoints.qq.params import read_params
from lingpai.server.http import Cookies, remember_client
from lingpai.server.storage.clients import Clients

_SEE_OTHER = 303
_PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class QqAuthorizeEndpoint:
    """``GET`` and ``POST /oauth2.0/authorize``, ``/moc2/authorize``."""

    def __init__(
        self,
        clients: Clients,
        pending: PendingRequests,
        cookies: Cookies,
        clock: Clock,
        *,
        refused_page: Callable[[Request, Refused], Awaitable[Response]],
        resume: Callable[[str], str],
    ) -> None:
        self._clients = clients
        self._pending = pending
        self._cookies = cookies
        self._clock = clock
        self._refused_page = refused_page
        self._resume = resume

    async def get(self, request: Request) -> Response:
        """From this browser."""
        return await self._check(request, self._cookies.browser(request) or new_secret())

    async def post(self, request: Request) -> Response:
        """From a form of another site, which comes without our cookies: the browser is bound at the next step."""
        return await self._check(request, "")

    async def _check(self, request: Request, browser: str) -> Response:
        try:
            params = await read_params(request)
            authorization_request = await self._parse(request, params, digest(browser) if browser else b"")
        except Refused as refused:
            return await self._refuse(request, refused)
        except OAuthError as error:
            return await self._refuse(request, Refused(BAD_REQUEST, error.description))
        response = _see_other(self._resume(self._pending.seal(authorization_request)))
        if browser and self._cookies.browser(request) != browser:
            self._cookies.set_browser(response, browser)
        return response

    async def _parse(self, request: Request, params: Params, browser: bytes) -> AuthorizationRequest:
        client_id = params.get("client_id")
        client = qq.check_client(await self._clients.get(client_id) if client_id else None, client_id)
        remember_client(request, client)
        mobile = request.scope["path"] == paths.WAP_AUTHORIZE
        return qq.parse(client, params, browser=browser, now=self._clock(), mobile=mobile)

    async def _refuse(self, request: Request, refused: Refused) -> Response:
        note_refusal(request, refused.number, refused.text)
        if refused.reply_to is None:
            return await self._refused_page(request, refused)
        answer = qq.refusal(refused, refused.reply_to)
        assert isinstance(answer, Redirect)  # noqa: S101 - the dialect knows no other way
        return _see_other(answer.location)


def _see_other(location: str) -> Response:
    return RedirectResponse(location, _SEE_OTHER, _PRIVATE)
