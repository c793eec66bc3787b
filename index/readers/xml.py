"""XML files: chosen elements one at a time, each with its line, whatever is wrong with the rest.

What XML readers share. ``elements`` streams: no more than one element is in memory. A file may be
several documents one after the other, may be cut, and may have places that are not well-formed:
each costs the element that it is in, and no other.
"""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from html import escape
from io import BufferedReader
from typing import NamedTuple, cast
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, errors

from index.readers.base import MAX_RECORD_BYTES, Contents, Head, Problem
from index.readers.decoding import Decoder

MAX_DEPTH = 100
"""An element that is nested deeper is reported and left out."""

_BLOCK_BYTES = 1 << 16


class Tag(NamedTuple):
    """The name and the attributes of an element."""

    name: str
    attributes: dict[str, str]


class Part(NamedTuple):
    """An element that was read whole, the line where it begins, and the elements around it.

    Its names are without their namespaces, those of MathML with the prefix ``mml:``.
    """

    line: int
    element: Element
    around: tuple[Tag, ...]


def first_element(head: Head) -> str:
    """Return the start tag of a file's first element, such as ``<set size="2"``, else nothing."""
    encoding = _encoding_of(head.content)
    match = _FIRST_ELEMENT.match(head.content.decode(encoding, "replace"))
    return match[1] if match else ""


def elements(contents: Contents, names: frozenset[str]) -> Iterator[Part | Problem]:
    """Yield the elements of these names, and a problem for each that is lost.

    An element within one of them is a part of it, and does not come for itself. Entities that HTML
    knows are read; a file that declares its own, which may fill the memory or name other files, is
    refused from there on. Nothing but the file itself is ever opened.
    """
    reading = _Reading(contents.file, names)
    for block in _blocks(contents):
        if isinstance(block, Problem):
            yield block
            continue
        yield from reading.parse(block)
        if reading.is_refused:
            return
        # No more than one element is in memory, and its length is bounded here.
        contents.record_ended()
    yield from reading.end()


def inner(element: Element | None) -> str:
    """Return what stands in an element, with the tags that mean something to ``markup.plain``.

    Of other tags only the text is left, so that mark-up parts no words.
    """
    if element is None:
        return ""
    if not len(element):
        return element.text or ""
    parts: list[str] = []
    _write_inner(element, parts)
    return "".join(parts)


def _write_inner(element: Element, parts: list[str]) -> None:
    parts.append(escape(element.text or "", quote=False))
    for child in element:
        name = child.tag
        if name in _PARAGRAPHS:
            parts.append("\n\n")
        is_meant = name in _MEANT or name.startswith("mml:")
        if is_meant:
            notation = child.get("encoding", "")
            parts.append(f'<{name} encoding="{escape(notation)}">' if notation else f"<{name}>")
        _write_inner(child, parts)
        if is_meant:
            parts.append(f"</{name}>")
        if name in _PARAGRAPHS:
            parts.append("\n\n")
        parts.append(escape(child.tail or "", quote=False))


class _UnreadableError(Exception):
    """What is well-formed, or may be, and is not read all the same."""


