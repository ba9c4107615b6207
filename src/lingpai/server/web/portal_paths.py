"""The addresses of the developer portal and of the review queue, each once. As ``paths``, with ids in braces."""

DEVELOPER = "/developer"
JOIN = "/developer/join"
TEAM = "/developer/teams/{team_id}"
END_TEAM = "/developer/teams/{team_id}/end"
NEW_APPLICATION = "/developer/teams/{team_id}/new"
APPLICATION = "/developer/applications/{client_id}"
ICON_UPLOAD = "/developer/applications/{client_id}/icon"
CALLBACKS = "/developer/applications/{client_id}/callbacks"
PERMISSIONS = "/developer/applications/{client_id}/permissions"
SECRETS = "/developer/applications/{client_id}/secrets"
TESTERS = "/developer/applications/{client_id}/people"
REVIEW = "/developer/applications/{client_id}/review"
USAGE = "/developer/applications/{client_id}/usage"
DELETE = "/developer/applications/{client_id}/delete"
SNIPPETS = "/developer/applications/{client_id}/snippets"
SANDBOX = "/developer/applications/{client_id}/sandbox"
SANDBOX_CALLBACK = "/developer/applications/{client_id}/sandbox/callback"
REFUSALS = "/developer/applications/{client_id}/refusals"
REFUSAL = "/developer/applications/{client_id}/refusals/{reference}"
ICON = "/application-icon"
REVIEWS = "/admin/reviews"
REVIEWED = "/admin/reviews/{client_id}"

RETURN_PATTERNS = (
    *(TEAM, END_TEAM, DELETE, NEW_APPLICATION, APPLICATION, CALLBACKS, PERMISSIONS, SECRETS, TESTERS, REVIEW),
    *(USAGE, SNIPPETS, SANDBOX, REFUSALS, REFUSAL, REVIEWED),
)
"""Pages a form of ours may lead back to, as ``paths.RETURN_PAGES``."""


def N_(message: str) -> str:  # noqa: N802 - marks a sentence that a template translates
    """The sentence as it is."""
    return message


APPLICATION_TABS = (
    ("", N_("Basics")),
    ("/callbacks", N_("Callbacks")),
    ("/permissions", N_("Permissions")),
    ("/secrets", N_("Secrets")),
    ("/people", N_("Test people")),
    ("/review", N_("Review")),
    ("/usage", N_("Usage")),
    ("/refusals", N_("Refusals")),
    ("/snippets", N_("Snippets")),
    ("/sandbox", N_("Sandbox")),
)
"""(what follows the application's own address, title)."""
