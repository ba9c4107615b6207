"""What a browser is called in the list of sessions and in mails. A guess from what it says of itself, for recognising
one's own devices; nothing is decided by it.
"""

import re

# The first that fits: browsers name those they descend from as well.
_BROWSERS = (
    ("MicroMessenger", "微信 WeChat"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,23}")


def device_name(user_agent: str) -> str:
    """Browser and system, such as ``Firefox · Windows``; the first word it says where we know neither; else ``?``."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if not browser and (found := _WORD.match(user_agent)) and found[0] != "Mozilla":
        browser = found[0]
    return " · ".join(part for part in (browser, system) if part) or "?"
