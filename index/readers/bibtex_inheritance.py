"""What the entries of a BibTeX file take from the entries that they refer to.

``crossref`` is read as biblatex defines it (its manual, appendix B), and ``xdata``, which names
entries that only hold data for others. ``xref`` gives nothing.
"""

from collections.abc import Iterator

from index.readers.base import Problem
from index.readers.bibtex_entries import Entry

MAX_PARENTS = 10_000
MAX_PASSED_ON_CHARS = 1_000
"""So many entries are remembered that others may refer to, and values of so many characters."""

MAX_WAITING_CHARS = 1 << 24
"""So much text waits for entries to come."""

_MOST_NAMED = 100
_MOST_GIVEN_CHARS, _MOST_GIVEN_SHARE = 1 << 20, 8
"""So many parents an entry has. So much text is given to all; and so many times what they hold."""


def inherited(file: str, items: Iterator[Entry | Problem]) -> Iterator[Entry | Problem]:
    """Yield the entries with what they inherit, and problems as they come.

    An entry that refers to one behind it comes after that one, and after all others if there is
    none.
    """
    family = _Family(file)
    try:
        for item in items:
            if isinstance(item, Problem):
                yield item
            else:
                yield from family.settled(item)
    except Exception:
        # What waits is not lost with the rest of a file that cannot be read further.
        yield from family.rest()
        raise
    yield from family.rest()


class _Family:
    """The entries that others may refer to, and those that wait for one to come."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._parents: dict[str, Entry] = {}
        self._waiting: dict[str, list[Entry]] = {}
        self._waiting_chars = 0
        self._orphans = 0
        self._own_chars = self._given_chars = self._withheld = 0

    def settled(self, entry: Entry) -> Iterator[Entry]:
        """Yield the entry, unless it waits for a parent, and those that waited for it."""
        self._own_chars += _size(entry) - _ENTRY_COST
        ready = [entry]
        while ready:
            one = ready.pop(0)
            if parent_key := self._inherit(one):
                self._waiting.setdefault(parent_key, []).append(one)
                self._waiting_chars += _size(one)
                if self._waiting_chars > MAX_WAITING_CHARS:
                    yield from self._let_go()
                continue
            yield one
            key = one.key.lower()
            if key:
                self._remember(key, one)
                for child in self._waiting.pop(key, ()):
                    self._waiting_chars -= _size(child)
                    ready.append(child)

    def rest(self) -> Iterator[Entry | Problem]:
        """Yield the entries whose parents have not come."""
        yield from self._let_go()
        if self._orphans:
            are = "1 entry refers" if self._orphans == 1 else f"{self._orphans:,} entries refer"
            reason = f"{are} to one that the file does not hold, or too far away"
            yield Problem(self._file, 0, reason, kind="note")
        if self._withheld:
            reason = f"{self._withheld:,} entries would take far more text than stands in the file"
            yield Problem(self._file, 0, f"{reason}; they take none from others")

    def _let_go(self) -> Iterator[Entry]:
        waiting = [entry for entries in self._waiting.values() for entry in entries]
        self._waiting.clear()
        self._waiting_chars = 0
        self._orphans += len(waiting)
        yield from sorted(waiting, key=lambda entry: entry.line)

    def _inherit(self, entry: Entry) -> str:
        """Give an entry what its parents have, and return the key of one that is not known yet."""
        for name in ("xdata", "crossref"):
            keys = entry.first(name).lower().split(",", _MOST_NAMED) if name in entry.fields else ()
            for key in keys[:_MOST_NAMED]:
                key = key.strip()
                if not key or key == entry.key.lower():
                    continue
                if not (parent := self._parents.get(key)):
                    return key
                if self._given_chars > _MOST_GIVEN_CHARS + _MOST_GIVEN_SHARE * self._own_chars:
                    self._withheld += 1
                    return ""
                before = _size(entry)
                _inherit_from(parent, entry)
                self._given_chars += _size(entry) - before
        return ""

    def _remember(self, key: str, entry: Entry) -> None:
        if entry.type not in _PARENT_TYPES and key not in self._waiting:
            return
        self._parents.pop(key, None)
        if len(self._parents) >= MAX_PARENTS:
            del self._parents[next(iter(self._parents))]
        self._parents[key] = Entry(
            entry.line,
            entry.type,
            key,
            {
                name: values[:1]
                for name, values in entry.fields.items()
                if name in _PASSED_ON and len(values[0]) <= MAX_PASSED_ON_CHARS
            },
        )


def _inherit_from(parent: Entry, child: Entry) -> None:
    names = {name: name for name in parent.fields}
    if parent.type != "xdata":
        is_part = child.type in _PART_TYPES
        title = "title"
        if is_part:
            title = "booktitle"
        elif child.type == "article":
            title = "journaltitle"
        elif parent.type.startswith("mv"):
            title = "maintitle"
        subtitle = "booksubtitle" if is_part else ""
        names |= {"title": title, "subtitle": subtitle}
        if "booktitle" in parent.fields:
            names["title"] = ""
        if child.first(title):
            names["subtitle"] = ""
        if child.type not in ("book", "inbook", "bookinbook", "suppbook"):
            names["author"] = ""
    if child.first("date", "year"):
        names |= dict.fromkeys(("date", "year", "month"), "")
    for name, own_name in names.items():
        if own_name and name in parent.fields and not child.first(own_name):
            child.fields[own_name] = parent.fields[name]


def _size(entry: Entry) -> int:
    return _ENTRY_COST + sum(len(value) for values in entry.fields.values() for value in values)


_ENTRY_COST = 1_000
_PARENT_TYPES = frozenset(
    "xdata book mvbook collection mvcollection proceedings mvproceedings reference mvreference "
    "periodical conference software".split()
)
_PART_TYPES = frozenset(
    "inproceedings conference incollection inbook bookinbook suppbook suppcollection "
    "inreference".split()
)
_PASSED_ON = frozenset(
    "title subtitle booktitle booksubtitle maintitle eventtitle journal journaltitle author editor "
    "publisher school institution organization series volume number date year month isbn issn "
    "language langid".split()
)
