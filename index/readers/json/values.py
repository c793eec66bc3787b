"""Values of JSON as texts, lists, names, numbers and flags, in the shapes that programs write.

``Values`` reads an object of a service, whose values are of the kind that its keys should have; the
functions read those of any program.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from index.identifiers import identifier
from index.names import Name, NameParts, whole_name
from index.printed.names import split_authors
from index.printed.placeholders import is_placeholder
from index.readers.base import clean

Losses = list[tuple[str, str]]
"""Values that could not be used, each as the name of a field and why; see ``Record.lost``."""


class Values:
    """The values of a JSON object by their keys, which are found in any case.

    What is null, empty or missing is an empty value. What is of another kind than the one asked for
    is added to ``lost``, once for each key; objects within share that list. Numbers as MongoDB
    writes them, ``{"$numberLong": "7"}``, are numbers.
    """

    def __init__(
        self, values: Mapping[str, Any], lost: Losses | None = None, inside: str = ""
    ) -> None:
        self.lost: Losses = [] if lost is None else lost
        self._inside = inside
        # Of two spellings of a key the first with a value counts.
        self._values: dict[str, Any] = {}
        for key, value in values.items():
            if value is not None and value != "" and value != []:
                self._values.setdefault(key.lower(), value)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, *keys: str) -> str:
        """Return the text or number of the first key that has one; of a list, its first."""
        return next((text for key in keys for text in self.texts(key) if text.strip()), "")

    def texts(self, key: str) -> list[str]:
        """Return the texts and numbers of a list, or the only one."""
        texts = []
        for item in listed(self._values.get(key)):
            text = _member_text(item)
            if text is not None:
                texts.append(text)
            elif item is not None:
                self._lose(key, "text", item)
        return texts

    def objects(self, key: str) -> list["Values"]:
        """Return the objects of a list, or the only one."""
        objects = []
        for item in listed(self._values.get(key)):
            if isinstance(item, dict):
                objects.append(Values(item, self.lost, f"{self._inside}{key}."))
            elif item is not None:
                self._lose(key, "an object", item)
        return objects

    def inner(self, key: str) -> "Values":
        """Return the object of a key, the first one of a list; an empty one if there is none."""
        return next(iter(self.objects(key)), Values({}, self.lost))

    def number(self, *keys: str) -> int | None:
        """Return the whole number of the first key that has one."""
        for key in keys:
            if text := self.text(key):
                digits = text.strip().removesuffix(".0")
                if digits.isascii() and digits.isdecimal() and len(digits) < _MOST_DIGITS:
                    return int(digits)
                self._lose(key, "a whole number", self._values[key])
        return None

    def is_true(self, key: str) -> bool:
        """Tell whether a key is true, or 1 as some programs write it."""
        value = self._values.get(key)
        return value is True or value == 1

    def given(self, key: str) -> Any:
        """Return the value of a key as it is, None if it is empty."""
        return self._values.get(key)

    def _lose(self, key: str, expected: str, value: object) -> None:
        loss = (f"{self._inside}{key}", f"expected {expected}, found {kind_of(value)}")
        if loss not in self.lost:
            self.lost.append(loss)


def _member_text(value: Any) -> str | None:
    """Return a text or a number as text, one that MongoDB wrote too; None if a value is neither."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _MONGO_KINDS:
        (value,) = value.values()
    return _scalar_text(value)


def listed(value: Any) -> list[Any]:
    """Return a list as it is, another value as the only one of a list, None as no value."""
    return value if isinstance(value, list) else [] if value is None else [value]


def table(**words: str) -> dict[str, str]:
    """Return which of our words, the keys, stands for each of a format's words."""
    return {word: ours for ours, theirs in words.items() for word in theirs.split()}


def arxiv_id(text: str) -> str:
    """Return the arXiv id of a text that begins with arXiv's name or address, else nothing."""
    found = identifier("arxiv", text) if _ARXIV.match(text) else None
    return found.value if found else ""


