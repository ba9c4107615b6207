"""``openid`` and ``unionid``: what QQ Connect applications call a person, as 32 upper-case hex digits.

An ``openid`` is another one for each application, a ``unionid`` the same for all applications of one developer. Both
are stable for ever: imported ones because they are stored, all others because they are derived with a key that no
rotation touches, the one behind pairwise subjects.

Spec: OpenID Connect Core 1.0 §8.1
"""

from lingpai.crypto.digest import keyed_digest
from lingpai.server.storage.openids import Openids
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import Keyring


class PeopleIds:
    """Gives them out."""

    def __init__(self, keyring: Keyring, imported: Openids) -> None:
        self._keyring = keyring
        self._imported = imported

    async def openid(self, client: Client, account_id: bytes) -> str:
        """What this application calls the person."""
        imported = await self._imported.get(client.client_id, account_id)
        return imported or self._derive("qq-openid", client.client_id, account_id)

    async def unionid(self, client: Client, account_id: bytes) -> str | None:
        """What this application's developer calls the person; ``None`` where nobody said who the developer is."""
        if not client.developer:
            return None
        imported = await self._imported.get_unionid(client.developer, account_id)
        return imported or self._derive("qq-unionid", client.developer, account_id)

    def _derive(self, purpose: str, audience: str, account_id: bytes) -> str:
        return keyed_digest(self._keyring.current.pairwise_key, purpose, audience, account_id).hex()[:32].upper()
