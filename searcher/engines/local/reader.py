"""The open segments of indexes read as one: posting lists, places, columns and stored papers.

Papers are numbered from 0 over all segments, deleted papers included. The readers of a segment's
files report damage; so does what is here, where bytes that are read say what cannot be.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.analysis import is_own_stemming
from index.errors import DamagedIndexError, mending
from index.fields import FIELDS, NAME_LISTS, SORTABLE_ZERO, STEMMED_FIELDS, exact_twin
from index.identifiers import places
from index.paper import Paper
from index.segments.arrays import (
    Offsets,
    find_sorted,
    running_sums,
    sorted_distinct,
)
from index.segments.contents import stemmed_otherwise
from index.segments.documents import CodedColumn
from index.segments.opening import Segment, open_commit
from index.segments.packing import ByteStrings
from index.segments.postings import (
    PLACE_BITS,
    FieldReader,
    Postings,
    StemFieldReader,
    united,
)
from index.segments.terms import term_key
from searcher.cache import Cache, cached, size_of
from searcher.engines.local.accumulators import Accumulators
from searcher.engines.local.papers import PaperSegment, StoredPaper
from searcher.engines.local.ranking import Floats
from searcher.engines.local.scoring import Mask, Numbers, Papers
from searcher.query.clauses import Match

CACHE_BYTES = 1 << 27
CACHE_BYTES_PER_PAPER = 2_000
MOST_CACHE_BYTES = 1 << 31
"""How much memory the cache of an index may take: the larger of the first two, and no more.