class BadValueError(Exception):
    """A value is of another kind than its key should have; the text says so."""


def folded(key: str) -> str:
    """Return a key without its signs and capitals: ``abstracttext`` for ``Abstract_Text``."""
    return re.sub(r"[\W_]+", "", key).lower()


def text_of(value: object) -> str:
    """Return a value as text; a list of one, and an object around a text, is the text in it."""
    for _ in range(3):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, dict):
            value = next((value[key] for key in _AROUND if key in value), value)
    if value is None or value == []:
        return ""
    text = _scalar_text(value)
    if text is None:
        raise BadValueError(f"expected text, found {kind_of(value)}")
    return text


def _scalar_text(value: object) -> str | None:
    """Return a text or a number as text, None if a value is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def item_text(value: object) -> str:
    """Return an item of a list as text; of an object its name."""
    if isinstance(value, dict):
        value = next((value[key] for key in _NAMED if value.get(key)), value)
    return text_of(value)


def unwrapped(value: Any) -> Any:
    """Return what is wrapped in an object of its own: ``{"keyword": ["a", "b"]}``."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        return inner if isinstance(inner, list | str) else value
    return value


def versions_of(value: Any) -> list[tuple[str, str]]:
    """Return language and text of a text that may be a list of its versions."""
    versions = []
    for one in listed(unwrapped(value)):
        language = text_of(one.get("language") or one.get("lang")) if isinstance(one, dict) else ""
        if (text := text_of(one)).strip():
            versions.append((language, text))
    return versions


def split_categories(text: str) -> list[str]:
    """Return the categories that one text lists; blanks part codes, but not words."""
    if re.search(r"[;|\n]", text):
        return re.split(r"\s*[;|\n]\s*", text)
    words = re.split(r"[,\s]+", text.strip())
    if all(map(_CODE.fullmatch, words)):
        return words
    return re.split(r",\s+", text) if all(map(_CODE.fullmatch, re.split(r",\s+", text))) else [text]


def names_of(value: Any, *, is_plain: bool) -> tuple[Sequence[Name], bool]:
    """Return names, and whether the list leaves some out."""
    if isinstance(value, str):
        if is_placeholder(clean(value)):
            return (), False
        printed = split_authors(value)
        return printed.names, printed.et_al
    if isinstance(value, dict):
        inner = next(iter(value.values()), None)
        if len(value) == 1 and isinstance(inner, list | dict):
            value = inner  # {"author": [...]}
        if isinstance(value, dict) and any(folded(key) in _NAME_KEYS for key in value):
            value = [value]
    if not isinstance(value, list):
        raise BadValueError(f"expected a list of names, found {kind_of(value)}")
    names: list[Name] = []
    et_al = False
    for one in value:
        if one is None:
            continue
        name = name_of(one)
        if not is_plain and isinstance(name, str) and _REST.fullmatch(name.strip()):
            et_al = True
        elif not is_plain and isinstance(name, str) and _UNUSUAL_NAME.search(name):
            printed = split_authors(f"{name};")
            et_al = et_al or printed.et_al
            names += printed.names
        elif name:
            names.append(name)
    return names, et_al


def name_of(value: Any) -> Name:
    """Return the name that an author's text or object says."""
    if not isinstance(value, dict):
        return text_of(value)
    found: dict[str, Any] = {}
    for key, member in value.items():
        if (part := _NAME_KEYS.get(folded(key))) and member:
            found.setdefault(part, member)
    if isinstance(found.get("author"), dict):
        return name_of(found["author"])
    if family := found.get("family"):
        given = " ".join(
            text_of(part) for name in ("given", "middle") for part in listed(found.get(name, ""))
        )
        particle, suffix = text_of(found.get("particle", "")), text_of(found.get("suffix", ""))
        return NameParts(text_of(family), " ".join(given.split()), particle, suffix)
    if group := found.get("group"):
        return whole_name(text_of(group))
    whole = found.get("whole") or found.get("given") or found.get("author")
    if not whole and _NAME_KEYS.keys().isdisjoint(map(folded, value)):
        whole = next((value[key] for key in _AROUND if value.get(key)), "")
        if not whole and any(value.values()):
            raise BadValueError("expected a name, found an object without one")
    name = _NAMESAKE.sub("", text_of(whole or ""))
    return whole_name(name) if found.get("kind") == "Organizational" else name


