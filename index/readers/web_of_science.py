"""Web of Science, plain text: two letters, a blank and a value, from ``PT`` to ``ER``.

Format: https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html. The letters are
those of its tables, and mean the same there.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from index.readers.base import Contents, Head, Line, Problem
from index.readers.blocks import blocks
from index.readers.record import Record
from index.readers.table.headings import WEB_OF_SCIENCE
from index.readers.table.papers import record_of

NAME = "web-of-science"
OVERLAPS = False


def recognises(head: Head) -> bool:
    """The file begins with the name of the service or with a record's type."""
    lines = [line for line in head.lines if line.strip()][:3]
    if not lines:
        return False
    if re.match(r"FN .*(?:Web of|ISI|Clarivate|Thomson)", lines[0], re.I):
        return True
    return bool(_BEGIN.match(lines[0])) and all(map(_LINE.match, lines))


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield the record of each block, and a problem for one without an end."""
    others = Counter[str]()
    for block in blocks(contents.file, contents.lines(), _begins, _ends):
        if isinstance(block, Problem):
            yield block
            continue
        lines = [line for line in block if not _OUTSIDE.match(line.text)]
        if not any(line.text.strip() for line in lines):
            continue
        begin = next((line for line in lines if line.text.strip()), lines[0])
        found: dict[str, list[str]] = {}
        for field, text in _fields(lines):
            found.setdefault(field, []).append(text)
        if not found:
            reason = "no field of a record; left out"
            yield Problem(contents.file, begin.number, reason, what="no field of a record")
            continue
        made = record_of(found, begin.number, WEB_OF_SCIENCE)
        if isinstance(made, str):
            others[made] += 1
            continue
        if not _ends(block[-1].text):
            made.lost.append(("ER", "the record has no end; it may be cut off"))
        yield made
    for what, count in sorted(others.items()):
        yield Problem(contents.file, 0, f"{what} are not read ({count:,})", kind="note")


def _begins(line: str) -> bool:
    return _BEGIN.match(line) is not None


def _ends(line: str) -> bool:
    return line[:2] == "ER" and not line[2:].strip()


def _fields(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Yield the fields with their texts. A list is joined by semicolons."""
    tag = ""
    found: dict[str, list[list[str]]] = {}
    for line in lines:
        if match := _LINE.match(line.text):
            tag = match[1] or match[2]
            found.setdefault(tag, []).append([line.text[match.end() :].strip()])
        elif tag and (text := line.text.strip()):
            found[tag][-1].append(text)
    for tag, values in found.items():
        field = WEB_OF_SCIENCE.fields.get(tag.lower())
        if not field:
            continue
        if tag in _LISTS:
            items = (text.rstrip(";") for lines in values for text in lines if text)
            texts = ["; ".join(items)]
        else:
            sign = "\n\n" if tag in _TEXTS else " "
            texts = [sign.join(lines).rstrip(";") for lines in values]
        for text in filter(None, texts):
            yield field, text


_BEGIN = re.compile(r"PT [A-Z]")
# A tag may lack its blank: AUQuill, Ann
_LINE = re.compile(r"(?:([A-Z][A-Z0-9])(?=\s|$)|(AU|AF|TI|SO|AB)(?=[A-Z][a-z]|[A-Z]{2}))")
_OUTSIDE = re.compile(r"(?:FN |VR |EF\s*$|ER\s*$)")
_LISTS = {"AU", "AF", "BA", "BF", "BE", "CA", "GP", "C1", "C3"}
# A line of these is a paragraph.
_TEXTS = {"AB", "X4", "Y4", "Z4"}
