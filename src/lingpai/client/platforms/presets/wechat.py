"""WeChat (微信), websites: ``appid`` and ``secret``, a fragment the page insists on, refreshing without the secret.

As clients that work with it do it, not checked against a running service: a person who says no comes back with
``state`` alone. Seen: ``errcode`` 0 in successes of some APIs, text/plain as content type. Not verified: whether
unknown parameters are tolerated, so no PKCE.
"""

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Person, Platform
from lingpai.client.platforms.presets import standard

_READ = JsonAnswer(refusals=(Refusal("errcode", ("errmsg",)),))

_PERSON = Person(subject=("openid",), union_subject=("unionid",), name=("nickname",), picture=("headimgurl",), email=())


def platform(app: Application, *, inside_wechat: bool = False, lang: str = "zh_CN") -> Platform:
    """``inside_wechat``: for pages opened in WeChat itself (an official account's) instead of a QR code."""
    page = "oauth2/authorize" if inside_wechat else "qrconnect"
    return Platform(
        name="wechat",
        title="WeChat",
        title_zh="微信",
        issuer=app.at("https://api.weixin.qq.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at(f"https://open.weixin.qq.com/connect/{page}"),
            client_id="appid",
            default_scope="snsapi_userinfo" if inside_wechat else "snsapi_login",
            scope_separator=",",
            fragment="wechat_redirect",
            denied_without_code=True,
        ),
        token=Call(
            endpoint=app.at("https://api.weixin.qq.com/sns/oauth2/access_token"),
            fixed=standard.BY_CODE,
            params=(("appid", "client_id"), ("secret", "client_secret"), ("code", "code")),
            read=_READ,
        ),
        refresh=Call(
            endpoint=app.at("https://api.weixin.qq.com/sns/oauth2/refresh_token"),
            fixed=standard.BY_REFRESH,
            params=(("appid", "client_id"), *standard.REFRESH),
            read=_READ,
        ),
        lookups=(
            Call(
                endpoint=app.at("https://api.weixin.qq.com/sns/userinfo"),
                params=(("access_token", "access_token"), ("openid", "openid")),
                fixed=(("lang", lang),),
                read=_READ,
            ),
        ),
        person=_PERSON,
    )
