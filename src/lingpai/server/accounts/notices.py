"""Mails that tell the owner what happened to the account.

Owns which language they are in and who gets one: only an address that was proved, or somebody else would read along.
"""

from collections.abc import Callable, Mapping

from lingpai.crypto.digest import digest
from lingpai.i18n import Translator
from lingpai.server.accounts.device_name import device_name
from lingpai.server.mail import texts
from lingpai.server.mail.message import Content
from lingpai.server.mail.post import Post
from lingpai.server.storage.people import People
from lingpai.server.storage.records import Account

_KNOWN_FOR_S = 365 * 86_400


class Notices:
    """Tells people."""

    def __init__(
        self, post: Post, people: People, translators: Mapping[str, Translator], *, default_locale: str
    ) -> None:
        self._post = post
        self._people = people
        self._translators = translators
        self._default_locale = default_locale

    async def signed_in(self, account: Account, *, browser: str, user_agent: str, ip: str, now: int) -> None:
        """Tell about a sign-in in a browser that was not known. ``browser``: its name in the cookie."""
        if not await self._people.know_browser(account.id, digest(browser), now + _KNOWN_FOR_S):
            return
        device = device_name(user_agent)
        await self.tell(
            account,
            lambda words: texts.new_sign_in(words, username=account.username, device=device, ip=ip, at=now),
            now,
        )

    async def security_changed(self, account: Account, what: str, now: int) -> None:
        """Tell that a second factor or passkey came or went; ``what`` as ``mail.texts`` has it."""
        await self.tell(account, lambda words: texts.security_changed(words, username=account.username, what=what), now)

    async def allowed(self, account: Account, application: str, now: int) -> None:
        """Tell that an application has access which had none."""
        await self.tell(
            account, lambda words: texts.new_grant(words, username=account.username, application=application), now
        )

    def words_for(self, account: Account) -> Translator:
        """The language to write to the person in."""
        return self._translators.get(account.locale.replace("-", "_"), self._translators[self._default_locale])

    async def tell(self, account: Account, write: Callable[[Translator], Content], now: int) -> None:
        """Any mail to the account's proved address, in the person's language."""
        if account.email and account.email_verified:
            await self._post.put(account.email, write(self.words_for(account)), now)
