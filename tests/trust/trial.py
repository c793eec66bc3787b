"""What the trials of a promise came to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MOST_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """One promise, tried: how often it was tried, broken, and how many papers or commits it cost.

    ``failures`` says of the first MOST_EXAMPLES that failed what to run to see each again;
    ``measured`` is what else the trial measured, in words.
    """

    promise: str
    tried: int
    failed: int
    lost: int
    failures: tuple[str, ...] = ()
    measured: str = ""


Trials = Callable[[int, float], Iterator[Outcome]]
"""The trials of a room: given a seed and the share of the full number to try, 1.0 for all."""
