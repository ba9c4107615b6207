"""npm ``oauth4webapi``, the peer that validates every answer to the letter. What it does is in ``node/peer.mjs``."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from tests.interop import provider as peers
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
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *("node", str(SCRIPT), feature), stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | environment
    )
    assert process.stdin
    assert process.stdout
    async for line in process.stdout:
        question = json.loads(line)
        if "allow" in question:
            answer = await person.allow(question["allow"])
        else:
            await person.allow_device(question["device"])
            answer = "allowed"
        process.stdin.write(f"{answer}\n".encode())
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
