"""An index → its phrases and most frequent authors, kept beside it for suggestions."""

import os
from collections.abc import Iterable
from functools import partial
from itertools import islice

from index.arguments import folder_path
from index.phrases import MOST_PAPERS, choose_phrases
from index.segments.contents import SegmentEntry
from index.segments.opening import open_commit
from index.segments.suggestions import ReadyTexts
from index.writers.local import keep_suggestions
from searcher.collection import Collection
from searcher.engines.local.engine import LocalEngine
from searcher.engines.port import Completion, Typed
from searcher.page import SuggestionKind
from searcher.suggesting import printed, query_for

MOST_AUTHORS = 10_000
"""How many authors are counted ahead: those with most papers. Each takes a millisecond."""


def refresh_suggestions(directory: str | os.PathLike[str]) -> int:
    """Choose anew the phrases that an index suggests, and return how many there are.

    They are kept in its folder until they are chosen again, with the number of papers of each of
    its most frequent authors. This takes several times as long as to build the index: 22 seconds
    for 23,258 papers.

    Raises MissingExtraError if NLTK is not installed, IndexLockedError if somebody else keeps
    writing, IndexStorageError if the folder cannot be written, and what opening the index raises.
    """
    path = folder_path(directory)
    engine, segments = _opened(path)
    with Collection(path, engine=engine) as papers:
        step = -(-len(papers) // MOST_PAPERS) or 1
        texts = ((paper.title, paper.abstract) for paper in islice(papers.all(), 0, None, step))
        phrases = [Completion(one.text, " ".join(one.forms)) for one in choose_phrases(texts)]
        names = engine.completions("author", Typed(""), MOST_AUTHORS)
        authors = map(partial(printed, "author", engine), names)
        ready = {
            "phrase": _ready("phrase", phrases, papers),
            "author": _ready("author", authors, papers),
        }
    keep_suggestions(path, ready, segments)
    return len(ready["phrase"].texts)


def _ready(kind: SuggestionKind, found: Iterable[Completion], papers: Collection) -> ReadyTexts:
    """Return texts with how many papers a search for each finds, those of most papers first."""
    counted = []
    for one in found:
        total = papers.search(query_for(kind, one), limit=1, paper=False, snippets=False).total
        if total:
            counted.append((-total, one.text, one.folded))
    counted.sort()
    return ReadyTexts(
        [text for _, text, _ in counted],
        [folded for _, _, folded in counted],
        [-total for total, _, _ in counted],
    )


def _opened(path: str) -> tuple[LocalEngine, tuple[SegmentEntry, ...]]:
    """Open an index, and return the segments of the same commit."""
    while True:
        contents, _ = open_commit(path)
        engine = LocalEngine(path)
        # A commit may have come between.
        if open_commit(path)[0].generation == contents.generation:
            return engine, contents.segments
