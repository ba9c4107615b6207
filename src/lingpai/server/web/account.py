"""The profile: what others see of a person, the picture, and the address.

Owns the three forms. Leaves encoding a picture to ``accounts.pictures``, proving an address to
``accounts.credentials``.
"""

from collections.abc import Mapping

from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lingpai.crypto.digest import new_id
from lingpai.i18n import LOCALES, Translator
from lingpai.oauth.errors import InvalidRequest
from lingpai.server.accounts.credentials import Credentials
from lingpai.server.accounts.csrf import CsrfRefused
from lingpai.server.accounts.pictures import LIMIT_BYTES, PictureRefused, Pictures
from lingpai.server.audit import ACCOUNT_CHANGED, Audit
from lingpai.server.http import BodyTooLarge
from lingpai.server.mail.address import canonical_address
from lingpai.server.mail.message import one_line
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.people import People
from lingpai.server.storage.people_records import Avatar
from lingpai.server.storage.records import Account
from lingpai.server.web import paths
from lingpai.server.web.account_visits import AccountVisit, AccountVisits
from lingpai.server.web.upload import read_upload

NAME_LIMIT_CHARS = 64
_STATUS = {"stale": 403, "address": 422, "throttled": 429, "format": 422, "large": 413, "empty": 422}


class AccountPage:
    """``GET`` and ``POST /account``, ``POST /account/avatar``, ``POST /account/email``."""

    def __init__(
        self,
        visits: AccountVisits,
        accounts: Accounts,
        people: People,
        pictures: Pictures,
        credentials: Credentials,
        audit: Audit,
        translators: Mapping[str, Translator],
        *,
        issuer: str,
    ) -> None:
        self._visits = visits
        self._accounts = accounts
        self._people = people
        self._pictures = pictures
        self._credentials = credentials
        self._audit = audit
        self._translators = translators
        self._issuer = issuer

    async def get(self, request: Request) -> Response:
        """The forms."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        return self._show(opened, done=request.query_params.get("done", ""))

    async def post(self, request: Request) -> Response:
        """Name, nickname and language."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None:
            return self._show(opened, problem="stale")
        locale = form.get("locale") or ""
        if locale not in ("", *LOCALES):
            raise InvalidRequest("locale must be one we have")
        nickname = _fit(form.get("nickname"))
        others = {name: value for name, value in opened.account.claims.items() if name != "nickname"}
        changed = replace(
            opened.account,
            name=_fit(form.get("name")),
            locale=locale,
            claims=others | ({"nickname": nickname} if nickname else {}),
        )
        await self._put(opened, changed, "profile")
        return self._visits.done("account", "saved")

    async def post_avatar(self, request: Request) -> Response:
        """A new picture, or none."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        try:
            form, body = await read_upload(request, limit_bytes=LIMIT_BYTES)
            # A picture takes its time, and whoever sent it may have been signed out meanwhile.
            again = await self._visits.open(request)
            if isinstance(again, Response):
                return again
            opened = again
            self._visits.showing.visits.check_form(opened.visit, form)
            if form.get("action") == "remove":
                return await self._remove_avatar(opened)
            picture = await self._pictures.encode(body)
        except CsrfRefused:
            return self._show(opened, problem="stale")
        except BodyTooLarge:
            return self._show(opened, problem="large")
        except PictureRefused as refused:
            return self._show(opened, problem=refused.reason)
        except ClientDisconnect:
            raise InvalidRequest("the body ended early") from None
        avatar = Avatar(
            account_id=opened.account.id,
            id=new_id(),
            content_type=picture.content_type,
            body=picture.body,
            created_at=opened.now,
        )
        await self._people.put_avatar(avatar)
        address = f"{self._issuer}{paths.AVATAR}?id={avatar.id.hex()}"
        await self._put(opened, replace(opened.account, picture=address), "picture")
        return self._visits.done("account", "picture")

    async def post_email(self, request: Request) -> Response:
        """Send a link to the new address; nothing changes before it is followed."""
        opened = await self._visits.open(request)
        if isinstance(opened, Response):
            return opened
        form = await self._visits.read(opened)
        if form is None:
            return self._show(opened, problem="stale")
        if not opened.is_recent:
            return self._visits.confirm_first("account")
        typed = form.get("email") or ""
        try:
            email = canonical_address(typed)
        except ValueError:
            return self._show(opened, problem="address", typed=typed)
        words = self._translators[self._visits.pages.locale(request)]
        wait_s = await self._credentials.ask_email(opened.account, email, words, ip=opened.ip, now=opened.now)
        if wait_s:
            return self._show(opened, problem="throttled", typed=typed, retry_after_s=wait_s)
        return self._visits.done("account", "email_sent")

    async def _remove_avatar(self, opened: AccountVisit) -> Response:
        await self._people.delete_avatar(opened.account.id)
        await self._put(opened, replace(opened.account, picture=""), "picture")
        return self._visits.done("account", "picture_removed")

    async def _put(self, opened: AccountVisit, changed: Account, what: str) -> None:
        await self._accounts.change_profile(replace(changed, updated_at=opened.now))
        await self._audit.record(
            ACCOUNT_CHANGED, now=opened.now, account_id=changed.id, ip=opened.ip, change=what, by="owner"
        )

    def _show(
        self, opened: AccountVisit, *, done: str = "", problem: str = "", typed: str = "", retry_after_s: int = 0
    ) -> Response:
        return self._visits.show(
            opened,
            "account.html",
            status=_STATUS.get(problem, 200),
            retry_after_s=retry_after_s,
            done=done,
            problem=problem,
            nickname=opened.account.claims.get("nickname", ""),
            email=typed[: 2 * NAME_LIMIT_CHARS] or opened.account.email,
            locales=LOCALES,
        )


def _fit(text: str | None) -> str:
    return one_line(text or "").strip()[:NAME_LIMIT_CHARS]
