"""The documents of a cluster against the segment of a local index: the same terms and positions."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.analysis import NAME_GAP, tokens
from index.building.inversion import Inverter, row
from index.building.inversion import encoded as encoded_text
from index.fields import FIELDS, VALUES, exact_twin
from index.opensearch.counts import CountedTerm, TermCounts
from index.opensearch.encoding import encoded
from index.opensearch.layout import (
    COPY_COUNT,
    COUNTED,
    ENTRY,
    HASH,
    STORED,
    TermTexts,
    document,
    document_id,
    file_of,
    file_term,
    mapping,
    stored_text,
    stored_values,
)
from index.paper import Copy, Paper, Source, from_dict
from index.reading.run import SeedRun
from index.segments.arrayfile import ArrayFile
from index.segments.postings import PLACE_BITS, FieldReader, PostingsReader, StemFieldReader
from index.writers.committed import merged_and_values
from tests.conftest import SEEDS
from tests.papers import FULL, papers
from tests.test_inversion import text

Places = dict[str, list[tuple[int, int]]]


def documents_of(listed: Sequence[Paper]) -> list[dict[str, Any]]:
    """Return the documents of papers, each of one copy."""
    texts = TermTexts()
    return [document(*merged_and_values([Copy.of(one)], ()), texts) for one in listed]


def as_cut(value: str | Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the terms of a field of texts with their positions, as the server cuts what is sent."""
    position = -NAME_GAP
    for one in (value,) if isinstance(value, str) else value:
        position += NAME_GAP - 1
        for stacked in one.split():
            position += 1
            yield from ((term, position) for term in stacked.split("|"))


def inverted(listed: Sequence[Paper]) -> PostingsReader:
    """Return the posting lists of papers as a segment holds them."""
    inverter = Inverter()
    inverter.add(list(map(row, listed)), [encoded_text(VALUES["abstract"](one)) for one in listed])
    postings, documents = BytesIO(), BytesIO()
    inverter.write(lambda: (b"", [b""] * len(listed)), postings, documents)
    return PostingsReader(ArrayFile(postings.getvalue(), "postings"))


def as_inverted(reader: FieldReader | StemFieldReader | None) -> Places:
    """Return the numbers of the papers that have each term, with its positions, as stored here."""
    places: Places = {}
    for number, term in enumerate(reader.texts() if reader else ()):
        assert reader
        documents = reader.postings(number).documents.tolist()
        if len(reader.positions(number)):
            found = reader.places(number).tolist()
            places[term] = [(place >> PLACE_BITS, place % (1 << PLACE_BITS)) for place in found]
        else:
            places[term] = [(document, 0) for document in documents]
    return places


def as_sent(documents: Sequence[Mapping[str, Any]], field: str, kind: str) -> Places:
    """Return the numbers of the papers that have each term, with its positions, as sent."""
    places: Places = {}
    for number, fields in enumerate(documents):
        value = fields[field]
        if kind in ("text", "words"):
            terms = list(as_cut(value))
        else:
            listed = (value,) if isinstance(value, str) else value
            terms = [(term, 0) for term in dict.fromkeys(listed) if term]
        for term, position in terms:
            places.setdefault(term, []).append((number, position))
    return {term: sorted(own) for term, own in places.items()}


def assert_sent_as_inverted(listed: Sequence[Paper]) -> None:
    documents, readers = documents_of(listed), inverted(listed).fields
    for field in FIELDS:
        if field.has_terms and field.kind != "number":
            for name in {field.name, exact_twin(field.name)}:
                assert as_sent(documents, name, field.kind) == as_inverted(readers.get(name)), name


def test_the_seeds_are_sent_as_a_local_index_inverts_them() -> None:
    listed = list(SeedRun([SEEDS]).as_printed())
    assert len(listed) > 100
    assert_sent_as_inverted([replace(one, date=None) for one in listed])


@given(st.lists(papers(), min_size=1, max_size=4))
@example([FULL])
def test_any_papers_are_sent_as_a_local_index_inverts_them(listed: list[Paper]) -> None:
    assert_sent_as_inverted(listed)


# A name without a term has a place of its own here, and none in what is sent. No phrase reaches
# from one name to another.
@given(text, text, st.lists(text.filter(lambda one: any(tokens(one))), max_size=3))
def test_any_texts_are_sent_as_a_local_index_inverts_them(
    title: str, abstract: str, authors: list[str]
) -> None:
    source = (Source("/odd", 1),)
    assert_sent_as_inverted([Paper("odd", title, abstract, tuple(authors), sources=source)])


