"""Where somebody was going who had to sign in first, as text that travels where a sealed request does.

Not sealed: it can only name pages of ours, and every one of them asks for itself who may see it (no open redirect).
"""

import re

from starlette.requests import Request

from lingpai.server.web import paths, portal_paths

_PREFIX = "lpw_"
_JOIN = re.compile(re.escape(portal_paths.JOIN) + r"\?invitation=[0-9A-Za-z]{1,128}\Z")
_PLACES = (portal_paths.DEVELOPER, portal_paths.REVIEWS)


def ticket_for(request: Request) -> str | None:
    """The ticket back to the page ``request`` asked for; ``None`` where nobody can come back to."""
    path = request.scope["path"]
    query = request.scope["query_string"].decode("latin-1")
    place = f"{path}?{query}" if path == portal_paths.JOIN else path
    return _PREFIX + place.encode().hex() if request.method == "GET" and _is_place(place) else None


def is_ticket(text: str) -> bool:
    """Whether a text in an address is a ticket rather than anything sealed."""
    return text.startswith(_PREFIX)


def place_of(ticket: str) -> str | None:
    """The place a ticket leads to, below the issuer's path; ``None`` for one that leads nowhere of ours."""
    try:
        place = bytes.fromhex(ticket.removeprefix(_PREFIX)).decode("ascii")
    except ValueError:
        return None
    return place if _is_place(place) else None


def _is_place(place: str) -> bool:
    is_page = place in _PLACES or (place.startswith("/") and paths.return_path(place) is not None)
    return is_page or _JOIN.match(place) is not None
