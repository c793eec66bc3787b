"""What is fuzzed, and what must hold of every input."""

import gzip
import html
import io
import json
import random
import re
import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import searcher
from index import readers
from index.analysis import stem, tokens
from index.dates import is_date
from index.fields import FACETS
from index.paper import Copy, Paper, Source, content_hash, from_dict, to_stored
from index.readers.base import Contents, Head, Problem, clean
from index.readers.record import Record, paper_of
from index.reading.run import SeedRun
from index.reading.streams import READ_ERRORS
from index.segments.arrayfile import ArrayFile, write_arrays
from index.segments.contents import read_contents
from index.segments.documents import DocumentsReader
from index.segments.packing import pack_strings
from index.segments.stored import StoredPacker
from index.soundness import fault_of
from index.writers.opening import open_writer
from searcher.output.layout import Style
from searcher.output.tables import page_csv, page_json, paper_json
from searcher.output.terminal import page_text, paper_text
from searcher.page import Piece, to_html
from searcher.query.clauses import Alternative, Match, Run
from searcher.query.parser import MAX_QUERY_CHARS, parse
from searcher.snippets.marking import Needles, needles
from searcher.snippets.sentences import sentences
from searcher.snippets.window import highlight, snippet
from tests.trust.fuzz import Target

STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
WORDS = "river stone moss rain cloud delta flood gravel heron island jetty kelp lagoon".split()
SIGNS = (
    b"\x00", b"\x1b[31m", b"\x1b]8;;x\x07", b"\xc2\x9b", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\r",
    b"\t",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff", b"\xcc\x81", b"\xe2\x80\xa8", b"<b>", b"</mark>",
    b"&amp;",
    b"\\", b"$", b"$$", b"\\(", b"{\\\"u}", b"\\'e", b"\\emph{", b"}", b"\xce\xb1", b"\xc3\x9f",
    b"\xe6\xb7\xb1", b"\xe3\x81\x8b\xe3\x82\x99", b"-", b"'", b"\xe2\x80\x99", b".", b"?", b"!",
    b"...", b"e.g.",
    b"C++", b"1,000.5", b"GPT-4",
)  # fmt: skip


def paper(number: int) -> Paper:
    """Return one of the papers that every input meets."""
    source = random.Random(number)
    text = " ".join(source.choices([*WORDS, "Müller", "fine-tuning", "C++", "GPT-4", "的"], k=12))
    return Paper(
        f"p{number}",
        f"{WORDS[number % 13].title()} of {WORDS[number * 5 % 13]}",
        f"{text}. On $\\alpha_{number}$ and <b>{text}</b>!",
        (f"Ann {WORDS[number % 7].title()}", f"Jürgen Müller{number}"),
        categories=(("LG",), ("CL",), ())[number % 3],
        year=2000 + number % 9,
        date=f"{2000 + number % 9}-03-0{1 + number % 9}" if number % 2 else None,
        has_code=number % 4 == 0,
        institutions=(f"Inst {number % 3}",),
        score=number / 7 if number % 5 else None,
        owners=("Ann River",) if number % 7 == 0 else (),
        sources=(Source("/seeds/papers.jsonl", number + 1),),
    )


def build(directory: Path, commits: Sequence[range]) -> None:
    """Write an index with a segment for each commit, and deleted papers in the first."""
    for numbers in commits:
        with open_writer(str(directory)) as writer:
            for number in numbers:
                writer.add([Copy.of(paper(number))], set())
            for number in [7, 11] if numbers[0] else []:
                entry = writer.entries([f"p{number}"]).get(f"p{number}")
                if entry:
                    writer.delete(entry)
            writer.commit()


