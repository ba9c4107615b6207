import subprocess
import sys

import lingpai.guard

BLOCKED = ["starlette", "fastapi", "uvicorn", "pydantic", "structlog", "jinja2", "typer", "alembic"]

PROGRAM = f"""
import sys

for name in {BLOCKED!r}:
    sys.modules[name] = None  # importing it now fails, as if it were not installed

import asyncio
from lingpai.guard import *

guard = Guard(Verifier(issuer="https://as.example", audience="https://photos.example"))
sent = []

async def send(message):
    sent.append(message)

connection = dict(type="http", path="/", query_string=b"", headers=[])
asyncio.run(GuardMiddleware(None, guard)(connection, None, send))
print(sent[0]["status"])
try:
    guard.require("list_album")
except ImportError as error:
    print(error.name)
"""


def test_the_guard_works_where_no_web_framework_is_installed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["401", "starlette.exceptions"], "")


def test_the_public_names_are_sorted_and_there() -> None:
    assert lingpai.guard.__all__ == sorted(lingpai.guard.__all__)
    for name in lingpai.guard.__all__:
        assert getattr(lingpai.guard, name).__doc__
