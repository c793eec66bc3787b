"""Members: what the value of each field of an object says, put into a record."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from index.identifiers import SCHEMES, read_identifier, read_own_identifier
from index.names import NameParts, split_names
from index.paper import STATUSES, TYPES
from index.printed.keywords import split_keywords
from index.printed.lists import printed_list
from index.printed.vocabularies import document_type, is_preprint_server
from index.readers.json.keys import place_of
from index.readers.json.values import (
    BadValueError,
    flag_of,
    folded,
    institutions_of,
    item_text,
    kind_of,
    listed,
    names_of,
    number_of,
    split_categories,
    text_of,
    unwrapped,
    versions_of,
)
from index.readers.links import address_kind
from index.readers.record import Record


def put(made: Record, field: str, value: Any) -> bool:
    """Put what a value of a field says into a record, and tell whether it says anything.

    Raises BadValueError if it is not what the field holds.
    """
    return _READ[field](made, field, value)


def _read_text(made: Record, field: str, value: Any) -> bool:
    text = text_of(value)
    setattr(made, field, text)
    return bool(text.strip())


def _read_abstract(made: Record, field: str, value: Any) -> bool:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return _read_text(made, field, " ".join(value))  # a sentence each
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        value = [
            one
            for one in value
            if "abstract" in str(one.get("descriptionType", "abstract")).lower()
        ]
    return _read_versions(made, field, value)


def _read_versions(made: Record, field: str, value: Any) -> bool:
    """A title or abstract, and behind it others, as in other languages."""
    texts = versions_of(value)
    if texts:
        setattr(made, field, texts[0][1])
        others = f"other_{field}s"
        setattr(made, others, [*getattr(made, others), *texts[1:]])
    return bool(texts)


def _read_language(made: Record, field: str, value: Any) -> bool:
    return _read_text(made, field, value[0] if isinstance(value, list) and value else value)


def _read_pages(made: Record, _field: str, value: Any) -> bool:
    made.pages = "-".join(map(text_of, listed(value)))
    return bool(made.pages)


def _read_date(made: Record, field: str, value: Any) -> bool:
    """A date as it is printed, or a time in seconds or milliseconds since 1970."""
    text = text_of(value).strip()
    if _TIME.fullmatch(text):
        seconds = int(text) // (1000 if len(text) > 10 else 1)
        text = datetime.fromtimestamp(seconds, UTC).date().isoformat()
    setattr(made, field, text)
    return bool(text)


def _read_names(made: Record, field: str, value: Any) -> bool:
    names, et_al = names_of(value, is_plain=made.is_plain)
    if field == "authors" and not made.is_plain:
        made.institutions = [*made.institutions, *institutions_of(value)]
    if field == "owners":
        names = [name if isinstance(name, str) else name.displayed for name in names]
    setattr(made, field, names)
    if field == "authors":
        made.et_al = made.et_al or et_al
    return bool(names)


def _read_parts(made: Record, _field: str, value: Any) -> bool:
    """Put the parts of names, which are aligned with the names themselves, in their place."""
    names = list(made.authors)
    if not isinstance(value, list) or len(value) > len(names):
        raise BadValueError("not aligned with the authors")
    for at, one in enumerate(value):
        if not isinstance(one, dict):
            raise BadValueError(f"expected an object, found {kind_of(one)}")
        parts = NameParts(*[text_of(one.get(part, "")) for part in NameParts._fields])
        if parts.displayed == names[at]:
            names[at] = parts
    made.authors = names
    return True


def _read_strings(made: Record, field: str, value: Any) -> bool:
    value = unwrapped(value)
    if isinstance(value, dict):
        raise BadValueError(f"expected a list of texts, found {kind_of(value)}")
    texts = [text for text in map(item_text, listed(value)) if text.strip()]
    if field == "keywords" and not made.is_plain:
        one_text = isinstance(value, str)
        signs = ";|\n" if one_text else ";"
        texts = [
            one for text in texts for one in split_keywords(text, signs=signs, by_comma=one_text)
        ]
    setattr(made, field, texts)
    return bool(texts)


def _read_keywords(made: Record, field: str, value: Any) -> bool:
    """Keywords, among which the feeds of arXiv have its categories."""
    items = listed(value)
    codes = [
        one for one in items if isinstance(one, dict) and "arxiv.org" in str(one.get("scheme"))
    ]
    made.categories = [*made.categories, *[text_of(one.get("term")) for one in codes]]
    return _read_strings(
        made, field, [one for one in items if one not in codes] if codes else value
    )


def _read_institutions(made: Record, field: str, value: Any) -> bool:
    """Institutions, of which commas part only those of several words."""
    if isinstance(value, str) and not made.is_plain and (text := " ".join(value.split())):
        has_commas = ";" not in text and all(" " in part.strip() for part in text.split(","))
        value = list(split_names(text, "," if has_commas else ";"))
    return _read_strings(made, field, value)


def _read_categories(made: Record, field: str, value: Any) -> bool:
    """The primary one comes first; the others may stand under another key."""
    if isinstance(value, str) and not made.is_plain:
        items = printed_list(value)
        value = split_categories(value) if items is None else items
    own = [text for text in map(item_text, listed(value)) if text.strip()]
    others = made.categories
    made.categories = [*own, *others] if field == "category" else [*others, *own]
    return bool(own)


def _read_identifiers(made: Record, _field: str, value: Any) -> bool:
    """Identifiers in an object: each scheme has a value or a list of them."""
    found = list(made.identifiers)
    if isinstance(value, list):
        made.identifiers = [*found, *filter(None, map(_listed_identifier, value))]
        return bool(value)
    if not isinstance(value, dict):
        raise BadValueError(f"expected an object, found {kind_of(value)}")
    for key, values in value.items():
        place = place_of(key)
        scheme = key if key in SCHEMES else place[0] if place else ""
        if scheme not in SCHEMES:
            made.lost.append((key, "not a scheme of identifiers that is known"))
            continue
        found += [(scheme, text_of(one)) for one in listed(values) if one is not None]
    made.identifiers = found
    return bool(value)


def _listed_identifier(value: Any) -> tuple[str, str] | None:
    """Return an identifier of a list, which may be a text, or an object with its scheme."""
    if isinstance(value, dict):
        said = {folded(key): one for key, one in value.items()}
        text = text_of(next((said[key] for key in _VALUE_KEYS if key in said), ""))
        place = next((place_of(str(said[key])) for key in _SCHEME_KEYS if key in said), None)
        if place and place[0] in SCHEMES:
            return place[0], text
    else:
        text = text_of(value)
    found = read_identifier(text)
    return (found.scheme, found.value) if found else ("accession", text) if text else None


def _read_identifier(made: Record, field: str, value: Any) -> bool:
    items = [one for one in listed(unwrapped(value)) if one is not None]
    texts = [text_of(one) for one in items]
    made.identifiers = [*made.identifiers, *[(field, text) for text in texts if text]]
    if field == "arxiv" and not made.categories:
        found = [one.get("categories") for one in items if isinstance(one, dict)]
        made.categories = [text for one in found if one for text in map(item_text, listed(one))]
    return any(texts)


def _read_urls(made: Record, field: str, value: Any) -> bool:
    for one in listed(value):
        if isinstance(one, dict):
            kind = one.get("kind")
            kind = kind if kind in ("page", "pdf", "code") else "page"
            url = text_of(one.get("url") or one.get("href") or one.get("URL") or "")
        else:
            kind, url = field if field in ("pdf", "code") else "page", text_of(one)
        kind = address_kind(url) if kind == "page" else kind
        made.urls = [*made.urls, (kind, url)]
        own = None if made.is_plain or kind == "code" else read_own_identifier(unquote(url))
        if own:
            made.identifiers = [*made.identifiers, (own.scheme, own.value)]
    return bool(made.urls)


def _read_links(made: Record, _field: str, value: Any) -> bool:
    """Links in a list, or each under a word for what it leads to; videos and the like are left."""
    named = value.items() if isinstance(value, dict) else [("", one) for one in listed(value)]
    for name, one in named:
        if isinstance(one, dict):
            said = {folded(key): text for key, text in one.items() if isinstance(text, str)}
            name = next((said[key] for key in _LINK_NAMES if key in said), name)
            one = said.get("url") or said.get("href") or said.get("link") or ""
        if not isinstance(one, str) or not _ADDRESS.match(one):
            continue
        place = place_of(name.rpartition("/")[2]) if name else ("url", 0)
        field = place[0] if place else ""
        kind = {"pdf": "pdf", "code_link": "code", "has_code": "code"}.get(field, "")
        if kind or field in _LINK_FIELDS or name == "text/html":
            _read_urls(made, "code" if kind == "code" else kind, one.strip())
            made.has_code = made.has_code or kind == "code"
    return True


def _read_code(made: Record, _field: str, value: Any) -> bool:
    if isinstance(value, str) and _ADDRESS.match(value):
        made.urls = [*made.urls, ("code", value)]
    made.has_code = made.has_code or flag_of(value)
    return True


def _read_flag(made: Record, field: str, value: Any) -> bool:
    setattr(made, field, flag_of(value))
    return True


def _read_number(made: Record, _field: str, value: Any) -> bool:
    number = number_of(value)
    made.score = number
    return number is not None


def _read_count(made: Record, _field: str, value: Any) -> bool:
    if isinstance(value, list):
        return False  # of the works that cite it
    number = number_of(value)
    made.cited_by = None if number is None or number == -1 else int(number)  # -1 if unknown
    return made.cited_by is not None


def _read_type(made: Record, _field: str, value: Any) -> bool:
    text = "; ".join([text_of(one) for one in listed(unwrapped(value))])
    made.type = text if text in TYPES else document_type(text)
    return bool(made.type)


def _read_status(made: Record, _field: str, value: Any) -> bool:
    word = text_of(value).strip().lower()
    made.status = word if word in STATUSES else ""
    return bool(made.status)


def _read_texts(made: Record, field: str, value: Any) -> bool:
    """Titles or abstracts in other languages."""
    texts = []
    for one in listed(value):
        if isinstance(one, dict):
            texts.append((text_of(one.get("language", "")), text_of(one.get("text", ""))))
        else:
            texts.append(("", text_of(one)))
    setattr(made, field, texts)
    return bool(texts)


def _read_server(made: Record, _field: str, value: Any) -> bool:
    if is_preprint_server(text := text_of(value)):
        made.type, made.publisher = made.type or "preprint", made.publisher or text
    return True


def _read_nothing(_made: Record, _field: str, _value: Any) -> bool:
    return True


READ_LAST = {"server", "links"}
"""The fields whose values count only where others say nothing."""

_READ: Mapping[str, Callable[[Record, str, Any], bool]] = {
    **dict.fromkeys(
        "id year date_text venue volume issue publisher comments"
        .split(),
        _read_text,
    ),
    "title": _read_versions,
    "abstract": _read_abstract,
    **dict.fromkeys(("date", "updated"), _read_date),
    "authors": _read_names,
    "editors": _read_names,
    "other_names": _read_names,
    "author_parts": _read_parts,
    "et_al": _read_flag,
    "pages": _read_pages,
    "language": _read_language,
    "links": _read_links,
    "server": _read_server,
    **dict.fromkeys(SCHEMES, _read_identifier),
    "identifiers": _read_identifiers,
    **dict.fromkeys(("url", "pdf"), _read_urls),
    **dict.fromkeys(("code_link", "has_code"), _read_code),
    "keywords": _read_keywords,
    "owners": _read_names,
    "institutions": _read_institutions,
    **dict.fromkeys(("category", "categories"), _read_categories),
    "type": _read_type,
    "status": _read_status,
    "cited_by": _read_count,
    "score": _read_number,
    **dict.fromkeys(("other_titles", "other_abstracts"), _read_texts),
    **dict.fromkeys(("month", "day", "host", "nothing"), _read_nothing),
}  # fmt: skip
_VALUE_KEYS = ("value", "identifier", "id", "text")
_SCHEME_KEYS = ("type", "identifiertype", "idtype", "scheme", "schema", "name")
_LINK_NAMES = ("title", "name", "label", "type", "rel", "text")
_LINK_FIELDS = {"url", "inner", "doi", "arxiv", "acl", "openalex", "pmid", "pmcid"}
_ADDRESS = re.compile(r"\s*(?:https?://|www\.)")
_TIME = re.compile(r"\d{9,10}|\d{12,13}", re.ASCII)
