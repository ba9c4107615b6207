"""Records as tests need them: everything filled in, so that a column that is not written or read shows."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from msgspec.structs import replace

from lingpai.crypto.digest import new_id
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.driver import Driver
from lingpai.server.storage.grants import Grants
from lingpai.server.storage.records import Account, Client, ClientSecret, Grant, Session, TokenFamily

NOW = 1_800_000_000

_T = TypeVar("_T")


def account(username: str = "zhangsan", **changes: Any) -> Account:
    """A person."""
    whole = Account(
        id=new_id(),
        username=username,
        password_hash="$argon2id$…",
        name="张三",
        picture="https://pictures.example/zhangsan.png",
        email="zhangsan@example.com",
        email_verified=True,
        locale="zh_CN",
        claims={"nickname": "三", "gender": "男", "tags": [1, {"deep": None}]},
        created_at=NOW,
        updated_at=NOW + 1,
    )
    return replace(whole, **changes)


def client(client_id: str = "photo-print", **changes: Any) -> Client:
    """An application."""
    whole = Client(
        client_id=client_id,
        client_name="照片打印",
        client_secrets=(ClientSecret(b"\x00\xff" * 16, NOW, NOW + 9),),
        application_type="native",
        redirect_uris=("http://127.0.0.1/callback", "com.example.app:/callback"),
        scope="get_user_info list_album",
        required_scope="get_user_info",
        contacts=("admin@example.com",),
        grant_lifetimes=("once", "1d"),
        default_grant_lifetime="1d",
        access_token_lifetime_s=60,
        created_at=NOW,
        updated_at=NOW + 1,
    )
    return replace(whole, **changes)


def session(owner: Account, **changes: Any) -> Session:
    """A browser the person is signed in with."""
    whole = Session(
        digest=new_id() + new_id(),
        account_id=owner.id,
        auth_time=NOW,
        amr=("pwd", "otp"),
        user_agent="Firefox",
        created_at=NOW,
        expires_at=NOW + 60,
    )
    return replace(whole, **changes)


def grant(owner: Account, client_id: str = "photo-print", **changes: Any) -> Grant:
    """What the person allowed the application."""
    whole = Grant(
        account_id=owner.id,
        client_id=client_id,
        id=new_id(),
        permissions={"get_user_info": NOW, "list_album": NOW - 5},
        declined=("upload_pic",),
        lifetime="1d",
        revision=1,
        created_at=NOW,
        updated_at=NOW + 1,
        expires_at=NOW + 86_400,
    )
    return replace(whole, **changes)


def family(of: Grant, **changes: Any) -> TokenFamily:
    """What a code of that grant is redeemed into."""
    whole = TokenFamily(
        account_id=of.account_id,
        id=new_id(),
        client_id=of.client_id,
        grant_id=of.id,
        scope="get_user_info list_album",
        resource=("https://photos.example",),
        auth_time=NOW - 9,
        sid=b"s" * 16,
        created_at=NOW,
        rotated_at=NOW,
        expires_at=NOW + 600,
    )
    return replace(whole, **changes)


async def allowed(driver: Driver, **changes: Any) -> Grant:
    """A grant that is stored, with its account."""
    owner = account()
    assert await Accounts(driver).put(owner)
    given = grant(owner, **changes)
    assert await Grants(driver).put(given, replaces=None)
    return given


async def together(calls: list[Awaitable[_T]]) -> list[_T]:
    """The calls' answers; all of them are under way before the first is answered."""
    return list(await asyncio.gather(*calls))
