"""The time of a server under test: the machine's, and as far ahead as a test says."""

from lingpai.server.clock import system_clock


class TurnedClock:
    """Runs on from wherever ``advance`` put it. A client under test has to get it too, or will disagree."""

    def __init__(self) -> None:
        self._ahead_s = 0

    def __call__(self) -> int:
        """Epoch seconds."""
        return system_clock() + self._ahead_s

    def advance(self, seconds: int) -> None:
        """Let so many seconds pass at once. They do not come back."""
        if seconds < 0:
            raise ValueError("time does not go back: what has expired stays so")
        self._ahead_s += seconds
