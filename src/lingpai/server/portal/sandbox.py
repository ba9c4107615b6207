"""Walks each flow of an application against this very server, and shows every request and answer with secrets masked.

Owns the requests a developer's program would send, and what of them is shown. What must be kept between two steps goes
sealed through the developer's own browser. A secret typed in for a step is used and forgotten. Leaves every rule to the
endpoints: the sandbox has no way around any.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import quote_plus, urlencode

from msgspec import Struct

from lingpai.crypto.digest import equal, new_secret
from lingpai.crypto.seal import Purpose, Unsealable
from lingpai.oauth.names import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN
from lingpai.oauth.pkce import code_challenge_s256, new_code_verifier
from lingpai.server.portal.in_process import Answer, AsgiApp, post_form
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.tokens.sealed import open_value, seal_value

HELD = Purpose("sandbox", "lpbox")
MASK = "••••••••"
_LIFETIME_S = 900
_MASKED = frozenset(
    {"code", "code_verifier", "client_secret", "refresh_token", "access_token", "id_token", "device_code", "state"}
)
_SHOWN_HEADERS = ("content-type", "x-request-id", "www-authenticate")

Step = Literal["redeem", "refresh", "machine", "device", "poll"]


class Held(Struct, frozen=True, array_like=True):
    """What one step leaves for the next. Travels sealed, is stored nowhere."""

    account_id: bytes
    client_id: str
    at: int
    values: dict[str, str] = {}


class Exchange(Struct, frozen=True, kw_only=True):
    """A request and its answer as they are shown."""

    method: str
    url: str
    sent: tuple[tuple[str, str], ...]
    authorization: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    reference: str = ""
    """Of a refusal, for its explanation."""


class Sandbox:
    """``app``: the server itself, asked for late because it is built after its pages."""

    def __init__(self, app: Callable[[], AsgiApp], keyring: Keyring, *, issuer: str) -> None:
        self._app = app
        self._keyring = keyring
        self._issuer = issuer

    def callback(self, client_id: str) -> str:
        """Where the sandbox wants its answer: one more callback of the application, which the team registers."""
        return f"{self._issuer}/developer/applications/{client_id}/sandbox/callback"

    def hold(self, account_id: bytes, client: Client, now: int, **values: str) -> str:
        """Keep values for the next step, for this person and application only."""
        held = Held(account_id=account_id, client_id=client.client_id, at=now, values=values)
        return seal_value(self._keyring.current.sealer, HELD, held)

    def release(self, text: str, account_id: bytes, client: Client, now: int) -> dict[str, str] | None:
        """What ``hold`` kept, if it is theirs and not too old."""
        try:
            held = open_value(self._keyring.current.sealer, HELD, text, Held)
        except Unsealable:
            return None
        is_theirs = equal(held.account_id, account_id) and held.client_id == client.client_id
        return held.values if is_theirs and now < held.at + _LIFETIME_S else None

    def begin(self, account_id: bytes, client: Client, now: int) -> tuple[str, Exchange]:
        """The address that begins a sign-in, and how it is made up. Spec: RFC 6749 §4.1.1; RFC 7636 §4.3"""
        verifier, callback = new_code_verifier(), self.callback(client.client_id)
        fields = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": callback,
            "scope": client.scope,
            "state": self.hold(account_id, client, now, code_verifier=verifier),
            "code_challenge": code_challenge_s256(verifier),
            "code_challenge_method": "S256",
            "nonce": new_secret(),
        }
        url = f"{self._issuer}/oauth2/authorize"
        return f"{url}?{urlencode(fields)}", Exchange(method="GET", url=url, sent=_masked(fields))

    async def walk(
        self, step: Step, client: Client, values: Mapping[str, str], secret: str, *, ip: str
    ) -> tuple[Exchange, dict[str, str]]:
        """Take one step; the exchange, and what came back that the next one needs."""
        path = "/oauth2/device_authorization" if step == "device" else "/oauth2/token"
        fields, headers = self._fields(step, client, values), {}
        method = client.token_endpoint_auth_method
        if method == "client_secret_post":
            fields |= {"client_id": client.client_id, "client_secret": secret}
        elif method == "none":
            fields["client_id"] = client.client_id
        else:
            pair = f"{quote_plus(client.client_id)}:{quote_plus(secret)}".encode()
            headers["authorization"] = "Basic " + base64.b64encode(pair).decode()
        answer = await post_form(self._app(), self._issuer + path, fields, headers, ip=ip)
        return _exchange(self._issuer + path, fields, headers, answer), _values(answer)

    def _fields(self, step: Step, client: Client, values: Mapping[str, str]) -> dict[str, str]:
        match step:
            case "redeem":
                return {
                    "grant_type": AUTHORIZATION_CODE,
                    "code": values.get("code", ""),
                    "redirect_uri": self.callback(client.client_id),
                    "code_verifier": values.get("code_verifier", ""),
                }
            case "refresh":
                return {"grant_type": REFRESH_TOKEN, "refresh_token": values.get("refresh_token", "")}
            case "machine":
                return {"grant_type": CLIENT_CREDENTIALS} | ({"scope": client.scope} if client.scope else {})
            case "device":
                return {"scope": client.scope}
            case "poll":
                return {"grant_type": DEVICE_CODE, "device_code": values.get("device_code", "")}


def _exchange(url: str, fields: Mapping[str, str], headers: Mapping[str, str], answer: Answer) -> Exchange:
    shown = tuple((name, value) for name, value in answer.headers if name in _SHOWN_HEADERS)
    return Exchange(
        method="POST",
        url=url,
        sent=_masked(fields),
        authorization=f"Basic {MASK}" if "authorization" in headers else "",
        status=answer.status,
        headers=shown,
        body=_shown_body(answer.body),
        reference=dict(shown).get("x-request-id", "") if answer.status >= 400 else "",
    )


def _masked(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, MASK if name in _MASKED else value) for name, value in fields.items() if value)


def _document(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _shown_body(body: bytes) -> str:
    document = _document(body)
    shown = {name: MASK if name in _MASKED else value for name, value in document.items()}
    return json.dumps(shown, indent=2, ensure_ascii=False) if document else ""


def _values(answer: Answer) -> dict[str, str]:
    wanted = ("refresh_token", "device_code", "user_code", "verification_uri_complete")
    return {name: str(value) for name, value in _document(answer.body).items() if name in wanted}
