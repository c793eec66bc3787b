"""Objects whose keys say what they are: title, abstract, authors and the like, in any spelling.

The JSON that this program exports is one of them. It is known by its ``sources``, a list of files
and lines that no other program writes, and is read back as it was.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from index.dates import date_of_cells
from index.identifiers import SCHEMES, read_own_identifier
from index.names import NameParts, split_names
from index.paper import STATUSES, TYPES
from index.printed.vocabularies import document_type
from index.readers.base import Problem
from index.readers.json.shapes import (
    BadValueError,
    as_list,
    flag_of,
    folded,
    item_text,
    kind_of,
    names_of,
    number_of,
    quoted_list,
    split_categories,
    text_of,
)
from index.readers.record import Record, is_placeholder

NAME = "generic JSON"
MAX_KEYS_REPORTED = 100
"""How many different keys are reported as not read."""

USUAL_KEYS = frozenset(("id", "title", "abstract", "authors", "year", "category"))
"""The keys that most papers have; objects with no others take a shorter way."""


def recognises(value: dict[str, Any]) -> bool:
    """There is a title or an abstract, or there are two keys that papers have.

    An object that has a list of such objects, and is otherwise no paper, is none.
    """
    if "title" in value and ("abstract" in value or "authors" in value):
        return True  # as most are
    fields = {place[0] for key in value if (place := _place(key)) is not None}
    if not (fields & _TEXT_FIELDS or len(fields & _TELLING_FIELDS) > 1):
        inner = next((value[key] for key in _INNER if isinstance(value.get(key), dict)), None)
        return inner is not None and any(map(_is_text_key, inner))
    return (
        "abstract" in value
        or bool(fields & _PAPER_FIELDS)
        or not any(map(_is_list_of_papers, value.values()))
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
    found: dict[str, list[tuple[int, str, Any]]] = {}
    _collect(value, found)
    if "issn" in found and found.keys() <= _OF_JOURNALS:
        return "journals"
    for field, candidates in found.items():
        if len(candidates) > 1:
            candidates.sort(key=_rank)
        read = _READ[field]
        for _, key, candidate in candidates:
            try:
                if read(made, field, candidate):
                    break
            except BadValueError as error:
                made.lost.append((key, f"{error}; the paper is kept without it"))
    if made.year != "" and not made.date and "month" in found:
        made.date = _date_in(str(made.year), found)
    return made


def _date_in(year: str, found: Mapping[str, list[tuple[int, str, Any]]]) -> str:
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
        if _UNUSUAL_WORD.search(names):
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
            if _place(key) is None and (key in counts or len(counts) <= MAX_KEYS_REPORTED):
                counts[key] += 1

    def notes(self, file: str) -> Iterator[Problem]:
        """Yield a note for each key of a file."""
        counts = self._counts
        if len(counts) > MAX_KEYS_REPORTED:
            reason = f"more than {MAX_KEYS_REPORTED} other keys are not read"
            yield Problem(file, 0, f"{reason}; the rest are not named", kind="note")
        for key, count in sorted(list(counts.items())[:MAX_KEYS_REPORTED]):
            yield Problem(file, 0, f"key {key!r} is not read (in {count:,} records)", kind="note")


def _collect(value: dict[str, Any], found: dict[str, list[tuple[int, str, Any]]]) -> None:
    """Add the values of the fields, each with the rank of its key; those within come last."""
    inner = []
    for key, member in value.items():
        place = _place(key)
        if place is None or member is None or member == "":
            continue
        field, rank = place
        if field == "inner":
            if isinstance(member, dict):
                inner.append(member)
        else:
            found.setdefault(field, []).append((rank, key, member))
    for members in inner:
        within: dict[str, list[tuple[int, str, Any]]] = {}
        _collect({key: one for key, one in members.items() if folded(key) not in _INNER}, within)
        for field, candidates in within.items():
            found.setdefault(field, []).extend(
                [(rank + _WITHIN, key, one) for rank, key, one in candidates]
            )


def _rank(candidate: tuple[int, str, Any]) -> int:
    return candidate[0]


# Each of these puts what a value says into the record, and tells whether it says anything.


def _read_text(made: Record, field: str, value: Any) -> bool:
    text = text_of(value)
    setattr(made, field, text)
    return bool(text.strip())


def _read_long_text(made: Record, field: str, value: Any) -> bool:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = " ".join(value)  # a sentence each
    return _read_text(made, field, value)


def _read_names(made: Record, field: str, value: Any) -> bool:
    names, et_al = names_of(value, is_plain=made.is_plain)
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
    if isinstance(value, dict):
        raise BadValueError(f"expected a list of texts, found {kind_of(value)}")
    if isinstance(value, str) and not made.is_plain:
        listed = quoted_list(value)
        value = listed if listed is not None else re.split(r"[;|\n]|,(?=\s)|,(?=\D)", value)
    setattr(made, field, [text for text in map(item_text, as_list(value)) if text.strip()])
    return bool(getattr(made, field))


def _read_institutions(made: Record, field: str, value: Any) -> bool:
    """Institutions, of which commas part only those of several words."""
    if isinstance(value, str) and not made.is_plain and (text := " ".join(value.split())):
        has_commas = ";" not in text and all(" " in part.strip() for part in text.split(","))
        value = list(split_names(text, "," if has_commas else ";"))
    return _read_strings(made, field, value)


def _read_categories(made: Record, field: str, value: Any) -> bool:
    """The primary one comes first; the others may stand under another key."""
    if isinstance(value, str) and not made.is_plain:
        listed = quoted_list(value)
        value = listed if listed is not None else split_categories(value)
    own = [text for text in map(item_text, as_list(value)) if text.strip()]
    others = made.categories
    made.categories = [*own, *others] if field == "category" else [*others, *own]
    return bool(own)


def _read_identifiers(made: Record, _field: str, value: Any) -> bool:
    """Identifiers in an object: each scheme has a value or a list of them."""
    if not isinstance(value, dict):
        raise BadValueError(f"expected an object, found {kind_of(value)}")
    found = list(made.identifiers)
    for key, values in value.items():
        place = _place(key)
        scheme = key if key in SCHEMES else place[0] if place else ""
        if scheme not in SCHEMES:
            made.lost.append((key, "not a scheme of identifiers that is known"))
            continue
        found += [(scheme, text_of(one)) for one in as_list(values) if one is not None]
    made.identifiers = found
    return bool(value)


def _read_identifier(made: Record, field: str, value: Any) -> bool:
    texts = [text_of(one) for one in as_list(value) if one is not None]
    made.identifiers = [*made.identifiers, *[(field, text) for text in texts if text]]
    return any(texts)


def _read_urls(made: Record, field: str, value: Any) -> bool:
    for one in as_list(value):
        if isinstance(one, dict):
            kind = one.get("kind")
            kind = kind if kind in ("page", "pdf", "code") else "page"
            url = text_of(one.get("url") or one.get("href") or one.get("URL") or "")
        else:
            kind, url = field if field in ("pdf", "code") else "page", text_of(one)
        if kind == "page" and re.search(r"\.pdf$|arxiv\.org/pdf/", url):
            kind = "pdf"
        made.urls = [*made.urls, (kind, url)]
        own = None if made.is_plain or kind == "code" else read_own_identifier(unquote(url))
        if own:
            made.identifiers = [*made.identifiers, (own.scheme, own.value)]
    return bool(made.urls)


def _read_code(made: Record, _field: str, value: Any) -> bool:
    if isinstance(value, str) and re.match(r"https?://|www\.", value.strip()):
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
    made.cited_by = None if number is None else int(number)
    return number is not None


def _read_type(made: Record, _field: str, value: Any) -> bool:
    text = "; ".join([text_of(one) for one in as_list(value)])
    made.type = text if text in TYPES else document_type(text)
    return bool(made.type)


def _read_status(made: Record, _field: str, value: Any) -> bool:
    word = text_of(value).strip().lower()
    made.status = word if word in STATUSES else ""
    return bool(made.status)


def _read_texts(made: Record, field: str, value: Any) -> bool:
    """Titles or abstracts in other languages."""
    texts = []
    for one in as_list(value):
        if isinstance(one, dict):
            texts.append((text_of(one.get("language", "")), text_of(one.get("text", ""))))
        else:
            texts.append(("", text_of(one)))
    setattr(made, field, texts)
    return bool(texts)


def _read_nothing(_made: Record, _field: str, _value: Any) -> bool:
    return True


# Keys.


@lru_cache(maxsize=1 << 12)
def _place(key: str) -> tuple[str, int] | None:
    """Return the field that a key is of, and its rank among the keys of that field."""
    return _PLACES.get(folded(key)) if len(key) < _MAX_KEY_CHARS else None


def field_of(key: str) -> str:
    """Return the field that a key, or the heading of a table's column, is of; else nothing."""
    place = _place(key)
    return place[0] if place else ""


