"""The codec against Whoosh's own: whatever Whoosh can ask, two indexes of the same documents agree.

Lengths are the one difference: Whoosh's codec rounds them to what a byte can say.
"""

import datetime
import random
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import columns, fields, highlight, query, scoring, sorting
from whoosh.analysis import StemmingAnalyzer
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.formats import CharacterBoosts, PositionBoosts
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length, length_to_byte
from whoosh.writing import SegmentWriter

from index.codec import ArrayCodec, ArraySegment, decode_any_stored, encode_any_stored
from index.segments.segment import encode_stored

WORDS = """
    alpha alphabet beta gamma delta run running runs model models modeling Ångström naïve 論文 река
    graph graphs network networks zeta
""".split()


def schema() -> fields.Schema:
    """Return a field of every kind, each indexed, stored or sortable in every way there is."""
    schema = fields.Schema(
        id=fields.ID(unique=True, stored=True, sortable=True),
        title=fields.TEXT(analyzer=StemmingAnalyzer(), stored=True, sortable=True),
        body=fields.TEXT(field_boost=2.0),
        chars=fields.TEXT(chars=True, stored=True),
        bag=fields.TEXT(phrase=False),
        half=fields.TEXT(phrase=False, field_boost=0.5),
        tags=fields.KEYWORD(commas=True, lowercase=True, stored=True, sortable=True),
        scored=fields.KEYWORD(scorable=True),
        count=fields.NUMERIC(int, signed=True, stored=True, sortable=True),
        unsigned=fields.NUMERIC(int, signed=False, bits=64, sortable=True, default=7),
        small=fields.NUMERIC(int, bits=8, sortable=True, shift_step=0),
        ratio=fields.NUMERIC(float, stored=True, sortable=True),
        price=fields.NUMERIC(Decimal, decimal_places=2, stored=True),
        day=fields.DATETIME(stored=True, sortable=True),
        open=fields.BOOLEAN(stored=True),
        grams=fields.NGRAM(minsize=2, maxsize=3),
        gram_words=fields.NGRAMWORDS(minsize=3, at="start"),
        note=fields.STORED(),
        text_column=fields.COLUMN(columns.VarBytesColumn()),
        ref_column=fields.COLUMN(columns.RefBytesColumn(default=b"none")),
        fixed_ref=fields.COLUMN(columns.RefBytesColumn(2)),
        fixed_column=fields.COLUMN(columns.FixedBytesColumn(3)),
        bit_column=fields.COLUMN(columns.BitColumn()),
        signed_column=fields.COLUMN(columns.NumericColumn("i", default=-1)),
        float_column=fields.COLUMN(columns.NumericColumn("d", default=float("-inf"))),
        struct_column=fields.COLUMN(columns.StructColumn("!if", (0, 0.0))),
        pickled=fields.COLUMN(columns.PickleColumn(columns.VarBytesColumn())),
    )
    for name, format_class in (("boosts", PositionBoosts), ("char_boosts", CharacterBoosts)):
        field = fields.TEXT(stored=False)
        field.format = format_class()
        schema.add(name, field)
    return schema


