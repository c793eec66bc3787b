"""The papers of a commit, as every writer of an index on this machine answers for them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np

from index.arguments import folder_path, text_of, texts
from index.errors import BadRequestError, NotAnIndexError, mending, shown
from index.identifiers import bare
from index.merging import merge
from index.paper import Copy, Paper, Source, to_stored, usual_values
from index.segments.contents import Contents, read_contents
from index.segments.names import LOCK_NAME, names_in, segments_in, unfinished_in
from index.segments.opening import Segment, open_commit
from index.segments.stored import encode_stored, quoted, stored_with_text
from index.segments.terms import term_key
from index.soundness import NO_OTHERS, sound_paper
from index.writers.port import Entry, Progress, Writer, checked_copies

Value = TypeVar("Value")


@contextmanager
def open_dry_writer(directory: str) -> Iterator[Writer]:
    """Open the index in ``directory`` as ``open_writer`` does, for changes that are not made.

    Nothing is written, and no lock is taken: an index that is being written to is read as of its
    last commit. If there is no index, none is made. Raises the errors of ``open_writer``, except
    IndexLockedError.
    """
    directory = folder_path(directory)
    segments: Sequence[Segment] = ()
    while (contents := committed_contents(directory)) and contents.segments:
        with suppress(NotAnIndexError):  # it was removed meanwhile
            contents, segments = open_commit(directory)
            break
    writer = _DryWriter(segments)
    writer.remembered = contents.remembered if contents else {}
    yield writer


def committed_contents(directory: str) -> Contents | None:
    """Return the newest commit of the index in ``directory``, None if there is no index yet.

    Raises NotAnIndexError if the folder holds other files.
    """
    # Without the lock, other writers may create, commit or remove an index meanwhile.
    while True:
        names = set(names_in(directory))
        try:
            contents = read_contents(directory)
        except FileNotFoundError:
            continue
        # A killed writer may have left its lock and an unfinished table.
        others = names - {LOCK_NAME, *unfinished_in(directory)} if contents is None else set()
        if not others or names == set(names_in(directory)):
            break
    if others:
        step = "name an empty or a new folder"
        if segments_in(directory):
            step = mending(directory)
        raise NotAnIndexError(f"{directory}: holds files but no index; {step}")
    return contents


def merged_and_stored(copies: Sequence[Copy], shared: Collection[str]) -> tuple[Paper, bytes]:
    """Return the paper that ``copies`` describe, and what an index stores of it.

    Raises TooLargeError if the copies are more than can be stored.
    """
    if len(copies) == 1 and not shared and (stored := _usual_stored(copies[0])):
        return copies[0].paper, stored
    paper, values = merged_and_values(copies, shared)
    return paper, encode_stored(values)


def _usual_stored(copy: Copy) -> bytes:
    """Return what is stored of one copy with only the usual fields; no bytes for any other.

    The same bytes as from the values of ``merged_and_values``, in a third of the time.
    """
    paper = copy.paper
    if (values := usual_values(paper)) is None:
        return b""
    own_id, title, abstract, authors, et_al, categories, year, *others = values
    if et_al or others != NO_OTHERS or not abstract or len(paper.sources) != 1:
        return b""
    text = abstract.encode("utf-8", "surrogatepass")
    named, source = quoted(own_id), paper.sources[0]
    file = quoted(source.file)
    names = f',"authors":[{",".join(map(quoted, authors))}]' if authors else ""
    codes = f',"categories":[{",".join(map(quoted, categories))}]' if categories else ""
    of_year = "" if year is None else f',"year":{year}'
    head = (
        f'{{"id":{named},"hashes":{{{file}:"{copy.hash.hex()}"}},"shared":[],"copies":[{{'
        f'"id":{named},"title":{quoted(title)},"abstract":{len(text)}{names}{codes}{of_year},'
        f'"sources":[{{"file":{file},"line":{source.line}}}]}}]}}'
    )
    return stored_with_text(head, text)


def stored_copies(values: Mapping[str, Any]) -> tuple[list[Copy], frozenset[str]]:
    """Return the copies of a paper, and which of their files are shared, from what is stored of it.

    Raises TypeError, ValueError, AttributeError or KeyError for what ``merged_and_values`` never
    makes.
    """
    papers = map(sound_paper, values["copies"])
    copies = [
        Copy(paper, bytes.fromhex(values["hashes"][paper.sources[0].file])) for paper in papers
    ]
    return copies, frozenset(values["shared"])


def merged_and_values(
    copies: Sequence[Copy], shared: Collection[str]
) -> tuple[Paper, dict[str, Any]]:
    """Return the paper that ``copies`` describe, and what is stored of it as values for JSON."""
    if copies[1:]:
        copies = sorted(copies, key=lambda copy: copy.paper.sources)
    papers = [copy.paper for copy in copies]
    paper = merge(papers)
    hashes = {copy.file: copy.hash.hex() for copy in copies}
    stored = {
        "id": paper.id,
        "hashes": hashes,
        "shared": sorted(hashes.keys() & set(shared)) if shared else [],
        "copies": [to_stored(one) for one in papers],
    }
    return paper, stored


class CommittedPapers:
    """The papers of some segments; they are numbered through, and the number is an entry's key."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments: list[Segment] = []
        self._first_numbers = [0]
        self._open(segments)

    @property
    def paper_count(self) -> int:
        """How many papers there are."""
        return sum(segment.entry.live_count for segment in self._segments)

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        """Return the entries of those of the papers that are there, by id."""
        ids = texts("paper_ids", paper_ids)
        numbers = {paper_id: next(self._numbers("id", paper_id), None) for paper_id in ids}
        return {
            paper_id: self._id_and_entry(number)[1]
            for paper_id, number in numbers.items()
            if number is not None
        }

    def named(self, keys: Collection[str]) -> dict[str, dict[str, Entry]]:
        """Return the entries, by id, of the papers that have each of the keys."""
        found: dict[str, dict[str, Entry]] = {}
        for key in texts("keys", keys) if self._segments else ():
            numbers = {*self._numbers("identifier", key), *self._numbers("id", bare(key))}
            if numbers:
                found[key] = dict(map(self._id_and_entry, sorted(numbers)))
        return found

    def expect(self, keys: Iterable[str]) -> None:
        """Do nothing: each answer is at hand."""

    def ids_from(self, start: str) -> Iterator[str]:
        """Yield the ids that begin with ``start``, those of deleted papers included."""
        key = term_key(text_of("start", start))
        for segment in self._segments:
            if (reader := segment.postings.fields.get("id")) is None:
                continue
            number = reader.lower_bound(key)
            while number < len(reader) and reader.term(number).startswith(key):
                yield reader.text(number)
                number += 1

    def files(self) -> Sequence[str]:
        """Return the files from which some paper has a copy, sorted."""
        files: set[str] = set()
        for segment in self._segments:
            if (reader := segment.postings.fields.get("source")) is None:
                continue
            listed = reader.texts()
            if not len(segment.entry.deleted):
                files.update(listed)
                continue
            for number, file in enumerate(listed):
                documents = () if file in files else reader.postings(number).documents.tolist()
                if not all(map(segment.entry.is_deleted, documents)):
                    files.add(file)
        return sorted(files)

    def count_from(self, files: Collection[str], without: Collection[Any]) -> tuple[int, int]:
        """Return how many papers have a copy from any of the files, and how many of these several.

        No paper is read, only the posting lists of the files. Those in ``without`` do not count.
        """
        wanted: set[int] = set()
        counts: Counter[int] = Counter()
        for segment in self._segments if files else ():
            if (reader := segment.postings.fields.get("source")) is None:
                continue
            live = segment.entry.live
            for number, file in enumerate(reader.texts()):
                documents = reader.postings(number).documents
                numbers = (documents[live[documents]] + segment.first_document).tolist()
                counts.update(numbers)
                if file in files:
                    wanted.update(numbers)
        wanted.difference_update(without)
        return len(wanted), sum(counts[number] > 1 for number in wanted)

    def count_in(self, file: str) -> int:
        """Return how many papers have a copy from ``file``."""
        return sum(1 for _ in self._numbers("source", text_of("file", file)))

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each paper that has a copy from ``file``."""
        for number in self._numbers("source", text_of("file", file)):
            yield self._id_and_entry(number)

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""

        def decode(values: dict[str, Any]) -> list[Paper]:
            return list(map(sound_paper, values["copies"]))

        return self._decoded(self._number_of(entry), decode)

    def papers(self) -> Iterator[tuple[list[Copy], frozenset[str]]]:
        """Yield the copies of each paper, and which of their files are shared."""
        for segment in self._segments:
            for document in np.flatnonzero(segment.entry.live).tolist():
                yield segment.documents.decoded(document, stored_copies)

    @property
    def _document_count(self) -> int:
        """How many documents there are, deleted ones included."""
        return self._first_numbers[-1]

    def _open(self, segments: Sequence[Segment]) -> None:
        """Answer from now on for the papers of these segments too."""
        self._segments += segments
        counts = [segment.entry.document_count for segment in self._segments]
        self._first_numbers = [0, *accumulate(counts)]

    def _numbers(self, field: str, term: str) -> Iterator[int]:
        """Yield the numbers of the committed papers that have a term."""
        key = term_key(term)
        for segment in self._segments:
            reader = segment.postings.fields.get(field)
            number = reader.number(key) if reader else -1
            if reader and number >= 0:
                for document in reader.postings(number).documents.tolist():
                    if not segment.entry.is_deleted(document):
                        yield segment.first_document + document

    def _number_of(self, entry: Entry) -> int:
        """Return the number of an entry's paper. Raises BadRequestError for what is no entry."""
        key = entry.key if isinstance(entry, Entry) else None
        if type(key) is not int or not 0 <= key < self._first_numbers[-1]:
            raise BadRequestError(
                f"entry is {shown(entry)}; it must be an entry that this writer returned"
            )
        return key

    def _id_and_entry(self, number: int) -> tuple[str, Entry]:
        def decode(values: dict[str, Any]) -> tuple[str, Entry]:
            hashes = {file: bytes.fromhex(digits) for file, digits in values["hashes"].items()}
            return values["id"], Entry(number, hashes, frozenset(values["shared"]))

        return self._decoded(number, decode)

    def _decoded(self, number: int, decode: Callable[[dict[str, Any]], Value]) -> Value:
        """Return what ``decode`` makes of the stored values of a paper."""
        segment = self._segments[bisect_right(self._first_numbers, number) - 1]
        return segment.documents.decoded(number - segment.first_document, decode)


class DroppedChanges:
    """What a Writer does that drops every change."""

    notes: tuple[str, ...] = ()
    refused: tuple[tuple[Source, str], ...] = ()
    remembered: Mapping[str, Any] = {}

    def remember(self, values: Mapping[str, Any]) -> None:
        """Remember nothing."""

    def add(
        self,
        copies: Sequence[Copy],
        shared: Collection[str],
        replaces: Entry | None = None,  # noqa: ARG002
    ) -> None:
        """Add nothing."""
        merged_and_stored(checked_copies(copies), shared)  # it may be too large

    def delete(self, entry: Entry) -> None:
        """Delete nothing."""

    def settle(self) -> None:
        """Settle nothing."""

    def commit(self, on_progress: Progress | None = None) -> None:
        """Commit nothing."""

    def merge(self, on_progress: Progress | None = None) -> None:
        """Merge nothing."""


class _DryWriter(DroppedChanges, CommittedPapers):
    """A Writer that drops every change."""