Some 500 frequent words, whose scores take 4 bytes for each paper, and the columns.
"""

FEW_IDS = 1_000
"""The ids of so many papers are read to order them; of more, only the first of each segment."""

MAX_CACHED_PAPER_BYTES = 1 << 15
"""What is stored of a paper that takes more bytes is not cached."""

# A word is read again when it is joined, spelled or weighted otherwise: half of the words of texts
# that were never asked before. So many lists of the largest that are kept fill the cache.
_LARGEST_LISTS = 256

_WORD_FIELDS = {*STEMMED_FIELDS, *map(exact_twin, STEMMED_FIELDS)}
_COLUMNS = {field.name for field in FIELDS if field.has_column}


Word = TypeVar("Word")


class IndexReader:
    """The segments of one commit of each index; later commits change nothing here.

    A paper that several of them hold, by its id, is that of the first. Safe to share by threads.
    """

    place_bits = PLACE_BITS

    def __init__(self, *directories: str) -> None:
        self.indexes = directories
        self.segments, self.generations = _open_segments(self.indexes)
        counts = [segment.entry.document_count for segment in self.segments]
        self.size: int = sum(counts)
        self.paper_count: int = sum(segment.entry.live_count for segment in self.segments)
        self.has_deletions = self.paper_count < self.size
        self._first_documents = [segment.first_document for segment in self.segments]
        self.renew()

    def renew(self) -> None:
        """Start with an empty cache, as a process must after it was forked.

        Another thread may have been changing the old one at that moment.
        """
        own_bytes = max(CACHE_BYTES, CACHE_BYTES_PER_PAPER * self.size)
        self.cache = Cache(min(own_bytes, MOST_CACHE_BYTES))
        self.accumulators = Accumulators(self.size)

    @property
    @cached
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""
        masks = [segment.entry.live for segment in self.segments]
        return np.concatenate([np.zeros(0, np.bool_), *masks])

    @property
    @cached
    def scores(self) -> Floats:
        """Each paper's own score as its source gives it, -inf where it gives none."""
        return self._joined_numbers("score", is_whole=False)

    # Terms

    def readers(
        self, field: str, term: str
    ) -> Iterator[tuple[FieldReader | StemFieldReader, int, PaperSegment]]:
        """Yield each segment's reader of a field that has a term, and the term's number there."""
        key = term_key(term)
        for segment in self.segments:
            if reader := segment.postings.fields.get(field):
                number = reader.number(key)
                if number >= 0:
                    yield reader, number, segment

    def counted_terms(self, field: str) -> tuple[list[bytes], list[int]]:
        """Return every term of a field, sorted, and how many papers have it, deleted or not."""
        listed: list[tuple[list[bytes], list[int]]] = []
        for segment in self.segments:
            if reader := segment.postings.fields.get(field):
                terms = reader.terms()
                if any(b"\n" in term for term in terms):
                    raise reader.file.damage(f"{field}: a term with a line break")
                listed.append((terms, reader.document_frequencies()))
        if len(listed) == 1:
            return listed[0]
        counts: Counter[bytes] = Counter()
        for own in listed:
            counts.update(dict(zip(*own, strict=True)))
        every = sorted(counts)
        return every, list(map(counts.__getitem__, every))

    # Postings

    def postings(self, field: str, term: str) -> Postings:
        """Return a term's posting list, deleted papers left out; empty if there is none."""
        return self._word("postings", field, term, self._postings)

    def _postings(self, field: str, term: str) -> Postings:
        lists: list[Postings] = []
        for reader, number, segment in self.readers(field, term):
            if isinstance(reader, StemFieldReader):
                lists.append(self._live(segment, reader.exact_lists(number)))
            else:
                lists.append(self._live(segment, reader.postings(number)))
        return united(lists) if lists else _NO_POSTINGS

    def _word(self, kind: str, field: str, term: str, read: Callable[[str, str], Word]) -> Word:
        """Return what ``read`` returns of a term, cached if it is of a word and short."""
        if field not in _WORD_FIELDS:
            return read(field, term)
        key = (kind, field, term)
        known: Word | None = self.cache.get(key)
        if known is None:
            known = read(field, term)
            if size_of(known) * _LARGEST_LISTS < self.cache.max_bytes:
                self.cache.put(key, known)
        return known

    def lists(self, field: str, terms: Sequence[str]) -> Iterator[Postings]:
        """Yield the posting lists of terms of a field that is no stem field, in their order.

        Deleted papers are left out. A term may have several lists, each of other papers.
        """
        keys = list(map(term_key, terms))
        for segment in self.segments:
            reader = segment.postings.fields.get(field)
            if not isinstance(reader, FieldReader):
                continue
            numbers = [number for number in map(reader.number, keys) if number >= 0]
            if not numbers:
                continue
            (papers, frequencies), counts = reader.several(numbers)
            start = 0
            for stop in counts.cumsum().tolist():
                own = Postings(papers[start:stop], frequencies[start:stop])
                yield self._live(segment, own)
                start = stop

    def _live(self, segment: PaperSegment, postings: Postings) -> Postings:
        """Return a posting list of a segment by the numbers of papers, without deleted papers."""
        papers, frequencies = segment.first_document + postings.documents, postings.frequencies
        if len(segment.entry.deleted):
            is_live = self.live[papers]
            papers, frequencies = papers[is_live], frequencies[is_live]
        return Postings(papers, frequencies)

    def places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending, those in deleted papers left out.

        Two forms of a word may stand in one place.
        """
        return self._word("own places", field, term, self._places)

    def _places(self, field: str, term: str) -> Numbers:
        lists: list[Numbers] = []
        for reader, number, segment in self.readers(field, term):
            places = reader.places(number)
            places += segment.first_document << PLACE_BITS
            if len(segment.entry.deleted):
                places = places[self.live[places >> PLACE_BITS]]
            lists.append(places)
        return np.concatenate(lists) if lists else np.zeros(0, np.int64)

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        """Tell whether any paper has two terms of ``field``, one right after the other."""
        keys = term_key(first), term_key(second)
        for segment in self.segments:
            if not (reader := segment.postings.fields.get(field)):
                continue
            numbers = [reader.number(key) for key in keys]
            if min(numbers) < 0:
                continue
            exact = reader if isinstance(reader, FieldReader) else reader.exact
            forms = [_forms(reader, number) for number in numbers]
            counts = [exact.frequencies_of(own) for own in forms]
            # All places of the rarer one are read, and of the other those in the same papers.
            rarer, other = (0, 1) if counts[0].sum() < counts[1].sum() else (1, 0)
            wanted = exact.several_places(forms[rarer].tolist())
            if len(segment.entry.deleted):
                wanted = wanted[segment.entry.live[wanted >> PLACE_BITS]]
            has_rarer = np.zeros(segment.entry.document_count, np.bool_)
            has_rarer[wanted >> PLACE_BITS] = True
            (documents, _), lengths = exact.several(forms[other].tolist())
            is_shared = has_rarer[documents]
            if not is_shared.any():
                continue
            sums, ends = running_sums(is_shared), lengths.cumsum()
            has_shared = sums[ends] > sums[ends - lengths]
            found = exact.several_places(forms[other][has_shared].tolist())
            found = found[has_rarer[found >> PLACE_BITS]]
            wanted.sort(kind="stable")
            if find_sorted(found + (-1 if rarer == 0 else 1), wanted)[1].any():
                return True
        return False

    @cached
    def lengths(self, field: str) -> NDArray[np.unsignedinteger[Any]]:
        """Return each paper's number of words in ``field``, in as few bytes as it was written."""
        lengths: list[NDArray[np.unsignedinteger[Any]]] = [np.zeros(0, np.uint8)]
        for segment in self.segments:
            own = segment.documents.lengths(field)
            count = segment.entry.document_count
            lengths.append(np.zeros(count, np.uint8) if own is None else own)
        return np.concatenate(lengths)

    def mean_length(self, field: str) -> float:
        """Return the papers' mean number of words in ``field``."""
        lengths = self.lengths(field)
        if self.has_deletions:
            lengths = lengths[self.live]
        return float(lengths.sum(dtype=np.int64) / max(len(lengths), 1))

    def counts_in_all(
        self,
        match: Match,  # noqa: ARG002
        papers: int,
        occurrences: int,
    ) -> tuple[int, int]:
        """Return how many of all papers have a word, and how often: those numbered here are all."""
        return papers, occurrences

    # Columns

    @cached
    def numbers(self, field: str) -> Papers:
        """Return each paper's number in the column ``field``, 0 where it has none."""
        numbers = self._joined_numbers(field, is_whole=True) - SORTABLE_ZERO
        # Those that were written all fit, and so do their negatives.
        highest = int(np.abs(numbers).max(initial=0))
        return numbers.astype(np.int32) if 0 <= highest < 1 << 31 else numbers

    def coded(self, field: str) -> list[CodedColumn]:
        """Return a column of strings of each segment; all papers have a list, or one value."""
        columns = []
        for segment in self.segments:
            column = segment.documents.coded(field)
            if column is None:
                raise segment.documents.file.damage(f"{field}: no values for each paper")
            columns.append(column)
        return columns

    @contextmanager
    def reading_values(self, field: str) -> Iterator[None]:
        """Raise DamagedIndexError if values of ``field`` that are read in the block are no text."""
        try:
            yield
        except UnicodeDecodeError:
            for segment, column in zip(self.segments, self.coded(field), strict=True):
                try:
                    for value in column.values:
                        value.decode()
                except UnicodeDecodeError as error:
                    raise segment.documents.file.unreadable(error) from error
            raise

    def first_names(self, field: str, papers: Papers) -> list[str]:
        """Return the first name in ``field`` of each of ``papers``, ascending; "" without one."""
        names: list[str] = []
        for segment in self.segments:
            first = segment.first_document
            bounds = (first, first + segment.entry.document_count)
            low, high = np.searchsorted(papers, bounds).tolist()
            if low == high:
                continue
            column = segment.documents.coded(NAME_LISTS[field])
            if column is None or column.starts is None:
                raise segment.documents.file.damage(f"{field}: no names for each paper")
            own = papers[low:high] - first
            starts = column.starts[own]
            codes = column.codes.take(starts, mode="clip").tolist()
            is_named = (starts < column.starts[own + 1]).tolist()
            try:
                names += [
                    column.values[code].decode() if named else ""
                    for code, named in zip(codes, is_named, strict=True)
                ]
            except UnicodeDecodeError as error:
                raise segment.documents.file.unreadable(error) from error
        return names

    def _joined_numbers(self, field: str, *, is_whole: bool) -> NDArray[Any]:
        """Return a column of numbers over all segments, all whole or all with a point."""
        kind = np.dtype(np.int64 if is_whole else np.float64)
        columns: list[NDArray[Any]] = [np.zeros(0, kind)]
        for segment in self.segments:
            column = segment.documents.numbers(field)
            if column is None:
                raise segment.documents.file.damage(f"{field}: no number for each paper")
            if (column.dtype.kind != "f") != is_whole:
                reason = "numbers that are not whole" if is_whole else "numbers without a point"
                raise segment.documents.file.damage(f"{field}: {reason}")
            columns.append(column.astype(kind))
        return np.concatenate(columns)

    # Papers

    def number_of(self, paper_id: str) -> int | None:
        """Return the number of the paper with this id or other identifier, None if there is none.

        Of several papers, as a record's number in a database may name, it is none.
        """
        papers = self.postings("id", paper_id).documents
        if len(papers):
            return int(papers[0])
        ids, others = places(paper_id)
        for field, terms in (("id", ids), ("identifier", others)):
            found = {
                number for term in terms for number in self.postings(field, term).documents.tolist()
            }
            if len(found) == 1:
                return int(found.pop())
        return None

    def first_by_id(self, papers: Papers, count: int) -> Papers:
        """Return the ``count`` of ``papers``, which are ascending, that have the first ids."""
        numbers = papers
        if len(papers) > max(FEW_IDS, 2 * count):
            # In each segment the ids are sorted already.
            is_asked = np.zeros(self.size, np.bool_)
            is_asked[papers] = True
            lists = [own[is_asked[own]][:count] for own in self._by_id]
            numbers = np.concatenate(lists)
        ids = self.ids_of(numbers.tolist())
        first = sorted(range(len(ids)), key=ids.__getitem__)[:count]
        return numbers[np.array(first, np.int64)]

    @property
    @cached
    def _by_id(self) -> list[Papers]:
        """The papers of each segment in the order of their ids."""
        lists: list[Papers] = []
        for segment in self.segments:
            field = segment.postings.fields.get("id")
            documents = field.documents() if isinstance(field, FieldReader) else _NO_POSTINGS[0]
            if len(documents) != segment.entry.document_count:
                raise segment.postings.file.damage("id: not an id for each paper")
            lists.append(documents + np.int32(segment.first_document))
        return lists

    def ids_of(self, numbers: Sequence[int]) -> list[str]:
        """Return the ids of some papers."""
        return self._texts_of("ids", numbers)

    def titles_of(self, numbers: Sequence[int]) -> list[str]:
        """Return the titles of some papers."""
        return self._texts_of("titles", numbers)

    def indexes_of(self, numbers: Sequence[int]) -> list[str] | None:
        """Return the index that each of some papers is from; None if there is only one."""
        if len(self.indexes) == 1:
            return None
        return [self._segment_of(number).index for number in numbers]

    def damage(self, number: int, reason: str) -> DamagedIndexError:
        """Return the error that says what is wrong with the documents where a paper is."""
        return self._segment_of(number).documents.file.damage(reason)

    def paper(self, number: int) -> Paper:
        """Return a stored paper, which is not cached: whoever asks for it may ask for all."""
        stored: StoredPaper | None = self.cache.get(number)
        return (stored or self._read(number)).paper()

    def abstract(self, number: int) -> str:
        """Return the abstract of a paper, which is not cached."""
        stored: StoredPaper | None = self.cache.get(number)
        return (stored or self._read(number)).abstract

    def stored(self, number: int) -> StoredPaper:
        """Return what is stored of a paper, cached if it is short."""
        stored: StoredPaper | None = self.cache.get(number)
        if stored is None:
            stored = self._read(number)
            if stored.nbytes <= MAX_CACHED_PAPER_BYTES:
                self.cache.put(number, stored)
        return stored

    def _texts_of(self, name: Literal["ids", "titles"], numbers: Sequence[int]) -> list[str]:
        if len(self.segments) == 1:
            strings: ByteStrings = getattr(self.segments[0], name)
            return strings.some_texts(numbers)
        # Each segment is asked once.
        wanted = np.array(numbers, np.int64)
        places = np.searchsorted(self._first_documents, wanted, "right") - 1
        texts = [""] * len(wanted)
        for number in sorted_distinct(places).tolist():
            segment = self.segments[number]
            chosen = (places == number).nonzero()[0]
            own = (wanted[chosen] - segment.first_document).tolist()
            found = getattr(segment, name).some_texts(own)
            for place, text in zip(chosen.tolist(), found, strict=True):
                texts[place] = text
        return texts

    def _read(self, number: int) -> StoredPaper:
        segment = self._segment_of(number)
        return StoredPaper(segment.documents, number - segment.first_document)

    def _segment_of(self, number: int) -> PaperSegment:
        return self.segments[bisect_right(self._first_documents, number) - 1]


