"""The pages of the account area, in the order of their tabs. A page added here appears on all of them."""


def N_(message: str) -> str:  # noqa: N802 - marks a sentence that a template translates
    """The sentence as it is."""
    return message


ACCOUNT_PAGES = (
    ("account", N_("Profile")),
    ("security", N_("Security")),
    ("sign_in_methods", N_("Ways to sign in")),
    ("grants", N_("My permissions")),
    ("data", N_("My data")),
)
"""(name in ``paths.RETURN_PAGES``, title)."""


def account_pages(*, has_identity_providers: bool) -> tuple[tuple[str, str], ...]:
    """Those that this server has."""
    return tuple(page for page in ACCOUNT_PAGES if page[0] != "sign_in_methods" or has_identity_providers)
