"""Check an index whole: every byte against its checksum, every list's order, every count."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from index.building.inversion import Row, row
from index.errors import DamagedIndexError, SearchError
from index.fields import RANGE_FIELDS, SORTABLE_ZERO
from index.paper import Paper, content_hash, from_dict, id_digest, merge
from index.segments.arrayfile import ArrayFile
from index.segments.contents import (
    LOCK_NAME,
    Contents,
    is_table,
    latest_generation,
    table_path,
    unnamed,
)
from index.segments.documents import DocumentsReader
from index.segments.files import Buffer
from index.segments.opening import UNKNOWN_COUNT, MappedIndex, MappedSegment, map_index
from index.segments.postings import PostingLists, PostingsReader, StemFieldReader
from index.segments.stored import decode_stored
from index.upkeep.expected import EXPECTED_COLUMNS, EXPECTED_TERMS, row_value

_MOST_DOCUMENTS = 1 << 31


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in an index that is not as it must be.

    ``file``: its name in the index's folder. ``place``: what of it, such as a field or a column;
    empty for the file as a whole. A ``note`` is worth knowing but no damage.
    """

    file: str
    place: str
    reason: str
    kind: Literal["damage", "note"] = "damage"

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.place, self.reason)))


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    ``papers`` that are not deleted, ``segments`` and ``file_bytes`` count what was looked at.
    ``sources``: the seed files that papers were read from, as far as the index still tells.
    ``seconds`` is wall time.
    """

    directory: str
    papers: int
    segments: int
    file_bytes: int
    damage: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    sources: tuple[str, ...]
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it must be, so that every answer of the index is right."""
        return not self.damage


def check(directory: str | os.PathLike[str]) -> Report:
    """Check the index in ``directory``: what was committed last, and what else lies there.

    All files are read whole; the price is some 60 µs a paper. Nothing is written, and a commit
    meanwhile does no harm. Raises NotAnIndexError if there is no index, and IndexStorageError if
    the folder cannot be read.
    """
    return check_segments(os.fspath(directory)).report


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked index: the report, the commit, each of its segments, the ids of its papers."""

    report: Report
    contents: Contents | None
    segments: "tuple[CheckedSegment, ...]"
    ids: "_LiveIds"


def check_segments(directory: str) -> Checked:
    """Check an index as ``check`` does, and return what it has seen too."""
    started = time.perf_counter()
    mapped = map_index(directory)
    table_damage = []
    if mapped.table_error:
        generation = latest_generation(directory)
        name = os.path.basename(table_path(directory, generation)) if generation >= 0 else ""
        table_damage.append(Finding(name, "", _reason(mapped.table_error, name, directory)))
    ids = _LiveIds()
    segments: list[CheckedSegment] = []
    for segment in mapped.segments:
        checked = CheckedSegment(segment)
        checked.damage += ids.repeated(checked)
        checked.forget_papers()
        segments.append(checked)
    report = Report(
        directory=directory,
        papers=sum(checked.live_count for checked in segments),
        segments=len(segments),
        file_bytes=_file_bytes(mapped.segments),
        damage=(*table_damage, *(of for checked in segments for of in checked.damage)),
        notes=tuple(_left_over(mapped)),
        sources=tuple(sorted({file for checked in segments for file in checked.sources})),
        seconds=time.perf_counter() - started,
    )
    return Checked(report, mapped.contents, tuple(segments), ids)


def _file_bytes(segments: Iterable[MappedSegment]) -> int:
    """Return how many bytes the segments' files have."""
    buffers = [buffer for one in segments for buffer in (one.postings, one.documents)]
    return sum(len(buffer) for buffer in buffers if not isinstance(buffer, DamagedIndexError))


def _reason(error: Exception, *places: str) -> str:
    """Return what an error says, without the place and the next step that our own errors name."""
    if not isinstance(error, SearchError):
        return f"cannot be read ({type(error).__name__}: {error})"
    text = str(error)
    for place in places:
        text = text.partition(f"{place}: ")[2] or text
    return text.rpartition("; ")[0] or text