@given(papers(), papers())
def test_what_is_stored_is_read_back(one: Paper, other: Paper) -> None:
    copies = [
        Copy.of(from_dict({"id": "one", **values, "sources": [{"file": file, "line": 1}]}))
        for file, values in (
            ("/a", {"title": one.title, "authors": list(one.authors)}),
            ("/b", {"title": other.title, "abstract": other.abstract}),
        )
    ]
    paper, values = merged_and_values(copies, ["/a"])
    fields = document(paper, values, TermTexts())
    assert stored_values(fields[STORED]) == json.loads(json.dumps(values))
    assert stored_values(fields[ENTRY]) == {key: values[key] for key in ("hashes", "shared")}
    assert fields[COPY_COUNT] == 2
    assert fields["source"] == ["/a", "/b"]


@pytest.mark.parametrize("file", ["/a/b.json", "source:stdin", "/\udcff", '/"', "/ä", "/a\nb"])
def test_a_file_of_any_name_is_found_again(file: str) -> None:
    term = file_term(file)
    assert term.encode()
    assert file_of(term) == file
    stored = {"hashes": {file: "00"}, "shared": [file]}
    assert stored_values(stored_text(stored)) == stored
    assert stored_text(stored).encode()


def test_each_field_that_is_sent_is_mapped_or_only_read() -> None:
    (sent,) = documents_of([FULL])
    read_only = {STORED, ENTRY, HASH}
    assert sent.keys() - read_only <= mapping({})["properties"].keys()


def test_what_is_stored_differently_has_another_hash() -> None:
    (one,), (same,) = documents_of([FULL]), documents_of([FULL])
    moved = Paper(FULL.id, FULL.title, sources=(Source("/moved", 1),))
    assert one[HASH] == same[HASH]
    assert one[HASH] != documents_of([moved])[0][HASH]


@pytest.mark.parametrize("paper_id", ["2103.01234", "x" * 513, "ü" * 300, "_all"])
def test_the_name_of_a_document_is_one_that_a_server_takes(paper_id: str) -> None:
    name = document_id(paper_id)
    assert len(name.encode()) <= 512
    assert name == paper_id or name.startswith("_")
    assert name != document_id(f"{paper_id}x")


# Counts of terms


def counted(documents: Sequence[Mapping[str, Any]]) -> list[CountedTerm]:
    """Return the counts of all terms, counted one after the other."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, fields in enumerate(documents):
        for field in COUNTED:
            value = fields[field]
            kinds = {exact_twin(one.name): one.kind for one in FIELDS}
            for term, places in as_sent([fields], field, kinds[field]).items():
                key = found.setdefault((field, term), [0, 0])
                key[0] += 1
                key[1] += len(places)
            assert value is not None, number
    return sorted(CountedTerm(*key, *counts) for key, counts in found.items())


@given(st.lists(papers(), max_size=6), st.integers(0, 6))
def test_terms_are_counted_in_any_memory(listed: list[Paper], taken_back: int) -> None:
    documents = documents_of(listed)
    for most in (1, 1 << 20):
        counts = TermCounts(most)
        for fields in documents:
            counts.add(fields)
        for fields in documents[:taken_back]:
            counts.add(fields, -1)
        rest = documents[taken_back:]
        assert list(counts.changes()) == counted(rest)
        assert counts.papers == len(rest)
        lengths = [sum(1 for _ in as_cut(fields["abstract_exact"])) for fields in rest]
        assert counts.means.of("abstract") == (sum(lengths) / len(rest) if rest else 0)
        counts.close()


def test_memory_is_bounded_however_papers_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    make = tempfile.TemporaryFile

    def temporary_file(*arguments: Any, **options: Any) -> Any:
        made.append(make(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary_file)
    own = (Source("/a.json", 1),)
    documents = documents_of(
        [Paper(f"p{at}", f"word{at}", "moss fern", sources=own) for at in range(40)]
    )
    counts = TermCounts(10)
    counts.add(documents[0])
    # Each replaces the one before, so that the number of papers stays the same.
    for before, fields in pairwise(documents):
        counts.add(fields)
        counts.add(before, -1)
    assert len(made) > 1
    assert list(counts.changes()) == counted(documents[-1:])
    counts.close()


def test_a_document_is_sent_as_utf_8() -> None:
    (fields,) = documents_of([FULL])
    assert encoded(fields).decode().startswith("{")
