"""Histories of an index, and whether an index is in one of their committed states.

The papers are invented.
"""

import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import searcher
from index import Paper, Summary, build
from index.errors import NotAnIndexError
from index.paper import to_stored
from index.segments.contents import read_contents

WORDS = "rivers lakes seas storms maps models deep quiet slow running".split()
BATCH_PAPERS = 20
"""With so many papers a process of its own builds the segments, while a trial runs."""

Files = Mapping[str, tuple[Paper, ...]]


@dataclass(frozen=True, slots=True)
class History:
    """What the seed files hold, step after step; the index is brought in line at each step.

    ``steps_before``: how many of the steps had been committed before the trial begins.
    ``memory_bytes``: what the writer is told it may take; with 1 each batch is a segment, and only
    segments that are mostly deleted are merged.
    """

    kind: str
    steps: tuple[Files, ...]
    steps_before: int
    memory_bytes: int

    def state(self, step_count: int) -> dict[str, Paper] | None:
        """Return the papers of the index after so many steps, None where there is no index."""
        if not step_count:
            return None
        return {
            paper.id: paper for papers in self.steps[step_count - 1].values() for paper in papers
        }

    def begun(self, step_count: int) -> "History":
        """Return the history with so many of its steps to do."""
        return replace(self, steps=self.steps[: self.steps_before + step_count])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trial takes place: the folders of the index and of the seed files."""

    root: Path

    @property
    def index(self) -> Path:
        """The index, in a folder that has to be made."""
        return self.root / "home" / "papers"

    @property
    def seeds(self) -> Path:
        return self.root / "seeds"


def histories(seed: int) -> list[History]:
    """Return a history of building, of updates, of deletions and of merges."""
    rng = random.Random(seed)
    return [_build(rng), _update(rng), _delete(rng), _merge(rng)]


def _build(rng: random.Random) -> History:
    first = {"a": _papers(rng, 0, 30), "b": _papers(rng, 1_000, 25)}
    second = {**first, "c": _papers(rng, 2_000, 3)}
    third = {**second, "d": _papers(rng, 3_000, 5)}
    return History("build", (first, second, third), 0, 1)


def _update(rng: random.Random) -> History:
    steps: list[Files] = [{"a": _papers(rng, 0, 30), "b": _papers(rng, 1_000, 30)}]
    for version, changed_count in enumerate((3, 40, 1, 5), 1):
        files = {}
        for file, papers in steps[-1].items():
            changed = set(rng.sample(range(len(papers)), changed_count // 2 or 1))
            files[file] = tuple(
                _paper(rng, int(paper.id[1:]), version) if at in changed else paper
                for at, paper in enumerate(papers)
            )
        # One moves to another file: it waits, with the writer, until both have been read.
        *kept, moved = files["b"]
        files = {
            "a": (*files["a"], *_papers(rng, 100 * version + 10_000, 2), moved),
            "b": tuple(kept),
        }
        steps.append(files)
    return History("update", tuple(steps), 1, 1)


def _delete(rng: random.Random) -> History:
    whole = {
        name: _papers(rng, start, 20) for name, start in {"a": 0, "b": 1_000, "c": 2_000}.items()
    }
    fewer = {
        name: tuple(rng.sample(papers, len(papers) * 3 // 4)) for name, papers in whole.items()
    }
    gone = {name: papers for name, papers in fewer.items() if name != "b"}
    few = {name: papers[:3] for name, papers in gone.items()}
    return History("delete", (whole, fewer, gone, few, {}, {"a": whole["a"][:2]}), 1, 1 << 26)


def _merge(rng: random.Random) -> History:
    papers = _papers(rng, 0, 72)
    counts = [8, 16, 24, 32, 40, 48, 56, *range(57, 73)]
    return History("merge", tuple({"a": papers[:count]} for count in counts), 14, 1 << 26)


def _papers(rng: random.Random, start: int, count: int) -> tuple[Paper, ...]:
    return tuple(_paper(rng, number) for number in range(start, start + count))


def _paper(rng: random.Random, number: int, version: int = 0) -> Paper:
    return Paper(
        id=f"p{number}",
        title=f"On {rng.choice(WORDS)} {_mark(number, version)}",
        abstract=" ".join(rng.choices(WORDS, k=15)) + ".",
        authors=(f"Ann Author{number % 7}", "Bo Han"),
        categories=rng.choice([("LG",), ("CL",), ()]),
        year=2000 + number % 20,
    )


def _mark(number: int, version: int) -> str:
    """Return the word that this version of a paper alone has."""
    return f"w{number}v{version}"


# Steps


def write_seeds(place: Place, files: Files) -> None:
    """Make the seed files those of a step."""
    place.seeds.mkdir(parents=True, exist_ok=True)
    for path in place.seeds.iterdir():
        if path.stem not in files:
            path.unlink()
    for name, papers in files.items():
        text = "".join(f"{json.dumps(to_stored(paper))}\n" for paper in papers)
        (place.seeds / f"{name}.jsonl").write_text(text, encoding="utf-8")


def take_step(place: Place, history: History, files: Files) -> Summary:
    """Bring the index in line with the seed files, which are those of a step."""
    return build(
        place.index,
        [place.seeds],
        prune_missing_folders=True,
        strict=bool(files),  # a folder without files is a problem; all others are to be none
        memory_bytes=history.memory_bytes,
    )


def prepare(place: Place, history: History) -> None:
    """Commit the steps before the trial."""
    for files in history.steps[: history.steps_before]:
        write_seeds(place, files)
        take_step(place, history, files)


# What is found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found after a trial: what is wrong, in words, and how many commits are gone."""

    wrong: tuple[str, ...]
    lost: int