class _Document:
    """One parser, from the beginning of a document or from somewhere within one.

    ``around`` are the elements that are open, ``parts`` those that were read. ``open_line`` and
    ``open_byte`` say where the element begins that is being read; the line is 0 if none is.
    ``first_byte`` is the first that is of the file, on ``line``.
    """

    def __init__(self, names: frozenset[str], line: int, around: tuple[Tag, ...] = ()) -> None:
        # The parser refuses declarations of entities. Its handlers for elements, which would build
        # a tree of the whole file, are replaced by those below.
        from defusedxml.ElementTree import DefusedXMLParser

        self.parts: deque[Part] = deque()
        self.around: list[Tag] = []
        self.has_begun = bool(around)
        self.open_line = 0
        self.open_byte = 0
        self.doctype_line = 0
        self.fed_bytes = 0
        self.first_byte = 0
        self._names = names
        self._tags: dict[str, str] = {}
        self._line_offset = line - 1
        self._builder: TreeBuilder | None = None
        self._depth = 0
        self._failed_byte = self._failed_line = 0
        self.expat = expat = DefusedXMLParser(target=object(), encoding="utf-8").parser
        expat.ordered_attributes = False
        # As if there were a DTD that declares the entities of HTML: then those that are not known
        # come to the handler below, instead of ending the file.
        expat.UseForeignDTD(True)
        expat.DefaultHandlerExpand = None
        expat.SkippedEntityHandler = self._skipped_entity
        expat.EndElementHandler = self._end
        expat.StartDoctypeDeclHandler = self._doctype
        if around:
            expat.StartElementHandler = None
            names_around = [tag.name.removeprefix("mml:") for tag in around]
            self.feed("".join(f"<{name}>" for name in names_around).encode())
            self.around = list(around)
            self.first_byte = self.fed_bytes
        expat.StartElementHandler = self._start

    @property
    def line(self) -> int:
        """The line that is being parsed, or where it failed."""
        return self._failed_line or self.expat.CurrentLineNumber + self._line_offset

    @property
    def byte(self) -> int:
        """The byte that is being parsed, or where it failed."""
        return self._failed_byte or self.expat.CurrentByteIndex

    def feed(self, block: bytes) -> None:
        """Parse more bytes. Raises ExpatError, _UnreadableError or what defusedxml does."""
        self.fed_bytes += len(block)
        self.expat.Parse(block, False)
        if self._builder and self.fed_bytes - self.open_byte > MAX_RECORD_BYTES:
            raise self._failure(f"longer than {MAX_RECORD_BYTES:,} bytes")
        if self.fed_bytes - self.byte > MAX_RECORD_BYTES:
            raise self._failure(f"a tag is longer than {MAX_RECORD_BYTES:,} bytes")

    def close(self) -> None:
        """Let go of the parser, which would else wait for Python's search for cycles."""
        for name in _HANDLERS:
            setattr(self.expat, name, None)

    def _failure(self, reason: str) -> Exception:
        # The parser goes on to the end of the bytes when a handler raises an error.
        self._failed_byte, self._failed_line = self.byte, self.line
        return _UnreadableError(reason)

    def _doctype(self, *_: object) -> None:
        # If it declares entities, the error comes from within it.
        self.doctype_line = self.line

    def _start(self, raw_name: str, attributes: dict[str, str]) -> None:
        name = self._tags.get(raw_name) or self._tag_of(raw_name)
        builder = self._builder
        if builder is None:
            self.has_begun = True
            if len(self.around) >= MAX_DEPTH:
                raise self._failure(f"elements are nested more than {MAX_DEPTH} deep")
            self.around.append(Tag(name, attributes))
            if name not in self._names:
                return
            self.open_line, self.open_byte = self.line, self.byte
            self._builder = builder = TreeBuilder()
            self._depth = 0
            self.expat.CharacterDataHandler = builder.data
        elif name == self.around[-1].name:
            raise self._failure("another begins before it is closed")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._failure(f"elements are nested more than {MAX_DEPTH} deep")
        builder.start(name, attributes)

    def _end(self, raw_name: str) -> None:
        builder = self._builder
        if builder is None:
            if self.around:
                self.around.pop()
            return
        builder.end(self._tags[raw_name])
        self._depth -= 1
        if not self._depth:
            self.around.pop()
            self.parts.append(Part(self.open_line, builder.close(), tuple(self.around)))
            self._builder = self.expat.CharacterDataHandler = None
            self.open_line = 0

    def _skipped_entity(self, name: str, is_parameter: bool) -> None:
        if self._builder and not is_parameter:
            self._builder.data(f"&{name};")

    def _tag_of(self, raw_name: str) -> str:
        namespace, _, name = raw_name.rpartition("}")
        if namespace.endswith("/MathML"):
            name = f"mml:{name}"
        # The names of a file are few; those of one that was made to have many are not kept.
        if len(self._tags) < _MOST_NAMES:
            self._tags[raw_name] = name
        elif raw_name not in self._tags:
            raise self._failure(f"more than {_MOST_NAMES:,} names of elements")
        return name


