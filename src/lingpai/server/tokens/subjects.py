"""``sub``: what a client calls a person. The same for everybody, or another one for each sector (pairwise).

Stable for ever: the pairwise secret is a row of the key table that no rotation touches.

Spec: OpenID Connect Core 1.0 §8; OpenID Connect Core 1.0 §8.1
"""

from urllib.parse import urlsplit

from lingpai.crypto.digest import keyed_digest
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import Keyring


class Subjects:
    """Gives out subjects."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def subject(self, client: Client, account_id: bytes) -> str:
        """``sub`` of the account for the client. Spec: OpenID Connect Core 1.0 §8.1"""
        if client.subject_type == "public":
            return account_id.hex()
        return keyed_digest(self._keyring.current.pairwise_key, "pairwise", sector(client), account_id).hex()[:32]


def sector(client: Client) -> str:
    """The clients of one sector see the same ``sub``. Spec: OpenID Connect Core 1.0 §8.1"""
    if client.sector_identifier_uri:
        return urlsplit(client.sector_identifier_uri).hostname or client.client_id
    hosts = {urlsplit(uri).hostname or "" for uri in client.redirect_uris}
    # Several hosts and no document that says they belong together: the client is its own sector.
    return hosts.pop() or client.client_id if len(hosts) == 1 else client.client_id
