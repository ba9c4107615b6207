"""The sector identifier: a document that says which redirect URIs belong together.

Without this check anybody could name another company's document and call people by the same ``sub`` as that company
does.

Spec: OpenID Connect Dynamic Client Registration 1.0 §5; OpenID Connect Core 1.0 §8.1
"""

from lingpai.oauth.errors import InvalidClientMetadata
from lingpai.oauth.metadata import ClientMetadata
from lingpai.server.outbound import FetchRefused, Outbound


async def check_sector(outbound: Outbound, metadata: ClientMetadata) -> None:
    """Raise ``InvalidClientMetadata`` unless the sector's document, if one is named, lists every redirect URI."""
    if not metadata.sector_identifier_uri:
        return
    try:
        listed = (await outbound.fetch_json(metadata.sector_identifier_uri)).content
    except FetchRefused as error:
        # Why is for the operator: whoever registers must not map a network by our answers.
        detail = f"{metadata.sector_identifier_uri}: {error.reason}"
        raise InvalidClientMetadata("sector_identifier_uri cannot be read as JSON", detail=detail) from error
    if not isinstance(listed, list) or not all(isinstance(uri, str) for uri in listed):
        raise InvalidClientMetadata("sector_identifier_uri is not a JSON array of redirect URIs")
    if not set(metadata.redirect_uris) <= set(listed):
        raise InvalidClientMetadata("sector_identifier_uri does not list every one of redirect_uris")
