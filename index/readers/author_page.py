"""Author pages: the saved page of one author, a header and then a block of lines per paper.

A block is a tag line, a title, a blank, an author line, a blank and the abstract. The tag line runs
together an optional score, a category code, a date and an optional mark: ``87.8LGMay 7Code``.
"""

import re
from collections.abc import Iterator, Sequence

from index.paper import Paper, Source, paper_id, with_owner
from index.readers.base import Line, Problem, clean, is_date, split_names

OVERLAPS = True

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TAG = re.compile(
    rf"""(?P<score>\d+(?:\.\d+)?)?\s*(?P<category>[A-Za-z][A-Za-z.-]*)(?P<month>{"|".join(_MONTHS)})
    \ +(?P<day>\d{{1,2}})(?:,\s*(?P<year>\d{{4}}))?(?P<mark>[A-Z][A-Za-z ]{{0,20}})?""",
    re.VERBOSE | re.ASCII,
)
_PROMISE = re.compile(r"([\d,]+) ?Papers?", re.ASCII | re.IGNORECASE)
_FIGURE = re.compile(r"h-index ?\d+", re.ASCII)
_ET_AL = re.compile(r",?\s*\bet al\.?$")


def recognises(head: Sequence[str]) -> bool:
    """An author page has a figure such as ``h-index25``, a count of papers, or a tag line."""
    return any(
        pattern.fullmatch(line.strip()) for line in head for pattern in (_FIGURE, _PROMISE, _TAG)
    )


def read(file: str, lines: Iterator[Line]) -> Iterator[Paper | Problem]:
    """Yield the papers of an author page; its owner is an author of each."""
    owner, promised, blocks = "", None, _blocks(lines)
    header = next(blocks)
    for line in header:
        text = clean(line.text)
        if match := _PROMISE.fullmatch(text):
            promised = int(match[1].replace(",", "") or 0)
        elif text and not owner and not _FIGURE.fullmatch(text):
            owner = text
    if not owner:
        yield Problem(file, 1, "the page does not begin with its author's name; owner unknown")
    count, first_lines = 0, dict[str, int]()
    for block in blocks:
        for item in _paper(file, owner, block):
            if isinstance(item, Paper):
                line_number = block[0].number
                first = first_lines.setdefault(item.id, line_number)
                if first != line_number:
                    reason = f"the paper of line {first} again; the first is kept"
                    yield Problem(file, line_number, reason, kind="note")
                    continue
                count += 1
            yield item
    if not count:
        yield Problem(file, 0, "an author page without a paper")
    if promised is not None and promised != count:
        reason = f"the header promises {promised} papers, the file holds {count}"
        yield Problem(file, 0, reason, kind="note")


def _blocks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield the header's lines (perhaps none), then each paper's, its tag line first."""
    block: list[Line] = []
    for line in lines:
        if _TAG.fullmatch(line.text.strip()):
            yield block
            block = []
        block.append(line)
    yield block


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
    names, *places = re.split(r"\s+·\s+", author_line)
    authors = split_names(_ET_AL.sub("", names), ",")
    date = f"{tag['year'] or '-'}-{_MONTHS.index(tag['month']) + 1:02}-{int(tag['day']):02}"
    if not is_date(date.replace("--", "2000-", 1)):
        yield Problem(
            file, tag_line.number, f"no such day: {tag['month']} {tag['day']}; day left out"
        )
        date = date[:-3]
    if tag["mark"] not in (None, "Code"):
        reason = f"the mark {tag['mark']!r} is unknown; ignored"
        yield Problem(file, tag_line.number, reason, kind="note")
    yield Paper(
        id=paper_id(title, authors[0] if authors else owner),
        title=title,
        abstract=abstract,
        authors=with_owner(authors, owner),
        et_al=_ET_AL.search(names) is not None,
        category=tag["category"],
        year=int(tag["year"]) if tag["year"] else None,
        date=date,
        has_code=tag["mark"] == "Code",
        institutions=tuple(name for place in places for name in split_names(place, ",")),
        score=float(tag["score"]) if tag["score"] else None,
        owners=(owner,) if owner else (),
        sources=(Source(file, tag_line.number),),
    )


def _paragraphs(lines: list[Line]) -> list[tuple[int, str]]:
    """Return the first line's number and the text of each run of lines without a blank."""
    paragraphs: list[tuple[int, str]] = []
    after_blank = True
    for line in lines:
        text = clean(line.text)
        if text and not after_blank:
            number, start = paragraphs[-1]
            paragraphs[-1] = (number, f"{start} {text}")
        elif text:
            paragraphs.append((line.number, text))
        after_blank = not text
    return paragraphs


def _looks_like_names(text: str) -> bool:
    return _ET_AL.search(text) is not None or " · " in text or not text.endswith((".", "!", "?"))
