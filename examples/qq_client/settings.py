"""Where QQ is, or what stands in for it, and what we were given there. Read once at start from ``QQ_CLIENT_…``."""

import os
from collections.abc import Mapping

from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """Addresses have no slash at the end. ``server`` empty: QQ itself."""

    appid: str = ""
    appkey: str = ""
    server: str = ""
    """A server with QQ's endpoints in place of graph.qq.com."""
    address: str = "http://localhost:3000"
    """Our own address; the callback is below it."""
    unionid: bool = False
    """Also ask who the person is to all our applications; QQ wants to be asked for that first."""
    port: int = 3000

    @property
    def callback(self) -> str:
        """回调地址: registered where the appid was given."""
        return f"{self.address}/user/callback"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``QQ_CLIENT_APPID``, ``_APPKEY``, ``_SERVER``, ``_ADDRESS``, ``_UNIONID`` (``1``) and ``_PORT``."""
    port = environment.get("QQ_CLIENT_PORT", "3000")
    return Settings(
        appid=environment.get("QQ_CLIENT_APPID", ""),
        appkey=environment.get("QQ_CLIENT_APPKEY", ""),
        server=environment.get("QQ_CLIENT_SERVER", ""),
        address=environment.get("QQ_CLIENT_ADDRESS", f"http://localhost:{port}"),
        unionid=environment.get("QQ_CLIENT_UNIONID") == "1",
        port=int(port),
    )
