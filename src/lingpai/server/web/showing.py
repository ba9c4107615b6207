"""Showing a page with forms: what every such page is given besides its own values."""

from typing import Any

from starlette.responses import Response

from lingpai.server.web.render import Pages
from lingpai.server.web.visit import Visit, Visits


class Showing:
    """Renders pages whose forms belong to this browser in this session."""

    def __init__(self, pages: Pages, visits: Visits) -> None:
        self.pages = pages
        self.visits = visits

    def show(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        locale: str | None = None,
        csp_form_action: tuple[str, ...] = (),
        csp_img: tuple[str, ...] = (),
        retry_after_s: int = 0,
        **context: Any,
    ) -> Response:
        """The page, with ``csrf_token`` and ``wait_minutes`` for it. ``retry_after_s``: when to try again."""
        response = self.pages.render(
            template,
            visit.request,
            status=status,
            locale=locale,
            csp_form_action=csp_form_action,
            csp_img=csp_img,
            csrf_token=self.visits.csrf_token(visit),
            wait_minutes=-(-retry_after_s // 60),
            **context,
        )
        if retry_after_s:
            response.headers["Retry-After"] = str(retry_after_s)
        return self.visits.named(visit, response)
