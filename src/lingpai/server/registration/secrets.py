"""The secrets a registration hands out: the client's own, and the token it manages its registration with.

What is stored is a digest, so neither can be shown again; only ``client_secret_jwt`` needs the secret itself, sealed.

Spec: RFC 7591 §3.2.1; RFC 7592 §3
"""

from msgspec import Struct
from msgspec.structs import replace

from lingpai.crypto.digest import equal, new_secret
from lingpai.oauth.names import CLIENT_SECRET_JWT
from lingpai.server.client_auth.secret import digest_client_secret, is_alive, seal_client_secret
from lingpai.server.storage.records import Client, ClientSecret


class SecretMaker(Struct, frozen=True):
    """``pepper`` keys the digests, ``secret_key`` seals: both from the master key."""

    pepper: bytes
    secret_key: bytes

    def secrets_for(
        self, method: str, client_id: str, now: int, kept: tuple[ClientSecret, ...] = ()
    ) -> tuple[tuple[ClientSecret, ...], str | None]:
        """The secrets of a client of this ``method``, and the new one among them if there had to be one.

        ``kept``: those it has, of which none is given up that still works for the method.
        """
        if not method.startswith("client_secret_"):
            return (), None
        by_signature = method == CLIENT_SECRET_JWT
        living = [known for known in kept if is_alive(known, now) and (known.sealed or not by_signature)]
        if living:
            return tuple(known if by_signature else replace(known, sealed=b"") for known in living), None
        # HS512 needs 64 bytes. Spec: RFC 7518 §3.2
        secret = new_secret() + new_secret() if by_signature else new_secret()
        sealed = seal_client_secret(self.secret_key, client_id, secret) if by_signature else b""
        return (ClientSecret(self.digest(client_id, secret), created_at=now, sealed=sealed),), secret

    def digest(self, client_id: str, secret: str) -> bytes:
        """What is stored of a client's secret."""
        return digest_client_secret(self.pepper, client_id, secret)

    def __repr__(self) -> str:
        return "SecretMaker()"


def is_secret_of(client: Client, digest: bytes, now: int) -> bool:
    """Whether it is the digest of one of the client's living secrets."""
    return any(equal(known.digest, digest) and is_alive(known, now) for known in client.client_secrets)
