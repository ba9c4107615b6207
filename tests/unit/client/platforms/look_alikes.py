"""All look-alikes by name."""

from tests.unit.client.platforms.alipay import Alipay
from tests.unit.client.platforms.chinese_platforms import Baidu, DingTalk, Douyin, Feishu, FeishuOld
from tests.unit.client.platforms.code_platforms import Gitee, GitHub
from tests.unit.client.platforms.look_alike import LookAlike
from tests.unit.client.platforms.openid_platforms import Apple, Google, Microsoft
from tests.unit.client.platforms.qq_and_wechat import QQ, WeChat, Weibo

LOOK_ALIKES: dict[str, tuple[str, type[LookAlike]]] = {
    "qq": ("qq", QQ),
    "wechat": ("wechat", WeChat),
    "weibo": ("weibo", Weibo),
    "alipay": ("alipay", Alipay),
    "dingtalk": ("dingtalk", DingTalk),
    "feishu": ("feishu", Feishu),
    "feishu, version 1": ("feishu", FeishuOld),
    "douyin": ("douyin", Douyin),
    "gitee": ("gitee", Gitee),
    "baidu": ("baidu", Baidu),
    "github": ("github", GitHub),
    "google": ("google", Google),
    "microsoft": ("microsoft", Microsoft),
    "apple": ("apple", Apple),
}
