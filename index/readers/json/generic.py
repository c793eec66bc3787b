"""Objects whose keys say what they are: title, abstract, authors and the like, in any spelling.

The JSON that this program exports is one of them. It is known by its ``sources``, a list of files
and lines that no other program writes, and is read back as it was.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index.printed.dates import date_of_cells, printed_date
from index.printed.placeholders import is_placeholder
from index.readers.base import Problem
from index.readers.json.keys import place_of
from index.readers.json.members import READ_LAST, put
from index.readers.json.values import BadValueError, item_text, listed
from index.readers.record import Record

NAME = "generic JSON"
MAX_KEYS_REPORTED = 100
"""How many different keys are reported as not read."""

# The values of each field, with the rank and the name of the key.
_Found = dict[str, list[tuple[int, str, Any]]]

USUAL_KEYS = frozenset(("id", "title", "abstract", "authors", "year", "category"))
"""The keys that most papers have; objects with no others take a shorter way."""


def recognises(value: dict[str, Any]) -> bool:
    """There is a title or an abstract, or there are two keys that papers have.

    An object that has a list of such objects, and is otherwise no paper, is none.
    """
    if "title" in value and ("abstract" in value or "authors" in value):
        return True  # as most are
    fields = {place[0] for key in value if (place := place_of(key)) is not None}
    if not (fields & _TEXT_FIELDS or len(fields - _NOT_TELLING) > 1):
        if "inner" not in fields:
            return False
        inner = (one for key, one in value.items() if _is_inner(key) and isinstance(one, dict))
        return any(_is_text_key(key) for one in inner for key in one)
    return (
        "abstract" in value
        or bool(fields & (_PAPER_FIELDS if fields & _TEXT_FIELDS else _OWN_FIELDS))
        or not any(_is_list_of_papers(one) for key, one in value.items() if not place_of(key))
    )


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what an object says of a paper."""
    if value.keys() <= USUAL_KEYS and (usual := _usual(value, line)):
        return usual
    sources = value.get("sources")
    is_plain = (
        isinstance(sources, list)
        and bool(sources)
        and all(isinstance(one, dict) and one.keys() == {"file", "line"} for one in sources)
    )
    made = Record(line, is_plain=is_plain)
    found: _Found = {}
    _collect(value, found)
    if "issn" in found and found.keys() <= _OF_JOURNALS:
        return "journals"
    _settle(found)
    for field in sorted(found, key=READ_LAST.__contains__):
        candidates = found[field]
        if len(candidates) > 1:
            candidates.sort(key=_rank)
        for _, key, candidate in candidates:
            try:
                if put(made, field, candidate):
                    break
            except BadValueError as error:
                made.lost.append((key, f"{error}; the paper is kept without it"))
    if made.year != "" and not made.date and "month" in found:
        try:
            made.date = _date_in(str(made.year), found)
        except BadValueError as error:
            made.lost.append(("month", f"{error}; the paper is kept without it"))
    year = str(made.year).strip()
    if made.date and re.search(rf"\b{_YEAR.pattern}\b", made.date) and _YEAR.fullmatch(year):
        printed = printed_date(made.date)
        if year in made.date and printed.date and not printed.date.startswith(year):
            # The first number of a citation such as ``vol. 7, 2239-2255, 2020`` is no year.
            made.date_text, made.date = made.date_text or made.date, ""
    return made


def _date_in(year: str, found: _Found) -> str:
    """Return the date of a year whose month and day have keys of their own."""
    month, day = (
        item_text(found[field][0][2]) if field in found else "" for field in ("month", "day")
    )
    return "" if is_placeholder(month) else date_of_cells(year, month, day)


def _usual(value: dict[str, Any], line: int) -> Record | None:
    """Return the record of an object as it mostly is; None if any of its values is unusual.

    This takes a third of the time that ``record`` takes.
    """
    get = value.get
    title, abstract, own_id = get("title", ""), get("abstract", ""), get("id", "")
    authors, year, category = get("authors", ()), get("year", ""), get("category", "")
    texts_are_usual = type(title) is type(abstract) is type(own_id) is type(category) is str
    if not texts_are_usual or not (type(year) is int or year == ""):
        return None
    if type(authors) is list and authors:
        try:
            names = "\n".join(authors)
        except TypeError:
            return None
        # The patterns take ten times as long as these methods.
        letters = names.replace("\n", "").replace(" ", "").replace(".", "").replace("-", "")
        if not letters.isalpha() and _UNUSUAL_SIGN.search(names):
            return None
        if ".." in names or _UNUSUAL_WORD.search(names):
            return None
    elif authors:
        return None
    if category and not _PLAIN_CODE.fullmatch(category):
        return None
    categories = [category] if category else ()
    return Record(
        line,
        id=own_id,
        title=title,
        abstract=abstract,
        authors=authors or (),
        categories=categories,
        year=year,
    )


