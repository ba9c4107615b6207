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


_USERNAME = "zhangsan"
_SECRET = "not-a-secret-0123456789abcdefghijklmnopqrstuvw"
_APPKEY = "0123456789abcdef0123456789abcdef"
_APPID = "100222222"


def person_at(issuer: str) -> Person:
    """Who there is at this server. The picture is one that it serves, so that pages show it."""
    return Person(_USERNAME, "panda-eats-bamboo-quietly", "张三", f"{issuer}/static/logo.svg")


async def settle(
    server: Server, pepper: bytes, person: Person, callbacks: tuple[str, ...], now: int
) -> tuple[Application, Application]:
    """Put ``person`` and both applications into an empty server: the standard's, and QQ Connect's."""
    words = {"en": "See your nickname, picture and gender", "zh_CN": "获得你的昵称、头像、性别"}
    profile = ScopeDefinition(name="get_user_info", descriptions=words, claims=("nickname", "picture", "gender"))
    await server.store.catalog.put_scope(profile)
    await server.catalog.reload()
    await server.store.accounts.put(await _account(server, person, now))
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
    account = await server.store.accounts.get_by_username(_USERNAME)
    assert account is not None, "nobody deletes the person"  # noqa: S101 - we put it there
    return account


async def _account(server: Server, person: Person, now: int) -> Account:
    return Account(
        id=new_id(),
        username=person.username,
        password_hash=await server.passwords.hash(person.password),
        name=person.nickname,
        picture=person.picture,
        email="zhangsan@people.example",
        email_verified=True,
        locale="zh_CN",
        claims={"nickname": person.nickname, "gender": "male"},
        created_at=now,
    )


def _client(application: Application, pepper: bytes, now: int, **fields: Any) -> Client:
    digest = digest_client_secret(pepper, application.client_id, application.client_secret)
    fields |= {"client_id": application.client_id, "client_secrets": (ClientSecret(digest, now),), "created_at": now}
    return Client(**fields)
