"""Processes of trials: where they come from, and what one holds, which Linux tells in /proc."""

import multiprocessing
import os
from collections.abc import Sequence

SERVER = multiprocessing.get_context("forkserver")
"""Its processes begin with all that trials import, which takes far longer than what most do."""
SERVER.set_forkserver_preload([f"tests.trust.{name}" for name in ("crash", "damage", "readers")])

FEWEST_SAMPLES = 16


def own_bytes() -> int:
    """Return the memory that this process has written to.

    Pages of files are left out. Those of libraries are a process's own only while no other process
    has them, 10 MB that come and go with the neighbours; ``index_file_count`` finds an index's.
    """
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        sizes = dict(line.split(maxsplit=1) for line in file)
    return sum(int(sizes[kind].split()[0]) << 10 for kind in ("Anonymous:", "Swap:"))


def index_file_count(directory: str) -> int:
    """Return how many files of an index this process has open or mapped, also removed ones."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        count = sum(f"{directory}/" in line for line in file)
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{descriptor}").startswith(f"{directory}/")
        except FileNotFoundError:
            continue
    return count


def growth(series: Sequence[int]) -> int:
    """Return by how much the least of the last quarter exceeds the least of the second.

    0 of fewer than FEWEST_SAMPLES, most of which are of the first uses of everything.
    """
    if len(series) < FEWEST_SAMPLES:
        return 0
    quarter = len(series) // 4
    return min(series[-quarter:]) - min(series[quarter : 2 * quarter])
