"""Watches requests go by: counts them per application and day, and keeps what its team may know of those refused.

Owns what is kept of a refusal: values of parameters that are no secrets, from a list; of all others the name alone.
Nothing here costs a request a statement: numbers and refusals wait in memory, within bounds, until they are written
together. What a process that is killed had not written is lost, which no decision depends on.

The application's table fills the scope of a request with what is read here: ``lingpai.client_id`` (proven),
``lingpai.outcome`` and ``lingpai.description`` (of a refusal), ``lingpai.dialect`` (a refusal in another one than the
standard's), ``lingpai.counted``, ``lingpai.form`` (the raw body).
"""

from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from lingpai.oauth.errors import InvalidClient
from lingpai.server.client_auth.secret import read_basic
from lingpai.server.clock import Clock
from lingpai.server.portal.trials import ON_TRIAL
from lingpai.server.redaction import redact
from lingpai.server.storage.observations import Observations
from lingpai.server.storage.portal_records import Refusal, UsageKind

SHOWN = (
    *("response_type", "client_id", "redirect_uri", "scope", "response_mode", "code_challenge_method", "prompt"),
    *("display", "max_age", "ui_locales", "acr_values", "resource", "audience", "grant_type", "token_type_hint"),
    *("requested_token_type", "subject_token_type", "oauth_consumer_key", "fmt", "format", "need_openid", "unionid"),
)
"""Parameters whose values are no secrets."""
HIDDEN = (
    *(
        "state",
        "nonce",
        "code",
        "code_challenge",
        "code_verifier",
        "client_secret",
        "client_assertion",
        "refresh_token",
    ),
    *(
        "request",
        "request_uri",
        "login_hint",
        "id_token_hint",
        "claims",
        "token",
        "device_code",
        "username",
        "password",
    ),
    *("assertion", "subject_token", "actor_token", "dpop_jkt", "access_token", "openid"),
)
"""Parameters of which only the name is kept. One that stands in neither list is not kept at all."""

_COUNTED: Mapping[str, UsageKind] = {"/oauth2/token": "tokens", "/oauth2.0/token": "tokens"}
_EXPLAINED = ("/oauth2/", "/oauth2.0/", "/consent", "/device")
# Answers that belong to a flow that works.
_USUAL = frozenset(
    {"authorization_pending", "slow_down", "use_dpop_nonce", "login_required", "consent_required", "access_denied"}
)
_VALUE_LIMIT_CHARS = 512
_WAITING_LIMIT = 2_000
_REFUSED_CLIENTS_LIMIT = 200
_PER_CLIENT_LIMIT = 10
_DAY_S = 86_400
_INTERVAL_S = 5
_ERROR = 500
_BAD_REQUEST = 400