class CheckedSegment:
    """A segment that was looked at whole.

    ``damage``: all that was found. ``count``: its stored papers, deleted ones included, 0 if they
    cannot be counted. ``documents`` and ``postings``: its readers, None for what cannot be opened.
    ``sources``: the files that its papers were read from, as far as that can be told.
    """

    def __init__(self, mapped: MappedSegment) -> None:
        self.segment = mapped.entry
        self.damage: list[Finding] = []
        self.sources: set[str] = set()
        self._files = dict(zip(("postings", "documents"), self.segment.files, strict=True))
        self._rows: list[Row | None] = []
        self.count = 0
        documents = self._file("documents", mapped.documents)
        postings = self._file("postings", mapped.postings)
        self.documents: DocumentsReader | None = self._reader(
            "documents", documents, DocumentsReader
        )
        self.postings: PostingsReader | None = self._reader("postings", postings, PostingsReader)
        if self.documents:
            self._check_documents(self.documents)
        if self.postings:
            self._check_postings(self.postings, self.documents)
        for kind, file in (("documents", documents), ("postings", postings)):
            self._check_bytes(kind, file)

    @property
    def live_ids(self) -> Iterator[str]:
        """The ids of the papers that can be read and are not deleted."""
        live = self.live
        for number, found in enumerate(self._rows):
            if found and live[number]:
                yield row_value(found, "id")

    def forget_papers(self) -> None:
        """Let go of the papers, of whose ids there is no more to be asked."""
        self._rows = []

    @property
    def live_count(self) -> int:
        """How many documents are not deleted, by the table of contents if there is one."""
        promised = self.segment.live_count
        return promised if promised >= 0 else self.count

    @property
    def live(self) -> NDArray[np.bool_]:
        """Which document numbers are not deleted."""
        live = np.ones(self.count, np.bool_)
        live[self.segment.deleted[self.segment.deleted < self.count]] = False
        return live

    def _file(self, kind: str, buffer: Buffer | DamagedIndexError) -> ArrayFile | None:
        with self._told(kind, ""):
            if isinstance(buffer, DamagedIndexError):
                raise buffer
            return ArrayFile(buffer, self._files[kind])
        return None

    def _reader(self, kind: str, file: ArrayFile | None, reader: type[Any]) -> Any:
        if file is not None:
            with self._told(kind, ""):
                return reader(file)
        return None

    @contextmanager
    def _told(self, kind: str, place: str) -> Iterator[None]:
        """Make what is raised in the block a finding."""
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:  # wrong numbers under right checksums may lead anywhere
            self._say(kind, place, _reason(error, self._files[kind]))

    def _say(self, kind: str, place: str, reason: str) -> None:
        finding = Finding(self._files[kind], place, reason)
        if finding not in self.damage:
            self.damage.append(finding)

    def _check_bytes(self, kind: str, file: ArrayFile | None) -> None:
        """Compare every byte with its checksum, also those that belong to no array."""
        if file is not None and all(of.file != self._files[kind] for of in self.damage):
            with self._told(kind, ""):
                file.check()

    # Documents

    def _check_documents(self, documents: DocumentsReader) -> None:
        with self._told("documents", "stored papers"):
            # What is counted, not what is said: a file can say any number.
            self.count = documents.stored_count
            documents.check_stored()
        promised = self.segment.document_count
        if promised not in (UNKNOWN_COUNT, documents.count):
            self._say(
                "documents",
                "",
                f"{documents.count:,} documents, the table of contents promises {promised:,}",
            )
        if documents.count != self.count:
            return  # which has been told, and any number of columns' values would follow it
        columns: dict[str, Sequence[Any]] = {}
        for name in documents.names:
            with self._told("documents", f"column {name}"):
                documents.check(name)
                columns[name] = _column(documents, name)
        for name in EXPECTED_COLUMNS.keys() - set(documents.names):
            columns[name] = [[]] * self.count  # what only a list can be equal to
        self._check_papers(documents, columns)

    def _check_papers(
        self, documents: DocumentsReader, columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Compare each stored paper with the columns."""
        wrong: dict[str, list[int]] = {}
        reasons: list[str] = []
        comparisons = [
            (name, expected, columns[name])
            for name, expected in EXPECTED_COLUMNS.items()
            if name in columns
        ]
        for number in range(self.count):
            found = None
            try:
                found = _row(documents.stored(number))
                for name, expected, column in comparisons:
                    if expected(found) != column[number]:
                        wrong.setdefault(f"column {name}", []).append(number)
                self.sources.update(row_value(found, "files"))
            except MemoryError:
                raise
            except Exception as error:  # as above
                found = None
                wrong.setdefault("stored papers", []).append(number)
                reasons.append(_reason(error, self._files["documents"]))
            self._rows.append(found)
        for place, numbers in wrong.items():
            what, reason = "are not those of the stored papers", ""
            if place == "stored papers":
                what, reason = "cannot be read", f": {reasons[0]}"
            self._say(
                "documents",
                place,
                f"{len(numbers):,} {what}; the first is number {numbers[0]:,}{reason}",
            )

    # Postings

    def _check_postings(self, postings: PostingsReader, documents: DocumentsReader | None) -> None:
        for name, reader in postings.fields.items():
            with self._told("postings", f"field {name}"):
                reader.check()
                if isinstance(reader, StemFieldReader):
                    self._check_stems(name, reader, postings.stem_fields[name], documents)
                else:
                    self._check_lists(name, reader.lists(), documents)
        with self._told("postings", "field source"):
            if "source" in postings.fields:
                self.sources.update(term.decode() for term in postings.fields["source"].terms())
        if documents is None:
            return
        for name in EXPECTED_TERMS:
            if name not in postings.fields and self._rows:
                self._check_terms(name, None)
        for name in documents.names:
            with self._told("documents", f"column {name}"):
                if documents.lengths(name) is not None and name not in postings.fields:
                    self._say("documents", f"column {name}", "lengths of a field without terms")

    def _check_lists(
        self, name: str, lists: PostingLists, documents: DocumentsReader | None
    ) -> None:
        # Without the documents the table of contents is asked how many they are, if it is there.
        count = self.count or max(self.segment.document_count, 0) or _MOST_DOCUMENTS
        faults = [*_term_faults(name, lists.terms), *_list_faults(lists, count)]
        for reason in faults:
            self._say("postings", f"field {name}", reason)
        if faults:
            return
        if lists.positions is not None and lists.frequencies is not None and documents:
            sums = np.bincount(lists.documents, lists.frequencies, self.count)
            self._check_lengths(name, sums.astype(np.int64), documents)
        if name in EXPECTED_TERMS and self._rows:
            self._check_terms(name, lists)

    def _check_stems(
        self, name: str, reader: StemFieldReader, exact: str, documents: DocumentsReader | None
    ) -> None:
        for reason in _term_faults(name, reader.terms()):
            self._say("postings", f"field {name}", reason)
        lengths = documents.lengths(exact) if documents else None
        if documents and lengths is not None:
            self._check_lengths(name, lengths.astype(np.int64), documents)

    def _check_lengths(
        self, name: str, sums: NDArray[np.int64], documents: DocumentsReader
    ) -> None:
        lengths = documents.lengths(name)
        found = np.zeros(self.count, np.int64) if lengths is None else lengths.astype(np.int64)
        if len(found) != len(sums):
            return  # which has been told
        wrong = np.flatnonzero(found != sums)
        if len(wrong):
            number = int(wrong[0])
            self._say(
                "documents",
                f"column {name}",
                f"{len(wrong):,} lengths are not the sums of the frequencies; the first is that of"
                f" number {number:,}: {found[number]:,}, not {sums[number]:,}",
            )

    def _check_terms(self, name: str, lists: PostingLists | None) -> None:
        """Compare the posting lists of a field with what the stored papers say."""
        terms: Sequence[bytes] = lists.terms if lists else []
        numbers = {term: number for number, term in enumerate(terms)}
        wanted: list[int] = []
        for document, found in enumerate(self._rows):
            for term in set(EXPECTED_TERMS[name](found)) if found else ():
                wanted.append(numbers.get(term, len(terms)) * self.count + document)
        readable = np.array([found is not None for found in self._rows], np.bool_)
        given = np.zeros(0, np.int64)
        if lists:
            of_terms = np.repeat(np.arange(len(terms)), np.diff(lists.starts))
            given = (of_terms * self.count + lists.documents)[readable[lists.documents]]
        wrong = np.setxor1d(np.array(wanted, np.int64), given)
        if len(wrong):
            at, document = divmod(int(wrong[0]), self.count)
            of = repr(terms[at]) if at < len(terms) else "a term that is missing"
            self._say(
                "postings",
                f"field {name}",
                f"{len(wrong):,} postings too many or too few by the stored papers; the first is"
                f" of {of} and number {document:,}",
            )


class _LiveIds:
    """The ids of the papers of all segments so far."""

    def __init__(self) -> None:
        self._segment_of: dict[bytes, str] = {}

    def __contains__(self, paper_id: str) -> bool:
        return id_digest(paper_id) in self._segment_of

    def repeated(self, checked: CheckedSegment) -> Iterator[Finding]:
        """Yield a finding if papers of the segment stand there twice, or in one before too."""
        file = checked.segment.files[1]
        repeated: list[tuple[str, str]] = []
        for paper_id in checked.live_ids:
            key = id_digest(paper_id)
            if key in self._segment_of:
                repeated.append((paper_id, self._segment_of[key]))
            self._segment_of[key] = file
        if repeated:
            paper_id, other = repeated[0]
            yield Finding(
                file,
                "stored papers",
                f"{len(repeated):,} ids are those of other papers; the first is {paper_id!r},"
                f" which stands in {other} too",
            )


def _left_over(found: MappedIndex) -> Iterator[Finding]:
    """Yield a note for each file in the folder that is none of the commit's."""
    known = {LOCK_NAME, *(name for of in found.segments for name in of.entry.files)}
    left = set(unnamed(found.names, found.contents)) if found.contents else set()
    for name in sorted(set(found.names) - known):
        if name in left:
            yield Finding(name, "", "no part of the last commit; the next one removes it", "note")
        elif not is_table(name):
            yield Finding(name, "", "no file of the index", "note")


def stored_paper(stored: bytes) -> tuple[list[Paper], list[str]]:
    """Return the copies of a stored paper, and those of their files that it may share with others.

    Raises an exception of any kind if it is not as a writer stores papers.
    """
    copies, values = _parsed(stored)
    return copies, values["shared"]


def _parsed(stored: bytes) -> tuple[list[Paper], dict[str, Any]]:
    """Return the copies of a stored paper and the stored values. Raises any exception."""
    values = decode_stored(stored)
    copies = [from_dict(copy) for copy in values["copies"]]
    if {copy.id for copy in copies} != {values["id"]}:
        raise ValueError("the ids differ")
    files = {copy.sources[0].file for copy in copies}
    if len(files) != len(copies) or files != values["hashes"].keys():
        raise ValueError("the files are not those of the copies")
    if not files >= set(values["shared"]):
        raise ValueError("files are shared that are not named")
    return copies, values


def _row(stored: bytes) -> Row:
    """Return the row of a stored paper. Raises any exception."""
    copies, values = _parsed(stored)
    for copy in copies:
        if content_hash(copy).hex() != values["hashes"][copy.sources[0].file]:
            raise ValueError("the contents are not those of their hashes")
    return row(merge(copies))


def _column(documents: DocumentsReader, name: str) -> Sequence[Any]:
    """Return a column as a list of each document's value."""
    numbers = documents.numbers(name)
    if numbers is not None:
        zero = SORTABLE_ZERO if name in RANGE_FIELDS else 0
        return [number - zero for number in numbers.tolist()]
    texts = documents.texts(name)
    if texts is not None:
        return list(texts)
    coded = documents.coded(name)
    if coded is None:
        return ()
    values, codes = list(coded.values), coded.codes.tolist()
    if coded.starts is None:
        return [values[code] for code in codes]
    return [[values[code] for code in codes[low:high]] for low, high in pairwise(coded.starts)]


def _term_faults(name: str, terms: Sequence[bytes]) -> Iterator[str]:
    for before, after in pairwise(terms):
        if after <= before:
            yield f"the terms do not ascend: {after!r} follows {before!r}"
            break
    if name in RANGE_FIELDS:
        return
    for term in terms:
        try:
            term.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            yield f"the term {term!r} is not UTF-8"
            break


def _list_faults(lists: PostingLists, document_count: int) -> Iterator[str]:
    """Yield what is wrong with the posting lists of a field, the first of each kind."""
    documents, starts = lists.documents, lists.starts

    def first(wrong: NDArray[np.bool_]) -> bytes | None:
        """Return the term of the first posting that is wrong, None if none is."""
        places = np.flatnonzero(wrong)
        if not len(places):
            return None
        return lists.terms[int(np.searchsorted(starts, places[0], "right")) - 1]

    if (np.diff(starts) < 1).any():
        yield f"no postings of {lists.terms[int(np.flatnonzero(np.diff(starts) < 1)[0])]!r}"
    follows = np.ones(len(documents), np.bool_)
    follows[starts[:-1][starts[:-1] < len(documents)]] = False
    if (term := first(follows & (np.diff(documents, prepend=np.int32(0)) <= 0))) is not None:
        yield f"the document numbers of {term!r} do not ascend"
    if (term := first((documents < 0) | (documents >= document_count))) is not None:
        yield f"a document number of {term!r} is none of the {document_count:,} documents"
    if lists.frequencies is None:
        return
    if (term := first(lists.frequencies < 1)) is not None:
        yield f"a frequency of {term!r} is below 1"
    elif lists.positions is not None:
        begins = np.cumsum(lists.frequencies, dtype=np.int64) - lists.frequencies
        follows = np.ones(len(lists.positions), np.bool_)
        follows[begins] = False
        falls = follows & (np.diff(lists.positions, prepend=np.int32(0)) < 0)
        wrong = np.logical_or.reduceat(falls | (lists.positions < 0), begins)
        if len(begins) and (term := first(wrong)) is not None:
            yield f"the positions of {term!r} do not ascend in a document"
