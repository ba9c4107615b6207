"""Secrets a command was given, recognised against what is stored of them, so that giving them again changes nothing.

Owns: which secrets a client keeps or gets, which hash an account keeps or gets. Leaves: digesting and hashing to the
modules of the server that also check them.
"""

from msgspec import Struct
from msgspec.structs import replace

from lingpai.crypto.digest import equal, new_secret
from lingpai.oauth.names import CLIENT_SECRET_JWT
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.client_auth.secret import is_alive, keep_client_secret
from lingpai.server.storage.records import Account, Client, ClientSecret


class SecretMissing(Exception):
    """A client that must prove itself would have nothing to do it with."""


def uses_secret(method: str) -> bool:
    """Whether clients of this ``token_endpoint_auth_method`` prove themselves by a shared secret. Spec: RFC 7591 §2"""
    return method.startswith("client_secret_")


def make_secret(method: str) -> str:
    """A new secret, long enough for everything its method may sign with (RFC 7518 §3.2)."""
    return new_secret() + new_secret() if method == CLIENT_SECRET_JWT else new_secret()


class SecretKeeper(Struct, frozen=True):
    """What is needed to keep and recognise secrets: two keys for those of clients, and the hasher of passwords."""

    pepper: bytes
    secret_key: bytes
    passwords: Passwords

    def client_secrets(
        self, client_id: str, secret: str | None, method: str, stored: Client | None, now: int
    ) -> tuple[ClientSecret, ...]:
        """The secrets the client has afterwards. A new one replaces all: whoever writes the file wants that one.

        Raises ``SecretMissing``.
        """
        if not uses_secret(method):
            return ()
        kept = tuple(_for_method(known, method) for known in (stored.client_secrets if stored else ()))
        if secret is None:
            if not any(_serves(known, method) for known in kept):
                raise SecretMissing
            return kept
        new = self.keep(client_id, secret, method, now)
        if not any(equal(known.digest, new.digest) and is_alive(known, now) for known in kept):
            return (new,)
        # The same secret, which may have been kept for a method that needs only its digest.
        return tuple(
            replace(known, sealed=new.sealed)
            if equal(known.digest, new.digest) and not _serves(known, method)
            else known
            for known in kept
        )

    def keep(self, client_id: str, secret: str, method: str, now: int) -> ClientSecret:
        """A secret as it is stored for a client of this method."""
        return keep_client_secret(
            pepper=self.pepper, secret_key=self.secret_key, client_id=client_id, secret=secret, method=method, now=now
        )

    async def password_hash(self, password: str | None, stored: Account | None) -> str | None:
        """The hash the account has afterwards. Takes about 0.1 s when a password is given."""
        kept = stored.password_hash if stored else None
        if password is None:
            return kept
        if kept is not None and await self.passwords.verify(kept, password):
            return kept
        return await self.passwords.hash(password)


def _for_method(known: ClientSecret, method: str) -> ClientSecret:
    """What stays of a stored secret: itself only where the method needs it."""
    return known if method == CLIENT_SECRET_JWT or not known.sealed else replace(known, sealed=b"")


def _serves(known: ClientSecret, method: str) -> bool:
    return method != CLIENT_SECRET_JWT or bool(known.sealed)