class UnreadKeys:
    """Counts the keys that are not read, to tell each once."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, value: dict[str, Any]) -> None:
        """Count the keys of an object."""
        counts = self._counts
        if value.keys() <= USUAL_KEYS:
            return
        for key in value:
            if place_of(key) is None and (key in counts or len(counts) <= MAX_KEYS_REPORTED):
                counts[key] += 1

    def notes(self, file: str) -> Iterator[Problem]:
        """Yield a note for each key of a file."""
        counts = self._counts
        if len(counts) > MAX_KEYS_REPORTED:
            reason = f"more than {MAX_KEYS_REPORTED} other keys are not read"
            yield Problem(file, 0, f"{reason}; the rest are not named", kind="note")
        for key, count in sorted(list(counts.items())[:MAX_KEYS_REPORTED]):
            yield Problem(file, 0, f"key {key!r} is not read (in {count:,} records)", kind="note")


def _collect(value: dict[str, Any], found: _Found, *, is_within: bool = False) -> None:
    """Add the values of the fields, each with the rank of its key; those within come last."""
    for key, member in value.items():
        place = place_of(key)
        # NaN, which is not equal to itself, is what pandas writes for nothing.
        if place is None or member is None or member in ("", []) or member != member:
            continue
        field, rank = place
        if field == "inner":
            if isinstance(member, dict) and not is_within:
                within: _Found = {}
                _collect(member, within, is_within=True)
                # What stands under ``paper`` is of the paper, what beside it perhaps of a list.
                step = -_WITHIN if key == "paper" else _WITHIN
                _add(found, within, step)
        elif field in _HOSTS and isinstance(host := listed(member)[0], dict):
            _add(found, _of_host(host, rank, key), _WITHIN if field == "host" else 0)
        else:
            found.setdefault(field, []).append((rank, key, member))


def _add(found: _Found, others: _Found, step: int) -> None:
    for field, candidates in others.items():
        moved = [(rank + step, key, one) for rank, key, one in candidates]
        found.setdefault(field, []).extend(moved)


def _of_host(host: dict[str, Any], rank: int, key: str) -> _Found:
    """Return what the journal or book says in which a paper stands."""
    found: _Found = {}
    _collect(host, found, is_within=True)
    names = found.pop("title", []) + found.pop("name", [])
    of_host = {field: one for field, one in found.items() if field in _OF_HOSTS}
    if names:
        of_host.setdefault("venue", []).extend(names)
    elif "venue" not in of_host and key != "container":
        of_host["venue"] = [(rank, key, host)]
    return of_host


def _settle(found: _Found) -> None:
    """Give what is of a field only beside others to that field."""
    names, numbers = found.pop("name", []), found.pop("number", [])
    if "title" not in found and "authors" in found and names:
        found["title"] = names
    published = [one for _, _, one in found.get("date", []) if str(one).startswith("10.")]
    if published and "doi" in found:
        # What bioRxiv has there is the article that a preprint became.
        found["doi"] = [(0, "doi", [*listed(found["doi"][0][2]), *published])]
        found["date"] = [one for one in found["date"] if one[2] not in published]
    if "issue" not in found and "volume" in found and numbers:
        found["issue"] = numbers
    first, last = found.pop("first_page", []), found.pop("last_page", [])
    if "pages" not in found and first:
        _, key, page = first[0]
        found["pages"] = [(0, key, [page, *[one for _, _, one in last[:1]]])]


def _is_inner(key: str) -> bool:
    place = place_of(key)
    return place is not None and place[0] == "inner"


def _is_text_key(key: str) -> bool:
    place = place_of(key)
    return place is not None and place[0] in _TEXT_FIELDS


def _is_list_of_papers(value: Any) -> bool:
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    return any(map(_is_text_key, value[0]))


def _rank(candidate: tuple[int, str, Any]) -> int:
    return candidate[0]


_TEXT_FIELDS = {"title", "abstract"}
_PAPER_FIELDS = {"authors", "year", "doi", "venue", "pmid", "arxiv"}
# Year and journal may be those of a list of papers.
_OWN_FIELDS = _PAPER_FIELDS - {"year", "venue"} | {"inner"}
_NOT_TELLING = {
    *("type", "status", "language", "score", "url", "nothing", "inner", "links", "server", "host"),
    *("number", "last_page"),
}
_HOSTS = {"host", "venue"}
_OF_HOSTS = {
    *("venue", "volume", "issue", "number", "pages", "first_page", "last_page"),
    *("year", "date", "issn", "publisher"),
}
_OF_JOURNALS = {"id", "title", "issn", "publisher", "url", "type", "language", "categories"}
# A name with a comma, initials behind, a sign or a word for others.
_UNUSUAL_WORD = re.compile(r" (?:[A-Z]{1,3}|al\.?|others)(?:\n|$)")
_UNUSUAL_SIGN = re.compile(r"[^\w \n.'’-]|[\d_]")
_PLAIN_CODE = re.compile(r"[\w.-]+")
_WITHIN = 1_000
_YEAR = re.compile(r"[12]\d{3}", re.ASCII)
