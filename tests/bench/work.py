"""What every engine of a run is given: papers, queries, phrases, and papers to add."""

from dataclasses import dataclass
from pathlib import Path

BATCHES = 3
BATCH_PAPERS = 100
# Queries and phrases are cut from these many papers.
SAMPLE_PAPERS = 2_000
SEED = 20_240_501


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a run. ``is_made``: its papers are new ones made in the corpus's likeness.

    ``batches`` are JSON lines files of papers to add, each with a word that only one of them has,
    which begins its title.
    """

    corpus: Path
    paper_count: int
    is_made: bool
    queries: list[str]
    phrases: list[str]
    batches: list[tuple[Path, str]]


def prepare(source: Path, folder: Path, paper_count: int | None) -> Work:
    """Write the papers measured with below ``folder``; all those of ``source`` if not told."""
    # Imported by those alone that make papers: the memory of the others is measured.
    from tests.bench.corpus import generate, learn, read_papers, sample_papers, write_papers
    from tests.bench.measure import cut_phrases, cut_queries

    papers = read_papers(source)
    model = learn(papers, SEED)
    count = paper_count or len(papers)
    is_made = count > len(papers)
    corpus = folder / "corpus.jsonl"
    write_papers(generate(model, count, SEED) if is_made else papers[:count], corpus)
    batches = []
    for batch in range(BATCHES):
        # Ids and a seed of their own: papers that are new to the index.
        added = list(generate(model, BATCH_PAPERS, SEED + 1 + batch, f"added-{batch}"))
        word = f"zyqua{'xyz'[batch]}"
        added[-1]["title"] = f"{word} {added[-1]['title']}"
        write_papers(added, folder / f"added-{batch}.jsonl")
        batches.append((folder / f"added-{batch}.jsonl", word))
    sample = sample_papers(corpus, count, SAMPLE_PAPERS, SEED)
    return Work(
        corpus=corpus,
        paper_count=count,
        is_made=is_made,
        queries=cut_queries([paper["title"] for paper in sample], SEED),
        phrases=cut_phrases([paper["abstract"] for paper in sample], SEED),
        batches=batches,
    )
