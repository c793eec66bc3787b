"""Time that grows with the length of a text, and not with its square."""

import gc
import time
from collections.abc import Callable


def grows_with_length(read: Callable[[str], object], part: str, *around: str) -> bool:
    """Tell whether texts of one part again and again are read in time that fits their length.

    ``around`` are the texts before the first part and behind the last.
    """
    before, behind = around or ("", "")

    def seconds(length: int) -> float:
        text = before + part * (length // len(part)) + behind
        # The garbage of all tests before would be looked through again and again.
        gc.disable()
        try:
            start = time.process_time()
            read(text)
            return time.process_time() - start
        finally:
            gc.enable()

    # Ten times the text takes some ten times as long; a hundred times would be far more. What takes
    # less than a tenth of a second cannot be measured, and does not grow with the square.
    whole = seconds(100_000)
    return whole < 0.1 or whole < 40 * seconds(10_000) + 0.1
