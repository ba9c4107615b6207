"""Signing in on a device without a browser: the person types a short code on another screen. Pure.

Owns: ``PendingDevice``, what is asked for and how the answer is read, and how long to wait between two questions.
Leaves: the asking to ``operations``.

Spec: RFC 8628 §3.1; RFC 8628 §3.4
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from lingpai.client.client_auth import Pairs
from lingpai.client.errors import TokenError, printable
from lingpai.client.http_request import Storable
from lingpai.client.providers import check_url
from lingpai.client.responses import check_status, json_object
from lingpai.dialects.base import WireBody
from lingpai.oauth.names import DEVICE_CODE

_INTERVAL_S = 5
_SLOWER_S = 5
INTERVAL_LIMIT_S = 300
_LIFETIME_LIMIT_S = 86_400


class PendingDevice(Storable, frozen=True, kw_only=True):
    """A device that waits for its person. Show ``verification_uri`` and ``user_code``; the complete URI as a QR code.

    ``expires_at``: epoch seconds. ``interval_s``: seconds between two questions.
    """

    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_at: int
    interval_s: int
    device_code: str
    issuer: str
    client_id: str
    scope: str
    resource: tuple[str, ...] = ()

    shown = ("issuer", "client_id", "user_code", "verification_uri", "expires_at")


class _Answer(Struct, frozen=True):
    device_code: str
    user_code: str
    verification_uri: str
    expires_in: int
    verification_uri_complete: str | None = None
    interval: int | None = None


def device_authorization_params(scope: str, resource: Sequence[str]) -> Pairs:
    """Ask for a code for a person to type. Spec: RFC 8628 §3.1"""
    return [("scope", scope), *(("resource", uri) for uri in resource)]


def device_token_params(pending: PendingDevice) -> Pairs:
    """Ask whether the person has answered. Spec: RFC 8628 §3.4"""
    return [("grant_type", DEVICE_CODE), ("device_code", pending.device_code)]


def parse_device_authorization(
    body: WireBody, *, issuer: str, client_id: str, scope: str, resource: tuple[str, ...], now: int
) -> PendingDevice:
    """Read what the person is to be shown; raises ``TokenError``. Spec: RFC 8628 §3.2"""
    check_status(body, 200)
    try:
        answer = msgspec.convert(json_object(body.body), _Answer)
        check_url("verification_uri", answer.verification_uri)
        if answer.verification_uri_complete is not None:
            check_url("verification_uri_complete", answer.verification_uri_complete)
    except ValueError as error:
        raise TokenError("unreadable_response", str(error), status=body.status) from None
    return PendingDevice(
        user_code=printable(answer.user_code),
        verification_uri=answer.verification_uri,
        verification_uri_complete=answer.verification_uri_complete or "",
        expires_at=now + max(0, min(answer.expires_in, _LIFETIME_LIMIT_S)),
        interval_s=_INTERVAL_S if answer.interval is None else max(1, min(answer.interval, INTERVAL_LIMIT_S)),
        device_code=answer.device_code,
        issuer=issuer,
        client_id=client_id,
        scope=scope,
        resource=resource,
    )


def next_interval_s(interval_s: int, error: TokenError) -> int | None:
    """How long to wait before the next question; ``None``: the answer is final. Spec: RFC 8628 §3.5"""
    match error.code:
        case "authorization_pending":
            return interval_s
        case "slow_down":
            return interval_s + _SLOWER_S
        case _:
            return None
