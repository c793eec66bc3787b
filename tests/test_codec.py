"""An index of papers as Whoosh reads it, against Whoosh's own index of the same papers.

Whatever Whoosh can ask, the two agree. Lengths are the one difference: Whoosh's own codec rounds
them to what a byte can say.
"""

import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any
from unittest import mock

import pytest
from whoosh import columns, fields, query, scoring, sorting
from whoosh.filedb.filestore import FileStorage, copy_to_ram
from whoosh.index import open_dir
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length, length_to_byte
from whoosh.writing import SegmentWriter

import index
from index.codec import ArrayCodec, ArraySegment
from index.fields import FIELDS
from index.identifiers import Identifier
from index.paper import Copy, Paper, Source, to_stored
from index.schema import schema
from index.segments.stored import decode_stored, encode_stored
from tests.whoosh_writing import document

WORDS = """
    alpha alphabet beta gamma delta run running runs model models modeling Ångström naïve 論文 река
    graph graphs network networks zeta of the
""".split()
LISTS = [field.name for field in FIELDS if field.kind == "list"]
NAMES = ["Ann Poe", "Bo Han", "Jürgen Müller", "李 明", "Pat O'Brien"]


def papers(seed: int, count: int, words: int = 30) -> list[Paper]:
    """Return papers; each has some of the fields."""
    rng = random.Random(seed)

    def some(values: list[str], most: int) -> tuple[str, ...]:
        return tuple(rng.sample(values, rng.randint(0, most)))

    return [
        of_its_date(
            Paper(
                id=f"{seed}-{number}",
                title=" ".join(rng.choices(WORDS, k=rng.randint(1, min(words, 12)))),
                abstract=" ".join(
                    rng.choices(
                        WORDS, k=rng.randint(0, words if number % 10 or words < 10 else 7 * words)
                    )
                ),
                authors=some(NAMES, 3),
                owners=some(NAMES, 1),
                institutions=some(["MIT", "University of Łódź"], 2),
                categories=rng.choice([(), ("cs.LG",), ("cs.CL", "stat.ML")]),
                identifiers=rng.choice([(), (Identifier("doi", f"10.5555/{number}"),)]),
                venue=rng.choice(["", "River Letters"]),
                keywords=some(["deep graphs", "論文", "C++"], 2),
                type=rng.choice(["", "article"]),
                language=rng.choice(["", "de"]),
                cited_by=rng.choice([None, 0, 12]),
                year=rng.choice([None, 1999, 2020, 2021]),
                date=rng.choice([None, "2020", "2021-03", "2021-03-04"]),
                has_code=rng.random() < 0.5,
                score=rng.choice([None, 0.5, -2.0, 1e300]),
                sources=(Source(f"/seeds/{rng.randint(1, 3)}.txt", number + 1),),
            )
        )
        for number in range(count)
    ]


def of_its_date(paper: Paper) -> Paper:
    """Return a paper with the year of its date, if it has a date."""
    return replace(paper, year=int(paper.date[:4])) if paper.date else paper


@dataclass(frozen=True)
class History:
    """The papers of each commit, one segment each, and the ids of those deleted afterwards."""

    commits: list[list[Paper]]
    deleted: set[str] = field(default_factory=set)
    is_merged: bool = False


HISTORIES = {
    "one commit": History([papers(1, 30)]),
    "three segments": History([papers(seed, 10) for seed in (1, 2, 3)]),
    "deletions": History([papers(1, 20), papers(2, 10)], {"1-0", "1-7", "1-19", "2-4"}),
    "one paper": History([papers(4, 1)]),
    "bare paper": History([[Paper("bare", "", sources=(Source("/seeds/1.txt", 1),))]]),
    "nothing": History([]),
    "merged": History([papers(seed, 3) for seed in range(8)], is_merged=True),
    "in memory": History([papers(1, 20), papers(2, 10)], {"1-0", "2-4"}),
}


@dataclass(frozen=True)
class Pair:
    """Two indexes of one history: ``stock`` is Whoosh's own, ``arrays`` is ours."""

    stock: Any
    arrays: Any


def pair(history: History) -> Pair:
    return Pair(by_whoosh(history), by_us(history))


