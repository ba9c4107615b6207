"""Mails with a link that works once.

Owns the secret in the link, how long it is good, and how many such mails one address and one sender may cause. The link
begins with the issuer from the settings, never with what a request says of its host: or somebody could have our mail
lead to their server (host header injection).
"""

from collections.abc import Callable

from lingpai.crypto.digest import digest, new_secret
from lingpai.server.audit import MAIL_LINK_SENT, Audit
from lingpai.server.mail.message import Content
from lingpai.server.mail.post import Post
from lingpai.server.rate_limit import Throttle, network_of
from lingpai.server.storage.mail import MailLinks
from lingpai.server.storage.people_records import LinkPurpose, MailLink

LIFETIME_S = {"register": 24 * 3600, "verify_email": 24 * 3600, "reset_password": 2 * 3600}
"""How long the link of each purpose is good."""

_SECRET_LIMIT_CHARS = 64


class LinkMails:
    """Sends links, shows what they are for, and spends them."""

    def __init__(
        self,
        rows: MailLinks,
        post: Post,
        throttle_address: Throttle,
        throttle_recipient: Throttle,
        audit: Audit,
        *,
        issuer: str,
    ) -> None:
        self._rows = rows
        self._post = post
        self._throttle_address = throttle_address
        self._throttle_recipient = throttle_recipient
        self._audit = audit
        self._issuer = issuer

    async def retry_after_s(self, ip: str, now: int) -> int:
        """Count one more mail asked for from ``ip``: 0, or the seconds to wait."""
        network = network_of(ip)
        wait_s = await self._throttle_address.retry_after_s(network, now=now)
        return wait_s or await self._throttle_address.hit(network, now=now)

    async def is_one_too_many(self, email: str, now: int) -> bool:
        """Whether this mailbox had as many as anybody may cause. Nobody is told: it is not the sender's business."""
        wait_s = await self._throttle_recipient.retry_after_s(email, now=now)
        return bool(wait_s or await self._throttle_recipient.hit(email, now=now))

    async def send(
        self,
        purpose: LinkPurpose,
        email: str,
        write: Callable[[str, int], Content],
        *,
        path: str,
        now: int,
        account_id: bytes | None = None,
        request: str = "",
    ) -> None:
        """Send a link to the page at ``path``. ``write``: (link, hours it is good) -> the mail."""
        secret, lifetime_s = new_secret(), LIFETIME_S[purpose]
        await self._rows.record(
            MailLink(
                digest=digest(secret),
                purpose=purpose,
                account_id=account_id,
                email=email,
                request=request,
                created_at=now,
                expires_at=now + lifetime_s,
            )
        )
        await self._post.put(email, write(f"{self._issuer}{path}?token={secret}", lifetime_s // 3600), now)
        await self._audit.record(MAIL_LINK_SENT, now=now, account_id=account_id, purpose=purpose)

    async def tell(self, email: str, content: Content, now: int) -> None:
        """A mail that opens nothing."""
        await self._post.put(email, content, now)

    async def find(self, secret: str, purpose: LinkPurpose, now: int) -> MailLink | None:
        """What a link is for, without spending it: programs that look at mails open links, but press no buttons."""
        return await self._rows.get(digest(secret), purpose, now) if _could_be(secret) else None

    async def spend(self, secret: str, purpose: LinkPurpose, now: int) -> MailLink | None:
        """The link, once."""
        return await self._rows.spend(digest(secret), purpose, now) if _could_be(secret) else None

    async def end_all(self, account_id: bytes) -> None:
        """No link sent to this account so far works any more."""
        await self._rows.end_all(account_id)


def _could_be(secret: str) -> bool:
    return 0 < len(secret) <= _SECRET_LIMIT_CHARS and secret.isascii()
