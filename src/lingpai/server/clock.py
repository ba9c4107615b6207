"""What time it is. Decisions get ``now`` as an argument; only the edge of the server asks a ``Clock``."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns epoch seconds."""


def system_clock() -> int:
    """The machine's wall clock, in whole epoch seconds."""
    return int(time.time())
