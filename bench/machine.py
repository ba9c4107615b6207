"""Where it ran, in one line; and how long one ES256 signature takes there."""

import datetime as dt
import os
import platform
import shutil
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

BUSY = 0.3
"""Load average above which other programs blur the figures."""
_SIGNATURES = 500


def describe(load: float) -> str:
    """Day, machine and versions. ``load``: the load average before the run, what other programs were doing."""
    models = [line for line in Path("/proc/cpuinfo").read_text("ascii").splitlines() if line.startswith("model name")]
    processor = models[0].partition(": ")[2] if models else platform.machine()
    node = shutil.which("node")
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    parts = [
        f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}",
        processor,
        f"{os.cpu_count()} cores",
        f"{platform.system()} {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}",
        f"uvicorn {version('uvicorn')}",
        *([f"Node.js {printed.strip().removeprefix('v')}"] if printed else []),
    ]
    busy = f" Other programs were running (load {load:.1f}): ratios say more than figures." if load > BUSY else ""
    return ", ".join(parts) + "." + busy


def signature_s() -> float:
    """Seconds one ES256 signature takes, the median of many."""
    key = ec.generate_private_key(ec.SECP256R1())
    times = []
    for _ in range(_SIGNATURES):
        began = time.perf_counter()
        key.sign(b"a short text", ec.ECDSA(SHA256()))
        times.append(time.perf_counter() - began)
    return statistics.median(times)
