"""The embedded engine: one Whoosh index's terms, postings, columns and papers, as arrays."""

import json
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.analysis import name_terms, stem
from index.paper import Paper, from_dict, merge
from index.schema import schema
from searcher.errors import IndexUnreadableError
from searcher.facets import Column, make_column
from searcher.ranking import Floats
from searcher.retrieval import Mask, Numbers, Postings

_OPEN_ATTEMPTS = 20
_CACHED_POSTINGS = 4_096


class WhooshEngine:
    """A committed state of a Whoosh index; later commits do not change what it answers.

    Paper numbers run from 0 over all segments, deleted papers included. Not safe for threads: the
    caller lets one in at a time.
    """

    def __init__(self, directory: str) -> None:
        self._reader = _open_reader(directory)
        self._leaves: list[tuple[Any, int]] = [
            (leaf, offset) for leaf, offset in self._reader.leaf_readers() if leaf.doc_count_all()
        ]
        self._size: int = self._reader.doc_count_all()
        self.postings = lru_cache(maxsize=_CACHED_POSTINGS)(self._postings)
        self.lengths = lru_cache(maxsize=None)(self._lengths)
        self.mean_length = lru_cache(maxsize=None)(self._mean_length)
        self.numbers = lru_cache(maxsize=None)(self._numbers)
        self.values = lru_cache(maxsize=None)(self._values)
        self.column = lru_cache(maxsize=None)(self._column)

    def close(self) -> None:
        """Close the index's files."""
        self._reader.close()

    @cached_property
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""
        mask = np.zeros(self._size, dtype=np.bool_)
        for leaf, offset in self._leaves:
            mask[[offset + number for number in leaf.all_doc_ids()]] = True
        return mask

    @cached_property
    def id_rank(self) -> Numbers:
        """The place of each paper number's id among all ids, sorted."""
        ids = list(self._rows("id"))
        rank = np.empty(self._size, dtype=np.int64)
        rank[sorted(range(self._size), key=lambda number: ids[number])] = np.arange(self._size)
        return rank

    @cached_property
    def scores(self) -> Floats:
        """Each paper's own score as its source gives it, -inf where it gives none."""
        return np.array(list(self._rows("score")), dtype=np.float64)

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        """Return those of ``terms`` that any paper has in ``field``."""
        return {term for term in terms if (field, _key(term)) in self._reader}

    def stem(self, form: str) -> str:
        """Return the stem under which the index files ``form``."""
        return stem(form)

    def matching(self, field: str, pattern: re.Pattern[str], prefix: str) -> list[tuple[str, int]]:
        """Return the terms that begin with ``prefix`` and match, with the papers that have each."""
        terms = (term.decode() for term in self._reader.expand_prefix(field, prefix))
        return [
            (term, self._reader.doc_frequency(field, term.encode()))
            for term in terms
            if pattern.fullmatch(term)
        ]

    def within(self, field: str, term: str, edits: int) -> list[tuple[str, int]]:
        """Return the terms at most ``edits`` edits from ``term``, with the papers of each."""
        return [
            (found, self._reader.doc_frequency(field, found.encode()))
            for found in sorted(set(self._reader.terms_within(field, term, edits)))
        ]

    def number_of(self, paper_id: str) -> int | None:
        """Return the number of the paper with this id, None if there is none."""
        papers = self.postings("id", paper_id).papers
        return int(papers[0]) if len(papers) else None

    def paper(self, number: int) -> Paper:
        """Return a stored paper."""
        stored = self._reader.stored_fields(number)
        return merge([from_dict(values) for values in json.loads(stored["copies"])])

    def _postings(self, field: str, term: str) -> Postings:
        papers: list[int] = []
        frequencies: list[int] = []
        positions: list[int] = []
        key = _key(term)
        for leaf, offset in self._leaves:
            if (field, key) not in leaf:
                continue
            matcher = leaf.postings(field, key)
            has_positions = matcher.supports("positions")
            while matcher.is_active():
                papers.append(offset + matcher.id())
                if has_positions:
                    found = matcher.value_as("positions")
                    frequencies.append(len(found))
                    positions += found
                else:
                    frequencies.append(1)
                matcher.next()
        offsets = np.array([0, *accumulate(frequencies)] if positions else [0], dtype=np.int64)
        return Postings(_integers(papers), _integers(frequencies), offsets, _integers(positions))

    def _lengths(self, field: str) -> Floats:
        lengths = np.zeros(self._size)
        for leaf, offset in self._leaves:
            for number in range(leaf.doc_count_all()):
                lengths[offset + number] = leaf.doc_field_length(number, field) or 0
        return lengths

    def _mean_length(self, field: str) -> float:
        return float(self.lengths(field)[self.live].mean()) if self.live.any() else 0.0

    def _numbers(self, field: str) -> Numbers:
        return _integers(list(self._rows(field)))

    def _values(self, field: str) -> tuple[str, ...]:
        terms = (term.decode() for term in self._reader.lexicon(field))
        if not self._reader.has_deletions():
            return tuple(terms)
        return tuple(term for term in terms if len(self.postings(field, term).papers))

    def _column(self, facet: str) -> Column:
        match facet:
            case "category":
                return make_column([code] if code else [] for code in self._live_rows("category"))
            case "year":
                return make_column([year] if year else [] for year in self._live_rows("year"))
            case "code":
                return make_column(["yes" if code else "no"] for code in self._live_rows("has"))
            case "author" | "institution":
                return self._name_column(f"{facet}_list")
        raise ValueError(f"no facet {facet!r}")

    def _name_column(self, field: str) -> Column:
        """Return a column of names; spellings that fold alike are one value, the commonest one."""
        rows: list[list[str]] = [json.loads(row) if row else [] for row in self._live_rows(field)]
        uses = Counter(name for row in rows for name in row)
        key_of = {name: (name_terms(name) or (name,))[0] for name in uses}
        label: dict[str, str] = {}
        for name in sorted(uses, key=lambda name: (-uses[name], name)):
            label.setdefault(key_of[name], name)
        return make_column([label[key_of[name]] for name in row] for row in rows)

    def _live_rows(self, field: str) -> Iterator[Any]:
        """Yield each paper number's value in a stored column, None for a deleted paper."""
        for live, value in zip(self.live.tolist(), self._rows(field), strict=True):
            yield value if live else None

    def _rows(self, field: str) -> Iterator[Any]:
        """Yield each paper number's value in a stored column."""
        for leaf, _ in self._leaves:
            column = leaf.column_reader(field)
            for number in range(leaf.doc_count_all()):
                yield column[number]


