"""Author pages: the saved web page of one author, a header and then a block of lines per paper.

A block is a tag line, a title, a blank line, an author line, a blank line and the abstract. The tag
line is an optional score, a category code, a date and an optional mark, without spaces between
them: ``87.8LGMay 7Code``.
"""

import re
from collections.abc import Iterator

from index.categories import CATEGORY_NAMES
from index.names import split_names, with_owners
from index.paper import Paper, Source, paper_id
from index.printed.dates import date_of, date_without_year
from index.readers.base import (
    MAX_RECORD_BYTES,
    Contents,
    Head,
    Line,
    Problem,
    Shortfall,
    clean,
)

NAME = "author-page"
OVERLAPS = True
MAX_SCORE = 1_000_000

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TAG = re.compile(
    rf"""(?P<score>\d+(?:\.\d+)?)?\s*(?P<category>[A-Za-z][A-Za-z.-]{{0,60}})(?P<month>{"|".join(_MONTHS)})
    \ +(?P<day>\d{{1,2}})(?:,\s*(?P<year>\d{{4}}))?(?P<mark>[A-Z][A-Za-z ]{{0,20}})?""",
    re.VERBOSE | re.ASCII,
)
_PAPER_COUNT = re.compile(r"(\d[\d,]{0,11})( ?)[Pp]apers?", re.ASCII)
_FIGURE = re.compile(r"h-index ?\d+", re.ASCII)
# What a header has below the name: the category, and figures such as 8,978citations.
_HEADER_LINE = re.compile(r"[A-Za-z][A-Za-z.-]{0,11}|[\w ,%.-]{0,30}\d[\w ,%.-]{0,30}", re.ASCII)
_ET_AL = re.compile(r",?\s*\bet al\.?$")
_TOO_LONG = f"more than {MAX_RECORD_BYTES:,} characters"
_DOT = re.compile(r"\s+·\s+")


def recognises(head: Head) -> bool:
    """An author page has a figure such as ``h-index25``, a count of papers, or a tag line."""
    return any(
        pattern.fullmatch(line.strip())
        for line in head.lines
        for pattern in (_FIGURE, _PAPER_COUNT, _TAG)
    )


def read(contents: Contents) -> Iterator[Paper | Problem]:
    """Yield the papers of an author page; its owner is an author of each."""
    file = contents.file
    blocks = _blocks(contents.lines())
    header, cut = next(blocks)
    owner, promised, stray = _header(header)
    if cut:
        yield Problem(file, cut.number, f"the header goes on for {_TOO_LONG}; the rest is left out")
    if not owner:
        yield Problem(file, 1, "the page does not begin with its author's name; owner unknown")
    if stray:
        reason = "text before the first paper belongs to none; is a tag line damaged? Left out"
        yield Problem(file, stray.number, reason)
    count, repeats, first_lines = 0, 0, dict[str, int]()
    for block, cut in blocks:
        if cut:
            yield Problem(file, block[0].number, f"the paper takes {_TOO_LONG}; left out")
            continue
        end = _next_header(block)
        for item in _paper(file, owner, block[:end]):
            if isinstance(item, Paper):
                line_number = block[0].number
                first = first_lines.setdefault(item.id, line_number)
                if first != line_number:
                    reason = f"the paper of line {first} again; the first is kept"
                    yield Problem(file, line_number, reason, kind="note")
                    repeats += 1
                    continue
                count += 1
            yield item
        if end < len(block):
            owner, further, stray = _header(block[end:])
            first_lines = {}
            promised = None if promised is None or further is None else promised + further
            if stray:
                yield Problem(file, stray.number, "text of a header belongs to no paper; left out")
    if not count:
        yield Problem(file, 0, "an author page without a paper")
    if promised is not None and promised != count:
        reason = f"the header promises {promised} papers, the file holds {count}"
        if promised > count + repeats:
            yield Shortfall(file, 0, reason, kind="note", held=count)
        else:
            yield Problem(file, 0, reason, kind="note")


def _header(lines: list[Line]) -> tuple[str, int | None, Line | None]:
    """Return the page's owner, how many papers it promises, and the first line that is neither."""
    owner, promised, complete = "", None, False
    for line in lines:
        text = clean(line.text)
        if match := _PAPER_COUNT.fullmatch(text):
            promised = int(match[1].replace(",", ""))
            # "28papers" is a figure among others; "28 Papers" ends the header.
            complete = bool(match[2])
        elif not owner and text and not _is_no_name(text):
            owner = text
        elif text and (complete or not _HEADER_LINE.fullmatch(text)):
            return owner, promised, line
    return owner, promised, None


