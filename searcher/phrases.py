"""An index → the phrases that its papers use, chosen and kept to be suggested."""

import os
from itertools import islice

from index.arguments import folder_path
from index.phrases import MOST_PAPERS, choose_phrases
from index.segments.contents import SegmentEntry
from index.segments.opening import open_commit
from index.segments.phrases import Phrases
from index.writers.local import keep_phrases
from searcher.collection import Collection
from searcher.engines.port import Completion
from searcher.suggesting import query_for


def refresh_phrases(directory: str | os.PathLike[str]) -> int:
    """Choose anew the phrases that are suggested of an index, and return how many there are.

    They are kept in its folder as they are until they are chosen again. That takes about as long as
    to build the index. Raises MissingExtraError if NLTK is not installed, IndexLockedError if
    somebody else keeps writing, and what opening the index raises.
    """
    path = folder_path(directory)
    papers, segments = _opened(path)
    with papers:
        step = -(-len(papers) // MOST_PAPERS) or 1
        texts = ((paper.title, paper.abstract) for paper in islice(papers.all(), 0, None, step))
        counted = []
        for phrase in choose_phrases(texts):
            one = Completion(phrase.text, " ".join(phrase.forms))
            query = query_for("phrase", one)
            count = papers.search(query, limit=1, paper=False, snippets=False).total
            if count:
                counted.append((-count, one.text, one.folded))
    counted.sort()
    chosen = Phrases(
        [text for _, text, _ in counted],
        [folded for _, _, folded in counted],
        [-count for count, _, _ in counted],
    )
    keep_phrases(path, chosen, segments)
    return len(counted)


def _opened(path: str) -> tuple[Collection, tuple[SegmentEntry, ...]]:
    """Open an index, and return the segments of the same commit."""
    while True:
        contents, _ = open_commit(path)
        papers = Collection(path)
        # A commit may have come between.
        if open_commit(path)[0].generation == contents.generation:
            return papers, contents.segments
        papers.close()
