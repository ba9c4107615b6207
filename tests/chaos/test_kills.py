"""A few kills at random moments; ``make chaos`` makes hundreds of them. Nothing acknowledged is lost or undone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from secrets import SystemRandom

import pytest

from tests.chaos import trials
from tests.chaos.people import Record

pytestmark = pytest.mark.long


@pytest.mark.parametrize("trial", [trials.kill_mid_batch, trials.kill_postgresql], ids=lambda trial: trial.__name__)
async def test_what_was_acknowledged_outlives_kill_9(
    trial: Callable[[Path, int, Record, SystemRandom], AsyncIterator[trials.Comeback]], tmp_path: Path
) -> None:
    record = Record()
    comebacks = [comeback async for comeback in trial(tmp_path, 2, record, SystemRandom())]
    assert len(comebacks) == 2
    assert record.findings == []
    assert record.checks["an acknowledged token works"] > 0
