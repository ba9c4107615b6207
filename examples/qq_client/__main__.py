"""``python -m examples.qq_client``. Without an appid it starts a look-alike of QQ for itself."""

from contextlib import ExitStack

import msgspec
import uvicorn

from examples.qq_client.app import create_app
from examples.qq_client.settings import Settings, settings_from
from lingpai.testing import LingpaiServer


def with_look_alike(settings: Settings, stack: ExitStack) -> Settings:
    """The settings for a server that lives as long as ``stack``."""
    server = stack.enter_context(LingpaiServer(callbacks=(settings.callback,)))
    who = f"sign in as {server.person.username}, {server.person.password}"
    print(f"QQ is played by {server.issuer}: {who}", flush=True)
    return msgspec.structs.replace(
        settings,
        appid=server.qq.client_id,
        appkey=server.qq.client_secret,
        server=server.issuer,
        unionid=True,
    )


def main() -> None:
    """Serve until stopped."""
    settings = settings_from()
    with ExitStack() as stack:
        if not settings.appid:
            settings = with_look_alike(settings, stack)
        print(f"Open {settings.address}", flush=True)
        # No access log: it would write query strings, and a callback's query holds the authorization code.
        uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
