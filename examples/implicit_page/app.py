"""A server of one page and two files. It never sees a token: browsers do not send what stands behind ``#``.

    GET /            the page, with the sign-in button
    GET /callback    the same page; its script finds the answer behind the #

Owns the content security policy. Leaves everything about tokens to ``static/page.js``, which runs in the browser.

Spec: RFC 6749 §4.2
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.implicit_page.settings import Settings

FOLDER = Path(__file__).parent


def create_app(settings: Settings) -> Starlette:
    """The ASGI application."""
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("page.html").render(settings=settings)
    # A token in a page is for every script in it, so there is one script, ours, and it may talk to one server.
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src {settings.issuer}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }

    async def show(_request: Request) -> Response:
        return HTMLResponse(page, headers=headers)

    return Starlette(
        routes=[
            Route("/", show),
            Route("/callback", show),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ]
    )
