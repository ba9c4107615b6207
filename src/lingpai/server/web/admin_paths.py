"""The addresses of the administration, each once. As ``paths``, with ids in braces."""

from lingpai.server.accounts.roles import Act

ADMIN = "/admin"
ACCOUNTS = "/admin/accounts"
ACCOUNT = "/admin/accounts/{account_id}"
APPLICATIONS = "/admin/applications"
APPLICATION = "/admin/applications/{client_id}"
DELETE_APPLICATION = "/admin/applications/{client_id}/delete"
PERMISSIONS = "/admin/permissions"
PERMISSION = "/admin/permissions/edit"
RESOURCE_SERVER = "/admin/resource-servers/edit"
KEYS = "/admin/keys"
AUDIT = "/admin/audit"
AUDIT_EXPORT = "/admin/audit/export"
ANNOUNCEMENTS = "/admin/announcements"
TERMS_VERSIONS = "/admin/terms"
SETTINGS = "/admin/settings"
TERMS = "/terms"
ACCEPT_TERMS = "/sign-in/terms"

RETURN_PAGES = {
    "admin": ADMIN,
    "admin_accounts": ACCOUNTS,
    "admin_applications": APPLICATIONS,
    "admin_permissions": PERMISSIONS,
    "admin_permission": PERMISSION,
    "admin_resource_server": RESOURCE_SERVER,
    "admin_keys": KEYS,
    "admin_audit": AUDIT,
    "admin_announcements": ANNOUNCEMENTS,
    "admin_terms": TERMS_VERSIONS,
    "admin_settings": SETTINGS,
    "terms": TERMS,
    "accept_terms": ACCEPT_TERMS,
}
"""As ``paths.RETURN_PAGES``."""

RETURN_PATTERNS = (ACCOUNT, APPLICATION, DELETE_APPLICATION)


def N_(message: str) -> str:  # noqa: N802 - marks a sentence that a template translates
    """The sentence as it is."""
    return message


TABS: tuple[tuple[str, str, Act], ...] = (
    ("admin", N_("Overview"), "read"),
    ("admin_accounts", N_("Accounts"), "read"),
    ("admin_applications", N_("Applications"), "read"),
    ("reviews", N_("Reviews"), "review_application"),
    ("admin_permissions", N_("Permissions"), "read"),
    ("admin_keys", N_("Keys"), "read"),
    ("admin_audit", N_("Audit log"), "read"),
    ("admin_announcements", N_("Announcements"), "read"),
    ("admin_terms", N_("Terms of service"), "read"),
    ("admin_settings", N_("Settings"), "read"),
)
"""(name, title, the act it takes), in the order of the tabs."""
