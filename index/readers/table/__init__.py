"""Tables, as CSV or with tabs: exports of Scopus, Web of Science, IEEE Xplore and others.

Any table with a row of headings, a title and another column that papers have is a list of papers.
Tables that were put one behind the other each have headings of their own. ``headings`` knows what
the columns are called, ``rows`` how cells are parted, ``papers`` what the cells of a row say,
``producers`` what only one program does.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from index.readers.base import Contents, Head, Problem
from index.readers.record import Record
from index.readers.table.papers import Table
from index.readers.table.rows import RowReader, find_heading, first_lines

NAME = "table"
OVERLAPS = False


def recognises(head: Head) -> bool:
    """One of the first lines is the headings of a list of papers."""
    return find_heading(head.lines) is not None


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield the record of each row."""
    first, further = first_lines(contents.chars())
    heading = find_heading(first)
    if heading is None:
        yield Problem(contents.file, 0, "no headings with a title among the first lines; left out")
        return
    table = Table(heading)
    behind = heading.place + 1
    others = Counter[str]()
    reader = RowReader(contents.file, heading, chain(first[behind:], further), behind + 1)
    for row in reader.rows():
        if isinstance(row, Problem):
            yield row
            continue
        if (headings := table.headings_in(row)) is not None:
            table = Table(heading._replace(headings=headings), table.short_count)
            reader.expect(len(headings))
            continue
        made = table.record(row)
        if isinstance(made, str):
            others[made] += 1
        elif made is not None:
            yield made
    if table.short_count:
        rows = "1 row has" if table.short_count == 1 else f"{table.short_count:,} rows have"
        reason = f"{rows} fewer cells than there are headings"
        yield Problem(contents.file, 0, reason, kind="note")
    for what, count in sorted(others.items()):
        yield Problem(contents.file, 0, f"{what} are not read ({count:,})", kind="note")
