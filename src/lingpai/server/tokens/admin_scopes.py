"""The permissions of the admin API. They are in the catalog only where an operator switched the API on with
``lingpai admin enable-api``, and only an operator can register them for a client.
"""

from lingpai.server.storage.records import ResourceServer, ScopeDefinition

ADMIN_READ = "lingpai:admin:read"
ADMIN_WRITE = "lingpai:admin:write"
OPERATORS_PREFIX = "lingpai:"
"""Permissions that begin like this are never offered to developers."""

_PATH = "/admin/api"
_LIFETIME_S = 600


def admin_resource(issuer: str) -> str:
    """The audience of tokens for the admin API."""
    return issuer + _PATH


def admin_catalog(issuer: str) -> tuple[ResourceServer, tuple[ScopeDefinition, ...]]:
    """What switches the API on. Tokens are opaque, so that one taken back is dead at once, and live ten minutes."""
    resource = admin_resource(issuer)
    words = {
        ADMIN_READ: ("See everything administrators see", "查看管理员能看到的一切"),
        ADMIN_WRITE: ("Do what your role may do as an administrator", "以你的管理员角色进行操作"),
    }
    scopes = tuple(
        ScopeDefinition(name=name, descriptions={"en": english, "zh_CN": chinese}, resource=resource, sensitive=True)
        for name, (english, chinese) in words.items()
    )
    return ResourceServer(resource=resource, name="Lingpai admin API", access_token_lifetime_s=_LIFETIME_S), scopes