def as_text(data: bytes) -> str:
    """Return any bytes as text, lone surrogates among it."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


# Readers

_PAGE = (
    "Ann Poe\n\nLG\nh-index7\n2papers\n1,234citations\n\n2 Papers\n\n"
    "87.8LGMay 7, 2020Code\nSlow Rivers\n\nAnn Poe, Sam Roe, et al. · delta, ford\n\n"
    "We map slow rivers.\nThey run.\n\n"
    "cs.CVJun 8\nQuiet Lakes\n\nSam Roe\n\nLakes are quiet.\n\n"
)
_RECORDS: list[dict[str, Any]] = [
    {"id": "a", "title": "Deep Seas", "abstract": "Seas are deep.", "authors": ["Li Na", "Bo"]},
    {"_id": "b", "title": "Tides", "text": "T", "year": 2020, "date": "2020-03-15T01:02", "x": 1},
    {"title": "Müller", "authors": "A B; C, D and E F, G H", "category": ["cs.LG"], "code": "http"},
    {"abstract": "a", "score": 1e3, "has_code": False, "institutions": ["I"], "owners": ["O", "P"]},
    {"title": {"a": [1, None, True]}, "year": "2020", "authors": [{"name": "N"}], "id": 12},
]


# One small file of each other format.
_FORMATS = (
    "@article{k, author = {Poe, Ann and others}, title = {Slow {R}ivers}, year = 2020,\n"
    "  journal = {Moss \\& Fern}, pages = {1--9}, doi = {10.5555/r.1}}\n",
    "TY  - JOUR\nAU  - Poe, Ann\nTI  - Slow Rivers\nPY  - 2020/05\nKW  - moss\nER  - \n",
    "PMID- 12\nTI  - Slow Rivers\n      run on.\nFAU - Poe, Ann\nDP  - 2020 May-Jun\n\n",
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>12</PMID><Article><ArticleTitle>Slow"
    " <i>R</i>ivers</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    '<collection id="2020.moss"><volume id="1"><meta><booktitle>Moss</booktitle></meta>'
    '<paper id="1"><title>Slow <fixed-case>R</fixed-case>ivers</title></paper></volume>'
    "</collection>",
    'Title,Authors,Year,DOI\n"Slow, deep Rivers","Poe, A.; Roe, S.",2020,10.5555/r.1\n',
    "PT J\nAU Poe, A\nTI Slow Rivers\n   run on\nPY 2020\nUT WOS:1\nER\n\nEF\n",
    '{"id": "2005.00001", "title": "Slow\\n Rivers", "authors": "Ann Poe", "categories": "cs.LG",'
    ' "abstract": "They run.", "versions": [], "authors_parsed": [["Poe", "Ann", ""]]}\n',
    '{"message": {"items": [{"DOI": "10.5555/r.1", "title": ["Slow Rivers"], "issued":'
    ' {"date-parts": [[2020, 5]]}, "type": "journal-article", "prefix": "10.5555"}]}}',
    '{"id": "https://openalex.org/W1", "display_name": "Slow Rivers",'
    ' "abstract_inverted_index": {"They": [0], "run": [1, 3]}}',
    '[{"id": "x", "type": "article-journal", "title": "Slow Rivers", "author": [{"family": "Poe"}],'
    ' "issued": {"date-parts": [["2020", 22]]}}]',
    '{"itemType": "journalArticle", "title": "Slow Rivers", "creators": [{"name": "Poe"}]}',
    '{"paperId": "0000000000000000000000000000000000000001", "title": "Slow Rivers"}',
)


def _reader_seeds() -> list[bytes]:
    lines = [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in _RECORDS]
    page = _PAGE.encode()
    others = [text.encode() for text in _FORMATS]
    pages = [page, page[page.index(b"87.8") :], b"\xef\xbb\xbf" + page]
    return [*pages, b"".join(lines), *lines, *others, _FORMATS[0].encode("utf-16")]


def _prepare_readers(room: Path) -> Callable[[bytes], None]:
    file = room / "seed"

    def attempt(data: bytes) -> None:
        read = [_read(data) for _ in range(2)]
        assert read[0] == read[1]
        if zlib.crc32(data) % 50 == 0:
            for content in (data, gzip.compress(data, 1), b"\x1f\x8b" + data):
                file.write_bytes(content)
                run = SeedRun([file])
                for paper in run:
                    _check_paper(paper)
                for problem in run.problems:
                    assert isinstance(str(problem), str)

    return attempt


def _read(data: bytes) -> list[Paper | Problem]:
    head = Head(data[: 1 << 16])
    found: list[Paper | Problem] = []
    for reader in readers.READERS:
        if reader.recognises(head) or zlib.crc32(data) % 4 == 0:
            contents = Contents("/seeds/file", io.BytesIO(data), found.append)
            try:
                for item in reader.read(contents):
                    contents.record_ended()
                    made = paper_of(item, "/seeds/file") if isinstance(item, Record) else [item]
                    for one in made:
                        if isinstance(one, Paper):
                            _check_paper(one)
                        found.append(one)
            except READ_ERRORS as error:
                found.append(Problem("/seeds/file", 0, str(error)))
    return found


def _check_paper(found: Paper) -> None:
    names = (*found.authors, *found.institutions, *found.owners)
    for text in (found.id, found.title, *found.abstract.split("\n"), found.category, *names):
        assert text == clean(text), ascii(text)
        assert not re.search("[\x00-\x1f\x7f-\x9f]", text)
        text.encode()
    assert found.title or found.abstract
    assert found.lacks_year or not fault_of(found)
    assert all(names)
    assert found.year is None or 1 <= found.year <= 9999
    assert found.date is None or found.lacks_year or is_date(found.date)
    assert found.score is None or abs(found.score) < 1e16
    assert from_dict(json.loads(paper_json(found))) == found
    assert len(content_hash(found)) == 16


READERS = Target(
    promise="any bytes are read as papers that are sound, or told of, twice the same",
    inputs=450_000,
    prepare=_prepare_readers,
    seeds=_reader_seeds,
    words=(
        *SIGNS, b"\n", b"\n\n", b" \xc2\xb7 ", b", et al.", b"May 7", b"LGMay 7, 2020Code\n",
        b"Feb 29", b"Feb 30, 2021",
        b"9papers", b"99 Papers", b"h-index25", b"{", b"}", b"[", b"]", b"[[[[[[[[", b":", b",",
        b'"', b"null", b"true",
        b"1e999", b"-0", b"NaN", b'{"title":"x"}\n', b'"title":', b'"authors":', b'"year":',
        b'"date":"2020-02-30"',
        b'"score":', b'"owners":["Ann Poe"]', b"\\ud800", b"\\u0000", b"\x1f\x8b\x08", b"9" * 400,
        b"@article{", b"}\n@", b"TY  - ", b"\nER  - ", b"PMID- ", b"<", b"</", b"&amp;", b"&#x41;",
        b"<!DOCTYPE", b"\nPT J\n", b"\nEF", b'""', b"; ", b"\t", b"\r", b" and ", b"\\'e", b"$",
        b"0000",
    ),
    most_bytes=1 << 16,
)  # fmt: skip


# Queries

_QUERIES = [
    "river stone", '"river stone"~3 OR moss*', "author:\"Ann River\" year:2003..",
    "+river -stone^2.5",
    "title:(river OR =stone) AND NOT rain", "fine-tuning gpt-4 C++", "rivr~ stnoe~2 m?ss *x a*b*",
    "has:code cat:LG id:p3",
    "date:2001-03..2004-02-01 year:>=2003", "inst:\"inst 1\" owner:ann*", "((river)) ((",
    '"unclosed river', "müller M{\\\"u}ller",
    "*", "-river", "author:m* author:mullr~2 abstract:\"of river\"",
    "title:year:2020 nofield:x OR OR AND", "river:stone https://x.y/z",
]  # fmt: skip
_OPTIONS: list[dict[str, Any]] = [
    {},
    {"match": "any", "facets": tuple(FACETS)},
    {"match": "all", "sort": "date"},
    {"explain": True, "limit": 3, "page": 2},
    {"category": "LG", "year": "2001..2005", "facets": ["category"], "limit": 50},
    {"author": ["Ann River", "Müller3"], "has_code": True, "sort": "score"},
    {"weights": {"title": 0.0, "abstract": 2.5}},
    {"timeout": 0.0, "facets": ["author"]},
]


def _prepare_queries(room: Path) -> Callable[[bytes], None]:
    directory = room / "papers.index"
    build(directory, [range(14), range(14, 20)])
    papers = searcher.open(directory)
    by_id = {one.id: one for one in papers.all("*")}

    def attempt(data: bytes) -> None:
        text = as_text(data)
        query = parse(text)
        assert parse(text) == query
        written = str(query.tree)
        if len(written) <= MAX_QUERY_CHARS:
            assert parse(written).tree == query.tree, written
        options = _OPTIONS[zlib.crc32(data) % len(_OPTIONS)]
        page = papers.search(text, **{"limit": 3, **options})
        hits = page.hits
        assert len({hit.id for hit in hits}) == len(hits)
        assert page.total is not None
        assert page.total >= len(hits)
        if all(one.code != "compound" for one in page.diagnostics):
            assert page.parsed == written
        elif len(page.parsed) <= MAX_QUERY_CHARS:
            assert str(parse(page.parsed).tree) == page.parsed
        assert page.partial == ("timeout" in options)
        for hit in hits:
            known = by_id[hit.id]
            assert hit.paper == known
            assert hit.snippets
            assert _plain(hit.snippets.title) == known.title
            assert _plain(hit.snippets.abstract) in known.abstract
            _check_html(hit.snippets.html("title"), hit.snippets.title)
            _check_html(hit.snippets.html("abstract"), hit.snippets.abstract)
        for counts in (page.facets or {}).values():
            assert all(entry.count > 0 for entry in counts)
        if zlib.crc32(data) % 10 == 0:
            json.loads(page_json(page))
            shown = [*page_lines(page), page_csv(page), page_json(page)]
            assert not STEERING.search("\n".join(shown))

    return attempt


QUERIES = Target(
    promise="any query is parsed, printed, searched and shown; its tree reads back as it is",
    inputs=300_000,
    prepare=_prepare_queries,
    seeds=lambda: [query.encode() for query in _QUERIES],
    words=(
        *SIGNS, *(word.encode() for word in WORDS), b" ", b" AND ", b" OR ", b" NOT ", b"(", b")",
        b"((((((((", b'"', b'"~3',
        b"~", b"~2", b"^2", b"^0.5", b"^-1", b"*", b"?", b"**", b"+", b"-", b"!", b"=", b":",
        b"title:", b"abstract:",
        b"author:", b"owner:", b"inst:", b"cat:", b"year:", b"date:", b"has:code", b"id:p1",
        b"2003..2005", b"..2004",
        b">=2002", b"<2001", b"2001-02-30", b"\xe2\x80\x9c", b"\xc2\xab", b"||", b"&&", b"9999",
        b"word~9",
    ),
    most_bytes=12_000,
)  # fmt: skip


# Snippets

_TEXTS = [
    "We map slow rivers. They run on, e.g. in $\\alpha$ deltas | slow river",
    'M{\\"u}ller et al. fine-tuning GPT-4 on $5 and $10 | müller',
    'One. Two! Three? (Four.) "Five." | five',
    "深度学习 is deep. C++ is not C#. | c++ 深",
    'a b a c a b | "a b"',
]


def _prepare_snippets(_room: Path) -> Callable[[bytes], None]:
    def attempt(data: bytes) -> None:
        text, _, wanted = as_text(data).partition("|")
        found = list(tokens(text))
        position = -1
        for token in found:
            assert 0 <= token.start < token.end <= len(text)
            assert token.forms
            assert all(token.forms)
            assert token.position in (position, position + 1)
            position = token.position
        spans = sentences(text)
        assert all(0 <= low < high <= len(text) for low, high in spans)
        assert all(left[1] <= right[0] for left, right in pairwise(spans))
        looked_for = _needles(wanted)
        for cut in (highlight(text, looked_for), snippet(text, looked_for)):
            assert _plain(cut) in text
            assert all(piece.text for piece in cut)
            _check_html(to_html(cut), cut)
        assert _plain(highlight(text, looked_for)) == text
        forms = {form: stem(form) for token in found for form in token.forms}
        known = replace(
            looked_for,
            stem_by_form={form: of for form, of in forms.items() if of in looked_for.all_stems},
        )
        assert snippet(text, known) == snippet(text, looked_for)

    return attempt


def _needles(wanted: str) -> Needles:
    """Return needles of every kind: the forms, the stems, all of them in a row and near."""
    forms = [token.forms[0] for token in tokens(wanted[:2_000]) if token.part_count == 1][:40]
    runs = [Run("abstract_exact", (form,)) for form in forms[1::2]]
    runs += [Run("abstract", (stem(form),)) for form in forms[::2]]
    if len(forms) > 1:
        runs.append(Run("abstract_exact", tuple(forms)))
        runs.append(Run("abstract", tuple(map(stem, forms[:2]))))
        runs.append(Run("abstract_exact", tuple(forms[:3]), len(wanted) % 51))
    return needles(Match("wanted", tuple(Alternative((run,)) for run in runs)), "abstract")


SNIPPETS = Target(
    promise="any text is cut into tokens and sentences; a snippet is a part of it, escaped",
    inputs=200_000,
    prepare=_prepare_snippets,
    seeds=lambda: [text.encode() for text in _TEXTS],
    words=(
        *SIGNS, *(word.encode() for word in WORDS[:6]), b" ", b". ", b"? ", b"! ", b'."', b".)",
        b"i.e. ", b"et al. ", b"A. ", b"3. ",
        b"|", b"| river", b" river stone ", b"$x$", b"\\alpha", b"\\[", b"\\]", b"(", b")", b"\n",
        b"\xc2\xa0", b"--",
    ),
    most_bytes=20_000,
)  # fmt: skip


# Arrays: files of an index that somebody else made, every checksum right

_NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 1 << 15, (1 << 16) - 1, 1 << 24, (1 << 31) - 1,
1 << 31,
            (1 << 32) - 1, 1 << 40, (1 << 63) - 1)  # fmt: skip
_DTYPES = ("<u1", "|u1", "<u2", "<u4", "<u8", "|i1", "<i4", "<i8", "<f4", "<f8", ">u4", "|O",
"|S9", "<c16",
           "V99999999", "i4,i4", "(9,9)u1", "", "<M8[s]", 5, None)  # fmt: skip
_FACTS: tuple[object, ...] = (
    None,
    -1,
    0,
    1,
    60,
    10**12,
    "",
    "abstract",
    [],
    ["abstract"],
    {},
    {"abstract": "title"},
    {"x": "x"},
    1e300,
)
_STORED: list[Any] = [
    None, [], 5, {}, {"copies": []}, {"copies": [{}]}, {"copies": [{"id": 1, "title": "x"}]},
    {"copies": [{"id": "a", "title": "\x1b[31m"}]}, {"copies": [{"id": "a", "title": "b",
    "authors": [1]}]},
    {"copies": [{"id": "a", "title": "b", "sources": [{"file": "f"}]}]}, {"copies": "x"},
    {"copies": {"a": 1}},
    {"copies": [{"id": "a", "title": "b", "year": "x", "score": float("nan")}] * 2},
    {"copies": [{"id": "a", "title": "b", "sources": [{"file": "f", "line": 1}]}] * 3},
]  # fmt: skip
_SEARCHES: list[tuple[str, dict[str, Any]]] = [
    (
        "river stone",
        {
            "match": "any",
            "facets": tuple(FACETS),
        },
    ),
    ('"river stone"~3 OR "moss rain" OR m* OR rivr~', {"explain": True}),
    ("author:ann OR owner:ann* OR inst:1", {"category": "LG", "year": "2001..", "sort": "score"}),
    ("fine-tuning AND müller -cloud date:2001..2005", {"has_code": True, "sort": "date"}),
]

Arrays = list[tuple[str, "np.ndarray[Any, Any]"]]


class _Bytes:
    """Numbers taken from an input, 0 past its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1."""
        width = 1 if bound <= 256 else 2 if bound <= 1 << 16 else 4
        taken = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(taken, "big") % bound if bound else 0

    @property
    def left(self) -> int:
        """How many bytes have not been taken."""
        return max(len(self._data) - self._at, 0)


def _prepare_arrays(room: Path) -> Callable[[bytes], None]:
    sound, tried = room / "sound.index", room / "tried.index"
    build(sound, [range(14), range(14, 20)])
    shutil.copytree(sound, tried)
    contents = read_contents(str(sound))
    assert contents is not None
    names = [name for segment in contents.segments for name in segment.files]
    whole = {name: (sound / name).read_bytes() for name in names}

    @cache
    def arrays(name: str) -> tuple[Arrays, dict[str, Any]]:
        file = ArrayFile(whole[name], name)
        return [(one, file.array(one)) for one in file.types], dict(file.facts)

    def attempt(data: bytes) -> None:
        numbers = _Bytes(data)
        name = names[numbers.below(len(names))]
        listed, facts = list(arrays(name)[0]), dict(arrays(name)[1])
        directory_edits = []
        while numbers.left:
            edit = numbers.below(12)
            if edit < 9:
                _edit_array(listed, edit, numbers)
            elif edit == 9:
                facts[sorted(facts)[numbers.below(len(facts))]] = _FACTS[numbers.below(len(_FACTS))]
            elif edit == 10 and "count" in facts:
                _edit_stored(listed, ArrayFile(whole[name], name), numbers)
            else:
                directory_edits.append([numbers.below(1 << 16) for _ in range(3)])
        (tried / name).write_bytes(_written(listed, facts, directory_edits))
        try:
            with suppress(searcher.SearchError):
                _search_all(tried)
        finally:
            (tried / name).write_bytes(whole[name])

    return attempt


def _edit_array(listed: Arrays, edit: int, numbers: _Bytes) -> None:
    at = numbers.below(len(listed))
    name, array = listed[at]
    place = numbers.below(len(array)) if len(array) else 0
    value = _NUMBERS[numbers.below(len(_NUMBERS))]
    if edit < 5 and len(array):
        changed = array.copy()
        bits = changed.dtype.itemsize * 8
        stop = place + (1, 1, 2, 1000, 1)[edit]
        if edit == 4:
            changed[place:stop] = numbers.below(256) % 2 ** min(bits, 8)
        elif changed.dtype.kind == "f":
            changed[place:stop] = (float(value), -1.0, np.nan, np.inf)[numbers.below(4)]
        else:
            changed[place:stop] = np.array(value % 2 ** (bits - (changed.dtype.kind == "i")))
        listed[at] = name, changed
    elif edit == 5:
        listed[at] = name, array[:place]
    elif edit == 6:
        listed[at] = name, np.concatenate([array, array[:place], array[:1].repeat(value % 5000)])
    elif edit == 7:
        listed[at] = name, listed[numbers.below(len(listed))][1]
    elif edit == 8 and numbers.below(3) == 0 and len(listed) > 1:
        del listed[at]
    elif edit == 8:
        kind = ("u1", "<u2", "<i4", "<u4", "<i8", "<f4", "<f8")[numbers.below(7)]
        with np.errstate(all="ignore"):
            listed[at] = name, array.astype(kind)


def _edit_stored(listed: Arrays, file: ArrayFile, numbers: _Bytes) -> None:
    """Replace the stored values of some papers."""
    reader = DocumentsReader(file)
    values = [reader.stored(number) for number in range(reader.count)]
    packer = StoredPacker(values)
    chosen = _STORED[numbers.below(len(_STORED))]
    hostile = b"j" + json.dumps(chosen).encode() if numbers.below(8) else b"p" + b"\x80\x04K\x01."
    if numbers.below(20) == 0:
        hostile = b"j" + b" " * (1 << 24)
    elif numbers.below(20) == 1:
        hostile = b"j" + b"[" * 100_000
    first = numbers.below(len(values))
    for number in range(first, min(first + 1 + numbers.below(60), len(values))):
        values[number] = hostile
    others = [
        pair for pair in listed if pair[0] != "dictionary" and not pair[0].startswith("stored/")
    ]
    listed[:] = [
        *others,
        ("dictionary", np.frombuffer(packer.dictionary, np.uint8)),
        *pack_strings("stored", list(map(packer.pack, values))),
    ]


def _written(listed: Arrays, facts: dict[str, Any], edits: Sequence[Sequence[int]]) -> bytes:
    """Return the file of these arrays, its own directory changed too, all checksums right."""
    out = io.BytesIO()
    if not edits:
        write_arrays(out, listed, facts)
        return out.getvalue()

    write_arrays(out, listed, facts)
    data = out.getvalue()
    start, end = (int.from_bytes(data[at : at + 8], "little") for at in (-32, -24))
    directory = json.loads(data[start:end])
    for which, column, value in edits:
        row = directory["arrays"][which % len(directory["arrays"])]
        numbers: tuple[object, ...] = (
            *_NUMBERS,
            -1,
            -8,
            -(10**12),
            10**30,
            0.5,
            "x",
            None,
            [],
            8,
            start,
            end,
            len(data),
        )
        row[column % 4] = (
            directory["arrays"][value % len(directory["arrays"])][0],
            _DTYPES[value % len(_DTYPES)],
            numbers[value % len(numbers)],
            numbers[value % len(numbers)],
        )[column % 4]
    return sealed(data[:start] + json.dumps(directory).encode(), start)


def sealed(body: bytes, directory: int) -> bytes:
    """Return an array file of this body, its trailer and checksums as the format has them."""
    blocks = [body[at : at + (1 << 14)] for at in range(0, len(body), 1 << 14)]
    checksums = np.array([zlib.crc32(block) for block in blocks], "<u4").tobytes()
    trailer = (directory.to_bytes(8, "little"), len(body).to_bytes(8, "little"))
    ends = (zlib.crc32(checksums).to_bytes(4, "little"), (1).to_bytes(4, "little"), b"PAPARRAY")
    return b"".join([body, checksums, *trailer, *ends])


def page_lines(page: searcher.Page) -> list[str]:
    """Return a page as a terminal of 40 columns shows it."""
    return page_text(page, "index", Style(False, 40), lambda limit, number: f"{limit} {number}")


def _search_all(directory: Path) -> None:
    """Search an index in every way, and read all that it found."""
    with searcher.open(directory) as papers:
        for query, options in _SEARCHES:
            with suppress(searcher.SearchError):
                page = papers.search(query, limit=3, **options)
                shown = [*page_lines(page), page_json(page)]
                assert not STEERING.search("\n".join(shown))
                assert page.total is not None
                assert page.total >= len(page.hits)
        for number in (1, 16):
            with suppress(searcher.SearchError):
                list(paper_text(papers.paper(f"p{number}"), Style(False, 40)))
        for one in papers.all("river"):
            to_stored(one)


ARRAYS = Target(
    promise="files of a foreign index, all checksums right, are refused or answer",
    inputs=50_000,
    prepare=_prepare_arrays,
    seeds=lambda: [random.Random(number).randbytes(4 + number) for number in range(40)],
    words=tuple(bytes([number]) for number in range(32)),
    most_bytes=64,
)


def _plain(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _check_html(written: str, pieces: Sequence[Piece]) -> None:
    bare = re.sub("</?mark>", "", written)
    assert not re.search("[<>\"']", bare)
    assert html.unescape(bare) == html.unescape(html.escape(_plain(pieces)))
    assert written.count("<mark>") == written.count("</mark>") == sum(one.marked for one in pieces)
