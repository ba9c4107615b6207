"""Who is there when a server under test starts: one person, and one application of each dialect.

Owns these records. The secrets are public: they are worth nothing anywhere else.
"""

from typing import Any

import msgspec
from msgspec import Struct

from lingpai.crypto.digest import new_id
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.storage.records import Account, Client, ClientSecret, ScopeDefinition
from lingpai.server.wiring import Server

CALLBACK = "http://localhost:3000/user/callback"
QQ_SCOPE = "get_user_info get_simple_userinfo get_vip_info"
SCOPE = "openid profile email offline_access get_user_info"
PLACEHOLDER_NICKNAME = "qzuser"


class Application(Struct, frozen=True):
    """What a developer is given. In QQ's words: appid and appkey."""

    client_id: str
    client_secret: str
    redirect_uri: str
    """The first of its callbacks."""


class Person(Struct, frozen=True):
    """Who signs in."""

    username: str
    password: str
    nickname: str
    picture: str


PERSON = Person("zhangsan", "panda-eats-bamboo-quietly", "张三", "https://pictures.example/zhangsan.png")
_SECRET = "not-a-secret-0123456789abcdefghijklmnopqrstuvw"
_APPKEY = "0123456789abcdef0123456789abcdef"
_APPID = "100222222"


async def settle(
    server: Server, pepper: bytes, callbacks: tuple[str, ...], now: int
) -> tuple[Application, Application]:
    """Put the person and both applications into an empty server: the standard's, and QQ Connect's."""
    words = {"en": "See your nickname, picture and gender", "zh_CN": "获得你的昵称、头像、性别"}
    profile = ScopeDefinition(name="get_user_info", descriptions=words, claims=("nickname", "picture", "gender"))
    await server.store.catalog.put_scope(profile)
    await server.catalog.reload()
    await server.store.accounts.put(await _account(server, now))
    standard = Application("client-under-test", _SECRET, callbacks[0])
    qq = Application(_APPID, _APPKEY, callbacks[0])
    await server.store.clients.put(
        _client(
            standard,
            pepper,
            now,
            client_name="Client under test",
            redirect_uris=callbacks,
            grant_types=("authorization_code", "refresh_token", "client_credentials"),
            token_endpoint_auth_method="client_secret_basic",
            scope=SCOPE,
        )
    )
    await server.store.clients.put(
        _client(
            qq,
            pepper,
            now,
            client_name="QQ client under test",
            redirect_uris=callbacks,
            token_endpoint_auth_method="client_secret_post",
            scope=QQ_SCOPE,
            dialects=("standard", "qq"),
            developer="developer-under-test",
            default_grant_lifetime="forever",
        )
    )
    return standard, qq


async def rename_person(server: Server, nickname: str, picture: str) -> None:
    """Change what applications see of the person."""
    account = await _person(server)
    claims = {**account.claims, "nickname": nickname}
    await server.store.accounts.put(msgspec.structs.replace(account, claims=claims, picture=picture))


async def forget_grant(server: Server, client_id: str, now: int) -> None:
    """Take back what the person allowed an application, its tokens with it."""
    await server.store.grants.end((await _person(server)).id, client_id, now)


async def _person(server: Server) -> Account:
    account = await server.store.accounts.get_by_username(PERSON.username)
    assert account is not None, "nobody deletes the person"  # noqa: S101 - we put it there
    return account


async def _account(server: Server, now: int) -> Account:
    return Account(
        id=new_id(),
        username=PERSON.username,
        password_hash=await server.passwords.hash(PERSON.password),
        name=PERSON.nickname,
        picture=PERSON.picture,
        email="zhangsan@people.example",
        email_verified=True,
        locale="zh_CN",
        claims={"nickname": PERSON.nickname, "gender": "male"},
        created_at=now,
    )


def _client(application: Application, pepper: bytes, now: int, **fields: Any) -> Client:
    digest = digest_client_secret(pepper, application.client_id, application.client_secret)
    fields |= {"client_id": application.client_id, "client_secrets": (ClientSecret(digest, now),), "created_at": now}
    return Client(**fields)