def institutions_of(value: Any) -> list[str]:
    """Return the institutions that stand with the authors of a list."""
    found = []
    for author in listed(value):
        for key, member in author.items() if isinstance(author, dict) else ():
            if folded(key) in _INSTITUTION_KEYS:
                found += [_institution(one) for one in listed(member)]
    return [text for text in dict.fromkeys(found) if text.strip()]


def _institution(value: Any) -> str:
    if isinstance(value, dict):
        value = next((one for key, one in value.items() if folded(key) in _PLACE_KEYS and one), "")
    return value if isinstance(value, str) else ""


def flag_of(value: object) -> bool:
    """Return whether a value means yes: a word or number for it, or a link to what there is."""
    if isinstance(value, str):
        text = value.strip()
        return text.lower() not in _NO and not is_placeholder(text)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return not math.isnan(value) and value != 0
    raise BadValueError(f"expected true or false, found {kind_of(value)}")


def number_of(value: object) -> float | None:
    """Return a number, which may be text; None if there is none."""
    if isinstance(value, str):
        text = value.strip()
        if not text or is_placeholder(text):
            return None
        if not _NUMBER.fullmatch(text):
            raise BadValueError(f"expected a number, found {kind_of(text)}")
        value = float(text.replace(",", ""))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError(f"expected a number, found {kind_of(value)}")
    if isinstance(value, float) and math.isnan(value):
        return None
    if not abs(value) < 1e15:
        raise BadValueError(f"expected a number below 1e15, found {value}")
    return float(value)


def kind_of(value: object) -> str:
    """Return what a value is, in words; a text and a truth value as they stand."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"{value!r:.40}"
    names: dict[type, str] = {dict: "an object", list: "a list"}
    return names.get(type(value), "a number")


_ARXIV = re.compile(r"\s*(?:arxiv\s*:|https?://(?:www\.|export\.)?arxiv\.org/)", re.IGNORECASE)
_MOST_DIGITS = 19
# MongoDB's extended JSON.
_MONGO_KINDS = ("$oid", "$numberLong", "$numberInt", "$numberDouble", "$date")
_NAME_KEYS = {
    folded(key): part
    for part, keys in {
        "whole": "name display_name full_name author_name raw_author_name text",
        "group": "literal collective_name",
        "kind": "name_type",
        "family": "family last last_name family_name surname lastname",
        "given": "given first first_name given_name forename fore_name given_names initials",
        "middle": "middle middle_name",
        "particle": "particle prefix non_dropping_particle",
        "suffix": "suffix",
        "author": "author",
    }.items()
    for key in keys.split()
}
_NAMED = ("name", "display_name", "text", "term", "keyword", "subject", "value", "id")
_AROUND = (
    *("value", "text", "#text", "name", "title", "description"),
    *_MONGO_KINDS,
)
_INSTITUTION_KEYS = {"affiliation", "affiliations", "institution", "institutions"}
_PLACE_KEYS = {"institution", "name", "value", "affiliation", "displayname"}
# DBLP tells persons of one name apart by numbers.
_NAMESAKE = re.compile(r"\s0\d{3}$", re.ASCII)
_NO = {"", "0", "0.0", "false", "no", "n", "f"}
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
# A code such as cs.LG, hep-th or a word alone.
_CODE = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?(?:\.[A-Za-z-]+)+|[a-z]+-[a-z]+")
_UNUSUAL_NAME = re.compile(r",|\s[A-Z]{1,3}$|[^\w\s.'’()-]|\bal\b|\bothers\b")
_REST = re.compile(r"\.{2,}|…")
