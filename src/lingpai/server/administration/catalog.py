"""Permissions and resource servers: what may be written into the catalog, and writing it.

Refusals are in the form a page or a program needs: field -> what is wrong. ``lingpai apply`` asks here what a resource
server may be called and how long its tokens may live.
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from lingpai.i18n import LOCALES
from lingpai.server.administration.desk import Actor, ActRefused, Desk
from lingpai.server.audit import (
    RESOURCE_SERVER_CHANGED,
    RESOURCE_SERVER_DELETED,
    SCOPE_CHANGED,
    SCOPE_DELETED,
)
from lingpai.server.storage.catalog import CatalogRows
from lingpai.server.storage.clients import Clients
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.records import ResourceServer, ScopeDefinition

_SCOPE_NAME = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_:./-]{0,99}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TEXT_LIMIT_CHARS = 300
_ADDRESS = re.compile(r"[\x21-\x7e]{1,500}")
LIFETIME_LIMIT_S = (10, 730 * 86_400)


class CatalogActs:
    """Acts on the catalog. Each raises ``ActRefused``."""

    def __init__(self, desk: Desk, rows: CatalogRows, clients: Clients, *, signing_algs: Collection[str]) -> None:
        self._desk = desk
        self._rows = rows
        self._clients = clients
        self._signing_algs = signing_algs

    async def scopes(self) -> list[ScopeDefinition]:
        """Every permission an operator defined, by name."""
        return await self._rows.scopes()

    async def resource_servers(self) -> list[ResourceServer]:
        """Every resource server, by identifier."""
        return await self._rows.resource_servers()

    async def find_scope(self, name: str) -> ScopeDefinition:
        """The permission. Raises ``ActRefused``."""
        found = next((scope for scope in await self._rows.scopes() if scope.name == name), None)
        if found is None:
            raise ActRefused("not_found")
        return found

    async def find_resource_server(self, resource: str) -> ResourceServer:
        """The resource server. Raises ``ActRefused``."""
        found = next((server for server in await self._rows.resource_servers() if server.resource == resource), None)
        if found is None:
            raise ActRefused("not_found")
        return found

    async def put_scope(self, actor: Actor, scope: ScopeDefinition, now: int) -> None:
        """Write the permission, new or changed."""
        problems = _problems_of_scope(scope)
        if scope.resource is not None and all(
            s.resource != scope.resource for s in await self._rows.resource_servers()
        ):
            problems["resource"] = "unknown"
        if problems:
            raise ActRefused("invalid", problems)

        async def work(driver: Driver) -> None:
            await CatalogRows(driver).put_scope(scope)

        await self._desk.write(actor, "change_permission", SCOPE_CHANGED, work, now=now, scope=scope.name)

    async def delete_scope(self, actor: Actor, name: str, now: int) -> None:
        """Take it out: no new grants of it; old ones keep it, without words."""
        await self.find_scope(name)

        async def work(driver: Driver) -> None:
            await CatalogRows(driver).delete_scope(name)

        await self._desk.write(actor, "change_permission", SCOPE_DELETED, work, now=now, scope=name)

    async def put_resource_server(self, actor: Actor, server: ResourceServer, now: int) -> None:
        """Write the resource server, new or changed."""
        problems = self._problems_of_server(server)
        for client_id in server.client_ids:
            if await self._clients.get(client_id) is None:
                problems["client_ids"] = "unknown"
        if problems:
            raise ActRefused("invalid", problems)

        async def work(driver: Driver) -> None:
            await CatalogRows(driver).put_resource_server(server)

        await self._desk.write(
            actor, "change_permission", RESOURCE_SERVER_CHANGED, work, now=now, resource=server.resource
        )

    async def delete_resource_server(self, actor: Actor, resource: str, now: int) -> None:
        """Take it out: no new tokens for it. Refused while permissions belong to it."""
        await self.find_resource_server(resource)
        if any(scope.resource == resource for scope in await self._rows.scopes()):
            raise ActRefused("conflict", {"resource": "has_permissions"})

        async def work(driver: Driver) -> None:
            await CatalogRows(driver).delete_resource_server(resource)

        await self._desk.write(actor, "change_permission", RESOURCE_SERVER_DELETED, work, now=now, resource=resource)

    def _problems_of_server(self, server: ResourceServer) -> dict[str, str]:
        problems: dict[str, str] = {}
        if not is_resource(server.resource):
            problems["resource"] = "format"
        if not _is_text(server.name, may_be_empty=True):
            problems["name"] = "text"
        if server.access_token_signing_alg not in self._signing_algs:
            problems["access_token_signing_alg"] = "unknown"
        low, high = LIFETIME_LIMIT_S
        if server.access_token_lifetime_s is not None and not low <= server.access_token_lifetime_s <= high:
            problems["access_token_lifetime_s"] = "range"
        if len(server.client_ids) > 100:
            problems["client_ids"] = "range"
        return problems


def _problems_of_scope(scope: ScopeDefinition) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not _SCOPE_NAME.fullmatch(scope.name):
        problems["name"] = "format"
    for locale in LOCALES:
        if not _is_text(scope.descriptions.get(locale, "")):
            problems[f"descriptions.{locale}"] = "text"
    if set(scope.descriptions) - set(LOCALES):
        problems["descriptions"] = "unknown"
    if len(scope.claims) > 50 or not all(_CLAIM.fullmatch(claim) for claim in scope.claims):
        problems["claims"] = "format"
    return problems


def _is_text(text: str, *, may_be_empty: bool = False) -> bool:
    """Whether it reads as what it is: no control characters, none that turn the direction, not too long."""
    filled = may_be_empty or bool(text.strip())
    return filled and len(text) <= _TEXT_LIMIT_CHARS and not _CONTROL.search(text)


def is_resource(text: str) -> bool:
    """Whether it can be ``resource``: an absolute URI without a fragment. Spec: RFC 8707 §2"""
    if not _ADDRESS.fullmatch(text) or "#" in text:
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.scheme) and (bool(parts.hostname) or parts.scheme == "urn") and not parts.username