class _Reading:
    """The reading of one file: documents, one after another, and what is skipped between them."""

    def __init__(self, file: str, names: frozenset[str]) -> None:
        self.is_refused = False
        self._file = file
        self._names = names
        self._document = _Document(names, 1)
        # What was parsed last: an error may be in it, and is known only with what follows.
        self._last = b""
        # While a place to read on is searched: what is open there, the line, what is not searched.
        self._lost: tuple[Tag, ...] | None = None
        self._lost_line = 0
        self._rest = b""

    def parse(self, block: bytes) -> Iterator[Part | Problem]:
        """Yield the elements that end in a block of bytes, and a problem for each that is lost."""
        from defusedxml.common import DefusedXmlException

        while block:
            if self._lost is not None:
                block = self._after_damage(self._rest + block, self._lost)
                continue
            document, failure = self._document, None
            try:
                document.feed(block)
            except (ExpatError, _UnreadableError, DefusedXmlException) as error:
                failure = error
            while document.parts:
                yield document.parts.popleft()
            if failure is None:
                self._last = block
                return
            if isinstance(failure, DefusedXmlException):
                self.is_refused = True
                yield Problem(self._file, document.doctype_line, _refusal(failure))
                return
            window = self._last + block
            index = max(document.byte, document.first_byte)
            block = window[max(index - (document.fed_bytes - len(window)), 0) :]
            self._last = b""
            if reason := self._left_behind(failure, block):
                yield Problem(self._file, document.open_line or document.line, reason)
            if self._lost is not None and index == document.first_byte:
                # Else the same place would be parsed again and again.
                self._lost_line += block[:1] == b"\n"
                block = block[1:]

    def end(self) -> Iterator[Problem]:
        """Yield a problem if the file ends within an element."""
        document = self._document
        if self._lost is not None or not document.has_begun:
            return
        try:
            document.expat.Parse(b"", True)
        except ExpatError:
            name = document.around[-1].name if document.around else "document"
            reason = f"the file ends before <{name}> is closed; what stands before is read"
            if document.open_line:
                reason = f"the file ends within this <{name}>, which is left out"
            yield Problem(self._file, document.open_line or document.line, reason)

    def _left_behind(self, failure: Exception, rest: bytes) -> str:
        """Take another document for the one that failed before ``rest``; return what is lost."""
        document = self._document
        document.close()
        code = failure.code if isinstance(failure, ExpatError) else 0
        ends = code == _JUNK_AFTER_DOCUMENT and rest.startswith(b"<")
        if ends or code == _MISPLACED_DECLARATION:
            self._document = _Document(self._names, document.line)
            if not document.around:
                return ""
            failed = "another document begins before it is closed"
        else:
            failed = str(failure).partition(": line ")[0]
            around = document.around[:-1] if document.open_line else document.around
            self._lost, self._lost_line, self._rest = tuple(around), document.line, b""
            if not document.around and rest.lstrip(b"<").startswith(b"/"):
                return ""  # the end of what began before earlier damage
        if document.open_line:
            place = "" if document.line == document.open_line else f" in line {document.line:,}"
            return f"<{document.around[-1].name}> cannot be read: {failed}{place}; left out"
        return f"not read as XML: {failed}; read on at the next record"

    def _after_damage(self, text: bytes, around: tuple[Tag, ...]) -> bytes:
        """Return what follows damage from the next tag on that is known; nothing if none is."""
        known = [tag.name for tag in around]
        names = b"|".join([re.escape(name).encode() for name in (*self._names, *known)])
        match = re.search(rb"<(\?xml|%s)(?=[\s/>])" % names, text)
        place = match.start() if match else max(len(text) - _MOST_TAG_BYTES, 0)
        self._lost_line += text.count(b"\n", 0, place)
        if match is None:
            self._rest = text[place:]
            return b""
        name = match[1].decode()
        if name == "?xml":
            around = ()
        elif name in known:
            around = around[: known.index(name)]
        self._document = _Document(self._names, self._lost_line, around)
        self._lost = None
        return text[place:]


def _refusal(error: Exception) -> str:
    name = getattr(error, "name", None) or getattr(error, "sysid", None) or "?"
    return (
        f"the entity {name!r} is declared, which could fill the memory or name other files; "
        "nothing is read from here on. Remove the declaration"
    )


