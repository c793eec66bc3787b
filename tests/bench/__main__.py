"""``python -m tests.bench CORPUS``: this project and its peers on the same papers and queries.

CORPUS is a JSON lines file of papers (.gz too); papers without an abstract are left out. With more
--papers than it has, all papers measured are new ones made in its likeness. Needs the ``bench``
extra for all engines. Exits 1 if an engine does not answer what was asked.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# A process that is measured imports this module too, so what fills memory is imported in main.
from tests.bench.engines import ENGINES, Engine
from tests.bench.measure import (
    BenchError,
    Figures,
    PatienceError,
    add_figures,
    build_figures,
    command_figures,
    cut_phrases,
    cut_queries,
    in_process,
    search_figures,
)
from tests.bench.report import report, written

SEED = 20_240_501
BATCHES = 3
BATCH_PAPERS = 100
# Queries and phrases are cut from these many.
SAMPLE_PAPERS = 2_000
# Whoosh takes a millisecond a paper to build, and most of one a thousand papers to search.
MOST_PAPERS_FOR_WHOOSH = 300_000
KINDS = {
    "top": "top 10",
    "snippets": "top 10, snippets",
    "facets": "top 10, snippets, facets",
    "phrase": "phrases",
}


def main() -> None:
    """Measure the engines, print the report, and record it if asked."""
    names = [engine.name for engine in ENGINES]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--papers", type=int, help="how many papers (default: the corpus as it is)")
    parser.add_argument(
        "--engines", help=f"some of {','.join(names)} (default: all; no whoosh above 300,000)"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds a round of queries may take"
    )
    parser.add_argument(
        "--build-patience", type=float, default=1200.0, help="seconds a build may take"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    chosen = options.engines.split(",") if options.engines else names
    if set(chosen) - set(names):
        parser.error(f"--engines: {options.engines}: the engines are {', '.join(names)}")

    from tests.bench.corpus import generate, learn, read_papers, sample_papers, write_papers

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "corpus.jsonl"
        papers = read_papers(options.corpus)
        model = learn(papers, SEED)
        paper_count = options.papers or len(papers)
        is_made = paper_count > len(papers)
        _say(f"{'making' if is_made else 'writing'} {paper_count:,} papers")
        made = generate(model, paper_count, SEED) if is_made else papers[:paper_count]
        write_papers(made, corpus)
        batches = []
        for batch in range(BATCHES):
            # Ids and a seed of their own: papers that are new to the index.
            added = list(generate(model, BATCH_PAPERS, SEED + 1 + batch, f"added-{batch}"))
            word = f"zyqua{'xyz'[batch]}"
            added[-1]["title"] = f"{word} {added[-1]['title']}"
            write_papers(added, folder / f"added-{batch}.jsonl")
            batches.append((folder / f"added-{batch}.jsonl", word))
        del made, papers, model
        sample = sample_papers(corpus, paper_count, SAMPLE_PAPERS, SEED)
        queries = cut_queries([paper["title"] for paper in sample], SEED)
        phrases = cut_phrases([paper["abstract"] for paper in sample], SEED)

        skipped: dict[str, str] = {}
        has_failed = False
        figures: dict[str, Figures] = {}
        for engine in ENGINES:
            if engine.name not in chosen:
                continue
            if not engine.is_installed():
                skipped[engine.name] = "not installed"
            elif (
                engine.name == "whoosh"
                and not options.engines
                and paper_count > MOST_PAPERS_FOR_WHOOSH
            ):
                skipped[engine.name] = "takes too long at this size"
            else:
                figures[engine.name] = Figures()
                try:
                    for found in _measured(
                        engine, folder / engine.name, corpus, queries, phrases, batches, options
                    ):
                        figures[engine.name] |= found
                        for measure, figure in found.items():
                            _say(f"  {measure}: {written(figure)}")
                except PatienceError as error:
                    skipped[engine.name] = f"the rest of it: {error}"
                except BenchError as error:
                    skipped[engine.name] = f"FAILED: {error}"
                    _say(f"{engine.name}: {error}")
                    has_failed = True
                shutil.rmtree(folder / engine.name, ignore_errors=True)
    text = report(
        figures,
        {engine.name: engine.version() for engine in ENGINES if engine.name in figures},
        paper_count=paper_count,
        is_made=is_made,
        query_count=len(queries),
        phrase_count=len(phrases),
        load_before=load_before,
        skipped=skipped,
    )
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    if has_failed:
        sys.exit(1)


def _measured(
    engine: type[Engine],
    folder: Path,
    corpus: Path,
    queries: list[str],
    phrases: list[str],
    batches: list[tuple[Path, str]],
    options: argparse.Namespace,
) -> Iterator[Figures]:
    """Yield the figures of one engine, measure by measure."""
    _say(engine.name)
    folder.mkdir()
    yield build_figures(engine, folder, corpus, options.build_patience)
    for kind, name in KINDS.items():
        if getattr(engine, kind):
            asked = phrases if kind == "phrase" else queries
            # The answers are checked besides, and a slow round ends by itself.
            limit = 60 + 6 * options.patience
            index = folder / "index"
            yield in_process(
                limit, search_figures, engine, kind, name, index, asked, options.patience
            )[0]
    if engine.name == "searcher":
        yield command_figures(folder, queries)
    if engine.add:
        yield add_figures(engine, folder, batches, options.build_patience)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