def _forms(reader: FieldReader | StemFieldReader, number: int) -> Offsets:
    """Return the numbers in the exact field of the forms of a term."""
    own = [number] if isinstance(reader, FieldReader) else reader.exact_numbers(number)
    return np.array(own, np.int64)


_NO_POSTINGS = Postings(np.zeros(0, np.int32), np.zeros(0, np.int32))


def _open_segments(directories: Sequence[str]) -> tuple[list[PaperSegment], tuple[int, ...]]:
    """Open the segments of indexes; the second value is the generation of each index's commit.

    Of papers with one id all but the first index's are hidden. To compare the ids takes 0.3 µs a
    paper. Those of a single index are not looked at.
    """
    opened: list[PaperSegment] = []
    generations: list[int] = []
    known: set[bytes] = set()
    size = 0
    for directory in directories:
        own = []
        contents, segments = open_commit(directory)
        generations.append(contents.generation)
        for segment in segments:
            _check(segment, directory)
            own.append(PaperSegment(segment, directory, size))
            size += segment.entry.document_count
        for one in own if known else ():
            one.hide(known)
        if directory != directories[-1]:
            known.update(*[compress(one.ids, one.entry.live.tolist()) for one in own])
        opened += own
    return opened, tuple(generations)


def _check(segment: Segment, directory: str) -> None:
    if not set(segment.documents.names) >= _COLUMNS:
        raise DamagedIndexError(
            f"{directory}: segment {segment.entry.name} is not one of papers; {mending(directory)}"
        )
    if not is_own_stemming(segment.postings.stemming):
        raise stemmed_otherwise(directory)
