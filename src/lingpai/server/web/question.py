"""The consent question as templates show it, for every page that asks it: what is asked, allowed before, how long."""

from collections.abc import Collection, Mapping

from lingpai.server.authorization.consent import ConsentQuestion
from lingpai.server.storage.records import ScopeDefinition
from lingpai.server.web.views import PermissionView, permission_words


def ticked_by(question: ConsentQuestion, select: str | None) -> tuple[str, ...]:
    """What "select all" or "select none" ticks, where no script does it in the page."""
    return question.new if select == "all" else ()


def question_context(
    question: ConsentQuestion,
    definitions: Mapping[str, ScopeDefinition],
    locale: str,
    *,
    ticked: Collection[str] = (),
    lifetime: str | None = None,
) -> dict[str, object]:
    """What ``consent.html`` needs of the question. ``ticked``, ``lifetime``: the answer so far."""
    permissions = _permissions(question, definitions, locale, ticked)
    return {
        "permissions": permissions,
        "optional_count": sum(not permission.required for permission in permissions),
        "all_ticked": all(permission.ticked for permission in permissions),
        "already": [permission_words(name, definitions, locale) for name in question.already],
        "lifetimes": question.lifetimes,
        "chosen_lifetime": lifetime if lifetime in question.lifetimes else question.default_lifetime,
    }


def _permissions(
    question: ConsentQuestion, definitions: Mapping[str, ScopeDefinition], locale: str, ticked: Collection[str]
) -> list[PermissionView]:
    """The rows of the page, what the application cannot do without first."""
    rows = [
        PermissionView(
            name=name,
            description=permission_words(name, definitions, locale),
            required=name in question.required,
            ticked=name in question.required or name in ticked,
        )
        for name in question.new
    ]
    return sorted(rows, key=lambda row: not row.required)