def documents(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield documents; each has some of the fields, some values are empty."""
    rng = random.Random(seed)

    def words(most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(0, most)))

    for number in range(count):
        document = {
            "title": words(12),
            "body": words(30 if number % 10 else 200),
            "chars": words(20),
            "bag": words(20),
            "half": words(20),
            "tags": ", ".join(rng.sample(WORDS, rng.randint(1, 3))),
            "scored": words(5),
            "count": rng.randint(-(2**31), 2**31 - 1),
            "unsigned": rng.choice([0, 1, 2**64 - 1, rng.randrange(2**60)]),
            "small": rng.randint(-128, 127),
            "ratio": rng.choice([0.0, -1.5, 1e300, rng.random()]),
            "price": Decimal(rng.randint(-10_000, 10_000)) / 100,
            "day": datetime.datetime(1900 + number % 200, 1 + number % 12, 3, 4, 5, number),
            "open": rng.random() < 0.5,
            "grams": rng.choice(WORDS),
            "gram_words": words(3),
            "note": rng.choice([None, (1, "a"), {"b": [b"c"]}, "ü\ud800", 10**30, {"d": [1.0]}]),
            "text_column": rng.choice([b"", b"a", "ü".encode(), bytes(range(256))]),
            "ref_column": rng.choice([b"", b"LG", b"CL"]),
            "fixed_ref": rng.choice([b"ab", b"cd"]),
            "fixed_column": rng.choice([b"abc", b"\0\0\0", b"\xff\xfe\xfd"]),
            "bit_column": rng.random() < 0.5,
            "signed_column": rng.randint(-5, 5),
            "float_column": rng.choice([0.5, float("inf"), -2.0]),
            "struct_column": (rng.randint(-9, 9), 0.5),
            "pickled": rng.choice([("a", 1), [2], None]),
            "boosts": words(6),
            "char_boosts": words(6),
        }
        # Whoosh cannot translate the date that stands for none.
        kept = {key: of for key, of in document.items() if key == "day" or rng.random() < 0.85}
        yield {"id": f"{seed}-{number}", **kept}


@dataclass(frozen=True)
class Pair:
    """Two indexes that were given the same: ``stock`` is Whoosh's own, ``arrays`` is ours."""

    stock: Any
    arrays: Any

    def write(self, change: Callable[[Any], object], **commit: Any) -> None:
        """Change both indexes and commit."""
        for index, codec in ((self.stock, None), (self.arrays, ArrayCodec())):
            writer = SegmentWriter(index, codec=codec)
            change(writer)
            writer.commit(**commit)

    def add(self, added: list[dict[str, Any]], **commit: Any) -> None:
        self.write(lambda writer: [writer.add_document(**one) for one in added], **commit)


def pair(in_memory: bool = False, of_schema: fields.Schema | None = None) -> Pair:
    storages = [
        RamStorage() if in_memory else FileStorage(tempfile.mkdtemp()) for _ in ("stock", "arrays")
    ]
    return Pair(*(storage.create_index(of_schema or schema()) for storage in storages))


def delete_some(writer: Any) -> None:
    writer.delete_by_term("id", "1-0")
    writer.delete_by_term("id", "1-7")
    writer.delete_by_query(query.Term("title", "beta"))
    writer.delete_by_term("id", "no such document")


def update_some(writer: Any) -> None:
    for document in documents(1, 3):
        writer.update_document(**{**document, "title": "quiet networks"})


def in_three_segments(both: Pair) -> None:
    for seed in (1, 2, 3):
        both.add(list(documents(seed, 10)), merge=False)


def with_deletions(both: Pair) -> None:
    both.add(list(documents(1, 20)), merge=False)
    both.add(list(documents(2, 10)), merge=False)
    both.write(delete_some, merge=False)
    both.write(update_some, merge=False)


def merged_by_whoosh(both: Pair) -> None:
    with_deletions(both)
    both.add(list(documents(3, 5)), optimize=True)


HISTORIES: dict[str, Callable[[Pair], None]] = {
    "one commit": lambda both: both.add(list(documents(1, 30))),
    "three segments": in_three_segments,
    "deletions": with_deletions,
    "one document": lambda both: both.add(list(documents(4, 1))),
    "empty document": lambda both: both.add([{"id": "bare", "day": datetime.datetime(2020, 1, 1)}]),
    "nothing": lambda both: both.add([]),
}


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {}


@pytest.fixture(params=[*HISTORIES, "merged by Whoosh, in memory"])
def both(request: pytest.FixtureRequest, pairs: dict[str, Pair]) -> Pair:
    """Two indexes of the same history, made once for all tests."""
    if request.param not in pairs:
        write = HISTORIES.get(request.param)
        made = pairs[request.param] = pair(in_memory=write is None)
        (write or merged_by_whoosh)(made)
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
        assert ("note", b"a") not in arrays
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
        for name in ("title", "count", "tags", "id"):
            if name not in stock.indexed_field_names():
                continue
            cursors = [reader.cursor(name) for reader in (stock, arrays)]
            for find in ("", "a", "mod", "models", "zzz"):
                wanted = find if name != "count" else stock.schema[name].to_bytes(len(find))
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


def postings(reader: Any, name: str, term: bytes) -> list[tuple[Any, ...]]:
    """Return all that a posting list says, posting by posting."""

    def value(kind: str) -> Any:
        try:
            return matcher.value_as(kind)
        except struct.error:
            return "Whoosh cannot decode what it has encoded itself"

    matcher = reader.postings(name, term)
    kinds = ("frequency", "positions", "characters", "position_boosts", "character_boosts")
    found = []
    while matcher.is_active():
        values = [value(kind) for kind in kinds if matcher.supports(kind)]
        found.append((matcher.id(), matcher.weight(), *values))
        matcher.next()
    return found


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
                assert arrays.field_length(name) == sum(exact)
                # Merging, Whoosh adds up some rounded lengths.
                bounds = sorted((sum(exact), sum(map(rounded, exact))))
                assert bounds[0] <= stock.field_length(name) <= bounds[1]
                assert arrays.max_field_length(name) == max(exact)
                assert rounded(arrays.max_field_length(name)) == stock.max_field_length(name)
                assert arrays.min_field_length(name) == min(exact)
                assert rounded(arrays.min_field_length(name)) == stock.min_field_length(name)


def test_columns_agree(both: Pair) -> None:
    for stock, arrays in leaves(both):
        for name in stock.schema.names():
            assert arrays.has_column(name) == stock.has_column(name), name
            column, count = stock.schema[name].column_type, stock.doc_count_all()
            if not stock.has_column(name):
                continue
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
    both = pair()
    both.add(list(documents(1, 9)))
    for stock, arrays in leaves(both):
        for name in ("id", "ref_column", "text_column", "fixed_column"):
            for reader in (stock, arrays):
                with pytest.raises(NotImplementedError):
                    reader.column_reader(name, reverse=True)


# Searching

QUERIES = {
    "term": query.Term("title", "model"),
    "term of every document": query.Or([query.Term("body", word.lower()) for word in WORDS]),
    "no such term": query.Term("title", "nowhere"),
    "no such field": query.Term("nowhere", "model"),
    "phrase": query.Phrase("body", ["alpha", "beta"]),
    "loose phrase": query.Phrase("chars", ["gamma", "graph"], slop=4),
    "and": query.And([query.Term("body", "alpha"), query.Term("title", "run")]),
    "or": query.Or([query.Term("bag", "models"), query.Term("half", "network")]),
    "not": query.And([query.Term("body", "graph"), query.Not(query.Term("body", "zeta"))]),
    "and not": query.AndNot(query.Term("body", "delta"), query.Term("title", "beta")),
    "and maybe": query.AndMaybe(query.Term("body", "delta"), query.Term("title", "beta")),
    "require": query.Require(query.Term("body", "delta"), query.Term("title", "beta")),
    "dismax": query.DisjunctionMax([query.Term("body", "delta"), query.Term("bag", "delta")]),
    "prefix": query.Prefix("body", "mod"),
    "wildcard": query.Wildcard("body", "*graph?"),
    "regex": query.Regex("body", "gr.*|.*eta"),
    "fuzzy": query.FuzzyTerm("body", "modle", maxdist=2),
    "term range": query.TermRange("tags", "beta", "model"),
    "number": query.Term("small", fields.NUMERIC(int, bits=8, shift_step=0).to_bytes(5)),
    "number range": query.NumericRange("count", -(2**30), 2**30),
    "open range": query.NumericRange("ratio", 0.5, None),
    "small range": query.NumericRange("small", -20, 30),
    "unsigned range": query.NumericRange("unsigned", 1, 2**63),
    "date range": query.DateRange("day", datetime.datetime(1950, 1, 1), None),
    "boolean": query.Term("open", "t"),
    "grams": query.Term("grams", "mo"),
    "other script": query.Term("body", "論文"),
    "accents": query.Prefix("chars", "ång"),
    "boosts": query.Phrase("boosts", ["alpha", "run"], slop=3),
    "every": query.Every(),
    "every with a field": query.Every("title"),
    "constant": query.ConstantScoreQuery(query.Term("body", "model"), 2.5),
    "near": query.SpanNear.phrase("body", ["gamma", "delta"], slop=3, ordered=False),
    "first": query.SpanFirst(query.Term("body", "alpha"), limit=3),
}


def found(index: Any, wanted: Any, **options: Any) -> list[str]:
    with index.searcher(weighting=options.pop("weighting", scoring.BM25F)) as searcher:
        return [hit["id"] for hit in searcher.search(wanted, limit=None, **options)]


@pytest.mark.parametrize("name", QUERIES)
def test_queries_find_the_same(both: Pair, name: str) -> None:
    wanted = QUERIES[name]
    assert sorted(found(both.arrays, wanted)) == sorted(found(both.stock, wanted))
    # Frequency ranks without lengths, so not only the hits are the same but their order too.
    by_frequency = {"weighting": scoring.Frequency()}
    assert found(both.arrays, wanted, **by_frequency) == found(both.stock, wanted, **by_frequency)


@pytest.mark.parametrize("weighting", [scoring.BM25F, scoring.TF_IDF, scoring.Frequency])
@pytest.mark.parametrize("limit", [1, 3, None])
def test_short_texts_score_the_same(weighting: Any, limit: int | None) -> None:
    both, texts = pair(), ("body", "title")
    assert all(rounded(length) == length for length in range(8))
    short = [
        {"id": one["id"]} | {name: " ".join(one.get(name, "").split()[:7]) for name in texts}
        for one in documents(1, 60)
    ]
    for at in (0, 20, 40):
        both.add(short[at : at + 20], merge=False)
    wanted = query.Or([query.Term("body", "alpha"), query.Term("title", "model")])
    scores = []
    for index in (both.stock, both.arrays):
        with index.searcher(weighting=weighting()) as searcher:
            results = searcher.search(wanted, limit=limit)
            scores.append({hit["id"]: hit.score for hit in results})
    assert scores[0]
    assert list(scores[0]) == list(scores[1])
    assert scores[0] == pytest.approx(scores[1])


@pytest.mark.parametrize(
    "field", ["id", "title", "tags", "count", "unsigned", "small", "ratio", "day", "open"]
)
@pytest.mark.parametrize("reverse", [False, True])
def test_results_sort_and_group_alike(both: Pair, field: str, reverse: bool) -> None:
    facet = sorting.FieldFacet(field, reverse=reverse)
    ordered, groups = [], []
    for index in (both.stock, both.arrays):
        with index.searcher() as searcher:
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
                nearby = list(arrays.reader().terms_within("body", word, most))
                assert sorted(nearby) == sorted(stock.reader().terms_within("body", word, most))
            assert arrays.suggest("body", word) == stock.suggest("body", word)


def test_passages_are_marked_alike(both: Pair) -> None:
    wanted = query.Or([query.Term("chars", word) for word in ("alpha", "graph", "論文")])
    marked = []
    for index in (both.stock, both.arrays):
        for fragmenter in (highlight.ContextFragmenter(), highlight.PinpointFragmenter()):
            with index.searcher(weighting=scoring.Frequency()) as searcher:
                results = searcher.search(wanted, limit=None, terms=True)
                results.fragmenter = fragmenter
                marked.append([(hit["id"], hit.highlights("chars")) for hit in results])
                marked.append([sorted(hit.matched_terms()) for hit in results])
    assert marked[: len(marked) // 2] == marked[len(marked) // 2 :]


def test_likes_are_found_alike(both: Pair) -> None:
    key_terms, likes = [], []
    for index in (both.stock, both.arrays):
        with index.searcher(weighting=scoring.Frequency()) as searcher:
            results = searcher.search(query.Every("chars"), limit=5, sortedby="id")
            key_terms.append([word for word, _ in results.key_terms("chars", docs=5, numterms=4)])
            likes.append(
                [
                    [like["id"] for like in hit.more_like_this("chars")]
                    for hit in results
                    if "chars" in hit.fields()
                ]
            )
    assert key_terms[0] == key_terms[1]
    assert likes[0] == likes[1]


# Writing


def test_a_cancelled_writer_leaves_nothing() -> None:
    both = pair()
    both.add(list(documents(1, 3)))
    before = set(both.arrays.storage.list())
    writer = SegmentWriter(both.arrays, codec=ArrayCodec())
    writer.add_document(id="dropped")
    writer.cancel()
    assert found(both.arrays, query.Every()) == ["1-0", "1-1", "1-2"]
    assert before <= set(both.arrays.storage.list())


def test_a_document_that_fails_is_left_out() -> None:
    both = pair()

    def change(writer: Any) -> None:
        writer.add_document(id="good", count=1)
        with pytest.raises(ValueError, match="not a number"):
            writer.add_document(id="bad", count="not a number", title="alpha")
        writer.add_document(id="better", count=2)

    both.write(change)
    for stock, arrays in leaves(both):
        assert [arrays.stored_fields(at)["id"] for at in range(arrays.doc_count())] == [
            stock.stored_fields(at)["id"] for at in range(stock.doc_count())
        ]


def test_vectors_are_refused() -> None:
    arrays = FileStorage(tempfile.mkdtemp()).create_index(
        fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(vector=True))
    )
    writer = SegmentWriter(arrays, codec=ArrayCodec())
    with pytest.raises(NotImplementedError, match=r"'text'.*vectors"):
        writer.add_document(id="1", text="alpha beta")
    writer.cancel()


def test_a_segment_counts_its_deletions() -> None:
    segment = ArraySegment("MAIN", document_count=5)
    for number in (3, 0, 3):
        segment.delete_document(number)
    assert (segment.deleted_count(), segment.doc_count(), segment.doc_count_all()) == (2, 3, 5)
    assert list(segment.deleted_docs()) == [0, 3]
    assert [segment.is_deleted(number) for number in range(5)] == [True, False, False, True, False]
    segment.delete_document(3, delete=False)
    segment.delete_document(4, delete=False)
    assert list(segment.deleted_docs()) == [0]
    assert segment.has_deletions()


storable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.binary() | st.dates() | st.datetimes().map(lambda one: one.replace(fold=0))
    | st.decimals(allow_nan=False) | st.text(st.characters(categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(), storable, max_size=4))
def test_stored_values_of_every_kind_come_back(values: dict[str, Any]) -> None:
    back = decode_any_stored(encode_any_stored(values))
    assert back == values
    assert repr(back) == repr(values)  # which tells 1 from 1.0 and from True


def test_stored_values_of_papers_are_read_too() -> None:
    assert decode_any_stored(encode_stored({"id": "x1", "copies": [{}]})) == {
        "id": "x1", "copies": [{}]
    }  # fmt: skip


@pytest.mark.parametrize("value", [{1}, 1j, [Ellipsis], fields.TEXT], ids=repr)
def test_values_of_other_kinds_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="store no such values"):
        encode_any_stored({"field": value})
