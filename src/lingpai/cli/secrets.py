"""Secrets a command was given, recognised against what is stored of them, so that giving them again changes nothing.

Owns: which secrets a client keeps or gets, which hash an account keeps or gets. Leaves: digesting and hashing to the
modules of the server that also check them.
"""

from msgspec import Struct

from lingpai.crypto.digest import equal
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.storage.records import Account, Client, ClientSecret


class SecretMissing(Exception):
    """A client that must prove itself would have nothing to do it with."""


def uses_secret(method: str) -> bool:
    """Whether clients of this ``token_endpoint_auth_method`` prove themselves by a shared secret. Spec: RFC 7591 §2"""
    return method.startswith("client_secret_")


class SecretKeeper(Struct, frozen=True):
    """What is needed to recognise a secret: the pepper of client secrets and the hasher of passwords."""

    pepper: bytes
    passwords: Passwords

    def client_secrets(
        self, client_id: str, secret: str | None, method: str, stored: Client | None, now: int
    ) -> tuple[ClientSecret, ...]:
        """The secrets the client has afterwards. A new one replaces all: whoever writes the file wants that one.

        Raises ``SecretMissing``.
        """
        if not uses_secret(method):
            return ()
        kept = stored.client_secrets if stored else ()
        if secret is None:
            if not kept:
                raise SecretMissing
            return kept
        digest = digest_client_secret(self.pepper, client_id, secret)
        living = (known for known in kept if known.expires_at is None or known.expires_at > now)
        if any(equal(known.digest, digest) for known in living):
            return kept
        return (ClientSecret(digest, created_at=now),)

    async def password_hash(self, password: str | None, stored: Account | None) -> str | None:
        """The hash the account has afterwards. Takes about 0.1 s when a password is given."""
        kept = stored.password_hash if stored else None
        if password is None:
            return kept
        if kept is not None and await self.passwords.verify(kept, password):
            return kept
        return await self.passwords.hash(password)
