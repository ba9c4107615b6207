"""Code to begin with, for this very application."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.portal.snippets import snippets
from lingpai.server.web.portal.visits import PortalVisits


class SnippetsPage:
    """``GET /developer/applications/{client_id}/snippets``."""

    def __init__(self, visits: PortalVisits) -> None:
        self._visits = visits

    async def get(self, request: Request) -> Response:
        """One piece of code after the other."""
        sheet = await self._visits.open(request)
        if isinstance(sheet, Response):
            return sheet
        client = sheet.kept.client
        return self._visits.show(
            sheet,
            "/snippets",
            "snippets.html",
            snippets=snippets(client, issuer=self._visits.issuer),
            has_callback=bool(client.redirect_uris) or not client.response_types,
        )
