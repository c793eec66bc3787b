"""Rows with more cells than there are headings: which cells still stand below their headings."""

import re
from collections.abc import Sequence

from index.readers.table.headings import Producer, folded


def realigned(
    cells: Sequence[str], headings: Sequence[str], fields: Sequence[str], producer: Producer
) -> list[str]:
    """Return a cell for each heading, empty where nothing tells which it is.

    ``fields`` are the fields of the columns, empty for those that are not read. Cells are counted
    from both ends as far as the shapes of years, DOIs and the like confirm it. If one column is
    left between, the cells between are its text, which held the sign between cells. Of several only
    the title is taken, where the row has it if nothing is shifted before it.

    Scopus wrote rows in which one known column stands twice. Their last cells show it.
    """
    width, extra = len(headings), len(cells) - len(headings)
    from_right = cells[extra:]
    if _is_known(cells, producer):
        places = [place for place, one in enumerate(headings) if folded(one) == producer.shifted_at]
        if places:
            return [*cells[: places[0]], *from_right[places[0] :]]
    start, is_whole = _confirmed(cells, fields)
    if is_whole:
        return [*cells[:start], *_titles(cells[start:width], fields[start:])]
    length, _ = _confirmed(from_right[start:][::-1], fields[start:][::-1])
    end = width - length
    if end - start == 1:
        between = [",".join(cells[start : end + extra])]
    else:
        between = _titles(cells[start:end], fields[start:end])
    return [*cells[:start], *between, *from_right[end:]]


def _titles(cells: Sequence[str], fields: Sequence[str]) -> list[str]:
    return [cell if field == "title" else "" for cell, field in zip(cells, fields, strict=True)]


def _is_known(cells: Sequence[str], producer: Producer) -> bool:
    last = cells[-len(producer.anchors) :] if producer.anchors else ()
    return bool(last) and all(
        re.fullmatch(pattern, cell.strip())
        for pattern, cell in zip(producer.anchors, last, strict=True)
    )


def _confirmed(cells: Sequence[str], fields: Sequence[str]) -> tuple[int, bool]:
    """Return how many cells are confirmed, and whether no cell contradicts its column."""
    count = 0
    for place, (cell, field) in enumerate(zip(cells, fields, strict=False)):
        shape = _SHAPES.get(field)
        if shape and cell.strip():
            if not shape.match(cell.strip()):
                return count, False
            count = place + 1
    return count, count > 0


_SHAPES = {
    field: re.compile(pattern, re.IGNORECASE)
    for field, pattern in {
        "id": r"\S+$",
        "year": r"[12]\d{3}(?:\.0)?$",
        "date": r"[^.]{0,30}\d{4}|\d",
        "doi": r"(?:doi:\s*|https?://\S*?)?10\.\d{4,}/",
        "pmid": r"\d+(?:\.0)?$",
        "pmcid": r"(?:PMC)?\d+(?:\.0)?$",
        "issn": r"\d{4}-?\d{3}[\dX]\b",
        "isbn": r"[\d-]{9,}",
        "url": r"https?://|www\.",
        "pdf": r"https?://|www\.",
        "cited_by": r"\d+(?:\.0)?$",
        "first_page": r"\w{1,12}$",
    }.items()
}