def verdict(place: Place, history: History, committed: int, begun: int) -> Verdict:
    """Look at the index after a trial, then finish the work and look again.

    ``committed`` steps were told to have succeeded, ``begun`` had begun.
    """
    states = [history.state(count) for count in range(len(history.steps) + 1)]
    held, wrong = _held(place, states)
    lost = 0
    if held == {} and not committed:
        held = None  # the beginning of an index is as good as none
    if held not in states[committed : begun + 1]:
        found = f"after {states.index(held)} steps" if held in states else "never"
        wrong.append(f"committed {committed} of {begun} steps; the index is as it was {found}")
        lost = committed - states.index(held) if held in states[:committed] else 1
    if not wrong:
        wrong = list(_after(place, history, committed))
    return Verdict(tuple(wrong), lost)


def _after(place: Place, history: History, committed: int) -> Iterator[str]:
    """Run the step that did not end again, and those after it; yield what is wrong then."""
    try:
        for files in history.steps[committed:]:
            write_seeds(place, files)
            take_step(place, history, files)
        # What was left over is collected by a commit; the last step may have been one already.
        last = {**history.steps[-1], "last": (Paper("last", "The last w0v99"),)}
        write_seeds(place, last)
        take_step(place, history, last)
    except searcher.SearchError as error:
        yield f"the next run failed: {error}"
        return
    final = {paper.id: paper for papers in last.values() for paper in papers}
    held, wrong = _held(place, [final])
    yield from wrong
    if held != final:
        yield "the next run left other papers than the files hold"
    yield from left_over(place)


def left_over(place: Place) -> list[str]:
    """Return what is wrong with the list of files: it is what the table of contents names."""
    contents = read_contents(str(place.index))
    assert contents
    named = {file for segment in contents.segments for file in segment.files}
    named |= {f"_MAIN_{contents.generation}.toc", "MAIN_WRITELOCK"}
    found = set(os.listdir(place.index))
    wrong = [f"left over: {name}" for name in sorted(found - named)]
    wrong += [f"missing: {name}" for name in sorted(named - found)]
    temporary = place.root / "temporary"
    if temporary.exists():
        wrong += [f"left over: {path}" for path in sorted(temporary.iterdir())]
    return wrong


def _held(
    place: Place, states: list[dict[str, Paper] | None]
) -> tuple[dict[str, Paper] | None, list[str]]:
    """Return the papers of an index, and what is wrong with it; None where there is no index.

    Each version of each paper of ``states`` is looked for: those held are found, no other is.
    """
    if not place.index.exists() or not set(os.listdir(place.index)) - {"MAIN_WRITELOCK"}:
        return None, []
    try:
        with searcher.open(place.index) as papers:
            listed = [replace(paper, sources=()) for paper in papers.all("*")]
            held = {paper.id: paper for paper in listed}
            wrong = []
            if not len(papers) == len(listed) == len(held):
                wrong.append(f"{len(papers)} papers counted, {len(listed)} listed")
            known = {paper for state in states if state for paper in state.values()} | set(listed)
            for paper in sorted(known, key=lambda paper: (paper.id, paper.title)):
                found = papers.search(paper.title.split()[-1], match="all")
                expected = [paper.id] if held.get(paper.id) == paper else []
                if [hit.id for hit in found.hits] != expected:
                    wrong.append(f"{paper.title} is{' not' if expected else ''} found")
    except NotAnIndexError as error:
        return None, [] if "no index here" in str(error) else [str(error)]
    except searcher.SearchError as error:
        return None, [str(error)]
    return held, wrong
