"""The audit row of a command. Its line would only repeat, on the terminal, what the command prints."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingpai.server.storage.driver import Driver


async def record_event(
    driver: "Driver",
    event: str,
    now: int,
    *,
    account_id: bytes | None = None,
    client_id: str | None = None,
    detail: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Keep what an operator did. ``detail``: JSON values, never a secret."""
    from lingpai.server.storage.audit import AuditLog
    from lingpai.server.storage.records import AuditEvent

    await AuditLog(driver).record(
        AuditEvent(at=now, event=event, account_id=account_id, client_id=client_id, detail=dict(detail))
    )