def _is_text_key(key: str) -> bool:
    place = _place(key)
    return place is not None and place[0] in _TEXT_FIELDS


def _is_list_of_papers(value: Any) -> bool:
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    return any(map(_is_text_key, value[0]))


_KEYS: Mapping[str, str] = {
    "id": "id _id uid docid docno doc_no document_id paper_id article_id record_id key",
    "title": "title paper_title article_title primary_title title_en",
    "abstract": "abstract abstract_text paper_abstract abstract_en text contents content_text body "
    "summary abstract_note description",
    "authors": "authors author author_list author_string author_names authors_list creators "
    "creator",
    "author_parts": "author_parts",
    "other_names": "other_names",
    "et_al": "et_al",
    "editors": "editors editor",
    "year": "year pub_year publication_year published_year year_published publish_year",
    "date": "date publication_date published_date date_published pub_date published published_at "
    "publish_date first_publication_date",
    "month": "month pub_month publication_month published_month",
    "day": "day pub_day publication_day published_day",
    "updated": "updated updated_date update_date updated_at",
    "date_text": "date_text",
    "doi": "doi doi_url",
    "arxiv": "arxiv arxiv_id arxivid",
    "pmid": "pmid pubmed_id pubmed",
    "pmcid": "pmcid pmc pmc_id",
    "acl": "acl acl_id anthology_id",
    "openalex": "openalex openalex_id",
    "s2": "s2 s2_id semantic_scholar_id",
    "corpusid": "corpusid corpus_id s2_corpus_id",
    "issn": "issn eissn",
    "isbn": "isbn",
    "citation_key": "citation_key citekey bibtex_key",
    "accession": "accession accession_number",
    "identifiers": "identifiers external_ids ids",
    "url": "urls url link paper_url page_url abs_url abstract_url landing_page html_url source_url "
    "entry_id",
    "pdf": "pdf pdf_url pdf_link url_pdf open_access_pdf full_text_url",
    "code_link": "code_url code_link github github_url repo_url repository",
    "has_code": "has_code code",
    "venue": "venue journal journal_title journal_name conference conf booktitle container_title "
    "publication_title publication_venue publication_name "
    "journal_ref",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages page page_range",
    "publisher": "publisher",
    "keywords": "keywords keyword tags author_keywords keyword_list",
    "category": "primary_category category",
    "categories": "categories arxiv_categories subjects subject",
    "type": "type document_type publication_type doc_type",
    "status": "status",
    "language": "language lang languages",
    "cited_by": "cited_by citation_count cited_by_count citations num_citations n_citation "
    "times_cited",
    "score": "score",
    "institutions": "institutions institution affiliations",
    "owners": "owners",
    "comments": "comments comment",
    "other_titles": "other_titles",
    "other_abstracts": "other_abstracts",
    "nothing": "sources",
    "inner": "metadata details content paper attributes",
}
"""The fields, each with its keys in order of preference; case and signs do not count."""