class Observer:
    """Takes note of requests; whoever runs the server calls ``write_due`` again and again."""

    def __init__(self, rows: Observations, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._numbers: dict[tuple[str, UsageKind], int] = {}
        self._refusals: dict[str, list[Refusal]] = {}
        self._written_at = clock()

    def note(self, scope: MutableMapping[str, Any], endpoint: str, status: int, reference: str) -> None:
        """One request has been answered."""
        client_id, code = scope.get("lingpai.client_id"), scope.get("lingpai.outcome")
        if status < _BAD_REQUEST and code is None:
            kind = scope.get("lingpai.counted") or _COUNTED.get(endpoint)
            if kind is not None and client_id is not None:
                self._count(client_id, kind)
        elif endpoint.startswith(_EXPLAINED) or "lingpai.dialect" in scope:
            self._note_failure(scope, endpoint, status, reference)

    async def write_due(self) -> None:
        """Write what waits, if it has waited for some seconds. Raises ``StorageUnavailable``."""
        if self._clock() - self._written_at >= _INTERVAL_S:
            self._written_at = self._clock()
            await self.write_waiting()

    async def write_waiting(self) -> None:
        """Write what waits, as one transaction. Raises ``StorageUnavailable``; then the numbers wait on."""
        if not self._numbers and not self._refusals:
            return
        numbers, refusals = self._numbers, self._refusals
        self._numbers, self._refusals = {}, {}
        now = self._clock()
        day = now - now % _DAY_S
        try:
            await self._rows.record({(client_id, day, kind): n for (client_id, kind), n in numbers.items()}, refusals)
        except Exception:
            for (client_id, kind), number in numbers.items():
                self._count(client_id, kind, number)
            raise

    async def get_refusal(self, client_id: str, reference: str) -> Refusal | None:
        """The refusal, written or not yet."""
        waiting = next((r for r in self._refusals.get(client_id, ()) if r.reference == reference), None)
        return waiting or await self._rows.get_refusal(client_id, reference)

    def _note_failure(self, scope: MutableMapping[str, Any], endpoint: str, status: int, reference: str) -> None:
        code, description = scope.get("lingpai.outcome") or "", scope.get("lingpai.description") or ""
        sent = _parameters(scope)
        client_id = scope.get("lingpai.client_id") or _claimed_client_id(scope, sent)
        if not client_id or (code in _USUAL and description != ON_TRIAL):
            return
        if status >= _ERROR:
            self._count(client_id, "errors")
        elif code:
            self._count(client_id, "refusals")
            refusal = Refusal(
                client_id=client_id,
                reference=reference,
                at=self._clock(),
                endpoint=endpoint,
                code=code,
                description=description,
                sent={name: _shown(sent[name]) for name in SHOWN if name in sent},
                hidden=tuple(name for name in HIDDEN if name in sent),
                method=_method(scope, sent),
            )
            self._keep(refusal)

    def _keep(self, refusal: Refusal) -> None:
        # A flood of refusals, in one name or in many, must fill neither memory nor the disk's working day.
        waiting = self._refusals.get(refusal.client_id)
        if waiting is None:
            if len(self._refusals) < _REFUSED_CLIENTS_LIMIT:
                self._refusals[refusal.client_id] = [refusal]
            return
        waiting.append(refusal)
        del waiting[:-_PER_CLIENT_LIMIT]

    def _count(self, client_id: str, kind: UsageKind, number: int = 1) -> None:
        key = (client_id, kind)
        if key in self._numbers or len(self._numbers) < _WAITING_LIMIT:
            self._numbers[key] = self._numbers.get(key, 0) + number


def _parameters(scope: Mapping[str, Any]) -> dict[str, str]:
    """Whatever can be read, of a request that may be broken in any way; the first of each name, the form's before the
    query's.
    """
    found: dict[str, str] = {}
    for encoded in (scope.get("lingpai.form") or b"", scope.get("query_string") or b""):
        try:
            pairs = parse_qsl(encoded[:65_536].decode("latin-1"), errors="replace", max_num_fields=200)
        except ValueError:
            continue
        found = dict(reversed(pairs)) | found
    return found


def _claimed_client_id(scope: Mapping[str, Any], sent: Mapping[str, str]) -> str:
    """Who the request says it is, unproven: it only decides whose list the refusal stands in."""
    claimed = sent.get("client_id") or sent.get("oauth_consumer_key") or ""
    if not claimed:
        try:
            claimed = read_basic(_authorization(scope))[0]
        except InvalidClient:
            return ""
    return claimed if len(claimed) <= 128 and claimed.isascii() and claimed.isprintable() else ""


def _authorization(scope: Mapping[str, Any]) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


def _method(scope: Mapping[str, Any], sent: Mapping[str, str]) -> str:
    """How the client tried to prove who it is."""
    scheme = _authorization(scope).partition(" ")[0].lower()
    if scheme == "basic":
        return "client_secret_basic"
    if "client_secret" in sent:
        return "client_secret_post"
    return "client_assertion" if "client_assertion" in sent else ""


def _shown(value: str) -> str:
    """A value as the team reads it; what looks like one of our secrets is masked even where none belongs."""
    return str(redact({"value": value[:_VALUE_LIMIT_CHARS]})["value"])