def by_whoosh(history: History) -> Any:
    """Write a history with Whoosh's own codec, which knows no columns of lists."""
    own_schema = schema().copy()
    for name in LISTS:
        own_schema.remove(name)
        own_schema.add(name, fields.COLUMN(columns.VarBytesColumn()))
    stock = FileStorage(tempfile.mkdtemp()).create_index(own_schema)
    commits = history.commits
    if history.is_merged:
        commits = [[paper for commit in commits for paper in commit]]
    for commit in commits:
        writer = SegmentWriter(stock)
        for paper in commit:
            writer.add_document(**document(paper), **stored(paper))
        writer.commit(merge=False)
    if history.deleted:
        writer = SegmentWriter(stock)
        for paper_id in history.deleted:
            writer.delete_by_term("id", paper_id)
        writer.commit(merge=False)
    return stock


def stored(paper: Paper) -> dict[str, Any]:
    """Return what the writer of papers stores of one besides its id."""
    copy = Copy.of(paper)
    values = {"hashes": {copy.file: copy.hash.hex()}, "shared": [], "copies": [to_stored(paper)]}
    return decode_stored(encode_stored(values))


def by_us(history: History) -> Any:
    """Write a history with the writer of papers, and open it as Whoosh does."""
    directory = tempfile.mkdtemp()
    for commit in history.commits or [[]]:
        with index.open_writer(directory) as writer:
            for paper in commit:
                writer.add([Copy.of(paper)], shared=())
            writer.commit()
    if history.deleted:
        with index.open_writer(directory) as writer:
            for paper_id in history.deleted:
                entry = writer.entries([paper_id]).get(paper_id)
                assert entry is not None
                writer.delete(entry)
            writer.commit()
    return open_dir(directory)


@pytest.fixture(scope="module", autouse=True)
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the indexes be made where the files of tests are removed."""
    with mock.patch.object(tempfile, "tempdir", str(tmp_path_factory.mktemp("indexes"))):
        yield


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {}


@pytest.fixture(params=list(HISTORIES))
def both(request: pytest.FixtureRequest, pairs: dict[str, Pair]) -> Pair:
    """Two indexes of the same history, made once for all tests."""
    if request.param not in pairs:
        made = pair(HISTORIES[request.param])
        if request.param == "in memory":
            made = Pair(
                *(copy_to_ram(one.storage).open_index() for one in (made.stock, made.arrays))
            )
        pairs[request.param] = made
    return pairs[request.param]


def leaves(both: Pair) -> Iterator[tuple[Any, Any]]:
    """Yield the readers of each segment of both indexes."""
    stock, arrays = both.stock.reader(), both.arrays.reader()
    readers = [[leaf for leaf, _ in reader.leaf_readers()] for reader in (stock, arrays)]
    yield from zip(*readers, strict=True)
    stock.close()
    arrays.close()


def rounded(length: int) -> int:
    """Return a length as Whoosh's codec can say it."""
    return int(byte_to_length(length_to_byte(length)))


# Reading, one thing after the other


def test_segments_are_of_the_codec(both: Pair) -> None:
    for segment in both.arrays._segments():
        assert type(segment) is ArraySegment
        assert type(segment.codec()) is ArrayCodec


def test_the_same_documents_are_there_and_deleted(both: Pair) -> None:
    for stock, arrays in leaves(both):
        assert arrays.doc_count_all() == stock.doc_count_all()
        assert arrays.doc_count() == stock.doc_count()
        assert arrays.has_deletions() == stock.has_deletions()
        assert list(arrays.all_doc_ids()) == list(stock.all_doc_ids())
        for number in range(stock.doc_count_all()):
            assert arrays.is_deleted(number) == stock.is_deleted(number)
            assert arrays.stored_fields(number) == stock.stored_fields(number)


def test_the_same_terms_are_there(both: Pair) -> None:
    for stock, arrays in leaves(both):
        terms = list(stock.all_terms())
        assert list(arrays.all_terms()) == sorted(terms)
        assert sorted(arrays.indexed_field_names()) == sorted(stock.indexed_field_names())
        for term in terms:
            assert term in arrays
        assert ("title", b"no such term") not in arrays
        assert ("score", b"a") not in arrays
        with pytest.raises(TermNotFound):
            arrays.term_info("title", b"no such term")
        with pytest.raises(TermNotFound):
            arrays.postings("title", b"no such term")


