"""What each role may do. Pure: one table, asked by the pages and by the admin API alike.

A reader looks. A reviewer also decides about applications developers submitted. Support also helps people: locks an
account, ends its sessions, makes it choose a new password. An administrator does everything.
"""

from typing import Literal

from lingpai.server.storage.admin_roles import ROLES, Role, RoleHolder, Roles

__all__ = ["ACTS", "DANGEROUS", "ROLES", "Act", "Role", "RoleHolder", "Roles", "may"]

Act = Literal[
    "read",
    "review_application",
    "help_account",
    "end_grant",
    "change_role",
    "change_application",
    "change_permission",
    "rotate_key",
    "write_announcement",
    "write_terms",
    "export_audit",
]

_EVERY_ACT: frozenset[Act] = frozenset(
    {
        "read",
        "review_application",
        "help_account",
        "end_grant",
        "change_role",
        "change_application",
        "change_permission",
        "rotate_key",
        "write_announcement",
        "write_terms",
        "export_audit",
    }
)

ACTS: dict[Role, frozenset[Act]] = {
    "reader": frozenset({"read"}),
    "reviewer": frozenset({"read", "review_application"}),
    "support": frozenset({"read", "help_account", "end_grant"}),
    "administrator": _EVERY_ACT,
}

DANGEROUS: frozenset[Act] = _EVERY_ACT - {"read", "review_application", "write_announcement"}
"""Acts that take something from somebody or change what tokens are worth: whoever does one on a page has just proved
who they are."""


def may(role: Role | None, act: Act) -> bool:
    """Whether somebody with this role (``None``: with none) may do the act."""
    return role is not None and act in ACTS[role]
