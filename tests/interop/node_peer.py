"""Talking with a client that runs in Node: it asks for a person by a line on stdout, and gets an address back."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from tests.interop.provider import Person


async def converse(script: Path, argument: str, environment: Mapping[str, str], person: Person) -> None:
    """Run ``script`` until it ends well; ``person`` allows whatever it asks for."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *("node", str(script), argument), stdin=pipe, stdout=pipe, stderr=pipe, env=environment
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
