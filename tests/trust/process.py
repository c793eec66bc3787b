"""What this process holds: memory, and files of an index. Linux tells both in /proc."""

import os
from collections.abc import Sequence

import psutil


def own_bytes() -> int:
    """Return the memory that this process alone holds."""
    return int(psutil.Process().memory_full_info().uss)


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
    """Return by how much the least of the last quarter exceeds the least of the second."""
    quarter = max(len(series) // 4, 1)
    return min(series[-quarter:]) - min(series[quarter : 2 * quarter] or series)
