"""Inversion against Whoosh's writer: the same papers give the same segment, array by array."""

import sys
import unicodedata
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import (
    MAX_WORD_CHARS,
    TEXT_END,
    pieces,
    plain_words,
    separated,
    stem,
    tokens,
    word_forms,
)
from index.building.inversion import Inverter, encoded, memory_bytes, row
from index.dates import date_number
from index.fields import NUMBER_FIELDS, SORTABLE_ZERO, STEMMED_FIELDS, exact_twin
from index.identifiers import Identifier
from index.paper import Paper, Source
from index.schema import schema
from index.segments.arrayfile import ArrayFile
from index.segments.documents import CodedColumn, DocumentsReader
from index.segments.postings import PostingsReader, StemFieldReader
from index.segments.stored import StoredPacker
from tests.whoosh_writing import written_by_whoosh

# Pieces of text that analysis treats in ways of their own, and what may stand between them.
ODD = """
    the The THE running runs model models fine-tuning state-of-the-art a-s -a a- --
    re-\u00adsult C++ C# c++ C++/C# xC# C#x F#. C+ 3.14 1,000 1,000,000 1,00 1,0000 1.5.2 v2.0
    12,345.678 ,5 5, .5 5. don't Bayes' Bayes’s O'Brien 's S's rock'n'roll l’été Müller naïve
    Ångström Łódź straße STRASSE İstanbul ﬁne ǅ e\u0301 \u0301 x\u0301\u0327y 가각 각 M\\"uller
    M{\\"u}ller \\'{e} \\'{\\i} \\c{c} \\ss \\ss{} \\oe \\o{} \\L{}\\'od\\'z {\\ss} \\.z \\=a
    \\~n \\^o \\alpha $\\alpha$-divergence \\emph{word} \\textbf{bold}face \\infty \\ell_2
    \\varepsilon \\ \\\\ \\_ \\& \\% {x} $x$ "x" `x' ^2 x^2 ~ = a=b x_i _x_ __ snake_case
    CamelCase 論文 深層学習モデル カ\u3099ラス か゛ 한국어 हिन्दी ภาษาไทย العربية עברית
    Ελλάδα α β Λ λ Ω K-means
    K Å ½ ² ㎏ 𝔸𝔹 𝒳 \u200b \u200d \ufeff \u2028 a\u00a0b a\u2009b a\x1cb a\x85b a\u3000b a\u1680b
    soft\u00adhyphen non\u2011breaking ( ) [x] {} a/b a|b a@b.c a%b a&b a*b a:b a;b a!b a?b <b>
    a... a.b. U.S. e.g., end. 😀 👩‍🔬 ﷺ
""".replace("\n", " ").split(" ")
ODD = [word for word in ODD if word]
GAPS = [" ", "", ", ", ". ", ".", ",", "-", "'", "’", "_", "\\", "/", "\u00a0", "\u00ad", "{", "}"]

odd_text = st.lists(
    st.tuples(st.sampled_from(ODD) | st.text(max_size=3), st.sampled_from(GAPS)), max_size=12
).map(lambda parts: "".join(part + gap for part, gap in parts))
dense_text = st.text("aB1 .,-'\\\"{}_#+^~$é\u0301\u00ad論ß०’\u2009", max_size=30)
text = odd_text | dense_text | st.text(max_size=20)


# The law of pieces


def assert_pieces_are_the_text(whole: str) -> None:
    """Assert that the tokens of the pieces, positions moved on, are those of the text."""
    expected = [(token.position, token.forms, token.part_count) for token in tokens(whole)]
    *cut, end_piece = pieces([encoded(whole)])
    assert end_piece == TEXT_END
    assert TEXT_END not in cut
    found, start = [], 0
    for piece in cut:
        end = start
        for token in tokens(piece.decode("utf-8", "surrogatepass")):
            found.append((start + token.position, token.forms, token.part_count))
            end = start + token.position + 1
        assert_parts_are_the_piece(piece.decode("utf-8", "surrogatepass"))
        start = end
    assert found == expected, (whole, cut)


