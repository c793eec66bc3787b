"""Check one segment whole: every byte, every list's order, every column against stored papers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.analysis import is_own_stemming
from index.building.inversion import Row
from index.errors import DamagedIndexError
from index.fields import NUMBER_FIELDS, SORTABLE_ZERO
from index.segments.arrayfile import ArrayFile
from index.segments.documents import DocumentsReader
from index.segments.files import Buffer
from index.segments.opening import UNKNOWN_COUNT, MappedSegment
from index.segments.postings import (
    MOST_DOCUMENTS,
    PostingLists,
    PostingsReader,
    StemFieldReader,
)
from index.upkeep.expected import (
    EXPECTED_COLUMNS,
    EXPECTED_STEMS,
    EXPECTED_TERMS,
    NUMBER_TYPES,
    WITH_POSITIONS,
    row_value,
)
from index.upkeep.posting_faults import list_faults, stem_faults, term_faults
from index.upkeep.report import Finding, reason_of
from index.upkeep.stored_papers import stored_row


class CheckedSegment:
    """A segment that was checked whole.

    ``damage`` is everything that was found. ``count`` is the number of stored papers, deleted ones
    included, 0 if they cannot be counted. ``documents`` and ``postings`` are the segment's readers,
    None if the file cannot be opened. ``sources`` are the files that its papers were read from, as
    far as they can be read.
    """

    def __init__(self, mapped: MappedSegment) -> None:
        self.entry = mapped.entry
        self.damage: list[Finding] = []
        self.sources: set[str] = set()
        self._files = dict(zip(("postings", "documents"), self.entry.files, strict=True))
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
        for number, row in enumerate(self._rows):
            if row and live[number]:
                yield row_value(row, "id")

    def forget_papers(self) -> None:
        """Free the papers; their ids are no longer needed."""
        self._rows = []

    @property
    def live_count(self) -> int:
        """The number of documents not deleted, by the table of contents if there is one."""
        listed = self.entry.live_count
        return listed if listed >= 0 else self.count

    @property
    def live(self) -> NDArray[np.bool_]:
        """For each document number, whether it is not deleted."""
        live = np.ones(self.count, np.bool_)
        live[self.entry.deleted[self.entry.deleted < self.count]] = False
        return live

    def _file(self, kind: str, buffer: Buffer | DamagedIndexError) -> ArrayFile | None:
        with self._reporting(kind, ""):
            if isinstance(buffer, DamagedIndexError):
                raise buffer
            return ArrayFile(buffer, self._files[kind])
        return None

    def _reader(self, kind: str, file: ArrayFile | None, reader: type[Any]) -> Any:
        if file is not None:
            with self._reporting(kind, ""):
                return reader(file)
        return None

    @contextmanager
    def _reporting(self, kind: str, place: str) -> Iterator[None]:
        """Report a finding if anything is raised in the block."""
        try:
            yield
        except MemoryError:
            raise
        except Exception as error:  # wrong numbers under right checksums may raise anything
            self._report(kind, place, reason_of(error, self._files[kind]))

    def _report(self, kind: str, place: str, reason: str) -> None:
        finding = Finding(self._files[kind], place, reason)
        if finding not in self.damage:
            self.damage.append(finding)

    def _check_bytes(self, kind: str, file: ArrayFile | None) -> None:
        """Check every byte, also those that belong to no array."""
        if file is not None and all(one.file != self._files[kind] for one in self.damage):
            with self._reporting(kind, ""):
                file.check()

    # Documents

    def _check_documents(self, documents: DocumentsReader) -> None:
        with self._reporting("documents", "stored papers"):
            # Counted, since the file itself can claim any number.
            self.count = documents.stored_count
            documents.check_stored()
        promised = self.entry.document_count
        if promised not in (UNKNOWN_COUNT, documents.count):
            self._report(
                "documents",
                "",
                f"{documents.count:,} documents, the table of contents promises {promised:,}",
            )
        if documents.count != self.count:
            return  # already reported, and every column would be reported after it
        columns: dict[str, Sequence[Any]] = {}
        for name in documents.names:
            with self._reporting("documents", f"column {name}"):
                documents.check(name)
                columns[name] = _column(documents, name)
        for name in EXPECTED_COLUMNS.keys() - set(documents.names):
            columns[name] = [[]] * self.count  # only the value of an empty list is right
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
            row = None
            try:
                row = stored_row(documents.stored(number))
                for name, expected, column in comparisons:
                    if expected(row) != column[number]:
                        wrong.setdefault(f"column {name}", []).append(number)
                self.sources.update(row_value(row, "files"))
            except MemoryError:
                raise
            except Exception as error:  # as above
                row = None
                wrong.setdefault("stored papers", []).append(number)
                reasons.append(reason_of(error, self._files["documents"]))
            self._rows.append(row)
        for place, numbers in wrong.items():
            what, reason = "are not those of the stored papers", ""
            if place == "stored papers":
                what, reason = "cannot be read", f": {reasons[0]}"
            self._report(
                "documents",
                place,
                f"{len(numbers):,} {what}; the first is number {numbers[0]:,}{reason}",
            )

    # Postings

    def _check_postings(self, postings: PostingsReader, documents: DocumentsReader | None) -> None:
        if not is_own_stemming(postings.stemming):
            self._report("postings", "", "the words are stemmed by other rules than now")
        for name, reader in postings.fields.items():
            with self._reporting("postings", f"field {name}"):
                reader.check()
                if isinstance(reader, StemFieldReader):
                    self._check_stems(name, reader, documents)
                else:
                    self._check_lists(name, reader.lists(), documents)
        wanted = {name: of for name, of in EXPECTED_STEMS.items() if of in postings.fields}
        for name in sorted(name for name, _ in wanted.items() ^ dict(postings.stem_fields).items()):
            self._report("postings", f"field {name}", "the stems are not those of the words")
        with self._reporting("postings", "field source"):
            if "source" in postings.fields:
                self.sources.update(postings.fields["source"].texts())
        if documents is None:
            return
        for name in EXPECTED_TERMS:
            if name not in postings.fields and self._rows:
                self._check_terms(name, None)
        for name in documents.names:
            with self._reporting("documents", f"column {name}"):
                if documents.lengths(name) is not None and name not in postings.fields:
                    self._report("documents", f"column {name}", "lengths of a field without terms")

    def _check_lists(
        self, name: str, lists: PostingLists, documents: DocumentsReader | None
    ) -> None:
        # Without a documents file the table of contents says how many there are, if it can be read.
        count = self.count or max(self.entry.document_count, 0) or MOST_DOCUMENTS
        faults = [*term_faults(name, lists.terms), *list_faults(lists, count)]
        if lists.positions is None and name in WITH_POSITIONS:
            faults.append("the words have no positions")
        for reason in faults:
            self._report("postings", f"field {name}", reason)
        if faults:
            return
        if lists.positions is not None and lists.frequencies is not None and documents:
            sums = np.bincount(lists.documents, lists.frequencies, self.count)
            self._check_lengths(name, sums.astype(np.int64), documents)
        if name in EXPECTED_TERMS and self._rows:
            self._check_terms(name, lists)

    def _check_stems(
        self, name: str, reader: StemFieldReader, documents: DocumentsReader | None
    ) -> None:
        for reason in chain(term_faults(name, reader.terms()), stem_faults(reader)):
            self._report("postings", f"field {name}", reason)
        lengths = documents.lengths(reader.exact.name) if documents else None
        if documents and lengths is not None:
            self._check_lengths(name, lengths.astype(np.int64), documents)

    def _check_lengths(
        self, name: str, sums: NDArray[np.int64], documents: DocumentsReader
    ) -> None:
        lengths = documents.lengths(name)
        given = np.zeros(self.count, np.int64) if lengths is None else lengths.astype(np.int64)
        if len(given) != len(sums):
            return  # already reported
        wrong = np.flatnonzero(given != sums)
        if len(wrong):
            number = int(wrong[0])
            self._report(
                "documents",
                f"column {name}",
                f"{len(wrong):,} lengths are not the sums of the frequencies; the first is that of"
                f" number {number:,}: {given[number]:,}, not {sums[number]:,}",
            )

    def _check_terms(self, name: str, lists: PostingLists | None) -> None:
        """Compare the posting lists of a field with the stored papers."""
        terms: Sequence[bytes] = lists.terms if lists else []
        numbers = {term: number for number, term in enumerate(terms)}
        wanted: list[int] = []
        for document, row in enumerate(self._rows):
            for term in set(EXPECTED_TERMS[name](row)) if row else ():
                wanted.append(numbers.get(term, len(terms)) * self.count + document)
        readable = np.array([row is not None for row in self._rows], np.bool_)
        given = np.zeros(0, np.int64)
        if lists:
            term_numbers = np.repeat(np.arange(len(terms)), np.diff(lists.starts))
            given = (term_numbers * self.count + lists.documents)[readable[lists.documents]]
        wrong = np.setxor1d(np.array(wanted, np.int64), given)
        if len(wrong):
            number, document = divmod(int(wrong[0]), self.count)
            named = repr(terms[number]) if number < len(terms) else "a term that is missing"
            self._report(
                "postings",
                f"field {name}",
                f"{len(wrong):,} postings too many or too few by the stored papers; the first is"
                f" of {named} and number {document:,}",
            )


def _column(documents: DocumentsReader, name: str) -> Sequence[Any]:
    """Return a column as a list of each document's value."""
    numbers = documents.numbers(name)
    if numbers is not None:
        if numbers.dtype.str != NUMBER_TYPES.get(name, numbers.dtype.str):
            raise documents.file.damage(f"numbers of the type {numbers.dtype}")
        zero = SORTABLE_ZERO if name in NUMBER_FIELDS else 0
        return [number - zero for number in numbers.tolist()]
    texts = documents.texts(name)
    if texts is not None:
        return list(texts)
    coded = documents.coded(name)
    if coded is None:
        return ()
    values, codes = list(coded.values), coded.codes.tolist()
    for value in values:
        value.decode()  # also those that no document has
    if coded.starts is None:
        return [values[code] for code in codes]
    return [[values[code] for code in codes[low:high]] for low, high in pairwise(coded.starts)]
