"""An index → its phrases and most frequent authors, kept beside it for suggestions."""

import os
from collections.abc import Iterable
from functools import partial

from index import ReadyTexts, choose_phrases, keep_suggestions
from index.arguments import local_folder
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

    Raises BadRequestError for an index on a cluster, MissingExtraError if NLTK is not installed,
    IndexLockedError if somebody else keeps writing, IndexStorageError if the folder cannot be
    written, and what opening the index raises.
    """
    path = local_folder(directory, "phrases are chosen")
    engine = LocalEngine(path)
    with Collection(path, engine=engine) as papers:
        texts = ((paper.title, paper.abstract) for paper in papers.all())
        chosen = choose_phrases(texts, len(papers))
        phrases = [Completion(one.text, " ".join(one.forms)) for one in chosen]
        names = engine.completions("author", Typed(""), MOST_AUTHORS)
        authors = map(partial(printed, "author", engine), names)
        ready = {
            "phrase": _ready("phrase", phrases, papers),
            "author": _ready("author", authors, papers),
        }
        (generation,) = engine.generations
    keep_suggestions(path, ready, generation)
    return len(ready["phrase"].texts)


def _ready(kind: SuggestionKind, found: Iterable[Completion], papers: Collection) -> ReadyTexts:
    """Return texts with how many papers a search for each finds, those of most papers first."""
    counted = [(papers.count(query_for(kind, one)), one.text, one.folded) for one in found]
    ranked = sorted((-count, text, folded) for count, text, folded in counted if count)
    return ReadyTexts(
        [text for _, text, _ in ranked],
        [folded for _, _, folded in ranked],
        [-count for count, _, _ in ranked],
    )
