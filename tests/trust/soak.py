"""A long life: 10,000 updates and 100,000 searches in one process, whose use of things stays flat.

The papers and their words are of a fixed stock, because what is remembered of words is bounded by
counts (65,536 of them) that ever-new words would take most of the soak to fill. Texts are ever new.
What is remembered of them is bounded in bytes, 32 MB, which would take longer than the soak to
fill: it has a smaller share, so that it is full, and forgets, before growth is measured.
"""

import json
import math
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import psutil

import index
import searcher
from index import Paper, open_writer
from index.paper import Copy, to_stored
from searcher.snippets.marking import prepare
from searcher.snippets.window import _sentence_spans
from tests.trust import history
from tests.trust.history import PHRASE, WORDS
from tests.trust.process import growth, index_file_count, own_bytes
from tests.trust.trial import MOST_EXAMPLES, Outcome

UPDATES = 10_000
SEARCHES_PER_UPDATE = 10
PAPERS = 2_000
"""In the index at any time; twice as many ids come and go."""
SEED_PAPERS = 50
"""Papers besides, of a seed file that every twentieth update changes, and brings in with build."""
SAMPLES = 100

TEXTS_SHARE = 1 / 32
"""How much of the bytes that texts may take they get: after 900 updates it is full."""
GROWTH_BYTES = 4 << 20
"""How much more memory the process may hold in its last quarter than in its second."""
SIZE_FACTOR = 2
SEGMENT_BYTES = 24 << 10
"""An index may take SIZE_FACTOR times what a fresh one of its papers takes, since a segment is
rewritten once more than half of it is deleted, and so many bytes for each segment, of which there
may be 7 of each size.
"""


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Live for that share of a full life."""
    paper_count = PAPERS if share >= 0.1 else PAPERS // 10
    yield from soak(seed, max(int(UPDATES * share), 40), paper_count)


def soak(
    seed: int,
    update_count: int,
    paper_count: int,
    close: Callable[[searcher.Collection], None] = searcher.Collection.close,
) -> Iterator[Outcome]:
    """Update, open again, search, ``close``; measure as it goes."""
    failures: list[str] = []
    series: list[_Sample] = []
    started = time.process_time()
    with _few_texts_remembered(), tempfile.TemporaryDirectory() as folder:
        life = _Life(folder, seed, paper_count)
        search_count = wrong_count = 0
        papers = searcher.open(life.directory)
        files_before = psutil.Process().num_fds()
        for update in range(1, update_count + 1):
            life.update(update)
            close(papers)
            if update % max(update_count // SAMPLES, 1) == 0:
                left_open = index_file_count(life.directory)
                series.append(_Sample(own_bytes(), left_open, *_disk_use(life.directory)))
            papers = searcher.open(life.directory)
            for _ in range(SEARCHES_PER_UPDATE):
                search_count += 1
                wrong = life.search(papers)
                if wrong:
                    wrong_count += 1
                    failures.append(f"update {update}: {wrong}")
        lost = life.lost(papers)
        descriptors = psutil.Process().num_fds() - files_before
        papers.close()
        fresh_bytes, _ = _disk_use(life.fresh())
    again = f" (soak, seed {seed}, {update_count} updates)"
    seconds = time.process_time() - started
    yield Outcome(
        "a soak of updates and searches is answered right",
        tried=update_count + search_count,
        failed=wrong_count,
        lost=lost,
        failures=tuple(line + again for line in failures[:MOST_EXAMPLES]),
        measured=f"{update_count:,} updates, {search_count:,} searches of {len(life.papers):,}"
        f" papers in {seconds:.0f} s of processor time",
    )
    # As the writer merges: at most 7 segments of each size, sizes alike within a factor of 8.
    most_segments = 7 * (int(math.log(len(life.papers), 8)) + 1)
    most_files = 2 * most_segments + 2  # of each segment, the table of contents, the lock
    most_bytes = SIZE_FACTOR * fresh_bytes + most_segments * SEGMENT_BYTES
    own = [sample.own_bytes for sample in series]
    faults = [
        f"sample {number}: {sample}"
        for number, sample in enumerate(series)
        if sample.left_open or sample.files > most_files or sample.bytes > most_bytes
    ]
    if growth(own) > GROWTH_BYTES:
        faults.append(f"memory grew by {growth(own):,} bytes")
    if descriptors > 2 * most_files:
        faults.append(f"{descriptors} more files are open than at the start")
    yield Outcome(
        "memory, open files and index stay flat over a long life",
        tried=len(series),
        failed=len(faults),
        lost=0,
        failures=tuple(line + again for line in faults[:MOST_EXAMPLES]),
        measured=f"memory {_told([one / 1e6 for one in own])} MB, growth"
        f" {growth(own) / 1e6:.1f} of {GROWTH_BYTES / 1e6:.1f} allowed;"
        f" index {_told([sample.bytes / 1e6 for sample in series])} MB, a fresh one"
        f" {fresh_bytes / 1e6:.1f}, allowed {most_bytes / 1e6:.1f};"
        f" files {_told([sample.files for sample in series])} of {most_files} allowed; none open"
        " once closed",
    )


@contextmanager
def _few_texts_remembered() -> Iterator[None]:
    """Bound what is remembered of texts to its share of the soak."""
    with (
        mock.patch.object(prepare, "max_bytes", prepare.max_bytes * TEXTS_SHARE),
        mock.patch.object(_sentence_spans, "max_bytes", _sentence_spans.max_bytes * TEXTS_SHARE),
    ):
        yield


@dataclass(frozen=True)
class _Sample:
    """What was held at one time, no collection being open."""

    own_bytes: int
    left_open: int
    bytes: int
    files: int


def _told(series: list[float] | list[int]) -> str:
    """Return a series' value at the end of each quarter."""
    at = [max(len(series) * quarter // 4 - 1, 0) for quarter in range(1, 5)]
    return " → ".join(f"{series[place]:.3g}" for place in at)


def _disk_use(directory: str) -> tuple[int, int]:
    """Return how many bytes the files of an index have, and how many files there are."""
    files = list(os.scandir(directory))
    return sum(file.stat().st_size for file in files), len(files)


@dataclass
class _Life:
    """An index that is updated, and what it must answer."""

    folder: str
    seed: int
    paper_count: int
    papers: dict[str, Paper] = field(default_factory=dict)
    holding: Counter[str] = field(default_factory=Counter)
    """In how many papers each word stands."""
    categories: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.directory = os.path.join(self.folder, "index")
        self._seeds = Path(self.folder, "seeds.jsonl")
        self._seed_papers = [_paper(f"s{number}", 0) for number in range(SEED_PAPERS)]
        self._away = [f"p{number}" for number in range(self.paper_count, 2 * self.paper_count)]
        self._here = [f"p{number}" for number in range(self.paper_count)]
        with open_writer(self.directory) as writer:
            for paper_id in self._here:
                one = _paper(paper_id, 0)
                writer.add([Copy.of(one)], ())
                self._put(one)
            writer.commit()
        self._build()

    def update(self, number: int) -> None:
        """Change one to three papers, add one and delete one; or change the seed file and build."""
        rng = self.rng
        if number % 20 == 0:
            for place in rng.sample(range(SEED_PAPERS), 3):
                self._seed_papers[place] = _paper(f"s{place}", number)
            self._build()
            return
        deleted, *changed = rng.sample(range(self.paper_count), rng.randint(2, 4))
        added = rng.randrange(self.paper_count)
        with open_writer(self.directory) as writer:
            entry = writer.entries([self._here[deleted]]).get(self._here[deleted])
            assert entry, self._here[deleted]
            writer.delete(entry)
            self._drop(self._here[deleted])
            self._here[deleted], self._away[added] = self._away[added], self._here[deleted]
            for place in (*changed, deleted):
                one = _paper(self._here[place], number)
                writer.add([Copy.of(one)], (), replaces=writer.entries([one.id]).get(one.id))
                self._put(one)
            writer.commit()

    def _build(self) -> None:
        lines = [json.dumps({**to_stored(one), "sources": ()}) for one in self._seed_papers]
        self._seeds.write_text("\n".join(lines), encoding="utf-8")
        summary = index.build(self.directory, [self._seeds])
        assert not summary.problems, summary.problems
        for one in self._seed_papers:
            self._put(one)

    def _put(self, one: Paper) -> None:
        self._drop(one.id)
        self.papers[one.id] = one
        self.holding.update(set(one.abstract[:-1].split()))
        self.categories[one.category] += 1

    def _drop(self, paper_id: str) -> None:
        old = self.papers.pop(paper_id, None)
        if old:
            self.holding.subtract(set(old.abstract[:-1].split()))
            self.categories[old.category] -= 1

    def search(self, papers: searcher.Collection) -> str:
        """Make one search of some kind; return what was wrong with its answer, if anything."""
        rng = self.rng
        word, other = rng.sample(WORDS, 2)
        match rng.randrange(10):
            case 0:
                page = papers.search("*", facets="category", limit=0)
                assert page.facets is not None
                counts = {str(one.value): one.count for one in page.facets["category"]}
                if counts != +self.categories:
                    return f"* has {counts}, not {self.categories}"
            case 1:
                paper_id = self._here[rng.randrange(self.paper_count)]
                if papers.paper(paper_id) != self.papers[paper_id]:
                    return f"{paper_id} is not as it was written"
            case 2:
                page = papers.search(f'"{word} {other}"', limit=5)
                if any(f"{word} {other}" not in self.papers[hit.id].abstract for hit in page.hits):
                    return f"no phrase in the answer to {page.request.query}"
            case 3:
                page = papers.search(f"{word} {other}", sort="date", facets=("year", "author"))
                return self._without_words(page, word, other)
            case 4:
                page = papers.search(f"{word[:4]}* -{other}", explain=True)
                if any(other in self.papers[hit.id].abstract for hit in page.hits):
                    return f"{other} in the answer to {page.request.query}"
            case 5:
                page = papers.search(f"{word}x~ year:2002..2005", category="LG")
                if any(self.papers[hit.id].category != "LG" for hit in page.hits):
                    return f"another category in the answer to {page.request.query}"
            case 6:
                paper_id = self._away[rng.randrange(self.paper_count)]
                if papers.search(f"id:{paper_id} OR absentword").total:
                    return f"{paper_id} was deleted"
            case 7:
                exported = sum(1 for _ in papers.all(f"={PHRASE[0]}"))
                if exported != self.holding[PHRASE[0]]:
                    return f"{exported} papers exported of {self.holding[PHRASE[0]]}"
            case _:
                page = papers.search(word, limit=10)
                if page.total != self.holding[word]:
                    return f"{word}: {page.total} of {self.holding[word]} papers"
                for hit in page.hits:
                    if not hit.snippets or "<mark>" not in hit.snippets.html("abstract"):
                        return f"{word}: a snippet without a mark"
        return ""

    def _without_words(self, page: searcher.Page, *words: str) -> str:
        for hit in page.hits:
            if not set(words) <= set(self.papers[hit.id].abstract.split()):
                return f"{hit.id} lacks a word of {page.request.query}"
        return ""

    def lost(self, papers: searcher.Collection) -> int:
        """Return how many papers are lost, made up, or not as they were last written."""
        found = {one.id: replace(one, sources=()) for one in papers.all("*")}
        wanted = {paper_id: replace(one, sources=()) for paper_id, one in self.papers.items()}
        return sum(found.get(one) != wanted.get(one) for one in found.keys() | wanted.keys())

    def fresh(self) -> str:
        """Build an index of the same papers in one commit, and return its folder."""
        directory = os.path.join(self.folder, "fresh")
        with open_writer(directory) as writer:
            for one in self.papers.values():
                writer.add([Copy.of(one)], ())
            writer.commit()
        return directory


def _paper(paper_id: str, update: int) -> Paper:
    """Return a paper as an update writes it; its score tells which, its words soon come again."""
    one = history.paper(int(paper_id[1:]), update % 500)
    return replace(one, id=paper_id, title=f"Paper {paper_id}", score=float(update))
