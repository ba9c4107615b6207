"""What people have beside their account: mail on its way, second factors, passkeys, a picture. As ``records``."""

from typing import Literal

from msgspec import Struct

LinkPurpose = Literal["register", "verify_email", "reset_password"]


class QueuedMail(Struct, frozen=True, kw_only=True):
    """A mail to deliver. ``sealed``: the whole message under the master key: it may hold a link that opens doors."""

    id: bytes
    sealed: bytes
    created_at: int
    next_at: int | None
    """When to try; ``None``: nobody will, it lies in the outbox to be read."""
    attempts: int = 0
    expires_at: int = 0


class MailLink(Struct, frozen=True, kw_only=True):
    """A link in a mail: good once, until ``expires_at``. The mail holds the secret, the row its digest."""

    digest: bytes
    purpose: LinkPurpose
    account_id: bytes | None
    """``None``: there is no account yet."""
    email: str
    """Where the mail went, which is what following the link proves."""
    request: str = ""
    """The sealed authorization request the person goes on with."""
    created_at: int = 0
    expires_at: int = 0


class Totp(Struct, frozen=True, kw_only=True):
    """The secret an authenticator app shares with us. Spec: RFC 6238 §4"""

    account_id: bytes
    sealed_secret: bytes
    last_step: int = 0
    """The step of the last code that was accepted: it and what is before it are refused. Spec: RFC 6238 §5.2"""
    created_at: int = 0
    confirmed_at: int | None = None
    """``None``: the person has not shown yet that the app works; not asked for at sign-in."""


class SignInStep(Struct, frozen=True, kw_only=True):
    """Somebody who has proved one factor and is being asked for the other."""

    digest: bytes
    account_id: bytes
    amr: tuple[str, ...]
    next_page: str = ""
    """Where they go when no application waits: an address we made."""
    created_at: int = 0
    expires_at: int = 0


class Passkey(Struct, frozen=True, kw_only=True):
    """A credential of WebAuthn. ``id``: the credential's own. Spec: Web Authentication Level 2 §4"""

    id: bytes
    account_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    transports: tuple[str, ...] = ()
    backed_up: bool = False
    created_at: int = 0
    used_at: int | None = None


class Avatar(Struct, frozen=True, kw_only=True):
    """A picture as we encoded it. ``id`` is its address: new for every upload, and says nothing about the person."""

    account_id: bytes
    id: bytes
    content_type: str
    body: bytes
    created_at: int