def _blocks(contents: Contents) -> Iterator[bytes | Problem]:
    """Yield the contents in UTF-8, without the characters that no XML may hold.

    With them comes what is told of bytes that are not of the declared encoding. Of those that
    should be UTF-8 a ``Decoder`` tells whether they are damage or another encoding.
    """
    stream = cast(BufferedReader, contents.stream())
    # What was read before an error must not be lost with it, so it is read step by step.
    block = stream.read1(_BLOCK_BYTES)
    encoding = _encoding_of(block)
    decoder = Decoder() if encoding == "utf-8" else None
    whole = codecs.getincrementaldecoder(encoding)("surrogateescape" if decoder else "replace")
    line, is_western = 1, False
    while True:
        text = whole.decode(block, not block)
        utf_8 = text.encode("utf-8", "surrogateescape")
        place = -1 if decoder else text.find("\ufffd")
        if decoder and not text.isascii():
            decoder.look_at(utf_8)
            if _NO_UTF_8.search(text):
                decoded = decoder.decode(utf_8)
                text, place = decoded.text, decoded.text.find("\ufffd")
                utf_8 = text.encode()
                if decoded.western and not is_western:
                    is_western = True
                    reason = "not UTF-8, and read as Windows-1252 from here on"
                    yield Problem(contents.file, line, reason, "note")
        if place >= 0:
            name = encoding.upper()
            reason = f"not {name}; what cannot be read stands as \ufffd"
            what = f"not {name}; \ufffd stands for it"
            yield Problem(contents.file, line + text.count("\n", 0, place), reason, what=what)
        line += utf_8.count(b"\n")
        yield _NO_CHARACTER.sub(b"", utf_8.translate(_CONTROL_AS_BLANK))
        if not block:
            return
        block = stream.read1(_BLOCK_BYTES)


def _encoding_of(head: bytes) -> str:
    """Return the encoding of a file that begins so (XML 1.0, appendix F); UTF-8 if it is unknown.

    What is declared as ISO 8859-1 is read as Windows-1252, which has letters in place of controls.
    """
    for sign, name in _SIGNS:
        if head.startswith(sign):
            return name
    match = _DECLARED_ENCODING.match(head)
    try:
        name = codecs.lookup(match[1].decode()).name if match else ""
    except LookupError:
        name = ""
    if name in ("iso8859-1", "ascii"):
        return "cp1252" if name == "iso8859-1" else "utf-8"
    return name if _TEXT_ENCODING.match(name) else "utf-8"


_JUNK_AFTER_DOCUMENT = errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_MISPLACED_DECLARATION = errors.codes[errors.XML_ERROR_MISPLACED_XML_PI]
_HANDLERS = (
    *("StartElementHandler", "EndElementHandler", "CharacterDataHandler", "SkippedEntityHandler"),
    *("StartDoctypeDeclHandler", "EntityDeclHandler", "UnparsedEntityDeclHandler"),
    "ExternalEntityRefHandler",
)
_MOST_NAMES = 10_000
_MOST_TAG_BYTES = 64
_MEANT = {"sup", "sub", "tex-math", "br"}
_PARAGRAPHS = {"p", "par"}
_FIRST_ELEMENT = re.compile(
    r"""\ufeff?+ (?: \s++ | <\?.*?\?> | <!--.*?-->
        | <!DOCTYPE (?: [^<>\[\]"'] | "[^"]*+" | '[^']*+' | \[.*?\]\s*+(?=>) )*+ > )*+
        (<[A-Za-z_][^<>]*+)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED_ENCODING = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)""")
# The encodings of text in which ASCII stands as it is.
_TEXT_ENCODING = re.compile(
    "utf-8|iso8859|cp[0-9]|koi8|gb|big5|shift|euc|mac|tis|johab|hz$|iso2022"
)
_NO_UTF_8 = re.compile("[\udc80-\udcff]")
# XML 1.0, 2.2: of the controls a tab and line ends are allowed, and two code points are not. A
# byte-order mark stands where files were joined.
_CONTROL_AS_BLANK = bytes(
    32 if code < 32 and code not in b"\t\n\r" else code for code in range(256)
)
_NO_CHARACTER = re.compile(rb"\xef(?:\xbb\xbf|\xbf[\xbe\xbf])")
