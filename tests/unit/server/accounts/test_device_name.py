"""What browsers say of themselves, in two words."""

import pytest

from lingpai.server.accounts.device_name import device_name

SAID = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36": (
        "Chrome · Windows"
    ),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0": "Edge · Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1": "Safari · iPhone",
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0": "Firefox · Linux",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0": (
        "微信 WeChat · Android"
    ),
    "curl/8.5.0": "curl",
    "": "?",
    "Mozilla/5.0": "?",
    "<script>alert(1)</script>": "?",
}


@pytest.mark.parametrize(("said", "name"), SAID.items())
def test_a_browser_is_recognised(said: str, name: str) -> None:
    assert device_name(said) == name
