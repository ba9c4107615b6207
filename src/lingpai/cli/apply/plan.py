"""From a checked document and the database to the differences: what ``lingpai apply`` would do.

Owns: the order of the steps, and the rules that need stored secrets. Leaves: each step to its module.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from lingpai.cli.apply.check import Known, check_document
from lingpai.cli.apply.difference import Difference, account_after, client_after, compare
from lingpai.cli.apply.document import (
    ACCOUNTS,
    CLIENTS,
    RESOURCES,
    SCOPES,
    TRUSTED_ISSUERS,
    Document,
    DocumentInvalid,
    Entry,
    Record,
)
from lingpai.cli.secrets import SecretKeeper, SecretMissing
from lingpai.crypto.digest import new_id
from lingpai.oauth import names
from lingpai.server.accounts.account import canonical_username
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import Client
from lingpai.server.storage.trusted_issuers import TrustedIssuers
from lingpai.server.tokens.keyring import default_id_token_alg
from lingpai.server.tokens.qq_scopes import QQ_SCOPES
from lingpai.server.tokens.standard_scopes import STANDARD_SCOPES

_PAGE = 500
_HASHES_AT_ONCE = 16


class Plan(Struct, frozen=True):
    """What applying a file would do, and what its author should know."""

    differences: list[Difference]
    warnings: list[str]


async def plan_document(
    document: Document, driver: Driver, keeper: SecretKeeper, signing_algs: Sequence[str], now: int
) -> Plan:
    """The plan for ``document``. Raises ``DocumentInvalid`` naming everything that is wrong."""
    catalog = CatalogRows(driver)
    stored_scopes = {scope.name: scope for scope in await catalog.scopes()}
    stored_resources = {server.resource: server for server in await catalog.resource_servers()}
    stored_issuers = {issuer.issuer: issuer for issuer in await TrustedIssuers(driver).list()}
    stored_clients = {client.client_id: client async for client in every_client(Clients(driver))}
    scopes = frozenset({*stored_scopes, *STANDARD_SCOPES, *QQ_SCOPES})
    known = Known(scopes, frozenset(stored_resources), frozenset(stored_clients), tuple(signing_algs))
    warnings = check_document(document, known)
    differences = [_compare_whole(entry, stored_resources.get(entry.key)) for entry in document.of(RESOURCES)]
    differences += [_compare_whole(entry, stored_scopes.get(entry.key)) for entry in document.of(SCOPES)]
    if not document.problems:
        differences += _plan_clients(document, stored_clients, keeper, default_id_token_alg(signing_algs), now)
    differences += [_compare_whole(entry, stored_issuers.get(entry.key)) for entry in document.of(TRUSTED_ISSUERS)]
    if not document.problems:
        differences += await _plan_accounts(document, Accounts(driver), keeper, now)
    if document.problems:
        raise DocumentInvalid(document.problems)
    return Plan(differences, warnings)


async def every_client(clients: Clients) -> AsyncIterator[Client]:
    """All clients, a page at a time."""
    page = await clients.list(limit=_PAGE)
    while page:
        for client in page:
            yield client
        page = await clients.list(after=page[-1].client_id, limit=_PAGE)


def _compare_whole(entry: Entry, stored: Record | None) -> Difference:
    after = entry.kind.record(**entry.values)
    return compare(entry.kind, entry.key, stored, after)


def _plan_clients(
    document: Document, stored_clients: dict[str, Client], keeper: SecretKeeper, id_token_alg: str, now: int
) -> list[Difference]:
    differences: list[Difference] = []
    for entry in document.of(CLIENTS):
        stored = stored_clients.get(entry.key)
        method = entry.values.get("token_endpoint_auth_method", names.CLIENT_SECRET_BASIC)
        try:
            secrets = keeper.client_secrets(entry.key, entry.values.get("client_secret"), method, stored, now)
        except SecretMissing:
            advice = 'client_secret is missing: give one, or token_endpoint_auth_method = "none" for a public client'
            document.refuse((CLIENTS.table, entry.index), advice)
            continue
        after = client_after(entry, stored, secrets, now, id_token_alg=id_token_alg)
        differences.append(compare(CLIENTS, entry.key, stored, after))
    return differences


async def _plan_accounts(document: Document, accounts: Accounts, keeper: SecretKeeper, now: int) -> list[Difference]:
    seen: dict[str, int] = {}
    entries = document.of(ACCOUNTS)
    for entry in entries:
        username = canonical_username(entry.key)
        if username in seen:
            message = f"is the same name as accounts[{seen[username]}].username"
            document.refuse((ACCOUNTS.table, entry.index, "username"), message)
        seen.setdefault(username, entry.index)
    if document.problems:
        return []
    differences: list[Difference] = []
    for start in range(0, len(entries), _HASHES_AT_ONCE):  # fewer than may wait for the hasher
        batch = entries[start : start + _HASHES_AT_ONCE]
        differences += await asyncio.gather(*(_plan_account(entry, accounts, keeper, now) for entry in batch))
    return differences


async def _plan_account(entry: Entry, accounts: Accounts, keeper: SecretKeeper, now: int) -> Difference:
    username = canonical_username(entry.key)
    stored = await accounts.get_by_username(username)
    password_hash = entry.values.get("password_hash") or await keeper.password_hash(
        entry.values.get("password"), stored
    )
    return compare(ACCOUNTS, username, stored, account_after(entry, stored, new_id(), password_hash, now))
