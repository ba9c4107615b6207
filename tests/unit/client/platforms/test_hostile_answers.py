"""Answers of platforms nobody should believe: broken, endless, about somebody else, signed by nobody.

Every test with ``client`` or ``connect`` runs with both kinds of client.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from lingpai.client import (
    IdTokenError,
    ServerUnreachable,
    TokenError,
    UserinfoError,
)
from tests.unit.client.platforms.alipay import Alipay
from tests.unit.client.platforms.look_alike import LookAlike
from tests.unit.client.platforms.look_alikes import LOOK_ALIKES
from tests.unit.client.platforms.openid_platforms import Google
from tests.unit.client.platforms.walk import TOKEN_PATHS, finish

HOSTILE: dict[str, httpx2.Response] = {
    "nothing": httpx2.Response(200),
    "a page": httpx2.Response(200, text="<html><title>Sign in</title></html>"),
    "a list": httpx2.Response(200, json=[]),
    "a list deep enough to overflow a stack": httpx2.Response(200, text="[" * 100_000),
    "not UTF-8": httpx2.Response(200, content=b'{"access_token":"\xff\xfe"}'),
    "another type of token": httpx2.Response(200, json={"access_token": ["x"], "data": {"access_token": 7}}),
    "a token with a line break": httpx2.Response(
        200, json={"access_token": "a\r\nX:y", "data": {"access_token": "\n"}}
    ),
    "an endless lifetime": httpx2.Response(
        200, text='{"access_token":"a","expires_in":1e999,"data":{"access_token":"a","expires_in":-1}}'
    ),
    "a server error": httpx2.Response(502, text="bad gateway"),
    "a redirect": httpx2.Response(302, headers={"location": "https://evil.example/"}),
}


@pytest.mark.parametrize("answer", HOSTILE)
def test_no_answer_of_the_token_endpoint_is_more_than_a_client_error(
    client: Any, site: LookAlike, name: str, answer: str
) -> None:
    site.answers[TOKEN_PATHS[name]] = HOSTILE[answer]
    with pytest.raises(TokenError) as raised:
        finish(client, site)
    assert raised.value.code in {"unreadable_response", "http_502", "http_302"}


def test_an_answer_without_end_is_not_read_to_the_end(client: Any, site: LookAlike, name: str) -> None:
    site.answers[TOKEN_PATHS[name]] = httpx2.Response(200, content=b" " * 300_000)
    with pytest.raises(ServerUnreachable, match="answered more than"):
        finish(client, site)


def test_an_answer_that_says_something_twice_says_nothing(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["wechat"][1]()
    site.answers["/sns/oauth2/access_token"] = httpx2.Response(
        200, text='{"access_token":"a","openid":"mine","access_token":"b","openid":"yours"}'
    )
    with pytest.raises(TokenError, match="says something twice"):
        finish(connect("wechat", site), site)


SWAPPED = {
    "qq, a token of another application": ("qq", "/oauth2.0/me", 'callback( {"client_id":"6","openid":"A"} );\n'),
    "wechat, another person": ("wechat", "/sns/userinfo", '{"openid":"another","nickname":"x"}'),
    "weibo, another person": ("weibo", "/2/users/show.json", '{"idstr":"7","screen_name":"x"}'),
    "douyin, another person": ("douyin", "/oauth/userinfo/", '{"data":{"open_id":"another","error_code":0}}'),
}


@pytest.mark.parametrize(("name", "path", "answer"), SWAPPED.values(), ids=SWAPPED)
def test_an_answer_about_somebody_else_is_nobody(
    connect: Callable[..., Any], name: str, path: str, answer: str
) -> None:
    site = LOOK_ALIKES[name][1]()
    site.answers[path] = httpx2.Response(200, text=answer)
    with pytest.raises(UserinfoError, match="somebody else"):
        finish(connect(name, site), site)


def test_a_person_without_an_identifier_is_nobody(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["gitee"][1]()
    for subject in ("null", '""', "true", "[1]", '"\\u0000"', '"' + "x" * 600 + '"'):
        site.answers["/api/v5/user"] = httpx2.Response(200, text=f'{{"id":{subject},"name":"x"}}')
        with pytest.raises(UserinfoError, match="do not say who"):
            finish(connect("gitee", site), site)


def test_what_a_person_typed_in_is_text_and_a_picture_is_a_picture(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["gitee"][1]()
    said = {"id": 7, "name": "a\nb", "login": ["x"], "avatar_url": "javascript:alert(1)", "email": {"a": 1}}
    site.answers["/api/v5/user"] = httpx2.Response(200, json=said)
    person = finish(connect("gitee", site), site)
    assert (person.subject, person.name, person.picture, person.email) == ("7", None, None, None)
    assert person.claims["avatar_url"] == "javascript:alert(1)"


def test_the_list_of_addresses_may_be_kept_from_us(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["github"][1]()
    for answer in (httpx2.Response(404, json={"message": "Not Found"}), httpx2.Response(200, json={"a": 1})):
        site.answers["/user/emails"] = answer
        person = finish(connect("github", site), site)
        assert (person.email, person.email_verified) == ("shown@example.com", False)


def test_an_answer_alipay_did_not_sign_is_none(connect: Callable[..., Any]) -> None:
    site = Alipay()
    inside = {"access_token": "a", "open_id": "somebody"}
    forged = {"alipay_system_oauth_token_response": inside, "sign": "AAAA"}
    for answer in (forged, {**forged, "sign": None}, {"alipay_system_oauth_token_response": inside}):
        site.answers["/gateway.do"] = httpx2.Response(200, text=json.dumps(answer))
        with pytest.raises(TokenError, match="not signed by Alipay"):
            finish(connect("alipay", site), site)


WRONG_TENANTS: dict[str, dict[str, Any]] = {
    "the issuer of another": {"iss": "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"},
    "none": {"tid": None},
    "a path": {"tid": "../evil", "iss": "https://login.microsoftonline.com/../evil/v2.0"},
}


@pytest.mark.parametrize("wrong", WRONG_TENANTS)
def test_microsofts_issuer_has_to_be_that_of_the_tenant(connect: Callable[..., Any], wrong: str) -> None:
    site = LOOK_ALIKES["microsoft"][1]()
    assert isinstance(site, Google)
    site.claims = {**site.claims, **WRONG_TENANTS[wrong]}
    with pytest.raises(IdTokenError):
        finish(connect("microsoft", site), site)


def test_only_the_tenants_named_may_come_in(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["microsoft"][1]()
    with pytest.raises(IdTokenError, match="may not sign in here"):
        finish(connect("microsoft", site, tenants=["11111111-1111-1111-1111-111111111111"]), site)


@pytest.mark.parametrize(
    "lie", [{"nonce": "x"}, {"aud": "other"}, {"exp": 1}, {"iss": "https://evil.example"}], ids=str
)
def test_a_lying_id_token_signs_nobody_in(connect: Callable[..., Any], lie: dict[str, Any]) -> None:
    for name in ("google", "microsoft", "apple"):
        site = LOOK_ALIKES[name][1]()
        assert isinstance(site, Google)
        site.claims = {**site.claims, **lie}
        with pytest.raises(IdTokenError):
            finish(connect(name, site), site)


def test_no_id_token_is_no_sign_in(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["google"][1]()
    site.answers["/token"] = httpx2.Response(200, json={"access_token": "a", "token_type": "Bearer"})
    with pytest.raises(IdTokenError, match="no ID Token came"):
        finish(connect("google", site), site)
