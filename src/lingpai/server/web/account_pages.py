"""The pages of the account area, in the order of their tabs. A page added here appears on all of them."""


def N_(message: str) -> str:  # noqa: N802 - marks a sentence that a template translates
    """The sentence as it is."""
    return message


ACCOUNT_PAGES = (
    ("account", N_("Profile")),
    ("security", N_("Security")),
    ("grants", N_("My permissions")),
    ("data", N_("My data")),
)
"""(name in ``paths.RETURN_PAGES``, title)."""
