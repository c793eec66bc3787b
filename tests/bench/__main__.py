"""``python -m tests.bench CORPUS``: build and query times of this project and its peers.

CORPUS is a JSON lines file of papers (.gz too); papers without an abstract are left out. Each
engine runs in a process of its own, one after the other; the queries are cut from the titles.
"""

import argparse
import tempfile
from pathlib import Path

from tests.bench.engines import ENGINES
from tests.bench.measure import build_figures, cut_queries, in_process, prepare, query_figures


def main() -> None:
    """Measure every engine and print one row each, then the ratios to the last."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--limit", type=int, help="the first LIMIT papers only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus.jsonl"
        titles = prepare(options.corpus, corpus, options.limit)
        queries = cut_queries(titles)
        print(f"{len(titles):,} papers, {len(queries)} any-word queries; ms are p50 / p95 / p99")
        rows = []
        for engine in ENGINES:
            folder = Path(name) / engine.name
            figures = in_process(build_figures, engine, folder, corpus)
            figures |= in_process(query_figures, engine, folder, queries)
            rows.append((engine.name, figures))
            print(f"\n{engine.name}")
            for measure, values in figures.items():
                print(f"  {measure:<28}{' / '.join(f'{value:,.2f}' for value in values)}")
        base_name, base = rows[-1]
        for name, figures in rows[:-1]:
            print(f"\n{name} as a multiple of {base_name} (first figure of each)")
            for measure, values in figures.items():
                print(f"  {measure:<28}{values[0] / base[measure][0]:.3f}")


if __name__ == "__main__":
    main()
