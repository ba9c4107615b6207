"""npm ``oauth4webapi``, the peer that validates every answer to the letter. What it does is in ``node/peer.mjs``."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.interop import provider as peers
from tests.interop.node_peer import converse
from tests.interop.provider import Person, Provider

SCRIPT = Path(__file__).parent / "node" / "peer.mjs"
FEATURES = re.findall(r"^  async '(.+)' \(\) \{$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("feature", FEATURES)
async def test_it_accepts(provider: Provider, person: Person, feature: str) -> None:
    environment = {name: getattr(peers, name) for name in ("SECRET", "CALLBACK", "SCOPE", "API", "PRINTERS")}
    environment |= {
        "ISSUER": provider.issuer,
        "KEY": json.dumps(provider.key.as_dict(private=True)),
        "NODE_EXTRA_CA_CERTS": str(provider.certificate),
    }
    await converse(SCRIPT, feature, os.environ | environment, person)
