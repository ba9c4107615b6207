"""No secret is shown, and nothing of one platform or application is used with another.

Every test with ``client`` or ``connect`` runs with both kinds of client.
"""

import traceback
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from lingpai.client import (
    CallbackError,
    TokenError,
)
from lingpai.client.platforms import PLATFORMS, PlatformTokens, get_platform
from tests.unit.client.platforms.alipay import Alipay
from tests.unit.client.platforms.look_alike import REDIRECT_URI, SECRET, LookAlike
from tests.unit.client.platforms.look_alikes import LOOK_ALIKES
from tests.unit.client.platforms.walk import TOKEN_PATHS, finish


def test_no_exception_holds_what_was_sent_even_if_the_platform_repeats_it(
    client: Any, site: LookAlike, name: str
) -> None:
    echo = f"bad request: {site.client_secret} {site.code} {SECRET}"
    said: dict[str, Any] = {
        "error": echo,
        "errcode": echo,
        "code": echo,
        "error_code": echo,
        "error_description": echo,
        "msg": echo,
    }
    said |= {"message": echo, "errmsg": echo, "data": dict(said), "error_response": {"code": echo, "sub_msg": echo}}
    site.answers[TOKEN_PATHS[name]] = httpx2.Response(400, json=said)
    with pytest.raises(TokenError) as raised:
        finish(client, site)
    assert "bad request" in str(raised.value)
    shown = str(raised.value) + "".join(traceback.format_exception_only(raised.value))
    assert site.code not in shown
    if name not in ("apple", "alipay"):  # whose key never travels
        assert site.client_secret not in shown


def test_nothing_shows_a_secret(client: Any, site: LookAlike, name: str) -> None:
    pending = client.begin(REDIRECT_URI)
    person = client.finish(pending, site.visit(pending.url))
    given = {"client_id": site.client_id, "client_secret": site.client_secret, **site.given}
    shown = f"{get_platform(LOOK_ALIKES[name][0], **given)!r} {pending!r} {person!r} {person.tokens!r}"
    for secret in (site.client_secret, site.access_token, site.refresh_token, pending.state, pending.code_verifier):
        assert secret not in shown


def test_a_sign_in_begun_with_another_platform_or_application_is_not_finished_here(connect: Callable[..., Any]) -> None:
    site = LOOK_ALIKES["qq"][1]()
    pending = connect("qq", site).begin(REDIRECT_URI)
    callback = site.visit(pending.url)
    for other in (connect("gitee", LOOK_ALIKES["gitee"][1]()), connect("qq", site, client_id="7")):
        with pytest.raises(CallbackError, match="issuer_mismatch"):
            other.finish(pending, callback)
    assert site.asked == []


def test_tokens_of_another_platform_or_application_are_not_shown_to_this_one(connect: Callable[..., Any]) -> None:
    client = connect("qq", LOOK_ALIKES["qq"][1]())
    for tokens in (
        PlatformTokens(platform="gitee", client_id=LOOK_ALIKES["qq"][1].client_id, access_token="a", refresh_token="r"),
        PlatformTokens(platform="qq", client_id="7", access_token="a", refresh_token="r"),
    ):
        for use in (client.userinfo, client.refresh):
            with pytest.raises(ValueError, match="another"):
                use(tokens)


def test_without_a_refresh_token_there_is_nothing_to_refresh(connect: Callable[..., Any]) -> None:
    client = connect("qq", LOOK_ALIKES["qq"][1]())
    tokens = PlatformTokens(platform="qq", client_id=LOOK_ALIKES["qq"][1].client_id, access_token="a")
    with pytest.raises(ValueError, match="no refresh token"):
        client.refresh(tokens)


@pytest.mark.parametrize("url", ["http://evil.example", "https://user@qq.example", "ftp://x", "https://qq.example/#"])
def test_a_look_alike_has_to_be_at_an_address_secrets_may_be_sent_to(url: str) -> None:
    for name in set(PLATFORMS) - {"alipay", "apple"}:
        with pytest.raises(ValueError, match=r"issuer|endpoint"):
            get_platform(name, client_id="1", client_secret="s", base_url=url)


def test_unknown_platforms_options_and_keys_are_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="there are qq, wechat"):
        get_platform("myspace", client_id="1")
    with pytest.raises(ValueError, match="needs a client_id"):
        get_platform("qq", client_id="")
    with pytest.raises(TypeError, match="colour"):
        get_platform("qq", client_id="1", colour="red")
    with pytest.raises(ValueError, match="the issuer"):
        get_platform("openid", client_id="1")
    with pytest.raises(ValueError, match="tenant"):
        get_platform("microsoft", client_id="1", tenant="../evil")
    for name, options in (("alipay", {}), ("apple", {"team_id": "T", "key_id": "K"})):
        for secret in ("", "not a key", "AAAA"):
            with pytest.raises(ValueError, match="client_secret is not"):
                get_platform(name, client_id="1", client_secret=secret, **options)
    with pytest.raises(ValueError, match="alipay_public_key"):
        get_platform("alipay", client_id="1", client_secret=Alipay().client_secret, alipay_public_key="AAAA")
