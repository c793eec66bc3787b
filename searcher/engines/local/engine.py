"""The embedded engine: one committed state of a Whoosh index of array segments."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.analysis import stem
from index.errors import SIGNS_OF_DAMAGE, DamagedIndexError, damage, mending
from index.fields import SORTABLE_ZERO, STEMMED_FIELDS
from index.names import name_terms
from index.paper import Paper, from_dict, merge
from index.segments.arrays import Integers, looked_up, running_sums
from index.segments.contents import SegmentEntry
from index.segments.documents import DocumentsReader
from index.segments.opening import open_index
from index.segments.packing import ByteStrings
from index.segments.postings import (
    PLACE_BITS,
    FieldReader,
    Postings,
    PostingsReader,
    StemFieldReader,
    united,
)
from index.segments.stored import decode_stored
from searcher.engines.local.facets import Column
from searcher.engines.local.matching import Mask, Numbers
from searcher.engines.local.ranking import Floats
from searcher.engines.local.termlist import TermList

_COLUMNS = {"id", "title", "category", "has", "year", "date", "score", "author_list"}
_MOST_RESULTS = 1 << 17
# Those of some 400 pages: whoever refines a search sees most of them again.
_MOST_KEPT_PAPERS = 1 << 12
_MOST_KEPT_BYTES = 8_000
_LAST_YEAR = 9999


@dataclass(frozen=True)
class _Part:
    """A segment: its readers, and the number of its first paper in the index."""

    segment: SegmentEntry
    postings: PostingsReader
    documents: DocumentsReader
    first: int

    @cached_property
    def ids(self) -> ByteStrings:
        return self._texts("id")

    @cached_property
    def titles(self) -> ByteStrings:
        return self._texts("title")

    def _texts(self, field: str) -> ByteStrings:
        texts = self.documents.texts(field)
        if texts is None or len(texts) != self.documents.count:
            raise ValueError(f"no {field} for each paper")
        return texts


Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")


def kept(
    method: Callable[Concatenate[Any, Arguments], Value],
) -> Callable[Concatenate[Any, Arguments], Value]:
    """Make a method keep its results with its object, and let them go with it.

    ``functools.lru_cache`` would keep the object, and the files it has mapped, until a collection
    of garbage comes by. Threads may make a result twice; each is given one, whatever the others let
    go meanwhile.
    """
    name = method.__name__

    @wraps(method)
    def keeping(self: Any, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Value:
        results: dict[tuple[object, ...], Value] = self._results
        key = (name, *arguments, *options.items())
        try:
            return results[key]
        except KeyError:
            pass
        result = method(self, *arguments, **options)
        if len(results) > _MOST_RESULTS:
            results.clear()
        results[key] = result
        return result

    return keeping


def telling_damage(engine: type[Value]) -> type[Value]:
    """Make the public methods and properties of a class raise DamagedIndexError, not others.

    The files of an index may be sound to the last checksum and yet be made by somebody to lead
    anywhere. To look at all they hold would cost more than to search them: what they lead to, an
    array's end or a missing name, is translated here.
    """

    def telling(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def told(self: Any, /, *arguments: Any) -> Any:
            try:
                return method(self, *arguments)
            except SIGNS_OF_DAMAGE as error:
                raise damage(self.directory, error) from error

        return told

    for name, value in list(vars(engine).items()):
        if isinstance(value, cached_property):
            value.func = telling(value.func)
        elif isinstance(value, property) and value.fget:
            setattr(engine, name, property(telling(value.fget)))
        elif callable(value) and not name.startswith("_"):
            setattr(engine, name, telling(value))
    return engine


@telling_damage
class StoredPaper:
    """What is stored of a paper, one or more copies; making a Paper of it takes as long again."""

    __slots__ = ("_copies", "directory")

    def __init__(self, directory: str, copies: list[dict[str, Any]]) -> None:
        self.directory = directory
        self._copies = copies

    @property
    def abstract(self) -> str:
        """The paper's abstract."""
        if len(self._copies) > 1:
            return self.paper().abstract
        abstract = self._copies[0].get("abstract", "")
        if not isinstance(abstract, str):
            raise TypeError(f"abstract is {abstract!r}")
        return abstract

    def paper(self) -> Paper:
        """Return the paper."""
        return merge([from_dict(values) for values in self._copies])


