"""The scopes OpenID Connect names, in the words of the consent page. An operator's own definition of one wins.

Spec: OpenID Connect Core 1.0 §5.4; OpenID Connect Core 1.0 §11
"""

from lingpai.oauth.claims import SCOPE_CLAIMS
from lingpai.server.storage.records import ScopeDefinition

_WORDS = {
    "openid": ("Recognise you when you sign in", "在你登录时识别你的身份"),
    "profile": (
        "See your profile: name, nickname, picture and similar details",
        "查看你的个人资料：姓名、昵称、头像等",
    ),
    "email": ("See your e-mail address", "查看你的电子邮箱地址"),
    "address": ("See your postal address", "查看你的通信地址"),
    "phone": ("See your phone number", "查看你的手机号码"),
    "offline_access": ("Keep its access while you are away", "在你离开后继续保持访问"),
}

STANDARD_SCOPES = {
    name: ScopeDefinition(name=name, descriptions={"en": english, "zh_CN": chinese}, claims=SCOPE_CLAIMS.get(name, ()))
    for name, (english, chinese) in _WORDS.items()
}
