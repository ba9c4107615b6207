"""The page that posts an authorization response to the client, for ``response_mode=form_post``.

Spec: OAuth 2.0 Form Post Response Mode §2
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from lingpai.oauth.response_mode import FormPost
from lingpai.server.web.render import Pages
from lingpai.server.web.views import form_action_sources


def form_post_page(pages: Pages, request: Request, response: FormPost) -> HTMLResponse:
    """A form with nothing but the response in it: a script of ours sends it, a button where scripts are off."""
    return pages.render(
        "form_post.html",
        request,
        csp_form_action=form_action_sources(response.action),
        action=response.action,
        fields=response.fields,
    )
