"""Papers, and commits of them, for tests and for the programs that tests start.

It imports little, because most of such a program's time would be its imports.
"""

import random
from pathlib import Path

from index import Paper, Source, open_writer
from index.paper import Copy
from index.writers.port import Entry, Writer

WORDS = "rivers lakes seas storms maps models deep quiet slow running".split()
BATCH = 500
"""With so many papers a process of its own builds the segments."""


def paper(number: int, file: str = "/papers.jsonl", extra: str = "") -> Paper:
    rng = random.Random(number)
    return Paper(
        id=f"p{number}",
        title=f"Paper {number} on {rng.choice(WORDS)} {extra}",
        abstract=" ".join(rng.choices(WORDS, k=20)) + ".",
        authors=(f"Ann Author{number % 7}", "Bo Han"),
        categories=rng.choice([("LG",), ("CL",), ()]),
        year=2000 + number % 20,
        sources=(Source(file, number + 1),),
    )


def add(writer: Writer, *papers: Paper) -> None:
    """Add papers, each in the place of what the index holds of it."""
    for one in papers:
        writer.add([Copy.of(one)], (), replaces=writer.entries([one.id]).get(one.id))


def commit(directory: Path | str, *papers: Paper, memory_bytes: int = 1 << 30) -> None:
    with open_writer(str(directory), memory_bytes) as writer:
        add(writer, *papers)
        writer.commit()


def delete(directory: Path | str, *ids: str) -> None:
    with open_writer(str(directory)) as writer:
        for one in ids:
            writer.delete(entry_of(writer, one))
        writer.commit()


def entry_of(writer: Writer, paper_id: str) -> Entry:
    entry = writer.entries([paper_id]).get(paper_id)
    assert entry
    return entry
