"""Elements of XML files, one at a time, whatever is wrong with the rest of the file."""

import gc
import io
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.markup import plain
from index.readers.base import MAX_RECORD_BYTES, Contents, Head, Problem
from index.readers.xml import MAX_DEPTH, elements, first_element, inner


def read(content: str | bytes, *names: str) -> list[str]:
    """Return each element as line, elements around it, and text; a problem as it is told."""
    content = content.encode() if isinstance(content, str) else content
    return list(read_stream(io.BytesIO(content), *names))


def read_stream(stream: BinaryIO, *names: str) -> Iterator[str]:
    contents = Contents("f", cast(BinaryIO, io.BufferedReader(stream)), lambda _: None)
    for part in elements(contents, frozenset(names or {"p"})):
        if isinstance(part, Problem):
            yield str(part)
        else:
            around = "/".join(tag.name for tag in part.around)
            yield f"{part.line} {around}: {''.join(part.element.itertext())}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("<s><p>elm</p>\n\n<p>oak</p></s>", ["1 s: elm", "3 s: oak"], id="lines"),
        pytest.param("<s>\r\n<p>elm</p>\r\n<p>oak</p></s>", ["2 s: elm", "3 s: oak"], id="CRLF"),
        pytest.param("<s>\r<p>elm</p>\r<p>oak</p></s>", ["2 s: elm", "3 s: oak"], id="CR"),
        pytest.param("<p>elm</p>", ["1 : elm"], id="the root itself"),
        pytest.param("<s><v><p>elm</p></v></s>", ["1 s/v: elm"], id="deeper"),
        pytest.param('<s xmlns="http://x.org/"><p>elm</p></s>', ["1 s: elm"], id="namespace"),
        pytest.param("<s><p>elm &amp; &#246;</p></s>", ["1 s: elm & ö"], id="entities"),
        pytest.param(
            "<s><p>elm&nbsp;oak &ouml;</p></s>", ["1 s: elm&nbsp;oak &ouml;"], id="HTML's"
        ),
        pytest.param("<s><p><![CDATA[a <b> c]]></p></s>", ["1 s: a <b> c"], id="CDATA"),
        pytest.param("<s/>", [], id="none"),
        pytest.param("<s><p/></s>", ["1 s: "], id="empty"),
        pytest.param("\n\n<?xml version='1.0'?><s><p>elm</p></s>", ["3 s: elm"], id="late prolog"),
        pytest.param("<s><p>el\x01m\x0b</p></s>", ["1 s: el m "], id="control characters"),
        pytest.param("<s><p>el\ufffe\uffffm</p></s>", ["1 s: elm"], id="no characters"),
        pytest.param("\ufeff<s><p>elm</p></s>", ["1 s: elm"], id="byte-order mark"),
    ],
)
def test_elements_come_with_their_line(content: str, expected: list[str]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<s><p>elm</p></s>\n<s><p>oak</p></s>", ["1 s: elm", "2 s: oak"]),
        ("<s><p>elm</p></s>\n<?xml version='1.0'?>\n<s><p>oak</p></s>", ["1 s: elm", "3 s: oak"]),
        ("<s><p>elm</p></s>\n\ufeff<!DOCTYPE s><s><p>oak</p></s>", ["1 s: elm", "2 s: oak"]),
        ("<p>elm</p>\n<p>oak</p>\n<p>ash</p>", ["1 : elm", "2 : oak", "3 : ash"]),
        (
            "<s><p>elm</p>\n<p>oa<?xml version='1.0'?><s>\n<p>ash</p></s>",
            [
                "1 s: elm",
                "f:2: <p> cannot be read: another document begins before it is closed; left out",
                "3 s: ash",
            ],
        ),
        (
            "<s><p>elm</p>\n<?xml version='1.0'?><s>\n<p>ash</p></s>",
            [
                "1 s: elm",
                "f:2: not read as XML: another document begins before it is closed; "
                "read on at the next record",
                "3 s: ash",
            ],
        ),
    ],
)
def test_documents_may_be_joined_in_one_file(content: str, expected: list[str]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("<p>oak & ash</p>", "not well-formed (invalid token)"),
        ("<p>oak < ash</p>", "not well-formed (invalid token)"),
        ("<p>oak <i>ash</p>", "mismatched tag"),
        ("<p>oak", "another begins before it is closed in line 3"),
        ("<p>oak\n</q>", "mismatched tag in line 3"),
        ("<p>&#1;</p>", "reference to invalid character number"),
        ("<p>" + "<i>" * MAX_DEPTH + "</i>" * MAX_DEPTH + "</p>", "elements are nested more than"),
        ("<p>" + "oak " * (MAX_RECORD_BYTES // 3) + "</p>", "longer than"),
        ("<p>" + "<i>oak</i> " * (MAX_RECORD_BYTES // 5) + "</p>", "longer than"),
        ('<p><i a="' + "oak " * (MAX_RECORD_BYTES // 3) + '"/></p>', "longer than"),
    ],
)
def test_damage_costs_the_element_that_it_is_in(damaged: str, reason: str) -> None:
    before, problem, *after = read(f"<s><v><p>elm</p>\n{damaged}\n<p>fir</p></v><p>yew</p></s>")
    assert before == "1 s/v: elm"
    assert problem.startswith(f"f:2: <p> cannot be read: {reason}")
    assert [text.partition(" ")[2] for text in after] == ["s/v: fir", "s: yew"]


@pytest.mark.parametrize(
    ("content", "told", "after"),
    [
        ("<s>\n<p x=1>oak</p>\n<p>fir</p></s>", "f:2: not read as XML", "3 s: fir"),
        ("<s>\n& oak <p>fir</p></s>", "f:2: not read as XML", "2 s: fir"),
        ("<s><p>fir</p></s> oak", "f:1: not read as XML: junk", ""),
        ("<s></s> oak\n<s><p>fir</p></s>", "f:1: not read as XML: junk", "2 : fir"),
        ("<a>" * (MAX_DEPTH + 9) + "\n<p>fir</p>", "f:1: not read as XML: elements are", ": fir"),
    ],
)
def test_damage_between_elements_costs_no_other(content: str, told: str, after: str) -> None:
    lines = read(content)
    assert next(line for line in lines if line.startswith("f:")).startswith(told)
    assert any(after in line for line in lines)


def test_what_is_around_an_element_is_known_after_damage() -> None:
    content = "<s><v><p>elm <</p></v>\n<v>\n<p>oak</p></v></s>\n<s><p>fir</p></s>"
    assert read(content)[1:] == ["3 s/v: oak", "4 s: fir"]


@pytest.mark.parametrize(
    ("space", "name"),
    [("http://x.org/", "v"), ("http://www.w3.org/1998/Math/MathML", "mml:v")],
)
def test_damage_among_elements_of_a_namespace(space: str, name: str) -> None:
    content = f'<s><q:v xmlns:q="{space}"><p>elm</p>\n<p>& oak</p>\n<p>fir</p></q:v></s>'
    before, problem, after, *_ = read(content)
    assert (before, after) == (f"1 s/{name}: elm", f"3 s/{name}: fir")
    assert problem.startswith("f:2: <p> cannot be read")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<s><p>elm</p>\n<p>oak", "f:2: the file ends within this <p>, which is left out"),
        (
            "<s><p>elm</p>\n<p",
            "f:2: the file ends before <s> is closed; what stands before is read",
        ),
        ("<s><p>elm</p>\n", "f:2: the file ends before <s> is closed; what stands before is read"),
    ],
)
def test_a_cut_file_keeps_what_stands_before_the_cut(content: str, told: str) -> None:
    assert read(content) == ["1 s: elm", told]


ENTITIES = [
    '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
    '<!ENTITY a SYSTEM "file:///etc/hostname">',
    '<!ENTITY % a SYSTEM "http://localhost:9/x.dtd"> %a;',
    '<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "x.gif" NDATA n>',
]


@pytest.mark.parametrize("declared", ENTITIES)
def test_a_file_that_declares_entities_is_refused_from_there_on(declared: str) -> None:
    told = read(f"<s><p>elm</p></s>\n<!DOCTYPE s [{declared}]><s><p>&a;</p></s>")
    assert told[0] == "1 s: elm"
    assert len(told) == 2
    assert told[1].startswith("f:2: the entity 'a' is declared, which could fill the memory")


def test_a_dtd_that_is_named_is_not_fetched() -> None:
    content = '<!DOCTYPE s PUBLIC "-//X//Y" "http://localhost:9/x.dtd"><s><p>elm &eacute;</p></s>'
    assert read(content) == ["1 s: elm &eacute;"]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("ISO-8859-1", "latin-1"),
        ("iso-8859-1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("gb18030", "gb18030"),
        ("Shift_JIS", "utf-8"),
        ("EUC-JP", "euc-jp"),
        ("no-such-code", "utf-8"),
        ("base64", "utf-8"),
    ],
)
def test_the_declaration_says_the_encoding(declared: str, encoding: str) -> None:
    text = "木" if encoding in ("gb18030", "euc-jp") else "ü" if "utf" not in encoding else "ü木"
    if declared == "Shift_JIS":
        encoding, text = "shift_jis", "木"
    named = f' encoding="{declared}"' if declared else ""
    content = f"<?xml version='1.0'{named}?>\n<s>\n<p>{text}</p></s>".encode(encoding)
    assert read(content) == [f"3 s: {text}"]
    assert first_element(Head(content)) == "<s"


def test_bytes_that_cannot_be_decoded_are_told_with_their_line() -> None:
    told = "f:2: not UTF-8; what cannot be read stands as \ufffd"
    assert read(b"<s><p>elm</p>\n<p>o\xffk</p></s>") == [told, "1 s: elm", "2 s: o\ufffdk"]


def test_a_file_that_should_be_utf_8_may_be_windows_1252() -> None:
    content = "<s>\n<p>Örn, Åse</p><p>“ä”</p></s>".encode("cp1252")
    (note, *read_elements) = read(content)
    assert note == "f:1: not UTF-8, and read as Windows-1252 from here on"
    assert read_elements == ["2 s: Örn, Åse", "2 s: “ä”"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<s>", "<s"),
        ("<s a='1'/>", "<s a='1'/"),
        ("  \n<?xml version='1.0'?>\n<!-- <x> -->\n<!DOCTYPE s [<!ELEMENT s (p)>]>\n<s>", "<s"),
        ('<!DOCTYPE s PUBLIC "-//X>//" "http://x.org/">\n<s>', "<s"),
        ("s", ""),
        ("", ""),
        ("<", ""),
        ("<!-- elm", ""),
        (" " * 60_000 + "elm", ""),
    ],
)
def test_the_first_element_is_found_behind_the_prolog(content: str, expected: str) -> None:
    assert first_element(Head(content.encode())) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("elm", "elm"),
        ("el<b>m</b>s", "elms"),
        ("10<sup>6</sup> m<sup>2</sup>", "10^6 m2"),
        ("p &lt; 0.05 <i>and</i> q &gt; 1 &amp;lt;", "p < 0.05 and q > 1 <"),
        ("a<q:math xmlns:q='http://www.w3.org/1998/Math/MathML'><q:mi>x</q:mi></q:math>", "ax"),
        ("<unknown>elm <x><y>oak</y></x></unknown> fir", "elm oak fir"),
        ("one<par/>two<p>three</p>", "one\ntwo\nthree"),
        ("of <tex-math>x^2</tex-math>", "of $x^2$"),
    ],
)
def test_mark_up_in_an_element_becomes_text(content: str, expected: str) -> None:
    stream = io.BufferedReader(io.BytesIO(f"<t>{content}</t>".encode()))
    (part,) = elements(Contents("f", stream, lambda _: None), frozenset({"t"}))
    assert not isinstance(part, Problem)
    assert plain(inner(part.element)) == expected


