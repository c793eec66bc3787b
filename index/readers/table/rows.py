"""The rows of a table: its headings, how its cells are parted, and rows that are damaged.

A table is as RFC 4180 has it, or as programs write it instead: semicolons, tabs or bars between the
cells, backslashes before quotation marks, quotation marks that nothing doubles.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from index.readers.base import MAX_RECORD_BYTES, Problem
from index.readers.table.headings import WEB_OF_SCIENCE, holds_papers, producer_of

_HEADING_LINES = 20
_DELIMITERS = ",;\t|"
# Texts and programs list words such as title and authors, too.
_NO_HEADING = re.compile(r"[={}<>\r\n]|[^\r\n]{200}")
# After so many lines a row is looked at: it may have swallowed others.
_MANY_LINES = 100
# How many lines are looked at for the end of a row that is damaged.
_MENDED_LINES = 100
# A line takes memory beside its text.
_LINE_COST = 100


class Heading(NamedTuple):
    """The row of headings: its line, counted from 0, the sign between cells, and the headings."""

    place: int
    delimiter: str
    headings: tuple[str, ...]

    @property
    def is_quoted(self) -> bool:
        """Whether quotation marks hold cells together. Web of Science's tables with tabs have none
        that do."""
        is_tagged = producer_of(self.headings) is WEB_OF_SCIENCE
        return not (self.delimiter == "\t" and is_tagged)


class Row(NamedTuple):
    """A row: the line where it begins, and its cells."""

    line: int
    cells: list[str]


def find_heading(lines: Sequence[str]) -> Heading | None:
    """Return the headings of a list of papers among the first lines, None if there are none."""
    for place, line in enumerate(lines[:_HEADING_LINES]):
        for delimiter in _DELIMITERS:
            count = line.count(delimiter)
            if not count or not _may_precede(delimiter, count, lines[place + 1 :]):
                continue
            cells = _cells_of_line(line, delimiter)
            if not any(map(_NO_HEADING.search, cells)) and holds_papers(cells):
                return Heading(place, delimiter, tuple(cells))
    return None


def _may_precede(delimiter: str, count: int, further: Sequence[str]) -> bool:
    """Tell whether the lines that follow may be rows, as those in a text or a program are not.

    Behind a blank line there must be as many delimiters as there are between the headings.
    """
    following = next(filter(str.strip, further), "")
    fewest = 1 if further[:1] == [following] else count
    return following.count(delimiter) >= fewest or following.startswith('"') or not following


def first_lines(lines: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """Return the lines before which or among which the headings stand, and those behind them.

    If the lines end with an error, those behind raise it.
    """
    first: list[str] = []
    try:
        while len(first) < _HEADING_LINES:
            first.append(next(lines))
    except StopIteration:
        pass
    except Exception as error:
        return first, _raising(error)
    return first, lines


def _raising(error: Exception) -> Iterator[str]:
    yield from ()
    raise error


def _cells_of_line(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


class _RowTooLongError(Exception):
    pass


class _Lines:
    """Hands out lines, and remembers those of the row that is being read."""

    def __init__(self, lines: Iterator[str], number: int, is_row: Callable[[str], bool]) -> None:
        self.number = number
        self.taken: list[str] = []
        self.error: Exception | None = None
        self._lines = lines
        self._waiting: deque[str] = deque()
        self._is_row = is_row
        self._size = 0
        self._looked_at = _MANY_LINES
        # Up to this line a cell that is open at the end of a line stays open.
        self._open_to = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.taken and self.number < self._open_to:
            raise _RowTooLongError
        return self._taken()

    def _taken(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._further()
        self.taken.append(line)
        self._size += len(line) + _LINE_COST
        if self._size > MAX_RECORD_BYTES:
            raise _RowTooLongError
        if len(self.taken) > self._looked_at:
            self._looked_at *= 2
            if 2 * sum(map(self._is_row, self.taken[1:])) > len(self.taken):
                raise _RowTooLongError
        return line

    def _further(self) -> str:
        if self.error:
            raise StopIteration
        try:
            return next(self._lines).replace("\0", "")
        except StopIteration:
            raise
        except Exception as error:
            # What was read of the row comes before the error.
            self.error = error
            raise StopIteration from error

    @property
    def have_ended(self) -> bool:
        """Whether there are no more lines."""
        if not self._waiting:
            try:
                self._waiting.append(self._further())
            except StopIteration:
                return True
        return False

    def have_misled(self) -> None:
        """Note that the lines taken are no row.

        A cell was open at the end of each but the last. A row that begins at one of them and leaves
        a cell open at its end comes to the same, so it is stopped there: each line is swallowed
        once.
        """
        self._open_to = max(self._open_to, self.number + len(self.taken) - 1)

    def take(self, count: int) -> bool:
        """Take some more lines into the row; return whether there were any."""
        before = len(self.taken)
        try:
            for _ in range(count):
                self._taken()
        except (StopIteration, _RowTooLongError):
            pass
        return len(self.taken) > before

    def keep(self, count: int) -> None:
        """End a row with its first ``count`` lines, and hand out the others again."""
        self._waiting.extendleft(reversed(self.taken[count:]))
        self.number += count
        self._begin()

    def end(self) -> None:
        """End a row with all its lines."""
        self.number += len(self.taken)
        self._begin()

    def _begin(self) -> None:
        self.taken = []
        self._size = 0
        self._looked_at = _MANY_LINES


class RowReader:
    """Reads the rows behind the headings of one table.

    A row has as many cells as there are headings; blank cells behind them fall away. One that has
    not is read in other ways: with backslashes before quotation marks, with quotation marks that
    end a cell only before the next, without any. If it still has too many or too few cells, it is
    for the caller to judge, unless it has swallowed others, which are then read again.
    """

    def __init__(self, file: str, heading: Heading, lines: Iterator[str], number: int) -> None:
        if csv.field_size_limit() < MAX_RECORD_BYTES:
            # There is one for the whole process. Reference lists alone reach its usual 131,072.
            csv.field_size_limit(MAX_RECORD_BYTES)
        self._file = file
        self._delimiter = heading.delimiter
        self._is_quoted = heading.is_quoted
        self._width = len(heading.headings)
        self._lines = _Lines(lines, number, self._is_row)
        self._follows_damage = False
        # No row that began before this line ended before it.
        self._looked_to = 0
        self._ways = (
            *(self._listed, self._escaped, self._open_quotes),
            *(self._quoted_ends, self._unquoted),
        )
        sign = re.escape(self._delimiter)
        closing = rf'(?:"")*"(?=[ ]*(?:{sign}|[\r\n]|$))'
        self._closing_at_once = re.compile(closing)
        self._closing = re.compile(f'(?<!"){closing}')
        self._closing_before_quote = re.compile(rf'"(?=[ ]*(?:{sign}"|{sign}?[\r\n]|{sign}?$))')
        self._open_cell = re.compile(rf"[^{sign}\r\n]*")
        self._list_cell = re.compile(rf'(?:(?<={sign})|^)"(\["[^\[\]\r\n]*"\])"(?={sign}|\s*$)')

    def expect(self, width: int) -> None:
        """Take the rows that follow for rows of another table, with so many headings."""
        self._width = width

    def rows(self) -> Iterator[Row | Problem]:
        """Yield the rows, and a problem for each that is damaged.

        Raises what the lines raised, after the row before it.
        """
        lines = self._lines
        reader = self._reader(lines)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                if lines.error:
                    raise lines.error from None
                return
            except (csv.Error, _RowTooLongError):
                cells = None
            if cells is not None and (
                self._fits(cells) or self._is_short(cells) or self._has_no_quotes()
            ):
                if not any(map(str.strip, cells)) or self._is_astray(cells):
                    lines.end()
                    continue
                row = Row(lines.number, cells)
                lines.end()
                yield row
            else:
                yield from self._mended()
                reader = self._reader(lines)

    def _is_short(self, cells: list[str]) -> bool:
        """Tell whether a row has too few cells, and has swallowed no other.

        Some spreadsheets leave out the empty cells at the end of a row.
        """
        return len(cells) < self._width and not any(map(self._is_row, self._lines.taken[1:]))

    def _has_no_quotes(self) -> bool:
        """Tell whether there is no other way to read the row."""
        return len(self._lines.taken) == 1 and '"' not in self._lines.taken[0]

    def _is_astray(self, cells: list[str]) -> bool:
        """Tell whether a row behind a damaged one is the rest of that."""
        if len(cells) == self._width:
            self._follows_damage = False
        return self._follows_damage

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self._is_quoted:
            return csv.reader(lines, delimiter=self._delimiter, strict=True)
        return csv.reader(lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE)

    def _fits(self, cells: list[str]) -> bool:
        """Tell whether a row has a cell for each heading; what is blank behind them falls away."""
        if len(cells) > self._width and not any(map(str.strip, cells[self._width :])):
            del cells[self._width :]
        return len(cells) == self._width

    def _is_row(self, line: str) -> bool:
        """Tell whether a line is a whole row by itself."""
        if line.count(self._delimiter) < self._width - 1:
            return False
        try:
            return self._fits(next(self._reader(iter([line])), []))
        except csv.Error:
            return False

    def _mended(self) -> Iterator[Row | Problem]:
        """Read the row that begins with the first line taken in another way, and end it."""
        lines = self._lines
        lines.have_misled()
        number = lines.number
        if self._follows_damage and lines.taken[0].count(self._delimiter) < self._width - 1:
            lines.keep(1)
            return
        while True:
            for read in self._ways:
                cells, count = read(lines.taken)
                if count and self._fits(cells):
                    lines.keep(count)
                    self._follows_damage = False
                    yield Row(number, cells)
                    return
            cells, count = self._open_quotes(lines.taken)
            # The row may have swallowed others, from the first line on that is one by itself.
            further = range(1, count or len(lines.taken))
            own = next((at for at in further if self._is_row(lines.taken[at])), 0)
            if own or count or number < self._looked_to:
                break
            if len(lines.taken) > _MENDED_LINES:
                self._looked_to = number + _MENDED_LINES
                break
            if not lines.take(len(lines.taken)):
                break
        if not own and count:
            lines.keep(count)
            if not self._is_astray(cells):
                yield Row(number, cells)
            return
        is_cut = not own and lines.have_ended
        if own:
            cells, _ = self._open_quotes(lines.taken[:own])
        lines.keep(own or 1)
        if not self._follows_damage:
            reason = "a quotation mark has no partner; what follows is left out up to the next row"
            if is_cut:
                reason = "the file ends within the row; left out"
            what = "cut off" if is_cut else "a quotation mark has no partner"
            yield Problem(self._file, number, reason, what=what)
            if own:
                yield Row(number, cells)
        self._follows_damage = True

    # Other ways to read a row. Each returns the cells, and how many lines they take; 0 if they end
    # nowhere.

    def _escaped(self, taken: list[str]) -> tuple[list[str], int]:
        if not any('\\"' in line for line in taken):
            return [], 0
        reader = csv.reader(
            iter(taken), delimiter=self._delimiter, escapechar="\\", doublequote=False, strict=True
        )
        try:
            cells = next(reader)
        except (csv.Error, StopIteration):
            return [], 0
        is_escaped = any('\\"' in line for line in taken[: reader.line_num])
        return (cells, reader.line_num) if is_escaped else ([], 0)

    def _listed(self, taken: list[str]) -> tuple[list[str], int]:
        """A list as JSON writes it, in quotation marks without doubling its own."""
        lines = [
            self._list_cell.sub(lambda match: '"' + match[1].replace('"', '""') + '"', line)
            for line in taken
        ]
        return self._open_quotes(lines) if lines != taken else ([], 0)

    def _unquoted(self, taken: list[str]) -> tuple[list[str], int]:
        if self._delimiter != "\t":
            return [], 0
        return taken[0].rstrip("\r\n").split("\t"), 1

    def _open_quotes(self, taken: list[str]) -> tuple[list[str], int]:
        """A cell ends at a quotation mark before the next cell, and at no other."""
        return self._cells(taken, self._closing)

    def _quoted_ends(self, taken: list[str]) -> tuple[list[str], int]:
        """As all cells are in quotation marks, a cell may end with one: ``"of "gas"","next"``."""
        return self._cells(taken, self._closing_before_quote)

    def _cells(self, taken: list[str], closing: re.Pattern[str]) -> tuple[list[str], int]:
        text, count, place = taken[0], 1, 0
        cells: list[str] = []
        while True:
            if text.startswith('"', place):
                start = place + 1
                match = self._closing_at_once.match(text, start)
                while not (match := match or closing.search(text, start)):
                    if count >= len(taken) or count > _MENDED_LINES:
                        cells.append(text[place + 1 :].rstrip("\r\n"))
                        return cells, 0
                    # No line end stands in what closes a cell.
                    start = len(text)
                    text += taken[count]
                    count += 1
                cells.append(text[place + 1 : match.end() - 1].replace('""', '"'))
                place = match.end()
                while text.startswith(" ", place):
                    place += 1
            else:
                match = self._open_cell.match(text, place)
                assert match
                cells.append(match[0])
                place = match.end()
            if not text.startswith(self._delimiter, place):
                return cells, count
            place += 1