def test_terms_are_walked_from_anywhere(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name in stock.schema.names():
            if not stock.schema[name].indexed:
                continue
            assert list(arrays.lexicon(name)) == list(stock.lexicon(name))
            for prefix in (b"", b"a", b"mod", b"model", b"\x7f", b"zz", b"\xff"):
                of_stock = list(stock.expand_prefix(name, prefix))
                assert list(arrays.expand_prefix(name, prefix)) == of_stock
                assert within(name, arrays.terms_from(name, prefix)) == within(
                    name, stock.terms_from(name, prefix)
                )
            infos = {term: info for term, info in arrays.iter_from(name, b"m") if term[0] == name}
            of_stock = within(name, stock.terms_from(name, b"m"))
            assert list(infos) == [(name, term) for term in of_stock]
            for (_, term), info in infos.items():
                assert info.doc_frequency() == stock.doc_frequency(name, term)


def within(name: str, terms: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """Return the terms up to the next field, which readers go on to."""
    return [term for _, term in takewhile(lambda term: term[0] == name, terms)]


def test_cursors_walk_alike(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name in ("title", "year", "type", "id"):
            if name not in stock.indexed_field_names():
                continue
            cursors = [reader.cursor(name) for reader in (stock, arrays)]
            for find in ("", "a", "mod", "models", "zzz"):
                wanted = find if name != "year" else stock.schema[name].to_bytes(len(find))
                assert len({cursor.find(wanted) for cursor in cursors}) == 1
                while cursors[0].is_valid():
                    assert cursors[1].is_valid()
                    assert cursors[1].text() == cursors[0].text()
                    infos = [cursor.term_info().doc_frequency() for cursor in cursors]
                    assert infos[0] == infos[1]
                    assert len({cursor.next() for cursor in cursors}) == 1
                assert not cursors[1].is_valid()
                assert cursors[1].text() is None
                assert cursors[1].term_info() is None
                assert cursors[1].next() is None
            assert cursors[0].first() == cursors[1].first()


def test_term_infos_agree(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name, term in stock.all_terms():
            one, other = stock.term_info(name, term), arrays.term_info(name, term)
            assert other.weight() == pytest.approx(one.weight())
            assert other.doc_frequency() == one.doc_frequency()
            assert other.max_weight() == one.max_weight()
            assert (other.min_id(), other.max_id()) == (one.min_id(), one.max_id())
            assert rounded(other.min_length()) == one.min_length(), (name, term)
            assert rounded(other.max_length()) == one.max_length(), (name, term)
            assert arrays.doc_frequency(name, term) == stock.doc_frequency(name, term)
            assert arrays.frequency(name, term) == pytest.approx(stock.frequency(name, term))
        assert arrays.doc_frequency("title", b"no such term") == 0
        assert arrays.frequency("title", b"no such term") == 0


def postings(reader: Any, name: str, term: bytes) -> list[tuple[Any, ...]]:
    """Return all that a posting list says, posting by posting."""
    matcher = reader.postings(name, term)
    kinds = ("frequency", "positions", "characters", "position_boosts", "character_boosts")
    said = []
    while matcher.is_active():
        values = [matcher.value_as(kind) for kind in kinds if matcher.supports(kind)]
        said.append((matcher.id(), matcher.weight(), *values))
        matcher.next()
    return said


def test_posting_lists_agree(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name, term in stock.all_terms():
            assert postings(arrays, name, term) == postings(stock, name, term), (name, term)
            matchers = [reader.postings(name, term) for reader in (stock, arrays)]
            assert len({tuple(matcher.all_ids()) for matcher in matchers}) == 1
            assert matchers[0].term() == matchers[1].term()


def test_matchers_skip_alike(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name, term in list(stock.all_terms())[::3]:
            for step in (1, 2, 7, 100):
                matchers = [reader.postings(name, term) for reader in (stock, arrays)]
                while matchers[0].is_active():
                    assert matchers[0].id() == matchers[1].id()
                    target = matchers[0].id() + step
                    for matcher in matchers:
                        matcher.skip_to(target)
                        if matcher.is_active():
                            matcher.skip_to(target - 5)  # is no way back
                assert not matchers[1].is_active()


def test_a_copied_matcher_goes_its_own_way(both: Pair) -> None:
    for _, arrays in leaves(both):
        for name, term in list(arrays.all_terms())[::7]:
            matcher = arrays.postings(name, term)
            if matcher.is_active():  # not where all its documents are deleted
                copy, first = matcher.copy(), matcher.id()
                matcher.next()
                assert copy.id() == first


def test_lengths_are_exact_where_whoosh_rounds(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name in stock.schema.names():
            of_stock = [stock.doc_field_length(at, name, 0) for at in range(stock.doc_count_all())]
            exact = [arrays.doc_field_length(at, name, 0) for at in range(stock.doc_count_all())]
            assert [rounded(length) for length in exact] == [length or 0 for length in of_stock]
            if any(exact):
                assert arrays.field_length(name) == sum(exact) == stock.field_length(name)
                assert arrays.max_field_length(name) == max(exact)
                assert rounded(arrays.max_field_length(name)) == stock.max_field_length(name)
                assert arrays.min_field_length(name) == min(exact)
                assert rounded(arrays.min_field_length(name)) == stock.min_field_length(name)


def test_columns_agree(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name in stock.schema.names():
            column, count = stock.schema[name].column_type, stock.doc_count_all()
            if not stock.has_column(name):
                # Whoosh leaves out a column in which no document has a value.
                if arrays.has_column(name):
                    assert len(set(map(repr, arrays.column_reader(name)))) <= 1
                continue
            assert arrays.has_column(name)
            for reverse in {False, bool(column.reversible)}:
                for translate in (False, True):
                    readers = [
                        reader.column_reader(name, reverse=reverse, translate=translate)
                        for reader in (stock, arrays)
                    ]
                    assert len(readers[1]) == count
                    # Written out, as a float that stands for none is not equal to itself.
                    assert repr(list(readers[1])) == repr(list(readers[0])), name
                    assert repr(list(readers[1].load())) == repr(list(readers[0].load()))
                    for at in range(count):
                        assert repr(readers[1][at]) == repr(readers[0][at])
                        assert repr(readers[1].sort_key(at)) == repr(readers[0].sort_key(at)), name


def test_a_column_that_cannot_be_reversed_says_so() -> None:
    for stock, arrays in leaves(pair(HISTORIES["one commit"])):
        for name in ("id", "type", "author_list"):
            for reader in (stock, arrays):
                with pytest.raises(NotImplementedError):
                    reader.column_reader(name, reverse=True)


# Searching

QUERIES = {
    "term": query.Term("title", "model"),
    "term of every document": query.Or([query.Term("abstract", word.lower()) for word in WORDS]),
    "no such term": query.Term("title", "nowhere"),
    "no such field": query.Term("nowhere", "model"),
    "phrase": query.Phrase("abstract_exact", ["alpha", "beta"]),
    "loose phrase": query.Phrase("abstract", ["gamma", "graph"], slop=4),
    "and": query.And([query.Term("abstract", "alpha"), query.Term("title", "run")]),
    "or": query.Or([query.Term("title_exact", "models"), query.Term("abstract", "network")]),
    "not": query.And([query.Term("abstract", "graph"), query.Not(query.Term("title", "zeta"))]),
    "and not": query.AndNot(query.Term("abstract", "delta"), query.Term("title", "beta")),
    "and maybe": query.AndMaybe(query.Term("abstract", "delta"), query.Term("title", "beta")),
    "require": query.Require(query.Term("abstract", "delta"), query.Term("title", "beta")),
    "dismax": query.DisjunctionMax([query.Term("abstract", "run"), query.Term("title", "run")]),
    "prefix": query.Prefix("abstract_exact", "mod"),
    "wildcard": query.Wildcard("abstract_exact", "*graph?"),
    "regex": query.Regex("abstract_exact", "gr.*|.*eta"),
    "fuzzy": query.FuzzyTerm("abstract_exact", "modle", maxdist=2),
    "term range": query.TermRange("category", "cs.A", "cs.D"),
    "number range": query.NumericRange("year", 2000, 2020),
    "open range": query.NumericRange("date", 20_210_300, None),
    "value": query.Term("has", "code"),
    "author": query.Phrase("authors", ["bo", "han"]),
    "other script": query.Prefix("abstract", "論"),
    "accents": query.Prefix("abstract_exact", "angs"),
    "every": query.Every(),
    "every with a field": query.Every("title"),
    "constant": query.ConstantScoreQuery(query.Term("abstract", "model"), 2.5),
    "near": query.SpanNear.phrase("abstract", ["gamma", "delta"], slop=3, ordered=False),
    "first": query.SpanFirst(query.Term("abstract", "alpha"), limit=3),
}


def ids(searched: Any, wanted: Any, **options: Any) -> list[str]:
    with searched.searcher(weighting=options.pop("weighting", scoring.BM25F)) as searcher:
        return [hit["id"] for hit in searcher.search(wanted, limit=None, **options)]


@pytest.mark.parametrize("name", QUERIES)
def test_queries_find_the_same(both: Pair, name: str) -> None:
    wanted = QUERIES[name]
    assert sorted(ids(both.arrays, wanted)) == sorted(ids(both.stock, wanted))
    # Frequency ranks without lengths, so not only the hits are the same but their order too.
    by_frequency = scoring.Frequency
    assert ids(both.arrays, wanted, weighting=by_frequency()) == ids(
        both.stock, wanted, weighting=by_frequency()
    )


def test_every_query_finds_something() -> None:
    arrays = pair(History([papers(1, 60)])).arrays
    nothing = [name for name, wanted in QUERIES.items() if not ids(arrays, wanted)]
    assert nothing == ["no such term", "no such field"]


@pytest.mark.parametrize("weighting", [scoring.BM25F, scoring.TF_IDF, scoring.Frequency])
@pytest.mark.parametrize("limit", [1, 3, None])
def test_short_texts_score_the_same(weighting: Any, limit: int | None) -> None:
    assert all(rounded(length) == length for length in range(8))
    both = pair(History([papers(seed, 9, words=7) for seed in (1, 2, 3)]))
    wanted = query.Or([query.Term("abstract", "alpha"), query.Term("title", "model")])
    scores = []
    for searched in (both.stock, both.arrays):
        with searched.searcher(weighting=weighting()) as searcher:
            results = searcher.search(wanted, limit=limit)
            scores.append({hit["id"]: hit.score for hit in results})
    assert scores[0]
    assert list(scores[0]) == list(scores[1])
    assert scores[0] == pytest.approx(scores[1])


@pytest.mark.parametrize("field", ["id", "title", "type", "year", "date", "has"])
@pytest.mark.parametrize("reverse", [False, True])
def test_results_sort_and_group_alike(both: Pair, field: str, reverse: bool) -> None:
    if not all(stock.has_column(field) for stock, _ in leaves(both)):
        return  # Whoosh sorts a column that it has left out in a way of its own
    facet = sorting.FieldFacet(field, reverse=reverse)
    ordered, groups = [], []
    for searched in (both.stock, both.arrays):
        with searched.searcher() as searcher:
            results = searcher.search(
                query.Every(), limit=None, sortedby=[facet, "id"], groupedby=field
            )
            ordered.append([hit["id"] for hit in results])
            groups.append({repr(key): sorted(of) for key, of in results.groups().items()})
    assert ordered[0] == ordered[1]
    assert groups[0] == groups[1]


def test_words_are_suggested_alike(both: Pair) -> None:
    with both.stock.searcher() as stock, both.arrays.searcher() as arrays:
        for word in ("alpah", "modle", "graph", "newtorks", "論", "", "zzzzzz"):
            for most in (1, 2):
                nearby = list(arrays.reader().terms_within("abstract_exact", word, most))
                assert sorted(nearby) == sorted(
                    stock.reader().terms_within("abstract_exact", word, most)
                )
            assert arrays.suggest("abstract_exact", word) == stock.suggest("abstract_exact", word)


# The handle in Whoosh's table of contents


def test_a_segment_counts_its_deletions() -> None:
    segment = ArraySegment("MAIN", document_count=5, deleted=[0, 3])
    assert (segment.deleted_count(), segment.doc_count(), segment.doc_count_all()) == (2, 3, 5)
    assert list(segment.deleted_docs()) == [0, 3]
    assert [segment.is_deleted(number) for number in range(5)] == [True, False, False, True, False]
    assert segment.has_deletions()
    assert not ArraySegment("MAIN", document_count=5).has_deletions()
