"""From the text of a JSON file to its records, one at a time, wherever in the file they stand.

A file may be JSON lines, an array, objects one after the other, or any of these around objects that
hold a list of records, such as ``{"message": {"items": [...]}}``. Arrays are never held whole. An
object that is no record itself is searched: of the lists in it, the longest list of records counts,
and that of a record for each key is a list too. Lists of one place are one list:
``{"days": [{"papers": [...]}, {"papers": [...]}]}``. So are lists side by side of records that have
authors, ``{"journals": [...], "talks": [...]}``, but for works that are cited or related.
The list of a service's answer is known by its keys, and no longer one is waited for.

What is not JSON is left out up to the next value that may be a record.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Generic

from index.readers.json.answers import open_list, scan
from index.readers.json.choosing import Choice, Fault, Found, Kind, Other, place, plain_year

MAX_RECORD_CHARS = 8 << 20
"""A longer object is no record; its members are read one at a time, as a file of its own."""

_KindOf = Callable[[dict[str, Any]], Kind | None]
_IsAnswer = Callable[[tuple[str, ...], Kind], bool]


def records(
    blocks: Iterable[str],
    kind_of: _KindOf[Kind],
    worth: Callable[[Found[Kind]], int] = lambda _: 1,
    is_answer: _IsAnswer[Kind] = lambda *_: False,
) -> Iterator[Found[Kind] | Other | Fault]:
    """Yield the records of a file in their order, given its text in blocks with LF as line ends.

    ``kind_of`` tells what kind of record an object is, None if it is none. Where an object has
    several lists of records, those of papers come first: ``worth`` is 0 for none, 2 with authors.
    ``is_answer`` tells whether the keys of a list and the kind of its first record are those of a
    service's answer, of which no other list counts.
    """
    return _Scanner(blocks, kind_of, Choice(worth), is_answer).records()


@dataclass(slots=True)
class _Level:
    """An array or an object that is open at the place that is read.

    ``start`` counts the characters of the file before it. ``members`` are those of an object that
    could not be read whole, for the reason ``lost``, and so may be a record yet; None if it is
    known to be none. ``found_before`` counts what waited when it began. ``year`` is that of the
    papers in it, told by the key of a list or beside it.
    """

    bracket: str
    line: int
    start: int
    indent: int
    key: str = ""
    first_key: str = ""
    found_before: int = 0
    members: dict[str, Any] | None = None
    lost: str = ""
    year: str = ""


class _UnreadableError(Exception):
    """Where a value ends to be JSON and why; ``is_open`` if it is longer than what is read."""

    def __init__(self, at: int, reason: str, *, is_open: bool = False) -> None:
        super().__init__(reason)
        self.at, self.reason, self.is_open = at, reason, is_open


class _Scanner(Generic[Kind]):
    """The place in a file that is read, and what is open there."""

    def __init__(
        self,
        blocks: Iterable[str],
        kind_of: _KindOf[Kind],
        choice: Choice[Kind],
        is_answer: _IsAnswer[Kind],
    ) -> None:
        self._blocks, self._kind_of, self._is_answer = iter(blocks), kind_of, is_answer
        self._text, self._at, self._line = "", 0, 1
        self._is_last = self._is_faulty = False
        self._levels: list[_Level] = []
        self._key: str | None = None
        self._out: list[Found[Kind] | Other | Fault] = []
        self._choice, self._waiting_chars = choice, 0
        self._last_fault = self._passed_chars = self._wasted_chars = 0

    def records(self) -> Iterator[Found[Kind] | Other | Fault]:
        is_more = True
        while is_more:
            if not self._object_count():
                yield from self._plain_records()
            is_more = self._step()
            if self._out:
                out, self._out = self._out, []
                yield from out
        self._end()
        yield from self._out

    def _plain_records(self) -> Iterator[Found[Kind]]:
        """Yield the records that follow one another, on lines or in an array, as in most files."""
        text, at, kind_of = self._text, self._at, self._kind_of
        while text.startswith("{", at):
            try:
                value, end = scan(text, at)
            except (StopIteration, ValueError, RecursionError):
                return
            kind = kind_of(value)
            if kind is None or end - at > MAX_RECORD_CHARS:
                return
            yield Found(self._line, value, kind)
            at = _GAP.match(text, end).end()  # type: ignore[union-attr]
            self._move(at)

    def _step(self) -> bool:
        """Read one bracket, key or value; False at the end of the file."""
        self._move(_GAP.match(self._text, self._at).end())  # type: ignore[union-attr]
        if self._at == len(self._text):
            return self._refill() >= 0
        sign = self._text[self._at]
        if sign == "[":
            self._open(sign)
        elif sign in "]}":
            self._close(sign)
        elif self._key is None and self._levels and self._levels[-1].bracket == "{":
            self._read_key()
        else:
            self._read_value(sign)
        return True

    # The text, the place in it, and its line.

    def _move(self, to: int) -> None:
        if to != self._at:
            self._line += self._text.count("\n", self._at, to)
            self._passed_chars += to - self._at
            self._at = to

    def _refill(self) -> int:
        """Add as much text as is left, at least a block; -1 at the end of the file.

        Return how many characters before the place were dropped.
        """
        if self._is_last:
            return -1
        # The indentation of the line is needed, unless much stands before the place.
        start = self._text.rfind("\n", max(0, self._at - _MAX_INDENT), self._at) + 1
        dropped = start or (self._at if self._at > _MAX_INDENT else 0)
        pieces, size = [self._text[dropped:]], 0
        self._at -= dropped
        wanted = len(pieces[0]) - self._at
        self._is_last = True
        for block in self._blocks:
            pieces.append(block)
            size += len(block)
            if size >= wanted:
                self._is_last = False
                break
        self._text = "".join(pieces)
        return dropped

    def _shorten(self, error_at: int) -> None:
        """Give text back: for each fault the json module counts the lines of all that is held."""
        end = error_at + _PIECE_CHARS
        rest, self._text = self._text[end:], self._text[:end]
        if rest:
            starts = range(0, len(rest), _PIECE_CHARS)
            pieces = (rest[start : start + _PIECE_CHARS] for start in starts)
            self._blocks, self._is_last = chain(pieces, self._blocks), False

    def _indent(self) -> int:
        start = self._text.rfind("\n", max(0, self._at - _MAX_INDENT), self._at) + 1
        before = self._text[start : self._at]
        return len(before) - len(before.lstrip()) if len(before) < _MAX_INDENT else 0

    # Brackets.

    def _open(
        self,
        bracket: str,
        members: dict[str, Any] | None = None,
        lost: str = "",
        year: object = None,
    ) -> None:
        if len(self._levels) >= _MAX_LEVELS:
            self._fail(self._at, _TOO_DEEP)
            return
        first_key = _FIRST_KEY.match(self._text, self._at)
        key, self._key = self._key or "", None
        self._remember(key, [])
        level = _Level(bracket, self._line, self._passed_chars, self._indent(), key=key)
        level.first_key = first_key[1] if first_key else ""
        level.found_before, level.members, level.lost = len(self._choice.waiting), members, lost
        level.year = plain_year(key if bracket == "[" else year)
        if not level.year and self._levels:
            level.year = self._levels[-1].year
        self._levels.append(level)
        self._move(self._at + 1)

    def _close(self, sign: str) -> None:
        self._key = None
        line = self._line
        self._move(self._at + 1)
        if not self._levels or self._levels[-1].bracket != _OPENING[sign]:
            if not self._is_faulty:
                self._is_faulty = True
                self._out.append(Fault(line, f"not JSON: a {sign} that nothing opens"))
            return
        level = self._levels.pop()
        if level.bracket == "{":
            if self._is_record(level):
                del self._choice.waiting[level.found_before :]
                self._out.append(Fault(level.line, level.lost))
            self._choose_if_outermost(level)

    def _is_record(self, level: _Level) -> bool:
        return level.members is not None and self._kind_of(level.members) is not None

    def _remember(self, key: str, value: Any) -> None:
        if key == "year" and self._levels:
            self._levels[-1].year = plain_year(value) or self._levels[-1].year
        members = self._levels[-1].members if key and self._levels else None
        if members is not None and len(members) < _MAX_MEMBERS:
            members[key] = value[:_MAX_INDENT] if isinstance(value, str) else value

    # Keys and values.

    def _read_key(self) -> None:
        try:
            key, end = self._decoded()
        except _UnreadableError as error:
            self._stop(error)
            return
        colon = _COLON.match(self._text, end)
        if not colon and not self._text[end:].strip() and self._refill() >= 0:
            return
        if not colon or not isinstance(key, str):
            self._fail(end, "a name in double quotes and a colon are missing")
            return
        self._key = key
        self._move(colon.end())

    def _read_value(self, sign: str) -> None:
        try:
            value, end = self._decoded()
        except _UnreadableError as error:
            if error.reason == _ANSWER:
                self._open(sign)
            elif sign == "{" and error.reason != _TOO_DEEP:
                # It may be no record, but hold some before the place that is no JSON.
                is_long = error.reason == _TOO_LONG
                lost = _TOO_LONG if is_long else self._told(error.at, error.reason, self._line)
                self._open(sign, {}, lost)
            else:
                self._stop(error)
            return
        key, size = self._key or "", end - self._at
        if isinstance(value, dict):
            kind = self._kind_of(value)
            if kind is not None:
                year = self._levels[-1].year if self._levels else ""
                self._add(Found(self._line, value, kind, key, year), size)
            elif _may_hold_records(value) and self._object_count() < _MAX_OBJECTS:
                self._open(sign, year=value.get("year"))
                return
            elif not self._object_count():
                self._out.append(Other(self._line, NO_RECORDS))
        elif value is None and self._levels and not key:
            self._add(Other(self._line, NULLS), size)
        elif not self._object_count() and self._line != self._last_fault:
            # One of each line, for there may be many.
            self._last_fault = self._line
            self._out.append(Fault(self._line, "not a JSON object; left out"))
        self._key = None
        self._remember(key, value)
        self._move(end)

    def _decoded(self) -> tuple[Any, int]:
        """Return the value that begins at the place, and where it ends.

        Raises _UnreadableError if it is not JSON, or not complete within MAX_RECORD_CHARS.
        """
        while True:
            text, at = self._text, self._at
            try:
                value, end = scan(text, at)
            except StopIteration as error:
                error_at, message = error.value, "Expecting value"
            except json.JSONDecodeError as error:
                error_at, message = error.pos, error.msg
            except RecursionError:
                self._waste(at + 1)
                raise _UnreadableError(at, _TOO_DEEP) from None
            except ValueError:
                raise _UnreadableError(at, "a number of too many digits") from None
            else:
                if end - at > MAX_RECORD_CHARS:
                    raise _UnreadableError(end, _TOO_LONG, is_open=True)
                # What stands at the very end may be the beginning of a number.
                if end < len(text) or isinstance(value, (str, dict, list)) or self._is_last:
                    return value, end
                error_at, message = at, ""
            self._waste(error_at)
            is_open = message.startswith("Unterminated") or len(text) - error_at < _MAX_WORD
            if not is_open and not text[error_at : error_at + _MAX_INDENT].strip():
                is_open = not text[error_at:].strip()
            reason = next((told for sign, told in _REASONS if sign in message), message)
            if not is_open:
                self._shorten(error_at)
                raise _UnreadableError(error_at, reason)
            if len(text) - at > MAX_RECORD_CHARS:
                raise _UnreadableError(error_at, _TOO_LONG, is_open=not self._is_last)
            if self._begins_answer():
                raise _UnreadableError(error_at, _ANSWER)
            if self._refill() < 0:
                raise _UnreadableError(error_at, reason, is_open=True)

    def _begins_answer(self) -> bool:
        """Tell whether the object at the place is, or is within, the answer of a service."""
        opened = open_list(self._text, self._at)
        if opened is None or (kind := self._kind_of(opened[1])) is None:
            return False
        keys = (*self._keys(), self._key or "", *opened[0])
        return self._is_answer(tuple(filter(None, keys)), kind)

    def _waste(self, to: int) -> None:
        """Count what was read in vain; give up a file of which nearly all is."""
        self._wasted_chars += to - self._at
        if self._wasted_chars > _MAX_WASTED_CHARS + _MAX_WASTED_SHARE * self._passed_chars:
            self._out.append(Fault(self._line, "too damaged to be read further"))
            self._levels.clear()
            self._choice.waiting.clear()
            self._text, self._at, self._is_last = "", 0, True
            raise _UnreadableError(0, _GIVEN_UP)

    # What was found.

    def _object_count(self) -> int:
        return sum(level.bracket == "{" for level in self._levels)

    def _add(self, item: Found[Kind] | Other, size: int) -> None:
        if not self._object_count():
            self._out.append(item)
            return
        at = (*[place(level.bracket, level.key) for level in self._levels], ("", ""))
        choice = self._choice
        if choice.is_made:
            self._out.append(choice.chosen(at, item))
            return
        choice.waiting.append((at, item))
        self._waiting_chars += size
        is_answer = isinstance(item, Found) and self._is_answer(self._keys(), item.kind)
        is_full = self._waiting_chars > MAX_RECORD_CHARS
        if (is_answer or is_full) and not any(map(self._is_record, self._levels)):
            self._out += choice.choose()

    def _keys(self) -> tuple[str, ...]:
        return tuple(level.key for level in self._levels if level.key)

    def _choose_if_outermost(self, level: _Level) -> None:
        if self._object_count():
            return
        if not self._choice.has_records and level.members is None:
            self._out.append(Other(level.line, NO_RECORDS))
        self._end_choice()

    def _end_choice(self) -> None:
        self._out += self._choice.end()
        self._waiting_chars = 0

    # What is not JSON.

    def _stop(self, error: _UnreadableError) -> None:
        if error.reason == _GIVEN_UP:
            return
        if error.is_open and self._is_last:
            self._move(len(self._text))
        else:
            self._fail(error.at, error.reason)

    def _fail(self, error_at: int, reason: str) -> None:
        """Report what is not JSON, and go on at the next value that may be a record."""
        self._is_faulty = True
        self._key = None
        line, indent, first_key, start = self._line, self._indent(), "", self._at
        if self._object_count():
            objects = [at for at, level in enumerate(self._levels) if level.bracket == "{"]
            whole = next((at for at in objects if self._is_record(self._levels[at])), objects[-1])
            lost = self._levels[whole]
            line, indent, first_key = lost.line, lost.indent, lost.first_key
            self._drop_levels(whole)
            start = max(0, lost.start - self._passed_chars + self._at)
        self._out.append(Fault(line, self._told(error_at, reason, line)))
        # A text without its closing quote goes on to the next quote, which may be records away.
        self._line -= self._text.count("\n", start, self._at)
        self._passed_chars -= self._at - start
        self._at = start
        self._skip(error_at, indent, first_key)

    def _told(self, error_at: int, reason: str, line: int) -> str:
        error_line = self._line + self._text.count("\n", self._at, error_at)
        place = f"column {error_at - self._text.rfind(chr(10), 0, error_at):,}"
        if error_line != line:
            place = f"line {error_line:,}, {place}"
        return f"not JSON: {reason} ({place}); left out"

    def _drop_levels(self, start: int) -> None:
        dropped = self._levels[start:]
        del self._levels[start:]
        objects = [level for level in dropped if level.bracket == "{"]
        if record := next(filter(self._is_record, objects), None):
            del self._choice.waiting[record.found_before :]  # it stands in a record
        if objects and not self._object_count():
            self._end_choice()

    def _skip(self, error_at: int, indent: int, first_key: str) -> None:
        """Go to the next line that begins a value and is indented no further.

        In one line, go to the next object that begins with the same key.
        """
        next_line = _next_line(min(indent, _MAX_INDENT))
        while True:
            line = next_line.search(self._text, self._at)
            end = line.end() + _MAX_INDENT if line else len(self._text)
            objects = _NEXT_OBJECT.finditer(self._text, max(error_at, self._at), end)
            like = next((one for one in objects if one[1] == first_key), None)
            if like and (not line or like.start() < line.start()):
                self._move(like.end())
                return
            if line:
                self._move(line.end())
                ended = [
                    at
                    for at, level in enumerate(self._levels)
                    if level.line < self._line and level.indent >= len(line[1])
                ]
                if ended:
                    self._drop_levels(ended[0])
                return
            # What ends here may be the beginning of such a place.
            self._move(max(self._at, len(self._text) - _MAX_INDENT))
            dropped = self._refill()
            if dropped < 0:
                self._move(len(self._text))
                return
            error_at -= dropped

    def _end(self) -> None:
        """Give out what still waits, and report what the end of the file cuts off."""
        objects = [level for level in self._levels if level.bracket == "{"]
        if objects or (self._levels and not self._is_faulty):
            at = objects[-1] if objects else self._levels[-1]
            self._drop_levels(0)
            reason = "the file ends before what begins here is complete; it may be cut off"
            self._out.append(Fault(at.line, reason))


@cache
def _next_line(indent: int) -> re.Pattern[str]:
    """Return what finds a line that begins a value and is indented no further."""
    return re.compile(rf"\n([^\S\n]{{0,{indent}}})(?:\}}\s*,\s*)?(?=[{{\[])")


def _may_hold_records(value: dict[str, Any]) -> bool:
    return any(member and isinstance(member, (dict, list)) for member in value.values())


NULLS = "values of null"
NO_RECORDS = "objects with neither title nor abstract"
_MAX_INDENT, _MAX_LEVELS, _MAX_OBJECTS, _MAX_MEMBERS = 400, 100, 8, 1_000
# The longest word of JSON, with its sign, is "-Infinity"; an escape is as long.
_MAX_WORD = 12
_PIECE_CHARS = 1 << 14
_MAX_WASTED_CHARS, _MAX_WASTED_SHARE = 64 << 20, 16
_GAP = re.compile("[\\s,\ufeff]*")
_COLON = re.compile(r"\s*:")
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\]|\\.){0,100}")')
_NEXT_OBJECT = re.compile(rf"\}}\s*,\s*(?={_FIRST_KEY.pattern}\s*:)")
_OPENING = {"]": "[", "}": "{"}
_TOO_LONG = f"more than {MAX_RECORD_CHARS:,} characters; left out"
_TOO_DEEP = "nested too deeply"
_GIVEN_UP = "given up"
_ANSWER = "an answer"
_REASONS = (
    *(("Expecting value", "a value is missing"), ("trailing comma", "a comma too many")),
    ("',' delimiter", "a comma or a closing bracket is missing"),
    *(("':' delimiter", "a colon is missing"), ("escape", "a backslash that means nothing")),
    ("property name", "a name in double quotes is missing"),
    ("Unterminated", "a text has no closing quote"),
)
