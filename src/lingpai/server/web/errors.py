"""The page for what is refused while there is nobody to send back to, and for what is broken.

Owns: the kinds of problem there are. Leaves: their sentences to ``templates/error.html``; finding out what is wrong to
whoever calls. What a request held is shown to the developer only where it is one word: an attacker must not be able to
write sentences on our pages.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse

from lingpai.dialects.qq_errors import CLIENT_ID_WRONG, CLIENT_OFFLINE, CLIENT_UNKNOWN, REDIRECT_URI_WRONG
from lingpai.oauth.errors import OAuthError
from lingpai.server.authorization.qq import Refused
from lingpai.server.authorization.request import NotProven
from lingpai.server.web.render import Pages

Problem = Literal[
    "expired",
    "other_browser",
    "garbled",
    "bad_request",
    "not_found",
    "method_not_allowed",
    "too_large",
    "unavailable",
    "server_error",
]

PROBLEM_OF_STATUS: Mapping[int, Problem] = MappingProxyType(
    {
        400: "bad_request",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        500: "server_error",
        503: "unavailable",
    }
)
"""For whoever has nothing but a status to tell."""

_RETRY_AFTER_S = 5
_REASON_OF_NUMBER: Mapping[int, str] = MappingProxyType(
    {
        CLIENT_ID_WRONG: "client_id_missing",
        CLIENT_UNKNOWN: "client_unknown",
        CLIENT_OFFLINE: "qq_not_marked",
        REDIRECT_URI_WRONG: "qq_callback",
    }
)
_ONE_WORD = re.compile(r"[\x21-\x7e]{1,300}\Z")


def error_page(pages: Pages, request: Request, problem: Problem, *, status: int, reference: str = "") -> HTMLResponse:
    """The page that explains ``problem``. ``reference``: the request id an operator finds in the log."""
    response = pages.render("error.html", request, status=status, problem=problem, reference=reference, refused=None)
    if problem == "unavailable":
        response.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def not_proven_page(
    pages: Pages, request: Request, refused: NotProven, *, reference: str = "", explained_at: str = ""
) -> HTMLResponse:
    """The page for a request whose client or redirect URI is unproven: it explains to both, the person and the
    developer, and leads nowhere. It tells nothing of what is registered. ``explained_at``: the page that does, for
    whoever may see it.

    Spec: RFC 6749 §4.1.2.1; RFC 9700 §4.11.2
    """
    return pages.render(
        "error.html",
        request,
        status=400,
        problem="not_proven",
        reference=reference,
        refused=refused.reason,
        sent=refused.sent if _ONE_WORD.match(refused.sent) else "",
        explained_at=explained_at,
    )


def qq_refused_page(
    pages: Pages, request: Request, refused: Refused, *, reference: str = "", explained_at: str = ""
) -> HTMLResponse:
    """The same in the dialect of QQ Connect: the text and its number, as its own page shows them, and status 200."""
    return pages.render(
        "error.html",
        request,
        problem="not_proven",
        reference=reference,
        refused=_REASON_OF_NUMBER.get(refused.number, "params"),
        sent=str(refused),
        sent_name="error",
        explained_at=explained_at,
    )


def logout_error_page(pages: Pages, request: Request, refused: OAuthError) -> HTMLResponse:
    """The page for a sign-out request that cannot be followed: shown, and nobody is sent anywhere.

    Spec: OpenID Connect RP-Initiated Logout 1.0 §4
    """
    return pages.render(
        "error.html", request, status=400, problem="logout", reference="", refused="logout", sent=refused.description
    )
