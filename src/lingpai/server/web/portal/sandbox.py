"""The sandbox: each flow of an application, step by step, with what goes over the wire."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lingpai.oauth.names import CLIENT_CREDENTIALS, DEVICE_CODE
from lingpai.oauth.params import Params
from lingpai.server.audit import CLIENT_CHANGED, Audit
from lingpai.server.portal.desk import ActRefused, Desk
from lingpai.server.portal.sandbox import MASK, Exchange, Sandbox, Step
from lingpai.server.web.portal.visits import PortalVisits, Sheet
from lingpai.server.web.visit import see_other

_STEPS: tuple[Step, ...] = ("redeem", "refresh", "machine", "device", "poll")
_SHOWN_CHARS = 300


class SandboxPage:
    """``GET`` and ``POST /developer/applications/{client_id}/sandbox``, and its ``/callback``."""

    def __init__(self, visits: PortalVisits, desk: Desk, sandbox: Sandbox, audit: Audit) -> None:
        self._visits = visits
        self._desk = desk
        self._sandbox = sandbox
        self._audit = audit

    async def get(self, request: Request) -> Response:
        """Which flows there are."""
        sheet = await self._visits.open(request)
        return sheet if isinstance(sheet, Response) else self._show(sheet)

    async def get_callback(self, request: Request) -> Response:
        """What the authorization endpoint answered; the code goes on sealed, and is not shown."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        query = request.query_params
        client, account_id = sheet.kept.client, sheet.account.id
        values = self._sandbox.release(query.get("state", ""), account_id, client, sheet.now)
        if values is None:
            return self._show(sheet, problem="stale")
        sent = tuple(
            (name, MASK if name in ("code", "state") else query[name][:_SHOWN_CHARS])
            for name in ("code", "state", "iss", "error", "error_description")
            if name in query
        )
        back = Exchange(method="GET", url=self._sandbox.callback(client.client_id), sent=sent)
        values |= {"code": query["code"]} if "code" in query else {}
        held = self._sandbox.hold(account_id, client, sheet.now, **values) if "code" in query else ""
        return self._show(sheet, came_back=back, next_step="redeem" if held else "", held=held)

    async def post(self, request: Request) -> Response:
        """Begin a flow, or take its next step."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        form = await self._visits.read(sheet.opened)
        if form is None:
            return self._show(sheet, problem="stale")
        action = form.get("action")
        if action == "register":
            return await self._register(sheet)
        if action == "begin":
            url, exchange = self._sandbox.begin(sheet.account.id, sheet.kept.client, sheet.now)
            return self._show(sheet, exchange=exchange, go_to=url)
        step = next((known for known in _STEPS if known == action), None)
        return self._show(sheet, problem="changed") if step is None else await self._walk(sheet, step, form)

    async def _register(self, sheet: Sheet) -> Response:
        """Add the sandbox's own callback to those of the application."""
        client = sheet.kept.client
        uris = dict.fromkeys([*client.redirect_uris, self._sandbox.callback(client.client_id)])
        try:
            await self._desk.set_callbacks(sheet.kept, "\n".join(uris), sheet.account, sheet.now)
        except ActRefused as refused:
            return self._show(sheet, problem=refused.reason)
        return see_other(self._visits.address(sheet, "/sandbox"))

    async def _walk(self, sheet: Sheet, step: Step, form: Params) -> Response:
        client, account_id = sheet.kept.client, sheet.account.id
        values = self._sandbox.release(form.get("held") or "", account_id, client, sheet.now)
        if values is None and step in ("redeem", "refresh", "poll"):
            return self._show(sheet, problem="stale")
        exchange, got = await self._sandbox.walk(
            step, client, values or {}, form.get("client_secret") or "", ip=sheet.opened.ip
        )
        # With a real application's credentials: it is written down who used them.
        await self._audit.record(
            CLIENT_CHANGED,
            now=sheet.now,
            account_id=account_id,
            client_id=client.client_id,
            ip=sheet.opened.ip,
            by="developer portal",
            change=f"sandbox: {step}",
        )
        if step == "poll" and "refresh_token" not in got and values:
            got = got | {name: values[name] for name in ("device_code",) if exchange.status >= 400}
        then = "refresh" if "refresh_token" in got else "poll" if "device_code" in got else ""
        held = self._sandbox.hold(account_id, client, sheet.now, **got) if then else ""
        return self._show(
            sheet,
            exchange=exchange,
            next_step=then,
            held=held,
            user_code=got.get("user_code", ""),
            go_to=got.get("verification_uri_complete", ""),
        )

    def _show(self, sheet: Sheet, *, problem: str = "", **context: Any) -> Response:
        client = sheet.kept.client
        values: dict[str, Any] = {"came_back": None, "exchange": None, "go_to": "", "next_step": "", "held": ""}
        return self._visits.show(
            sheet,
            "/sandbox",
            "sandbox.html",
            problem=problem,
            **(values | {"user_code": ""} | context),
            callback=self._sandbox.callback(client.client_id),
            has_callback=self._sandbox.callback(client.client_id) in client.redirect_uris,
            signs_in=bool(client.response_types),
            is_machine=CLIENT_CREDENTIALS in client.grant_types,
            is_device=DEVICE_CODE in client.grant_types,
            needs_secret=client.token_endpoint_auth_method != "none",
        )
