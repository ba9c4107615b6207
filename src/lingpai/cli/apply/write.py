"""All records of an apply file and their audit rows as one transaction.

Owns: which repository writes what, and what the audit log says of it. Leaves: the SQL to the repositories.
"""

from collections.abc import Sequence

from lingpai.cli.apply.difference import Difference
from lingpai.server import audit
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.audit import AuditLog
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import (
    Account,
    AuditEvent,
    Client,
    ResourceServer,
    ScopeDefinition,
    TrustedIssuer,
)
from lingpai.server.storage.sessions import Sessions
from lingpai.server.storage.together import Together
from lingpai.server.storage.trusted_issuers import TrustedIssuers


async def write_differences(driver: Driver, differences: Sequence[Difference], now: int) -> bool:
    """Write every added and changed record, or none. ``False``: somebody else took a username meanwhile."""
    together = Together(driver)
    audit_log = AuditLog(together)
    for difference in differences:
        if difference.status == "unchanged":
            continue
        await _put(together, difference)
        for event in _events(difference, now):
            await audit_log.record(event)
    return await together.write()


async def _put(driver: Driver, difference: Difference) -> None:
    match difference.after:
        case Client() as client:
            await Clients(driver).put(client)
        case Account() as account:
            await Accounts(driver).put(account)
            if any(field.name == "password_hash" for field in difference.fields):
                await Sessions(driver).end_all(account.id)  # whoever knew the old password is out
        case ScopeDefinition() as scope:
            await CatalogRows(driver).put_scope(scope)
        case ResourceServer() as resource_server:
            await CatalogRows(driver).put_resource_server(resource_server)
        case TrustedIssuer() as trusted_issuer:
            await TrustedIssuers(driver).put(trusted_issuer)


def _events(difference: Difference, now: int) -> list[AuditEvent]:
    """What the audit log says of it: names of fields, never their values."""
    fields = [field.name for field in difference.fields]
    added = difference.status == "added"
    match difference.after:
        case Client(client_id=client_id):
            event = audit.CLIENT_CREATED if added else audit.CLIENT_CHANGED
            return [AuditEvent(at=now, event=event, client_id=client_id, detail={"fields": fields})]
        case Account(id=account_id):
            event = audit.ACCOUNT_CREATED if added else audit.ACCOUNT_CHANGED
            events = [AuditEvent(at=now, event=event, account_id=account_id, detail={"fields": fields})]
            if not added and "password_hash" in fields:
                events.append(AuditEvent(at=now, event=audit.PASSWORD_CHANGED, account_id=account_id))
            return events
        case ScopeDefinition(name=name):
            return [AuditEvent(at=now, event=audit.SCOPE_CHANGED, detail={"scope": name, "fields": fields})]
        case ResourceServer(resource=resource):
            detail: dict[str, object] = {"resource": resource, "fields": fields}
            return [AuditEvent(at=now, event=audit.RESOURCE_SERVER_CHANGED, detail=detail)]
        case TrustedIssuer(issuer=issuer):
            return [AuditEvent(at=now, event=audit.TRUSTED_ISSUER_CHANGED, detail={"issuer": issuer, "fields": fields})]