def assert_parts_are_the_piece(piece: str) -> None:
    """Assert that the tokens of its separated parts, and their forms, are those of a piece."""
    expected = [(token.position, token.forms) for token in tokens(piece)]
    found, start = [], 0
    for part in separated(piece):
        listed = [(token.position, token.forms) for token in tokens(part)]
        if forms := word_forms(part):
            assert listed == [(0, forms)], part
        found += [(start + position, forms) for position, forms in listed]
        start += listed[-1][0] + 1 if listed else 0
    assert found == expected, piece


@settings(max_examples=100)
@given(text)
def test_the_tokens_of_the_pieces_are_the_tokens_of_the_text(whole: str) -> None:
    assert_pieces_are_the_text(whole)


@given(st.lists(text, max_size=5))
def test_texts_cut_together_are_cut_as_each_alone(texts: list[str]) -> None:
    alone = [piece for whole in texts for piece in pieces([encoded(whole)])]
    assert pieces(map(encoded, texts)) == alone


@given(st.text("ab1-.,:()'A\u00e9 ", max_size=12) | st.text("abc-", min_size=600, max_size=700))
def test_plain_words_have_the_tokens_that_any_piece_has(text: str) -> None:
    words = [word.decode() for word in plain_words(text.encode())]
    if words:
        joined = [(0, "".join(words)[:MAX_WORD_CHARS])] if len(words) > 1 else []
        expected = [*joined, *((place, word[:255]) for place, word in enumerate(words))]
        found = [(token.position, form) for token in tokens(text) for form in token.forms]
        assert found == expected


def test_pieces_of_every_short_text_are_the_text() -> None:
    # One character of each class that analysis knows, and what TeX accents are made of.
    alphabet = "aC9 ,.-'\"\\{}_#+é\u0301論\u00ad\u2028"
    for length in (1, 2, 3):
        for characters in product(alphabet, repeat=length):
            assert_pieces_are_the_text("".join(characters))


@pytest.mark.parametrize("left", ["a", "1", "C", "C+", "\\", "\\'", "\\alpha", "{\\'e", "é", "論"])
def test_no_character_between_two_words_breaks_the_law(left: str) -> None:
    # Letters of the same kind stand in long rows: beside most words every fifth is tried.
    step = 1 if left in ("a", "\\'") else 5
    for number in (*range(0x250), *range(0x250, 0x3100, step)):
        character = chr(number)
        assert_pieces_are_the_text(left + character + ("000" if left == "1" else "b"))


def test_no_token_holds_white_space() -> None:
    spaces = [chr(number) for number in range(sys.maxunicode + 1) if chr(number).isspace()]
    assert len(spaces) > 20
    for space, word in product(spaces, ODD):
        assert_pieces_are_the_text(f"{word}{space}{word}")
        assert_pieces_are_the_text(f"{word}{space}\u0301{word}")


# Inversion


def add(inverter: Inverter, papers: Sequence[Paper]) -> None:
    inverter.add(list(map(row, papers)), [encoded(paper.abstract) for paper in papers])