def _integers(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _key(term: str) -> bytes:
    # A lone surrogate (a byte that was no UTF-8) is in no index, and not an error.
    return term.encode("utf-8", "surrogatepass")


def _open_reader(directory: str) -> Any:
    from whoosh.index import EmptyIndexError, open_dir

    rebuild = "build it again in an empty folder"
    failure: Exception | None = None
    for _ in range(_OPEN_ATTEMPTS):
        index, opened = None, -1
        try:
            index = open_dir(directory)
            opened = index.latest_generation()
            if index.schema.names() == schema().names():
                return index.reader()
        except EmptyIndexError:
            break
        except FileNotFoundError as error:
            # A commit between reading the table of contents and opening the segments it names
            # removes them; the next table names those that are there.
            if not os.path.isdir(directory):
                break
            failure = error
            if index and index.latest_generation() == opened:
                raise IndexUnreadableError(
                    f"{directory}: a file of the index is missing ({error}); {rebuild}"
                ) from error
            continue
        except Exception as error:  # Whoosh reads a damaged file into any exception
            raise IndexUnreadableError(
                f"{directory}: the index is damaged ({type(error).__name__}: {error}); {rebuild}"
            ) from error
        raise IndexUnreadableError(f"{directory}: an index of another version; {rebuild}")
    if failure:
        raise IndexUnreadableError(f"{directory}: the index keeps changing ({failure}); try again")
    raise IndexUnreadableError(
        f"{directory}: no index here; build one with: searcher index PATH --index {directory}"
    )
