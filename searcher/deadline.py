"""The moment by which a search answers with what it has found so far."""

import time
from collections.abc import Callable

clock: Callable[[], float] = time.monotonic
"""What tells the seconds."""


class OutOfTimeError(Exception):
    """The deadline has passed; whoever can answer with a part of the matches catches it."""


class Deadline:
    """A moment some seconds from now; a search asks between its steps whether it is over."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._end = clock() + seconds

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self._end - clock())

    def is_over(self) -> bool:
        """Tell whether the moment has come, and remember if it has."""
        self.passed = self.passed or clock() >= self._end
        return self.passed

    def check(self) -> None:
        """Raise OutOfTimeError if the moment has come."""
        if self.is_over():
            raise OutOfTimeError