def by_inversion(papers: Sequence[Paper]) -> tuple[PostingsReader, DocumentsReader]:
    packer = StoredPacker([paper.id.encode() for paper in papers])
    packed = [packer.pack(paper.id.encode()) for paper in papers]
    inverter = Inverter()
    # In batches of several sizes.
    for start, stop in pairwise((0, len(papers) // 3, len(papers) // 3, len(papers))):
        add(inverter, papers[start:stop])
    assert len(inverter) == len(papers)
    postings, documents = BytesIO(), BytesIO()
    inverter.write(lambda: (packer.dictionary, packed), postings, documents)
    return (
        PostingsReader(ArrayFile(postings.getvalue(), "postings")),
        DocumentsReader(ArrayFile(documents.getvalue(), "documents")),
    )


def assert_inverted_as_by_whoosh(papers: Sequence[Paper]) -> None:
    expected, expected_documents = written_by_whoosh(papers)
    found, found_documents = by_inversion(papers)
    assert list(found.fields) == list(expected.fields)
    for name, reader in found.fields.items():
        other = expected.fields[name]
        assert reader.terms() == other.terms(), name
        assert reader.document_frequencies() == other.document_frequencies()
        for number in range(len(reader)):
            term = (name, reader.term(number))
            one, same = reader.postings(number), other.postings(number)
            assert one.documents.tolist() == same.documents.tolist(), term
            assert one.frequencies.tolist() == same.frequencies.tolist(), term
            assert reader.positions(number).tolist() == other.positions(number).tolist(), term
    assert found_documents.count == expected_documents.count
    stored = [found_documents.stored(number) for number in range(len(papers))]
    assert stored == [paper.id.encode() for paper in papers]
    for name in schema().names():
        lengths = [as_list(of.lengths(name)) for of in (found_documents, expected_documents)]
        assert lengths[0] == lengths[1], name
        numbers = [as_list(of.numbers(name)) for of in (found_documents, expected_documents)]
        if name == "score" and numbers[1] is None:
            numbers[1] = [float("-inf")] * len(papers)
        if name in NUMBER_FIELDS and numbers[1] is None:
            numbers[1] = [1 << 31] * len(papers)
        assert numbers[0] == numbers[1], name
        texts = [as_list(of.texts(name)) for of in (found_documents, expected_documents)]
        assert texts[0] == (texts[1] or (texts[0] and [b""] * len(papers))), name
        coded = [values_of(of.coded(name)) for of in (found_documents, expected_documents)]
        nothing = [[]] if name.endswith("_list") else [[b""]]
        assert coded[0] == (coded[1] or (coded[0] and nothing * len(papers))), name


def as_list(array: Any) -> list[Any] | None:
    if array is None:
        return None
    return array.tolist() if isinstance(array, np.ndarray) else list(array)


def values_of(column: CodedColumn | None) -> list[list[bytes]] | None:
    if column is None:
        return None
    starts = range(len(column.codes) + 1) if column.starts is None else column.starts.tolist()
    values = [column.values[code] for code in column.codes.tolist()]
    return [values[starts[at] : starts[at + 1]] for at in range(len(starts) - 1)]


def as_read(value: str) -> str:
    """Return text as readers give it: white space single, no controls, no lone surrogates."""
    kept = "".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in value)
    return " ".join(unicodedata.normalize("NFC", kept).split())


read_text = text.map(as_read)
names = st.lists(
    st.sampled_from(
        ["Bo Han", "B", "李 明", "Jürgen Müller", "O'Brien, Pat", 'M{\\"u}ller', "??", "-"]
    )
    | read_text.filter(bool),
    max_size=5,
).map(tuple)
papers = st.builds(
    Paper,
    id=st.text("abc-", min_size=1, max_size=5),
    title=read_text,
    abstract=read_text,
    authors=names,
    owners=names,
    institutions=names,
    categories=st.sampled_from([(), ("LG",), ("cs.CL", "stat.ML"), ("Größe",), ("a b", "cs.CL")]),
    year=st.none() | st.integers(1, 9999),
    date=st.none() | st.sampled_from(["2024", "2024-03", "2024-12-31", "0001-01-01", "9999-12-31"]),
    has_code=st.booleans(),
    score=st.none() | st.floats(allow_nan=False),
    identifiers=st.sampled_from([(), (Identifier("doi", "10.5555/a"), Identifier("pmid", "7"))]),
    venue=st.sampled_from(["", "River Letters", "??"]),
    keywords=st.sampled_from([(), ("C++", "deep rivers"), ("C++", "c++")]),
    type=st.sampled_from(["", "article"]),
    language=st.sampled_from(["", "de"]),
    cited_by=st.none() | st.integers(0, 99_999_999),
    sources=st.lists(
        st.builds(Source, st.sampled_from(["/a/b.txt", "/ü.jsonl"]), st.integers(1, 9)), max_size=3
    ).map(tuple),
)


@settings(max_examples=50)
@example([Paper("x", "")])
@example([Paper("x", "Slow Rivers", authors=("A", "A", "A"), owners=("A",))])
@example([Paper("x", "", authors=("??", "Bo Han", "--", "Bo Han"))])
@example(
    [Paper("x", "\\emph{} \\ss"), Paper("y", "K-means of \u212a-means"), Paper("z", "a-b-a-b")]
)
@given(st.lists(papers, min_size=1, max_size=5))
def test_papers_are_inverted_as_whoosh_would(listed: list[Paper]) -> None:
    assert_inverted_as_by_whoosh(listed)


def test_every_odd_word_is_inverted_as_whoosh_would() -> None:
    assert_inverted_as_by_whoosh(
        [
            Paper(
                f"p{at}", as_read(word), as_read(f"{word} {word} {other}"), (as_read(word) or "x",)
            )
            for at, (word, other) in enumerate(zip(ODD, ODD[1:] + ODD[:1], strict=True))
        ]
    )


def test_long_texts_are_inverted_as_whoosh_would() -> None:
    long = " ".join(f"word{number % 700} of model" for number in range(30_000))
    assert_inverted_as_by_whoosh(
        [Paper("x", "short"), Paper("y", long, "a" * 100_000), Paper("z", "")]
    )


def test_a_stem_is_that_of_its_exact_term() -> None:
    postings, _ = by_inversion(
        [Paper("x", "Running runs of naïve Modeling", "論文 generalised \\alpha C++ 3.14")]
    )
    for name in STEMMED_FIELDS:
        reader = postings.fields[name]
        assert isinstance(reader, StemFieldReader)
        exact = postings.fields[exact_twin(name)]
        for number, term in enumerate(exact.terms()):
            assert reader.stem_of(number) == stem(term.decode()).encode()


def test_nothing_gathered_is_an_empty_segment() -> None:
    postings, documents = by_inversion([])
    assert (postings.fields, documents.count) == ({}, 0)


@given(
    st.lists(st.none() | st.integers(1, 9999), min_size=1, max_size=6),
    st.lists(st.none() | st.dates().map(str), min_size=6, max_size=6),
)
def test_years_and_dates_have_one_term_a_number(
    years: list[int | None], dates: list[str | None]
) -> None:
    listed = [
        Paper(f"p{at}", "", year=year, date=date)
        for at, (year, date) in enumerate(zip(years, dates, strict=False))
    ]
    postings, documents = by_inversion(listed)
    expected: dict[str, dict[int, list[int]]] = {"year": {}, "date": {}}
    for at, paper in enumerate(listed):
        day = date_number(paper.date) if paper.date else (paper.year or 0) * 10_000
        for name, number in (("year", paper.year), ("date", day)):
            if number:
                expected[name].setdefault(number, []).append(at)
    for name, lists in expected.items():
        if not lists:
            assert name not in postings.fields
            continue
        reader = postings.fields[name]
        numbers = sorted(lists)
        assert reader.terms() == [schema()[name].to_bytes(number) for number in numbers]
        found = [reader.postings(at).documents.tolist() for at in range(len(numbers))]
        assert found == [lists[number] for number in numbers]
        column = documents.numbers(name)
        assert column is not None
        of_documents = {at: number for number, of in lists.items() for at in of}
        assert (column.astype(np.int64) - SORTABLE_ZERO).tolist() == [
            of_documents.get(at, 0) for at in range(len(listed))
        ]


@pytest.mark.parametrize("word", ["river ", "naïve ", "模型"])
def test_the_estimate_of_memory_follows_the_number_of_tokens(word: str) -> None:
    for count in (100, 1_000, 10_000):
        text = word * count
        token_count = sum(1 for _ in tokens(text))
        assert 20 * token_count < memory_bytes([encoded(text)]) < 60 * token_count
        assert memory_bytes([encoded(text)] * 3) == 3 * memory_bytes([encoded(text)])


def test_the_same_papers_give_the_same_bytes() -> None:
    listed = [Paper(f"p{at}", word, word * 2, (word,)) for at, word in enumerate(ODD)]
    files = []
    for step in (1, 1, 7, len(listed), len(listed) + 1):
        inverter, postings, documents = Inverter(), BytesIO(), BytesIO()
        for start in range(0, len(listed), step):
            add(inverter, listed[start : start + step])
        inverter.write(lambda: (b"dictionary", [b"x"] * len(listed)), postings, documents)
        files.append((postings.getvalue(), documents.getvalue()))
    assert all(of == files[0] for of in files)
