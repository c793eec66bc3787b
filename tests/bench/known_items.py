"""``python -m tests.bench.known_items CORPUS``: how often the paper one has in mind comes first.

CORPUS is a JSON lines file of papers (.gz too). Asked for are random papers that have a year, an
author and four title words of four letters or more that are no stop words, in five ways, with
default settings. A hit is the paper if it has its title. Printed are medians over the seeds, and
the counts of each seed.
"""

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.bench.corpus import Record, read_records, write_papers
from tests.bench.engines import CHECKOUT, Before, Engine, Searcher
from tests.bench.measure import STOP_WORDS, in_process

PAPERS, SEEDS = 600, 5
WRONG_WORDS = ("novel", "approach", "framework", "efficient", "study", "improved")
# Longer than a build and all its queries take.
PATIENCE = 3600.0


def title_words(paper: Record) -> list[str]:
    """Return the different words of a title of four letters or more, but for stop words."""
    words = re.findall(r"[^\W\d_]+", paper["title"].lower())
    return [word for word in dict.fromkeys(words) if len(word) >= 4 and word not in STOP_WORDS]


def population(papers: Iterable[Record]) -> list[Record]:
    """Return the papers that can be asked for in every way."""
    return [
        paper
        for paper in papers
        if paper.get("year") and paper.get("authors") and len(title_words(paper)) >= 4
    ]


def some_words(paper: Record, count: int, rng: random.Random) -> list[str]:
    """Return random title words in the order of the title."""
    words = title_words(paper)
    return [words[place] for place in sorted(rng.sample(range(len(words)), count))]


def with_wrong_word(paper: Record, rng: random.Random) -> str:
    """Return three title words and one that is none, at a random place."""
    words = some_words(paper, 3, rng)
    wrong = rng.choice([word for word in WRONG_WORDS if word not in title_words(paper)])
    words.insert(rng.randint(0, 3), wrong)
    return " ".join(words)


def with_missing_letter(paper: Record, rng: random.Random) -> str:
    """Return three title words, one of them without one of its inner letters."""
    words = some_words(paper, 3, rng)
    chosen = rng.randrange(3)
    word = words[chosen]
    missing = rng.randint(1, len(word) - 2)
    words[chosen] = word[:missing] + word[missing + 1 :]
    return " ".join(words)


def surname_and_year(paper: Record, _rng: random.Random) -> str:
    """Return the last word of the first author's name, and the year."""
    return f"{paper['authors'][0].split()[-1]} {paper['year']}"


def surname_year_and_words(paper: Record, rng: random.Random) -> str:
    """Return the surname, the year and two title words."""
    return " ".join([surname_and_year(paper, rng), *some_words(paper, 2, rng)])


def whole_title(paper: Record, _rng: random.Random) -> str:
    """Return the title as it is written."""
    return str(paper["title"])


KINDS: dict[str, Callable[[Record, random.Random], str]] = {
    "three title words and a wrong one": with_wrong_word,
    "three title words, one with a letter missing": with_missing_letter,
    "surname and year": surname_and_year,
    "surname, year and two title words": surname_year_and_words,
    "the title itself": whole_title,
}

Asked = dict[str, list[tuple[str, str]]]
"""For each kind, queries and the titles of the papers that they mean."""


def ask(papers: Sequence[Record], count: int, seed: int) -> Asked:
    """Return what is asked for ``count`` random papers, all if there are fewer."""
    rng = random.Random(seed)
    chosen = rng.sample(papers, min(count, len(papers)))
    return {
        kind: [(query_of(paper, rng), paper["title"]) for paper in chosen]
        for kind, query_of in KINDS.items()
    }


def counts_of(
    engine: type[Engine], folder: Path, corpus: Path, rounds: Sequence[Asked]
) -> list[dict[str, int]]:
    """Build an index, and count for each round and kind how many first hits have the title."""
    built = engine()
    built.build(folder, corpus)
    built.open(folder)
    return [
        {
            kind: sum(same_title(built.first(query), title) for query, title in queries)
            for kind, queries in asked.items()
        }
        for asked in rounds
    ]


def same_title(one: str, other: str) -> bool:
    """Tell whether two titles have the same words; spaces, case and signs do not count."""
    return re.findall(r"\w+", one.casefold()) == re.findall(r"\w+", other.casefold())


def table(counts: dict[str, list[dict[str, int]]], asked: int) -> str:
    """Return the counts of each engine as a table of Markdown: the median, and each seed's."""
    lines = [
        f"| first hit has the title, of {asked:,} | {' | '.join(counts)} |",
        "|---" * (len(counts) + 1) + "|",
    ]
    for kind in KINDS:
        cells = []
        for rounds in counts.values():
            of_seeds = [one[kind] for one in rounds]
            each = ", ".join(map(str, of_seeds))
            cells.append(f"{statistics.median(of_seeds):g} ({each})")
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Count for this checkout, and for another one if asked, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.known_items", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--before", type=Path, metavar="DIR", help="count for this checkout too")
    parser.add_argument("--papers", type=int, default=PAPERS, help="how many papers a seed")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds")
    options = parser.parse_args()
    engines: list[type[Engine]] = [Searcher]
    if options.before:
        os.environ[CHECKOUT] = str(options.before.resolve())
        engines.append(Before)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    papers = read_records(options.corpus)
    known = population(papers)
    rounds = [ask(known, options.papers, seed) for seed in range(1, options.seeds + 1)]
    counts = {}
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus.jsonl"
        write_papers(papers, corpus)
        for engine in engines:
            print(engine.name, file=sys.stderr, flush=True)
            folder = Path(name) / engine.name
            counts[engine.name], _ = in_process(PATIENCE, counts_of, engine, folder, corpus, rounds)
    print(f"{len(papers):,} papers, {len(known):,} of them can be asked for.\n")
    print(table(counts, min(options.papers, len(known))))


if __name__ == "__main__":
    main()