_PLACES = {
    folded(key): (field, rank)
    for field, keys in _KEYS.items()
    for rank, key in enumerate(keys.split())
}
_INNER = tuple(_KEYS["inner"].split())
_TEXT_FIELDS = {"title", "abstract"}
_PAPER_FIELDS = {"authors", "year", "doi", "venue", "pmid", "arxiv"}
_TELLING_FIELDS = {*_KEYS} - {"type", "status", "language", "score", "url", "nothing", "inner"}
_OF_JOURNALS = {"id", "title", "issn", "publisher", "url", "type", "language", "categories"}
_READ: Mapping[str, Callable[[Record, str, Any], bool]] = {
    **dict.fromkeys(
        "id title year date updated date_text venue volume issue pages publisher language comments"
        .split(),
        _read_text,
    ),
    "abstract": _read_long_text,
    "authors": _read_names,
    "editors": _read_names,
    "other_names": _read_names,
    "author_parts": _read_parts,
    "et_al": _read_flag,
    **dict.fromkeys(SCHEMES, _read_identifier),
    "identifiers": _read_identifiers,
    **dict.fromkeys(("url", "pdf"), _read_urls),
    **dict.fromkeys(("code_link", "has_code"), _read_code),
    "keywords": _read_strings,
    "owners": _read_names,
    "institutions": _read_institutions,
    **dict.fromkeys(("category", "categories"), _read_categories),
    "type": _read_type,
    "status": _read_status,
    "cited_by": _read_count,
    "score": _read_number,
    **dict.fromkeys(("other_titles", "other_abstracts"), _read_texts),
    **dict.fromkeys(("month", "day", "nothing"), _read_nothing),
}  # fmt: skip
# A name with a comma, initials behind, a sign or a word for others.
_UNUSUAL_WORD = re.compile(r" (?:[A-Z]{1,3}|al\.?|others)(?:\n|$)")
_UNUSUAL_SIGN = re.compile(r"[^\w \n.'’-]|[\d_]")
_PLAIN_CODE = re.compile(r"[\w.-]+")
_WITHIN = 1_000
_MAX_KEY_CHARS = 100
