"""``grant_type=client_credentials``: the client acts for itself. Nothing is stored, nothing can be refreshed.

Spec: RFC 6749 §4.4
"""

from typing import ClassVar

from lingpai.oauth.errors import InvalidScope
from lingpai.oauth.names import CLIENT_CREDENTIALS
from lingpai.oauth.scope import scope_of
from lingpai.server.grant_types.base import TokenRequest
from lingpai.server.policy import check_resource, scope_to_ask
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog


class ClientCredentialsGrant:
    """A client's own credentials for a token, which cannot be refreshed. Spec: RFC 6749 §4.4.3"""

    name: ClassVar[str] = CLIENT_CREDENTIALS
    parameters: ClassVar[frozenset[str]] = frozenset({"scope", "resource"})

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def authorize(self, request: TokenRequest) -> Authorization:
        """What the client registered for, without what only means something for a person."""
        resource = request.params.get_all("resource")
        check_resource(request.client, resource)
        self._catalog.check_resources(resource)
        asked = request.params.get("scope")
        scope = scope_to_ask(request.client, asked, for_itself=True)
        about_people = scope_of(name for name in scope if self._catalog.opens_claims(name))
        if asked is not None and about_people:
            raise InvalidScope(f"only a person can allow: {about_people}")
        return Authorization(client=request.client, scope=scope - about_people, resource=resource, jkt=request.jkt)
