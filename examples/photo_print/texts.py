"""The words of the pages in each language. Owns the words and which language a browser gets; leaves layout to the
templates. A translator can work here without reading code.
"""

from collections.abc import Mapping

DEFAULT = "en"

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "language_name": "English",
        "language": "Language",
        "app": "Bear Photo Print",
        "sign_in": "Sign in with Lingpai",
        "sign_out": "Sign out",
        "home": "Back to the start page",
        "footer": "A demonstration: nothing is printed and nothing costs anything.",
        "manage": "What may this shop see?",
        "skip": "Skip to the content",
        # before sign-in
        "tagline": "Your memories, on real paper.",
        "pitch": "Pick pictures from your online albums and we print them. No uploading, no copying of files, "
        "and your password stays yours.",
        "how": "How it works",
        "step_1_title": "You sign in over there",
        "step_1": "Lingpai asks for your password. We never get to see it.",
        "step_2_title": "You decide",
        "step_2": "You choose what we may see, and for how long.",
        "step_3_title": "You can take it back",
        "step_3": "One click ends our access at once. Your password stays as it is.",
        # signed in
        "greeting": "You are signed in. Welcome, {name}",
        "avatar": "Avatar of {name}",
        "albums": "Your albums",
        "pictures_one": "1 picture",
        "pictures": "{count} pictures",
        "no_albums": "There are no albums in your account yet.",
        # something is missing or wrong
        "missing_title": "We cannot see your albums yet",
        "missing": "You allowed us to know who you are, but not to see your albums. That is fine: we only get what you "
        "give. To choose pictures for printing we need one more permission:",
        "missing_permission": "See the list of your albums and the pictures in them",
        "missing_ask": "Allow us to see my albums",
        "missing_note": "You will be asked for just that, and you can end it whenever you like.",
        "ended_title": "Our access has ended",
        "ended": "You took the permission back, or its time is over, so the photo service no longer shows us anything. "
        "Nothing of your albums was kept here. If you want to print again, just sign in.",
        "refused_title": "You said no, and that is that",
        "refused": "We got nothing: no name, no pictures. If you change your mind, you are welcome any time.",
        "refused_more": "You did not allow us to see more, so everything stays as it was.",
        "try_again": "Sign in after all",
        "lost_title": "This sign-in is no longer open here",
        "lost": "It took too long, was already finished, or was begun in another browser. Simply start again.",
        "failed_title": "The sign-in did not work",
        "failed": "The sign-in service gave an answer that we cannot use. You did nothing wrong; please try again.",
        "error_code": "For the developer: {code}",
        "away_title": "The sign-in service does not answer",
        "away": "It is probably taking a short break. Please try again in a moment.",
        "photos_away_title": "The photo service does not answer",
        "photos_away": "You are signed in, but we cannot reach your albums right now. Please try again in a moment.",
        "reload": "Try again",
        "not_found_title": "There is nothing here",
        "not_found": "The bear looked everywhere, but this page does not exist.",
        "broken_title": "Something broke on our side",
        "broken": "It was not you. Please try again in a moment.",
    },
    "zh-CN": {
        "language_name": "中文",
        "language": "语言",
        "app": "小熊照片冲印",
        "sign_in": "使用令牌账号登录",
        "sign_out": "退出登录",
        "home": "返回首页",
        "footer": "演示程序：不会真的冲印，也不收任何费用。",
        "manage": "查看本店的权限",
        "skip": "跳到正文",
        "tagline": "把回忆印成照片。",
        "pitch": "直接从你的网上相册里挑选，我们替你冲印。不用上传，不用来回拷贝，密码也始终只有你自己知道。",
        "how": "三步就好",
        "step_1_title": "在令牌那边登录",
        "step_1": "密码只交给令牌，我们永远看不到。",
        "step_2_title": "由你决定",
        "step_2": "给我们看什么、看多久，都由你来选。",
        "step_3_title": "随时收回",
        "step_3": "点一下，我们的权限立刻失效，密码不用改。",
        "greeting": "你已经登录，欢迎你 {name}",
        "avatar": "{name} 的头像",
        "albums": "你的相册",
        "pictures_one": "1 张照片",
        "pictures": "{count} 张照片",
        "no_albums": "你的账号里还没有相册。",
        "missing_title": "我们还看不到你的相册",
        "missing": "你允许我们知道你是谁，但没有允许我们查看相册。没关系，你给多少，我们就用多少。"
        "要挑选冲印的照片，还需要一项权限：",
        "missing_permission": "查看你的相册列表和其中的照片",
        "missing_ask": "允许查看我的相册",
        "missing_note": "只会再问你这一项，而且你随时可以收回。",
        "ended_title": "我们的权限已经结束",
        "ended": "你收回了权限，或者授权已经到期，照片服务不再向我们提供任何内容。"
        "我们没有保留你的任何照片。想再冲印时，重新登录就好。",
        "refused_title": "你选择了拒绝，我们尊重你的决定",
        "refused": "我们什么都没有拿到：没有名字，也没有照片。改变主意时，随时欢迎回来。",
        "refused_more": "你没有允许我们查看更多内容，一切保持原样。",
        "try_again": "还是登录吧",
        "lost_title": "这次登录已经失效",
        "lost": "可能是时间太久、已经完成过，或者是在另一个浏览器里开始的。重新登录一次就好。",
        "failed_title": "登录没有成功",
        "failed": "登录服务给了我们一个无法使用的答复。不是你的问题，请再试一次。",
        "error_code": "供开发者参考：{code}",
        "away_title": "登录服务没有响应",
        "away": "它可能正在短暂休息，请稍后再试。",
        "photos_away_title": "照片服务没有响应",
        "photos_away": "你已经登录，但我们暂时读不到你的相册，请稍后再试。",
        "reload": "再试一次",
        "not_found_title": "这里什么都没有",
        "not_found": "小熊到处都找过了，这个页面并不存在。",
        "broken_title": "我们这边出了点问题",
        "broken": "不是你的错，请稍后再试。",
    },
}


def choose_language(chosen: str, accept_language: str) -> str:
    """The language to answer in: what the person ``chosen`` by a link, else the first known in ``accept_language``."""
    if chosen in TEXTS:
        return chosen
    by_prefix = {language.split("-")[0]: language for language in TEXTS}
    for wish in accept_language[:500].split(","):
        prefix = wish.split(";")[0].strip().lower().split("-")[0]
        if prefix in by_prefix:
            return by_prefix[prefix]
    return DEFAULT
