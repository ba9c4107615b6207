"""What goes wrong with a platform: refusals under status 200, people who say no, answers nobody should believe.

Every test with ``client`` or ``connect`` runs with both kinds of client.
"""

from collections.abc import Callable
from typing import Any

import pytest

from lingpai.client import (
    AuthorizationDenied,
    CallbackError,
    TokenError,
)
from tests.unit.client.platforms.look_alike import LookAlike
from tests.unit.client.platforms.look_alikes import LOOK_ALIKES
from tests.unit.client.platforms.walk import TOKEN_PATHS, finish

WRONG_CODES = {
    "qq": ("100019", "code to access token error"),
    "wechat": ("40029", "invalid code"),
    "weibo": ("21325", "invalid authorization code"),
    "alipay": ("isv.code-invalid", "授权码code无效"),
    "dingtalk": ("invalidParameter.authCode.notFound", "不合法的临时授权码"),
    "feishu": ("20003", "The code is invalid"),
    "feishu, version 1": ("20003", "code not found"),
    "douyin": ("10007", "code已过期"),
    "gitee": ("invalid_grant", "授权方式无效"),
    "baidu": ("invalid_grant", "Invalid authorization code"),
    "github": ("bad_verification_code", "incorrect or expired"),
    "google": ("invalid_grant", "Bad Request"),
    "microsoft": ("invalid_grant", "Bad Request"),
    "apple": ("invalid_grant", ""),
}


def test_a_refusal_is_one_whatever_its_status_and_shape(client: Any, site: LookAlike, name: str) -> None:
    code, text = WRONG_CODES[name]
    sent = {"alipay": "auth_code", "dingtalk": "authCode"}.get(name, "code")
    with pytest.raises(TokenError) as raised:
        finish(client, site, **{sent: "somebodyElsesCode"})
    assert raised.value.code == code
    assert text in raised.value.description


@pytest.mark.parametrize("state", ["x" * 43, None], ids=["another state", "no state"])
def test_a_callback_for_another_sign_in_gets_no_code_redeemed(
    client: Any, site: LookAlike, name: str, state: str | None
) -> None:
    with pytest.raises(CallbackError) as raised:
        finish(client, site, state=state)
    assert raised.value.code == "state_mismatch"
    assert TOKEN_PATHS[name] not in [asked.path for asked in site.asked]


DENIALS = {
    "qq on a phone": ("qq", {"usercancel": "1", "code": None}),
    "qq, as documented": ("qq", {"error": "access_denied", "code": None}),
    "wechat": ("wechat", {"code": None}),
    "apple": ("apple", {"error": "user_cancelled_authorize", "code": None}),
    "github": ("github", {"error": "access_denied", "code": None}),
    "baidu": ("baidu", {"error": "access_denied", "code": None}),
}


@pytest.mark.parametrize(("name", "changes"), DENIALS.values(), ids=DENIALS)
def test_a_person_who_says_no_is_a_case_of_its_own(
    connect: Callable[..., Any], name: str, changes: dict[str, str | None]
) -> None:
    site = LOOK_ALIKES[name][1]()
    with pytest.raises(AuthorizationDenied):
        finish(connect(name, site), site, **changes)


def test_a_cancel_of_another_sign_in_is_none_of_this_one(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["qq"][1]()
    with pytest.raises(CallbackError, match="state_mismatch"):
        finish(connect("qq", site), site, usercancel="1", code=None, state="x" * 43)


def test_usercancel_0_is_no_cancel_and_an_old_error_is_no_code(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["qq"][1]()
    assert finish(connect("qq", site), site, usercancel="0").name == "张三"
    with pytest.raises(CallbackError, match=r"100011: app is not online"):
        finish(connect("qq", site), site, code="100011", msg="app is not online")
