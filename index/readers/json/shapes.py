"""Values of JSON as texts, lists, names, numbers and flags, in the shapes that programs write."""

import math
import re
from collections.abc import Sequence
from typing import Any

from index.names import Name, NameParts, whole_name
from index.printed.names import split_authors
from index.printed.placeholders import is_placeholder
from index.readers.base import clean


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
    if isinstance(value, str):
        return value
    if value is None or value == []:
        return ""
    if isinstance(value, float) and not isinstance(value, bool):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValueError(f"expected text, found {kind_of(value)}")
    return str(value)


def item_text(value: object) -> str:
    """Return an item of a list as text; of an object its name."""
    if isinstance(value, dict):
        value = next((value[key] for key in _NAMED if value.get(key)), value)
    return text_of(value)


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and any other value as a list of one."""
    return value if isinstance(value, list) else [value]


def unwrapped(value: Any) -> Any:
    """Return what is wrapped in an object of its own: ``{"keyword": ["a", "b"]}``."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        return inner if isinstance(inner, list | str) else value
    return value


def versions_of(value: Any) -> list[tuple[str, str]]:
    """Return language and text of a text that may be a list of its versions."""
    versions = []
    for one in as_list(unwrapped(value)):
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
        listed = split_authors(value)
        return listed.names, listed.et_al
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
            listed = split_authors(f"{name};")
            et_al = et_al or listed.et_al
            names += listed.names
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
            text_of(part) for name in ("given", "middle") for part in as_list(found.get(name, ""))
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
    for author in as_list(value):
        for key, member in author.items() if isinstance(author, dict) else ():
            if folded(key) in _INSTITUTION_KEYS:
                found += [_institution(one) for one in as_list(member)]
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
            raise BadValueError("expected a number, found text")
        value = float(text.replace(",", ""))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError(f"expected a number, found {kind_of(value)}")
    if isinstance(value, float) and math.isnan(value):
        return None
    if not abs(value) < 1e15:
        raise BadValueError(f"expected a number below 1e15, found {value}")
    return float(value)


def kind_of(value: object) -> str:
    """Return in words what kind of value it is."""
    names = {dict: "an object", list: "a list", bool: "true or false", str: "text"}
    return "null" if value is None else names.get(type(value), "a number")


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
    *("$oid", "$numberLong", "$numberInt", "$date"),
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
