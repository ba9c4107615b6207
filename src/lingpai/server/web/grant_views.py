"""A grant as its pages show it. Owns what of the records they are given."""

from urllib.parse import urlencode

from msgspec import Struct

from lingpai.server.authorization.consent import is_live
from lingpai.server.storage.records import Account, Client, Grant
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.web.views import ApplicationView, PermissionView, application_view, permission_words, web_address


class GrantView(Struct, frozen=True, kw_only=True):
    """What one application may do."""

    application: ApplicationView
    client_id: str
    open_at: str
    """Where the application begins a sign-in with us; empty: it did not say."""
    lifetime: str
    created_at: int
    expires_at: int | None
    ended_at: int | None
    is_live: bool
    used_at: int | None
    """When it last got tokens, as far as is known."""
    permissions: list[PermissionView]


class GrantViews:
    """Makes them."""

    def __init__(self, catalog: Catalog, *, issuer: str) -> None:
        self._catalog = catalog
        self._issuer = issuer

    def view(
        self, grant: Grant, client: Client, account: Account, *, used_at: int | None, locale: str, now: int
    ) -> GrantView:
        """``account``: whose grant it is, who looks at it."""
        permissions = [
            PermissionView(name=name, description=self.words(name, locale), since=since)
            for name, since in sorted(grant.permissions.items())
        ]
        return GrantView(
            application=application_view(client),
            client_id=client.client_id,
            open_at=self._open_at(grant, client, account),
            lifetime=grant.lifetime,
            created_at=grant.created_at,
            expires_at=grant.expires_at,
            ended_at=grant.ended_at,
            is_live=is_live(grant, now),
            used_at=used_at,
            permissions=permissions,
        )

    def words(self, name: str, locale: str) -> str:
        """What a permission is called on the pages."""
        return permission_words(name, self._catalog.scopes, locale)

    def _open_at(self, grant: Grant, client: Client, account: Account) -> str:
        """The name goes along only where the application may see it. Spec: OpenID Connect Core 1.0 §4"""
        address = web_address(client.initiate_login_uri)
        if not address:
            return ""
        sent = {"iss": self._issuer}
        if any(name in grant.permissions for name in self._catalog.scopes_opening("preferred_username")):
            sent["login_hint"] = account.username
        return address + ("&" if "?" in address else "?") + urlencode(sent)
