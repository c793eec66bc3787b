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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.engines import CHECKOUT, ENGINES, Before, Engine
from tests.bench.measure import (
    PAPERS_NEW,
    BenchError,
    Figures,
    PatienceError,
    add_figures,
    build_figures,
    command_figures,
    in_process,
    search_figures,
)
from tests.bench.report import report, written
from tests.bench.work import Work, prepare

# Whoosh takes one to two milliseconds a paper to build.
MOST_PAPERS_FOR_WHOOSH = 300_000
# What is asked, by the name it has in the report.
KINDS = {
    "top 10": "top",
    "top 10, as it comes": "usual",
    "top 10, papers": "papers_of_hits",
    "count": "count",
    "top 10, snippets": "snippets",
    "top 10, snippets, facets": "facets",
    PAPERS_NEW: "facets",
    "phrases": "phrase",
}


def main() -> None:
    """Measure the engines, print the report, and record it if asked."""
    options = _options()
    # Python's own way, which installed programs run in: a module is compiled once, not each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if options.before:
        os.environ[CHECKOUT] = str(options.before.resolve())
    load_before = os.getloadavg()[0]
    figures: dict[str, Figures] = {}
    versions = {}
    notes = []
    has_failed = False
    with tempfile.TemporaryDirectory() as name:
        _say("papers")
        work = prepare(options.corpus, Path(name), options.papers)
        for engine in ENGINES:
            if engine.name not in (options.engines or [engine.name]):
                continue
            if engine is Before and not options.before:
                continue
            if not engine.is_installed():
                notes.append(f"{engine.name}: left out, not installed.")
                continue
            if (
                engine.name == "whoosh"
                and not options.engines
                and work.paper_count > MOST_PAPERS_FOR_WHOOSH
            ):
                notes.append("whoosh: left out, it takes too long at this size.")
                continue
            _say(engine.name)
            folder = Path(name) / engine.name
            folder.mkdir()
            own: Figures = {}
            figures[engine.name] = own
            versions[engine.name] = engine.version()
            for label, measure in _measures(engine, folder, work, options):
                try:
                    found = measure()
                except (BenchError, PatienceError) as error:
                    _say(f"  {label}: {error}")
                    has_failed |= isinstance(error, BenchError)
                    said = "FAILED" if isinstance(error, BenchError) else "left out"
                    notes.append(f"{engine.name}, {label}: {said}, {str(error).splitlines()[-1]}.")
                    if not own:
                        break  # nothing was built
                else:
                    own.update(found)
                    for measured, figure in found.items():
                        _say(f"  {measured}: {written(figure)}")
            shutil.rmtree(folder)
    text = report(figures, versions, work=work, load_before=load_before, notes=notes)
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    sys.exit(1 if has_failed else 0)


def _options() -> argparse.Namespace:
    names = [engine.name for engine in ENGINES]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--papers", type=int, help="how many papers (default: the corpus as it is)")
    parser.add_argument(
        "--engines",
        type=lambda text: text.split(","),
        help=f"some of {','.join(names)} (default: all; no whoosh above 300,000 papers)",
    )
    parser.add_argument(
        "--before", type=Path, metavar="DIR", help="measure this other checkout of the project too"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds a round of queries may take"
    )
    parser.add_argument(
        "--build-patience", type=float, default=1200.0, help="seconds a build may take"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args()
    if set(options.engines or []) - set(names):
        parser.error(f"--engines: the engines are {', '.join(names)}")
    if options.before and not (options.before / "tests" / "bench" / "engines.py").is_file():
        parser.error(f"--before: {options.before} is no checkout with a benchmark")
    return options


def _measures(
    engine: type[Engine], folder: Path, work: Work, options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    """Yield what is measured of an engine in its order: the index is built first, added to last."""
    patience, build_patience = options.patience, options.build_patience
    yield "build", partial(build_figures, engine, folder, work.corpus, build_patience)
    for name, kind in KINDS.items():
        if getattr(engine, kind):
            asked = work.phrases if kind == "phrase" else work.queries
            yield name, partial(_searched, engine, kind, name, folder / "index", asked, patience)
    if engine.root:
        yield "whole command", partial(command_figures, engine, folder, work.queries, patience)
    if engine.add:
        yield "added papers", partial(add_figures, engine, folder, work.batches, build_patience)


def _searched(
    engine: type[Engine], kind: str, name: str, index: Path, asked: list[str], patience: float
) -> Figures:
    # A slow round ends by itself; this is for opening, for all rounds and for checking the answers.
    limit = 60 + 6 * patience
    figures, _ = in_process(limit, search_figures, engine, kind, name, index, asked, patience)
    return figures  # type: ignore[no-any-return]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
