"""Targets that break in every way that the fuzzer must see.

They stand apart from other broken parts: a process that tries them loads nothing of an index.
"""

import os
import time
from pathlib import Path

from tests.trust.fuzz import Target, Try

FIRST_BAD_BYTE = b"\x40"
"""Inputs that begin with this byte, or one after it, are those that break."""


def _broken(how: str) -> Target:
    def prepare(_room: Path) -> Try:
        def attempt(data: bytes) -> None:
            if data[:1] < FIRST_BAD_BYTE:
                return
            if how == "crash":
                os.abort()
            elif how == "hang":
                while True:
                    time.monotonic()
            elif how == "memory":
                bytearray(1 << 40)
            else:
                raise AssertionError(how)

        return attempt

    return Target(how, 40, prepare, lambda: [b"\x00", b"\x7f"], [b"\x00"], 10)


RAISING, CRASHING, HANGING, HUNGRY = map(_broken, ("wrong", "crash", "hang", "memory"))