class _Endless(io.RawIOBase):
    """Many elements, made as they are read."""

    def __init__(self, start: bytes, count: int) -> None:
        self._start = start
        self._left = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._start:
            start, self._start = self._start, b""
            buffer[: len(start)] = start
            return len(start)
        piece = b"<p><i>elm</i> oak</p>\n"
        count = min(len(buffer) // len(piece), self._left)
        self._left -= count
        buffer[: count * len(piece)] = piece * count
        return count * len(piece)


@pytest.mark.parametrize("start", [b"<s>", b""], ids=["one document", "many documents"])
def test_memory_does_not_grow_with_the_file(start: bytes) -> None:
    most = []
    told = read_stream(cast(BinaryIO, _Endless(start, 12_000)))
    # Elements are no garbage in circles; when such is looked for depends on what ran before.
    gc.disable()
    tracemalloc.start()
    try:
        for count in (4_000, 8_000 + bool(start)):
            assert sum(1 for _ in islice(told, count)) == count
            most.append(tracemalloc.get_traced_memory()[1])
        assert next(told, None) is None
    finally:
        tracemalloc.stop()
        gc.enable()
    assert most[1] < most[0] + 25_000


PIECES = st.lists(
    st.sampled_from(
        [
            *("<s>", "</s>", "<p>", "</p>", "<p/>", "<i>", "</i>", "elm", "&", "<", "&#1;", "<p "),
            *("<!--", "-->", "<![CDATA[", "]]>", "\n", "\ufeff", "<!DOCTYPE s>"),
            *("<m:a xmlns:m='http://www.w3.org/1998/Math/MathML'>", "</m:a>", "<s xmlns='x'>"),
            "<?xml version='1.0'?>",
        ]
    ),
    max_size=30,
).map("".join)


@given(PIECES)
def test_no_text_raises_and_lines_exist(content: str) -> None:
    for told in read(content):
        line = told.split(":")[1] if told.startswith("f:") else told.split()[0]
        assert 1 <= int(line) <= content.count("\n") + 1


@given(st.binary(max_size=60))
def test_no_bytes_raise(content: bytes) -> None:
    read(b"<s><p>elm</p>" + content + b"<p>oak</p></s>")
    first_element(Head(content))


WHOLE = "<s>\n<p>elm</p>\n<p>oak <i>fir</i> &amp; yew</p><v>\n<p>ash</p></v></s>\n"


@given(st.integers(0, len(WHOLE)))
def test_a_cut_anywhere_gives_a_prefix_and_tells_the_loss(length: int) -> None:
    whole, cut = read(WHOLE), read(WHOLE[:length])
    read_before = [line for line in cut if not line.startswith("f:")]
    assert read_before == whole[: len(read_before)]
    assert len(read_before) == WHOLE[:length].count("</p>")
    assert len(cut) - len(read_before) == ("<s>" in WHOLE[:length] and length < len(WHOLE) - 1)


@given(st.integers(1, 40), st.data())
def test_blocks_of_any_size_give_the_same(size: int, data: st.DataObject) -> None:
    content = data.draw(PIECES).encode()

    class Slow(io.RawIOBase):
        place = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            piece = content[self.place : self.place + size]
            self.place += len(piece)
            buffer[: len(piece)] = piece
            return len(piece)

    slowly = [line for line in read_stream(cast(BinaryIO, Slow())) if not line.startswith("f:")]
    assert slowly == [line for line in read(content) if not line.startswith("f:")]
