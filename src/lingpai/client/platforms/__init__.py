"""Sign people in with platforms whose OAuth is their own: QQ, WeChat, Weibo, Alipay, DingTalk, Feishu and others.

``PlatformClient`` blocks, ``AsyncPlatformClient`` awaits::

    qq = PlatformClient(get_platform("qq", client_id=appid, client_secret=appkey))
    pending = qq.begin("https://app.example/callback")  # keep it in the session, send the browser to pending.url
    person = qq.finish(pending, callback_url)  # person.subject, person.name, person.tokens
"""

from lingpai.client.flow import PendingSignIn
from lingpai.client.platforms.aio import AsyncPlatformClient
from lingpai.client.platforms.identity import PlatformIdentity, PlatformTokens
from lingpai.client.platforms.platform import Platform
from lingpai.client.platforms.registry import PLATFORMS, get_platform
from lingpai.client.platforms.sync import PlatformClient

__all__ = [
    "PLATFORMS",
    "AsyncPlatformClient",
    "PendingSignIn",
    "Platform",
    "PlatformClient",
    "PlatformIdentity",
    "PlatformTokens",
    "get_platform",
]
