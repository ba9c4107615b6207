"""Signing in with each platform, begun and finished by both kinds of client against a look-alike of it."""

from typing import Any, NamedTuple

import pytest

from lingpai.client import UnsupportedByProvider
from lingpai.client.platforms import PendingSignIn, PlatformIdentity, PlatformTokens, aio, sync
from tests.unit.client.both_shells import body, without_await
from tests.unit.client.foreign import NOW
from tests.unit.client.platforms.look_alike import REDIRECT_URI, LookAlike


class Who(NamedTuple):
    subject: str
    union_subject: str | None
    name: str | None
    picture: str | None
    email: str | None = None
    email_verified: bool = False


ZHANG = {
    "qq": Who("0E302B779D8D4C72D21E3172C015682B", "UID_6F6E", "张三", "http://thirdqq.qlogo.cn/640"),
    "wechat": Who(
        "oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "o6_bmasdasdsad6_2sgVt7hMZOPfL", "张三", "https://thirdwx.qlogo.cn/0"
    ),
    "weibo": Who("1404376560", None, "张三", "https://tvax.sinaimg.cn/180"),
    "alipay": Who("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", None, "张三", "https://tfs.alipayobjects.com/a"),
    "dingtalk": Who("od1", "ud1", "张三", "https://static.dingtalk.com/a.png", "zhang@example.com"),
    "feishu": Who("ou_caecc734", "on_d89jhsdhjsajkda7828enjdj328ydhhw", "张三", "https://s3-imfile.feishucdn.com/a"),
    "douyin": Who("aaa-bbb-ccc", "uuu", "张三", "https://p3.douyinpic.com/a.jpeg"),
    "gitee": Who("7", None, "张三", "https://gitee.com/a.png", "zhang@example.com"),
    "baidu": Who(
        "oPXyY4O0ZTmUqSX4",
        "uA91qQ6gAISTuy0m",
        "张**",
        "https://himg.bdimg.com/sys/portrait/item/e2c1776c31393837313031319605",
    ),
    "github": Who("583231", None, "zhangsan", "https://avatars.githubusercontent.com/u/583231", "z@example.com", True),
    "google": Who("10769150350006150715113082367", None, "张三", "https://lh3.example/a", "z@example.com", True),
    "microsoft": Who(
        "10769150350006150715113082367",
        "00000000-0000-0000-66f3-3332eca7ea81",
        "张三",
        None,
        "ceo@victim.example",
    ),
    "apple": Who("10769150350006150715113082367", None, "San Zhang", None, "z@privaterelay.appleid.com", True),
}
ZHANG["feishu, version 1"] = ZHANG["feishu"]


def sign_in(client: Any, site: LookAlike) -> PlatformIdentity:
    pending = PendingSignIn.from_json(client.begin(REDIRECT_URI).to_json())
    person = client.finish(pending, site.visit(pending.url))
    assert isinstance(person, PlatformIdentity)
    return person


def test_a_person_signs_in(client: Any, site: LookAlike, name: str) -> None:
    person = sign_in(client, site)
    found = (person.subject, person.union_subject, person.name, person.picture, person.email, person.email_verified)
    assert Who(*found) == ZHANG[name]
    assert person.tokens.access_token == site.access_token
    assert person.tokens.expires_at is not None
    assert person.tokens.expires_at > NOW


def test_what_was_kept_of_a_person_finds_them_again_and_refreshes(client: Any, site: LookAlike, name: str) -> None:
    person = sign_in(client, site)
    tokens = PlatformTokens.from_json(person.tokens.to_json())
    again = client.userinfo(tokens)
    assert (again.subject, again.union_subject, again.email) == (*ZHANG[name][:2], ZHANG[name].email)
    if name == "weibo":
        with pytest.raises(UnsupportedByProvider):
            client.refresh(tokens)
        return
    refreshed = client.refresh(tokens)
    assert refreshed.access_token
    assert refreshed.refresh_token
    assert refreshed.facts == tokens.facts


def test_the_authorization_url_says_what_the_platform_wants_to_hear(client: Any, site: LookAlike, name: str) -> None:
    sign_in(client, site)
    sent = site.authorized
    assert len(sent["state"]) >= 43
    assert (sent["#"] == "wechat_redirect") is (name == "wechat")
    with_pkce = {"feishu", "github", "google", "microsoft"}
    assert ("code_challenge" in sent) is (name in with_pkce)


@pytest.mark.parametrize("name", ["qq"], indirect=True)
def test_scopes_are_joined_as_the_platform_wants_and_its_own_parameters_are_sent(client: Any, site: LookAlike) -> None:
    pending = client.begin(REDIRECT_URI, "list_album get_user_info", display="mobile")
    site.visit(pending.url)
    assert (site.authorized["scope"], site.authorized["display"]) == ("list_album,get_user_info", "mobile")
    assert pending.scope == "list_album get_user_info"


@pytest.mark.parametrize("name", ["google", "microsoft"], indirect=True)
def test_openid_is_asked_for_whatever_the_application_asks_for(client: Any) -> None:
    assert client.begin(REDIRECT_URI, "email").scope == "openid email"


@pytest.mark.parametrize("extra", ["state", "response_type", "client_id", "appid", "nonce", "code_challenge"])
@pytest.mark.parametrize("name", ["wechat"], indirect=True)
def test_what_a_check_hangs_on_cannot_be_replaced(client: Any, extra: str) -> None:
    with pytest.raises(ValueError, match=extra):
        client.begin(REDIRECT_URI, **{extra: "x"})


def test_the_two_shells_are_the_same_but_for_await() -> None:
    assert without_await(aio) == body(sync)
