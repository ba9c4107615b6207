"""A sign-in whose callback can be changed on the way, and where each platform hands out tokens."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.unit.client.platforms.look_alike import REDIRECT_URI, LookAlike

TOKEN_PATHS = {
    "qq": "/oauth2.0/token",
    "wechat": "/sns/oauth2/access_token",
    "weibo": "/oauth2/access_token",
    "alipay": "/gateway.do",
    "dingtalk": "/v1.0/oauth2/userAccessToken",
    "feishu": "/open-apis/authen/v2/oauth/token",
    "feishu, version 1": "/open-apis/authen/v1/oidc/access_token",
    "douyin": "/oauth/access_token/",
    "gitee": "/oauth/token",
    "baidu": "/oauth/2.0/token",
    "github": "/login/oauth/access_token",
    "google": "/token",
    "microsoft": "/common/oauth2/v2.0/token",
    "apple": "/auth/token",
}


def finish(client: Any, site: LookAlike, **changes: str | None) -> Any:
    """Sign in with some parameters of the callback changed, or (``None``) taken away."""
    pending = client.begin(REDIRECT_URI)
    came = site.visit(pending.url)
    params = {**dict(parse_qsl(urlsplit(came).query or came)), **changes}
    return client.finish(pending, urlencode({name: value for name, value in params.items() if value is not None}))