@telling_damage
class LocalEngine:
    """A committed state of a Whoosh index; later commits do not change what it answers.

    Paper numbers run from 0 over all segments, deleted papers included.
    """

    place_bits = PLACE_BITS

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._parts = _open_parts(directory)
        self._results: dict[tuple[object, ...], Any] = {}
        self._papers: dict[int, StoredPaper] = {}
        counts = [part.segment.document_count for part in self._parts]
        self.size: int = sum(counts)
        self.paper_count: int = sum(part.segment.live_count for part in self._parts)
        self._firsts = [part.first for part in self._parts]

    @cached_property
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""
        mask = np.ones(self.size, dtype=np.bool_)
        for part in self._parts:
            mask[part.segment.deleted + part.first] = False
        return mask

    @cached_property
    def scores(self) -> Floats:
        """Each paper's own score as its source gives it, -inf where it gives none."""
        return self._joined_numbers("score")

    @cached_property
    def id_rank(self) -> Numbers:
        """The place of each paper number's id among all ids, sorted."""
        ids = [paper_id for part in self._parts for paper_id in part.ids]
        rank = np.empty(self.size, dtype=np.int64)
        rank[sorted(range(self.size), key=ids.__getitem__)] = np.arange(self.size)
        return rank

    def has_deletions(self) -> bool:
        """Tell whether any paper number is that of a deleted paper."""
        return self.paper_count < self.size

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        """Return those of ``terms`` that any paper has in ``field``."""
        return {term for term in terms if self._has(field, term)}

    @kept
    def _has(self, field: str, term: str) -> bool:
        found = self._readers(field, term)
        if not self.has_deletions():
            return next(found, None) is not None
        return any(
            self.live[part.first + reader.postings(number).documents].any()
            for reader, number, part in found
        )

    @kept
    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        """Tell whether any paper has two terms of ``field``, one right after the other."""
        before, after = self.places(field, first), self.places(field, second)
        if not len(before) or not len(after):
            return False
        if len(before) < len(after):
            return bool(looked_up(before + 1, after)[1].any())
        return bool(looked_up(after - 1, before)[1].any())

    def stem(self, form: str) -> str:
        """Return the stem under which the index files ``form``."""
        key = _key(form)
        for part in self._parts:
            for field in STEMMED_FIELDS:
                reader = part.postings.fields.get(field)
                if isinstance(reader, StemFieldReader):
                    number = reader.exact.number(key)
                    if number >= 0:
                        return reader.stem_of(number).decode()
        return stem(form)

    @kept
    def forms_of(self, stem: str) -> tuple[str, ...]:
        """Return every form in the index whose stem it is."""
        forms = {
            reader.exact.term(exact_number).decode()
            for field in STEMMED_FIELDS
            for reader, number, _ in self._readers(field, stem)
            if isinstance(reader, StemFieldReader)
            for exact_number in reader.exact_numbers(number)
        }
        return tuple(sorted(forms))

    def matching(self, field: str, pattern: re.Pattern[str], prefix: str) -> list[tuple[str, int]]:
        """Return the terms that begin with ``prefix`` and match, with the papers that have each."""
        return self._terms(field).matching(pattern, prefix)

    def within(self, field: str, term: str, edits: int) -> list[tuple[str, int]]:
        """Return the terms at most ``edits`` edits from ``term``, with the papers of each."""
        return self._terms(field).within(term, edits)

    @kept
    def values(self, field: str) -> tuple[str, ...]:
        """Return every term of ``field``, sorted."""
        terms = self._counted_terms(field)
        if not self.has_deletions():
            return tuple(terms)
        return tuple(term for term in terms if self._has(field, term))

    @kept
    def _terms(self, field: str) -> TermList:
        counted = self._counted_terms(field)
        return TermList(tuple(counted), np.fromiter(counted.values(), np.int64, len(counted)))

    def _counted_terms(self, field: str) -> dict[str, int]:
        """Return every term of a field, sorted, and in how many papers, deleted ones included."""
        counts: Counter[bytes] = Counter()
        for part in self._parts:
            if reader := part.postings.fields.get(field):
                counts.update(dict(zip(reader.terms(), reader.document_frequencies(), strict=True)))
        return {term.decode("utf-8", "surrogatepass"): counts[term] for term in sorted(counts)}

    def _readers(
        self, field: str, term: str
    ) -> Iterator[tuple[FieldReader | StemFieldReader, int, _Part]]:
        """Yield each segment's reader of a field that has a term, and the term's number there."""
        key = _key(term)
        for part in self._parts:
            if reader := part.postings.fields.get(field):
                number = reader.number(key)
                if number >= 0:
                    yield reader, number, part

    # Postings

    def postings(self, field: str, term: str) -> Postings:
        """Return a term's posting list, deleted papers left out; empty if there is none."""
        found: list[Postings] = []
        for reader, number, part in self._readers(field, term):
            if isinstance(reader, StemFieldReader):
                lists = reader.exact_lists(number)
            else:
                lists = [reader.postings(number)]
            for papers, frequencies in lists:
                if not (
                    papers.min(initial=0) >= 0
                    and papers.max(initial=-1) < part.segment.document_count
                    and frequencies.min(initial=1) > 0
                ):
                    raise ValueError(f"{field} {term!r} in papers that are none")
                if len(part.segment.deleted):
                    is_live = self.live[part.first + papers]
                    papers, frequencies = papers[is_live], frequencies[is_live]
                found.append(Postings(part.first + papers, frequencies))
        if not found:
            return _NO_POSTINGS
        return united(found)

    def places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending, those in deleted papers left out.

        Two forms of a word may stand in one place.
        """
        found: list[Numbers] = []
        for reader, number, part in self._readers(field, term):
            places = reader.places(number)
            if len(places) and not (
                places[0] >= 0 and places[-1] >> PLACE_BITS < part.segment.document_count
            ):
                raise ValueError(f"{field} {term!r} in papers that are none")
            places += part.first << PLACE_BITS
            if len(part.segment.deleted):
                places = places[self.live[places >> PLACE_BITS]]
            found.append(places)
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    @kept
    def lengths(self, field: str) -> Integers:
        """Return each paper's number of words in ``field``."""
        lengths = [part.documents.lengths(field) for part in self._parts]
        return np.concatenate(
            [
                np.zeros(part.segment.document_count, np.int32) if of is None else of
                for part, of in zip(self._parts, lengths, strict=True)
            ]
            or [np.zeros(0, np.int32)]
        )

    def mean_length(self, field: str) -> float:
        """Return the papers' mean number of words in ``field``."""
        lengths = self.lengths(field)
        if self.has_deletions():
            lengths = lengths[self.live]
        return float(lengths.sum(dtype=np.int64) / max(len(lengths), 1))

    # Columns

    @kept
    def numbers(self, field: str) -> Numbers:
        """Return each paper's number in the column ``field``, 0 where it has none."""
        column = self._joined_numbers(field)
        if column.dtype.kind == "f":
            raise ValueError(f"{field}: numbers that are not whole")
        return column.astype(np.int64) - SORTABLE_ZERO

    def _joined_numbers(self, field: str) -> NDArray[Any]:
        """Return a column of numbers over all segments; opening checks that each has it."""
        columns: list[NDArray[Any]] = [np.zeros(0, np.uint32)]
        for part in self._parts:
            column = part.documents.numbers(field)
            if column is not None:
                columns.append(column)
        return self._of_each(np.concatenate(columns), field)

    def _of_each(self, column: NDArray[Any], field: str) -> NDArray[Any]:
        if len(column) != self.size:
            raise ValueError(f"{field}: {len(column):,} values, {self.size:,} papers")
        return column

    @kept
    def column(self, facet: str) -> Column:
        """Return the values of a facet."""
        match facet:
            case "category":
                return self._coded("category", {b"": None})
            case "year":
                years = self.numbers("year")
                if not 0 <= years.min(initial=0) <= years.max(initial=0) <= _LAST_YEAR:
                    raise ValueError("a year that is none")
                return Column((None, *range(1, int(years.max(initial=0)) + 1)), years)
            case "code":
                return self._coded("has", {b"": "no", b"code": "yes"})
            case "author" | "institution":
                return self._name_column(f"{facet}_list")
        raise ValueError(f"no facet {facet!r}")

    def _coded(self, field: str, labels: Mapping[bytes, str | None]) -> Column:
        """Return a column of one value a paper; ``labels`` are those that are not the values."""
        codes, values, _ = self._joined_codes(field)
        named = [labels[value] if value in labels else value.decode() for value in values]
        return Column(tuple(named), self._of_each(codes, field))

    def _name_column(self, field: str) -> Column:
        """Return a column of names; spellings that fold alike are one value, the commonest one."""
        codes, values, starts = self._joined_codes(field)
        papers = np.repeat(np.arange(self.size), np.diff(starts))
        uses = np.bincount(codes[self.live[papers]], minlength=len(values)).tolist()
        names = [value.decode() for value in values]
        keys = [(name_terms(name) or (name,))[0] for name in names]
        label: dict[str, int] = {}
        for at in sorted(range(len(names)), key=lambda at: (-uses[at], names[at])):
            label.setdefault(keys[at], at)
        codes = np.array([label[key] for key in keys], np.int64)[codes]
        # Two spellings of one name in one paper count once.
        pairs = np.unique(papers * (len(names) + 1) + codes)
        papers, codes = pairs // (len(names) + 1), pairs % (len(names) + 1)
        counts = np.bincount(papers, minlength=self.size)
        return Column(tuple(names), codes, running_sums(counts))

    def _joined_codes(self, field: str) -> tuple[Numbers, list[bytes], Numbers]:
        """Return a column over all segments: codes, values, and where each paper's codes start."""
        numbers: dict[bytes, int] = {}
        codes: list[Numbers] = [np.zeros(0, np.int64)]
        counts: list[Numbers] = [np.zeros(0, np.int64)]
        for part in self._parts:
            column = part.documents.coded(field)
            if column is None:
                counts.append(np.zeros(part.segment.document_count, np.int64))
                continue
            own = [numbers.setdefault(value, len(numbers)) for value in column.values]
            codes.append(np.array(own, np.int64)[column.codes])
            if column.starts is None:
                counts.append(np.ones(len(column.codes), np.int64))
            else:
                counts.append(np.diff(column.starts))
        return np.concatenate(codes), list(numbers), running_sums(np.concatenate(counts))

    # Papers

    def number_of(self, paper_id: str) -> int | None:
        """Return the number of the paper with this id, None if there is none."""
        papers = self.postings("id", paper_id).documents
        return int(papers[0]) if len(papers) else None

    def id_of(self, number: int) -> str:
        """Return a paper's id."""
        part = self._part(number)
        return str(part.ids[number - part.first], "utf-8")

    def titles_of(self, numbers: Sequence[int]) -> list[str]:
        """Return the title of each of some papers."""
        placed = [(self._part(number), number) for number in numbers]
        return [str(part.titles[number - part.first], "utf-8") for part, number in placed]

    def paper(self, number: int) -> Paper:
        """Return a stored paper, which is not kept: whoever asks for it may ask for all."""
        kept = self._papers.get(number)
        return (kept or self._decoded(number)[0]).paper()

    def stored(self, number: int) -> StoredPaper:
        """Return what is stored of a paper; short ones are kept, if not for ever."""
        kept = self._papers.get(number)
        if kept is None:
            kept, byte_count = self._decoded(number)
            if byte_count <= _MOST_KEPT_BYTES:
                if len(self._papers) >= _MOST_KEPT_PAPERS:
                    self._papers.clear()
                self._papers[number] = kept
        return kept

    def _decoded(self, number: int) -> tuple[StoredPaper, int]:
        """Return what is stored of a paper, and in how many bytes."""
        part = self._part(number)
        stored = part.documents.stored(number - part.first)
        return StoredPaper(self.directory, decode_stored(stored)["copies"]), len(stored)

    def _part(self, number: int) -> _Part:
        return self._parts[bisect_right(self._firsts, number) - 1]


_NO_POSTINGS = Postings(np.zeros(0, np.int32), np.zeros(0, np.int32))


def _key(term: str) -> bytes:
    # A lone surrogate (a byte that was no UTF-8) is in no index, and not an error.
    return term.encode("utf-8", "surrogatepass")


def _open_parts(directory: str) -> list[_Part]:
    parts = []
    for segment in open_index(directory):
        if not set(segment.documents.names) >= _COLUMNS:
            raise DamagedIndexError(
                f"{directory}: segment {segment.entry.name} is not one of papers;"
                f" {mending(directory)}"
            )
        parts.append(
            _Part(segment.entry, segment.postings, segment.documents, segment.first_document)
        )
    return parts
