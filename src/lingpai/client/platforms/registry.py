"""Which platforms there are. To add one, write its preset and list it here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lingpai.client.platforms.platform import Application, Platform
from lingpai.client.platforms.presets import (
    alipay,
    apple,
    baidu,
    dingtalk,
    douyin,
    feishu,
    gitee,
    github,
    microsoft,
    openid,
    qq,
    wechat,
    weibo,
)

PLATFORMS: Mapping[str, Callable[..., Platform]] = MappingProxyType(
    {
        "qq": qq.platform,
        "wechat": wechat.platform,
        "weibo": weibo.platform,
        "alipay": alipay.platform,
        "dingtalk": dingtalk.platform,
        "feishu": feishu.platform,
        "douyin": douyin.platform,
        "gitee": gitee.platform,
        "baidu": baidu.platform,
        "github": github.platform,
        "google": openid.google,
        "microsoft": microsoft.platform,
        "apple": apple.platform,
        "openid": openid.platform,
    }
)
"""Name -> what makes its ``Platform``."""


def get_platform(
    name: str, *, client_id: str, client_secret: str = "", base_url: str | None = None, **options: object
) -> Platform:
    """A platform by name, with what our application was given there.

    ``base_url`` puts a look-alike in its place: https, or http on this machine. ``options`` are the platform's own; its
    module in ``presets`` names them. Raises ``ValueError`` for an unknown name or unusable values, ``TypeError`` for an
    unknown or missing option.
    """
    make = PLATFORMS.get(name)
    if make is None:
        raise ValueError(f"no platform is called {name!r}; there are {', '.join(PLATFORMS)}")
    if not client_id:
        raise ValueError(f"{name} needs a client_id")
    return make(Application(client_id, client_secret, base_url), **options)