def _next_header(block: list[Line]) -> int:
    """Return where the header of another page begins, behind a paper; the end if nowhere.

    Somebody may have put pages one behind the other.
    """
    figure = next(
        (
            at
            for at, line in enumerate(block)
            if "h-index" in line.text and _FIGURE.fullmatch(line.text.strip())
        ),
        0,
    )
    before = ((at, clean(block[at].text)) for at in range(figure - 1, 2, -1))
    return next((at for at, text in before if text and not _is_no_name(text)), len(block))


def _is_no_name(text: str) -> bool:
    """Tell whether a header line is a category code or a figure."""
    return text in CATEGORY_NAMES or any(char.isdigit() for char in text)


def _blocks(lines: Iterator[Line]) -> Iterator[tuple[list[Line], Line | None]]:
    """Yield the lines of the header, which may be none, then those of each paper, tag line first.

    With them comes the first line that was left out because the block is too long, if any.
    """
    block: list[Line] = []
    cut: Line | None = None
    char_count = 0
    for line in lines:
        if _TAG.fullmatch(line.text.strip()):
            yield block, cut
            block, cut, char_count = [], None, 0
        # An empty line takes memory too.
        char_count += len(line.text) + 100
        if cut is None and char_count <= MAX_RECORD_BYTES:
            block.append(line)
        elif cut is None:
            cut = line
    yield block, cut


def _paper(file: str, owner: str, block: list[Line]) -> Iterator[Paper | Problem]:
    tag_line = block[0]
    tag = _TAG.fullmatch(tag_line.text.strip())
    if tag is None:  # a page without any tag line is all header
        return
    title = clean(block[1].text) if len(block) > 1 else ""
    if not title:
        yield Problem(file, tag_line.number, "a tag line with no title under it; left out")
        return
    paragraphs = _paragraphs(block[2:])
    author_line, abstract = "", ""
    if paragraphs and (len(paragraphs) > 1 or _looks_like_names(paragraphs[0][1])):
        author_line = paragraphs.pop(0)[1]
    if paragraphs:
        abstract = paragraphs.pop(0)[1]
    missing = " and ".join(
        name for name, text in (("author line", author_line), ("abstract", abstract)) if not text
    )
    if missing:
        reason = f"{missing} missing; the paper is kept without"
        yield Problem(file, tag_line.number, reason)
    if paragraphs:
        reason = "text after the abstract belongs to no paper; is a tag line damaged? Left out"
        yield Problem(file, paragraphs[0][0], reason)
    names, *places = _DOT.split(author_line)
    authors = split_names(_ET_AL.sub("", names), ",")
    month, day = _MONTHS.index(tag["month"]) + 1, tag["day"]
    date = date_of(tag["year"], month, day) if tag["year"] else date_without_year(month, day)
    whole = f"{tag['month']} {tag['day']}{', ' + tag['year'] if tag['year'] else ''}"
    if date is None or not date.endswith(f"-{int(tag['day']):02}"):
        left_out = "date" if date is None else "day"
        yield Problem(file, tag_line.number, f"no such day: {whole}; {left_out} left out")
    score = float(tag["score"]) if tag["score"] else None
    if score is not None and score > MAX_SCORE:
        yield Problem(file, tag_line.number, f"a score above {MAX_SCORE:,}; score left out")
        score = None
    if tag["mark"] not in (None, "Code"):
        reason = f"the mark {tag['mark']!r} is unknown; ignored"
        yield Problem(file, tag_line.number, reason, kind="note")
    yield Paper(
        id=paper_id(title, authors[0] if authors else owner),
        title=title,
        abstract=abstract,
        authors=with_owners(authors, [owner]),
        et_al=_ET_AL.search(names) is not None,
        categories=(tag["category"],),
        year=int(date[:4]) if date and not date.startswith("--") else None,
        date=date,
        has_code=tag["mark"] == "Code",
        institutions=tuple(name for place in places for name in split_names(place, ",")),
        score=score,
        owners=(owner,) if owner else (),
        sources=(Source(file, tag_line.number),),
    )


def _paragraphs(lines: list[Line]) -> list[tuple[int, str]]:
    """Return the first line's number and the text of each run of lines without a blank."""
    paragraphs: list[tuple[int, list[str]]] = []
    after_blank = True
    for line in lines:
        text = clean(line.text)
        if text and not after_blank:
            paragraphs[-1][1].append(text)
        elif text:
            paragraphs.append((line.number, [text]))
        after_blank = not text
    return [(number, " ".join(texts)) for number, texts in paragraphs]


def _looks_like_names(text: str) -> bool:
    return _ET_AL.search(text) is not None or " · " in text or not text.endswith((".", "!", "?"))
