"""The APIs about the person: ``/user/get_user_info`` and its relatives, with every member Tencent's have.

What no account here has (province, city, year, levels) is there as QQ itself sends it since it stopped telling.
"""

from collections.abc import Mapping

from lingpai.dialects.openapi import OpenApiCall, OpenApiEndpoint, OpenApiRefused
from lingpai.dialects.qq_errors import RET_NOT_SIGNED_IN
from lingpai.server.accounts.account import userinfo_claims
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.records import Account
from lingpai.server.tokens.catalog import Catalog

_GENDERS = {"female": ("女", 1)}
_DEFAULT_GENDER = ("男", 2)
"""What QQ says when nobody said."""
_PICTURES = ("figureurl", "figureurl_1", "figureurl_2", "figureurl_qq_1", "figureurl_qq_2", "figureurl_qq")
_NO_MEMBER = {
    "is_yellow_vip": "0",
    "vip": "0",
    "yellow_vip_level": "0",
    "level": "0",
    "is_yellow_year_vip": "0",
}


class UserApis:
    """Answers them."""

    def __init__(self, accounts: Accounts, catalog: Catalog) -> None:
        self._accounts = accounts
        self._catalog = catalog

    def endpoints(self) -> tuple[OpenApiEndpoint, ...]:
        """The three of them. get_user_info knows no XML."""
        return (
            OpenApiEndpoint(path="/user/get_user_info", answer=self.get_user_info, xml=False),
            OpenApiEndpoint(path="/user/get_simple_userinfo", answer=self.get_simple_userinfo),
            OpenApiEndpoint(path="/user/get_vip_info", answer=self.get_vip_info),
        )

    async def get_user_info(self, call: OpenApiCall) -> Mapping[str, object]:
        """Name and pictures; ``username`` and ``avatar`` besides, which QQ has not and some clients read."""
        return await self._profile(call, "get_user_info")

    async def get_simple_userinfo(self, call: OpenApiCall) -> Mapping[str, object]:
        """The same for applications on phones."""
        return await self._profile(call, "get_simple_userinfo")

    async def get_vip_info(self, _call: OpenApiCall) -> Mapping[str, object]:
        """Nobody here is a paying member of QQ."""
        return {"is_qq_vip": 0, "qq_vip_level": 0, "is_qq_year_vip": 0}

    async def _profile(self, call: OpenApiCall, permission: str) -> Mapping[str, object]:
        account = await self._accounts.get(bytes.fromhex(call.caller.subject))
        if account is None:
            raise OpenApiRefused(RET_NOT_SIGNED_IN)
        definition = self._catalog.scopes[permission]
        return _members(account, userinfo_claims(account, [definition]))


def _members(account: Account, claims: Mapping[str, object]) -> dict[str, object]:
    # Who registered with an address has it for a username; it is for applications that were given the address.
    username = "" if "@" in account.username else account.username
    nickname, picture = _text(claims, "nickname") or account.name or username, _text(claims, "picture")
    gender, gender_type = _GENDERS.get(_text(claims, "gender"), _DEFAULT_GENDER)
    return {
        "is_lost": 0,
        "nickname": nickname,
        "gender": gender,
        "gender_type": gender_type,
        "province": "",
        "city": "",
        "year": "",
        "constellation": "",
        **dict.fromkeys(_PICTURES, picture),
        "figureurl_type": "1",
        **_NO_MEMBER,
        "username": username,
        "avatar": picture,
    }


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
