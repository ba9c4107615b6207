"""``kill -9`` in the middle of everything: what was answered is there, nothing is there by halves."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("writing_process.py")


@pytest.mark.parametrize("answers", [1, 40, 400])
def test_every_acknowledged_write_survives(database_file: Path, answers: int) -> None:
    acknowledged = []
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(database_file), "forever"], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged.append(int(line))
            if len(acknowledged) == answers:
                writer.send_signal(signal.SIGKILL)
                # What it still managed to say between the signal and its end counts too.
                acknowledged += [int(late) for late in writer.stdout if late.endswith("\n")]
                break
    assert writer.returncode == -signal.SIGKILL
    assert len(acknowledged) >= answers
    with closing(sqlite3.connect(database_file)) as after:
        rows = {row[0] for row in after.execute("SELECT id FROM heartbeat")}
        assert set(acknowledged) <= rows
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
