"""npm clients that speak QQ Connect, unmodified, and strict each in its own way. What they do is in ``node/qq.mjs``."""

import os
import re
from pathlib import Path

import pytest

from tests.interop import provider as peers
from tests.interop.node_peer import converse
from tests.interop.provider import Person, Provider

SCRIPT = Path(__file__).parent / "node" / "qq.mjs"
CLIENTS = re.findall(r"^  async '(.+)' \(\) \{$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("client", CLIENTS)
async def test_it_signs_in(provider: Provider, person: Person, client: str) -> None:
    names = ("SECRET", "CALLBACK", "QQ_APPID", "QQ_GRANT_CALLBACK")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {name: getattr(peers, name) for name in names}
    environment |= {"ISSUER": provider.issuer, "NODE_EXTRA_CA_CERTS": str(provider.certificate)}
    await converse(SCRIPT, client, environment, person)
