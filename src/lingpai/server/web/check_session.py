"""The page that applications keep in a hidden frame, to notice when who is signed in changes.

The only page of ours that may be framed: it shows nothing, has no form, and answers only what its script computes.

Spec: OpenID Connect Session Management 1.0 §3.2; OpenID Connect Session Management 1.0 §3.3
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from lingpai.server.web.render import Pages

_PAGE = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>-</title>\n<script src="{script}"></script>\n'
)
_HEADERS = {
    # The same for everybody; but soon out of date when its script changes.
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors *; base-uri 'none'",
}


class CheckSessionPage:
    """``GET /oauth2/check_session``."""

    def __init__(self, pages: Pages) -> None:
        self._response = _PAGE.format(script=pages.static_url("check_session.js"))

    async def get(self, _request: Request) -> Response:
        """The script and nothing else."""
        return HTMLResponse(self._response, headers=_HEADERS)
