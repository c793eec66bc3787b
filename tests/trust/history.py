"""Commits that can be told apart by any answer: every paper says which of them wrote it.

What the index must answer after each commit follows from the seed alone, so that a process that
only reads can tell whether an answer is of one whole commit, and of which. The papers are invented.
"""

import html
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import searcher
from index import Paper, Source, open_writer
from index.paper import Copy

# Any two differ after stemming.
WORDS = (
    "river lake storm map model forest tower metal cloud garden ocean silver window quiet"
).split()
PHRASE = ("silver", "river")
CATEGORIES = ("LG", "CL", "CV", "RO")
FACETS = ("category", "year", "author", "code")
BEACON = 0
"""The paper that every commit writes."""


@dataclass(frozen=True)
class State:
    """What a commit leaves: for each paper's number, the commit that wrote it."""

    commit: int
    written_by: Mapping[int, int]

    def papers(self) -> dict[str, Paper]:
        """Return the papers by id. They are not kept: a reader's own memory is measured."""
        found = (paper(number, commit) for number, commit in self.written_by.items())
        return {one.id: one for one in found}


@dataclass(frozen=True)
class Change:
    """What one commit does: the numbers of the papers it writes and of those it deletes."""

    written: tuple[int, ...]
    deleted: tuple[int, ...]


class History:
    """The commits of a seed, from 0 on, which adds ``paper_count`` papers.

    Each later one writes the beacon and a few papers anew, adds some, and deletes as many: enough
    for segments of several sizes to be merged, and from time to time so many that segments are
    mostly deleted.
    """

    def __init__(self, seed: int, paper_count: int, commit_count: int) -> None:
        rng = random.Random(f"{seed}/{paper_count}")
        written_by = dict.fromkeys(range(paper_count), 0)
        self.changes = [Change(tuple(written_by), ())]
        self.states = [State(0, dict(written_by))]
        next_number = paper_count
        for commit in range(1, commit_count + 1):
            size = paper_count // 4 if commit % 25 == 0 else rng.randint(1, 6)
            others = rng.sample(sorted(written_by.keys() - {BEACON}), 2 * size)
            added = range(next_number, next_number + size)
            next_number += size
            change = Change((BEACON, *others[:size], *added), tuple(others[size:]))
            written_by |= dict.fromkeys(change.written, commit)
            for number in change.deleted:
                del written_by[number]
            self.changes.append(change)
            self.states.append(State(commit, dict(written_by)))

    def write(self, directory: str, commit: int) -> None:
        """Make one commit of the history, in order."""
        write(directory, self.changes[commit], commit)


def paper(number: int, commit: int) -> Paper:
    """Return a paper as a commit writes it."""
    rng = random.Random(number * 1_000_003 + commit)
    words = rng.choices(WORDS, k=12)
    return Paper(
        id=f"p{number}",
        title=f"Paper {number} as of commit {commit}",
        abstract=f"written{commit} {' '.join(words)} end.",
        authors=(f"Ann Author{rng.randrange(5)}", "Bo Han"),
        categories=(rng.choice(CATEGORIES),),
        year=2000 + rng.randrange(8),
        has_code=rng.random() < 0.5,
        sources=(Source("/papers.jsonl", number + 1),),
    )


def write(directory: str, change: Change, commit: int) -> None:
    """Commit one change."""
    with open_writer(directory) as writer:
        for number in change.written:
            copy = Copy.of(paper(number, commit))
            writer.add([copy], (), replaces=writer.entries([copy.paper.id]).get(copy.paper.id))
        for number in change.deleted:
            entry = writer.entries([f"p{number}"]).get(f"p{number}")
            if entry is None:
                raise LookupError(f"p{number} was lost before commit {commit}")
            writer.delete(entry)
        writer.commit()


def commit_of(collection: searcher.Collection) -> int:
    """Return the commit that a collection shows, by its beacon."""
    return int(collection.paper(f"p{BEACON}").title.rpartition(" ")[2])


def differences(collection: searcher.Collection, state: State, rng: random.Random) -> Iterator[str]:
    """Yield what a collection answers otherwise than ``state``, the whole of one commit."""
    papers = state.papers()
    page = collection.search("*", facets=FACETS, limit=0)
    if not len(collection) == page.total == len(papers):
        yield f"{len(collection)} papers, {page.total} matches of {len(papers)}"
    assert page.facets is not None
    for facet, counts in _facets(papers.values()).items():
        found = {one.value: one.count for one in page.facets[facet]}
        if found != counts:
            yield f"facet {facet}: {found}, not {dict(counts)}"
    stored = {one.id: one for one in collection.all("*")}
    for paper_id in sorted(stored.keys() | papers.keys()):
        own, expected = stored.get(paper_id), papers.get(paper_id)
        if own != expected:
            told = [one.title if one else "none" for one in (own, expected)]
            yield f"stored {paper_id}: {told[0]}, not {told[1]}"
    marks = {state.commit, state.commit + 1, *rng.choices(range(state.commit + 1), k=2)}
    wanted: list[tuple[str, ...]] = [(f"written{commit}",) for commit in sorted(marks)]
    wanted += [(word,) for word in rng.sample(WORDS, 2)] + [PHRASE]
    for words in wanted:
        query = words[0] if len(words) == 1 else f'"{" ".join(words)}"'
        page = collection.search(query, limit=len(papers) + 1)
        ids, expected_ids = [hit.id for hit in page.hits], _holding(papers.values(), words)
        if not (page.total == len(ids) == len(expected_ids) and set(ids) == expected_ids):
            yield f"{query}: {page.total} matches, ids {sorted(set(ids) ^ expected_ids)} differ"
            continue
        for hit in page.hits[:3]:
            assert hit.snippets
            snippet = hit.snippets.html("abstract")
            marked = " ".join(re.findall("<mark>(.*?)</mark>", snippet)).split()
            text = html.unescape(re.sub("</?mark>", "", snippet))
            if set(marked) != set(words):
                yield f"{query}: the snippet of {hit.id} marks {marked}: {snippet}"
            if text != papers[hit.id].abstract:
                yield f"{query}: the snippet of {hit.id} is {text}"


def _facets(papers: Collection[Paper]) -> dict[str, Counter[str | int]]:
    """Return how many papers have each value of each facet."""
    return {
        "category": Counter(one.category for one in papers),
        "year": Counter(one.year for one in papers if one.year),
        "author": Counter(name for one in papers for name in one.authors),
        "code": Counter("yes" if one.has_code else "no" for one in papers),
    }


def _holding(papers: Iterable[Paper], words: Sequence[str]) -> set[str]:
    """Return the ids of the papers whose abstract has these words in a row."""
    wanted = f" {' '.join(words)} "
    return {one.id for one in papers if wanted in f" {one.abstract[:-1]} "}
