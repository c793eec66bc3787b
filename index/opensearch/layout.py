"""How papers lie in an index of OpenSearch: its settings, its mapping, and a paper's document.

All of it follows from the field table. Terms are made here and sent as they are: the server cuts a
text at blanks into positions, and a position at ``|`` into its terms. Three indexes belong
together: the papers, the terms with their counts, and who writes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple

from index.analysis import (
    MAX_WORD_CHARS,
    NAME_GAP,
    TEXT_END,
    pieces,
    plain_words,
    stem,
    stemming,
    tokens,
)
from index.fields import (
    FACETS,
    FIELDS,
    LENGTH_NORMALISATION,
    STEMMED_FIELDS,
    VALUES,
    Field,
    exact_twin,
)
from index.names import name_terms
from index.opensearch.encoding import json_text
from index.paper import Paper

LAYOUT = 1
"""The version of what is described here; a change to it is a new one."""

NO_SCORE = -1e300
"""What stands for a paper without a score of its own, which is sorted last."""

STORED = "stored"
"""The field of what a local index stores of a paper: its copies and their hashes, as JSON."""

ENTRY = "entry"
"""The field of the hashes alone, as JSON."""

HASH = "hash"
"""The field of a hash of what is stored."""

COPY_COUNT = "copies"
"""The field of how many copies a paper has, where there are several."""

TITLE_KEY = "title_key"
"""The field of a hash of the title's terms and their places."""

WITHOUT_COLUMN = frozenset(
    field.name for field in FIELDS if field.kind == "value" and field.value == "identifiers"
)
"""The fields of values that papers are found by, and never sorted or counted by."""

# OpenSearch refuses longer names of documents.
_MOST_ID_BYTES = 512
_MOST_BYTES_A_CHARACTER = 4
_MOST_VALUE_CHARS = 8191
# How many files, or ids, one query may list.
_MOST_TERMS = 1_000_000
# Lucene adds one for the next word.
_GAP = NAME_GAP - 1

# Texts are most of the bytes: a paper takes 2.0 kB, with the usual codec 3.5.
_CODEC = "best_compression"

# What stands between texts that are made at once; no term has it.
_END = "\n"

# The similarity of fields that are searched only where they are named.
_UNWEIGHED = "plain_f"

PROBE = "Fine-tuning of Müller's U.S. models"
"""A text that shows whether a server cuts texts as it should."""


class Means(NamedTuple):
    """The mean lengths of the fields of text over all papers, by field, in terms."""

    by_field: Mapping[str, float]

    def of(self, field: str) -> float:
        """Return the mean length of a field, 0 of one that is not weighed."""
        return self.by_field.get(field, 0.0)


def analysis_mark() -> str:
    """Return what tells how texts become terms: it changes when that does."""
    known = json.dumps([LAYOUT, stemming(), *TermTexts().of([PROBE])])
    return blake2b(known.encode(), digest_size=8).hexdigest()


def similarities(means: Means) -> dict[str, Any]:
    """Return how each field weighs a term: its frequency over the length, without saturation.

    ``w * f / (1 - b + b * length / mean)``, the inner sum of BM25F. The server rounds lengths above
    40 to one byte.
    """
    return {
        f"{name}_f": {
            "type": "scripted",
            "discount_overlaps": False,
            "script": {
                "source": f"return query.boost * doc.freq / ({1 - b!r} + {b!r} * doc.length /"
                f" {max(means.of(name), 1.0)!r});"
            },
        }
        for name, b in LENGTH_NORMALISATION.items()
    } | {
        _UNWEIGHED: {
            "type": "scripted",
            "discount_overlaps": False,
            "script": {"source": "return query.boost * doc.freq;"},
        }
    }


def settings(means: Means, *, replicas: int) -> dict[str, Any]:
    """Return the settings of the index of papers."""
    return {
        "number_of_replicas": replicas,
        # What a commit has changed is seen when it says so.
        "refresh_interval": "-1",
        "max_terms_count": _MOST_TERMS,
        "codec": _CODEC,
        "analysis": _ANALYSIS,
        "similarity": similarities(means),
    }


_ANALYSIS = {
    "tokenizer": {"positions": {"type": "whitespace", "max_token_length": 8191}},
    "filter": {
        "stacked": {
            "type": "pattern_capture",
            "preserve_original": False,
            "patterns": ["([^|]+)"],
        }
    },
    "analyzer": {
        "terms": {"type": "custom", "tokenizer": "positions", "filter": ["stacked"]},
        "as_is": {"type": "custom", "tokenizer": "positions"},
    },
}


def mapping(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping of the index of papers; ``meta`` is what the index says of itself."""
    properties: dict[str, Any] = {
        TITLE_KEY: {"type": "keyword", "doc_values": False},
        COPY_COUNT: {"type": "integer", "doc_values": False},
    }
    for field in FIELDS:
        properties |= _properties(field)
    return {
        "dynamic": False,
        "_meta": dict(meta),
        # Stems are made of the forms again where they are needed.
        "_source": {"excludes": list(STEMMED_FIELDS)},
        "properties": properties,
    }


def _properties(field: Field) -> dict[str, Any]:
    keyword = {"type": "keyword", "ignore_above": _MOST_VALUE_CHARS}
    # Found by, but never sorted or counted by.
    found_by = {**keyword, "doc_values": False}
    weighed = field.name in LENGTH_NORMALISATION
    text = {
        "type": "text",
        "analyzer": "terms",
        "search_analyzer": "as_is",
        "similarity": f"{field.name}_f" if weighed else _UNWEIGHED,
    }
    match field.kind:
        case "text":
            return {field.name: text, exact_twin(field.name): text}
        case "words":
            return {field.name: {**text, "position_increment_gap": _GAP}}
        case "names":
            return {field.name: found_by, first_of(field.name): found_by}
        case "number":
            return {field.name: {"type": "integer"}}
        case "decimal":
            return {field.name: {"type": "double"}}
        case "list":
            # The values are counted to choose a spelling, and found by their keys.
            return {field.name: {**keyword, "index": False}, key_of(field.name): keyword}
    return {field.name: found_by if field.name in WITHOUT_COLUMN else keyword}


def first_of(field: str) -> str:
    """Return the name of the field that holds the first name of a field of names."""
    return f"{field}_first"


def key_of(field: str) -> str:
    """Return the name of the field by which the values of a list are counted."""
    return f"{field}_key"


def folded_value(value: str) -> str:
    """Return what spellings of one value of a list share."""
    return (_name_terms(value) or (value,))[0]


@lru_cache(1 << 16)
def _name_terms(name: str) -> tuple[str, ...]:
    # A name stands in several fields, and authors write several papers.
    return tuple(name_terms(name))


class TermTexts:
    """Texts as their terms: the forms of one position joined by ``|``, positions by blanks.

    Pieces of text recur, so each distinct piece is analysed once.
    """

    # More would fill the memory; the usual words come again soon.
    _MOST_PIECES = 1 << 19
    _MOST_NAMES = 1 << 16

    def __init__(self) -> None:
        self._known = _Analysed()
        self._names: dict[str, str] = {}

    def of(self, texts: Sequence[str]) -> list[tuple[str, str]]:
        """Return each text as its forms, and as their stems."""
        if len(self._known) > self._MOST_PIECES:
            self._known = _Analysed()
        # A million papers have some 150 million words.
        cut = pieces([text.encode("utf-8", "surrogatepass") for text in texts])
        forms, stems = (
            " ".join(filter(None, map(table.__getitem__, cut))).split(_END)
            for table in (self._known, self._known.stems)
        )
        return [
            (own.strip(" "), stemmed.strip(" "))
            for own, stemmed in zip(forms[:-1], stems[:-1], strict=True)
        ]

    def of_names(self, names: Sequence[str]) -> list[str]:
        """Return names as their forms, but for those without any."""
        if len(self._names) > self._MOST_NAMES:
            self._names = {}
        # Authors write several papers.
        new = [name for name in names if name not in self._names]
        self._names.update(zip(new, (forms for forms, _ in self.of(new)), strict=True))
        return list(filter(None, map(self._names.__getitem__, names)))


class _Analysed(dict[bytes, str]):
    """Pieces of text as their forms, each analysed when it is first asked for; and as stems."""

    def __init__(self) -> None:
        super().__init__({TEXT_END: _END})
        self.stems = {TEXT_END: _END}

    def __missing__(self, piece: bytes) -> str:
        forms, self.stems[piece] = _analysed(piece)
        self[piece] = forms
        return forms


def _analysed(piece: bytes) -> tuple[str, str]:
    """Return a piece as its forms and as their stems."""
    text = piece.decode("utf-8", "surrogatepass")
    if piece.isalnum() and not piece.isupper():
        form = text.lower()[:MAX_WORD_CHARS]
        return form, stem(form)
    if words := plain_words(piece):
        parts = [word.decode()[:MAX_WORD_CHARS] for word in words]
        stems = list(map(stem, parts))
        if len(words) > 1:
            joined = b"".join(words).decode()[:MAX_WORD_CHARS]
            parts[0], stems[0] = f"{joined}|{parts[0]}", f"{stem(joined)}|{stems[0]}"
        return " ".join(parts), " ".join(stems)
    positions: dict[int, list[str]] = {}
    for token in tokens(text):
        positions.setdefault(token.position, []).extend(token.forms)
    rows = [positions[place] for place in sorted(positions)]
    stemmed = ["|".join(map(stem, row)) for row in rows]
    return " ".join(map("|".join, rows)), " ".join(stemmed)


def title_key(forms: Iterable[tuple[str, int]]) -> str:
    """Return what tells a title from others: a hash of its forms and their places."""
    known = " ".join(f"{place}:{form}" for form, place in sorted(forms, key=itemgetter(1, 0)))
    return blake2b(known.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _placed(terms: str) -> list[tuple[str, int]]:
    """Return each form of a text that is given as its terms, with its position."""
    return [
        (form, place) for place, forms in enumerate(terms.split(" ")) for form in forms.split("|")
    ]


def document_id(paper_id: str) -> str:
    """Return the name of a paper's document: its id, or a hash of one that is too long."""
    is_usual = not paper_id.startswith("_")
    if is_usual and len(paper_id) <= _MOST_ID_BYTES // _MOST_BYTES_A_CHARACTER:
        return paper_id
    encoded = paper_id.encode("utf-8", "surrogatepass")
    if is_usual and len(encoded) <= _MOST_ID_BYTES:
        return paper_id
    return "_" + blake2b(encoded, digest_size=16).hexdigest()


def stored_text(values: Mapping[str, Any]) -> str:
    """Return what is stored of a paper as JSON, which holds lone surrogates too."""
    text = json_text(values)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(values, separators=(",", ":"))
    return text


def stored_values(text: str) -> dict[str, Any]:
    """Return what is stored of a paper. Raises ValueError for what ``stored_text`` never makes."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("what is stored is no object")
    return values


def file_term(file: str) -> str:
    """Return the term of a file: its name, or JSON of a name that is no Unicode."""
    return file if file.isprintable() else json.dumps(file)


def file_of(term: str) -> str:
    """Return the file that ``file_term`` gave a term."""
    return json.loads(term) if term.startswith('"') else term


def document(paper: Paper, stored: Mapping[str, Any], texts: TermTexts) -> dict[str, Any]:
    """Return the document of a paper; ``stored`` is what a local index stores of it."""
    written = texts.of([VALUES[field.value](paper) for field in _TEXTS])
    fields: dict[str, Any] = {}
    for field, (forms, stems) in zip(_TEXTS, written, strict=True):
        fields[exact_twin(field.name)], fields[field.name] = forms, stems
    for field in _OTHERS:
        value = VALUES[field.value](paper)
        match field.kind:
            case "words":
                # A value without a term would take the place of one.
                fields[field.name] = texts.of_names(value)
            case "names":
                terms = list(map(_name_terms, value))
                fields[field.name] = list(dict.fromkeys(one for own in terms for one in own))
                fields[first_of(field.name)] = list(terms[0]) if terms else []
            case "list":
                fields[field.name] = list(value)
                fields[key_of(field.name)] = list(dict.fromkeys(map(folded_value, value)))
            case "decimal":
                fields[field.name] = value if value > NO_SCORE else NO_SCORE
            case "number":
                fields[field.name] = int(value)
            case _ if field.value == "files":
                fields[field.name] = list(map(file_term, value))
            case _:
                fields[field.name] = value if isinstance(value, str) else list(value)
    title = fields[exact_twin("title")]
    fields[TITLE_KEY] = title_key(_placed(title)) if title else ""
    text = stored_text(stored)
    fields[STORED] = text
    fields[ENTRY] = stored_text({"hashes": stored["hashes"], "shared": stored["shared"]})
    fields[HASH] = blake2b(text.encode(), digest_size=8).hexdigest()
    if len(stored["copies"]) > 1:
        fields[COPY_COUNT] = len(stored["copies"])
    return fields


_TEXTS = tuple(field for field in FIELDS if field.kind == "text")
_OTHERS = tuple(field for field in FIELDS if field.kind != "text")


def counted_terms(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the terms that stand in the fields of words and of names, as often as they do."""
    for name in COUNTED:
        value = fields[name]
        if name in _OF_WORDS:
            text = value if isinstance(value, str) else " ".join(value)
            yield name, text.replace("|", " ").split()
        else:
            yield name, value


_OF_WORDS = frozenset(exact_twin(field.name) for field in FIELDS if field.kind in ("text", "words"))
COUNTED = tuple(
    exact_twin(field.name) for field in FIELDS if field.kind in ("text", "words", "names")
)
"""The fields whose terms are listed with their counts, in an index of their own."""

TERMS_MAPPING: Mapping[str, Any] = {
    "dynamic": False,
    "properties": {
        "field": {"type": "keyword"},
        "term": {"type": "keyword", "ignore_above": _MOST_VALUE_CHARS},
        "stem": {"type": "keyword", "doc_values": False},
        "ends": {"type": "keyword", "doc_values": False},
        "words": {"type": "keyword", "doc_values": False},
        "papers": {"type": "integer"},
        # Added up, they tell the mean lengths.
        "occurrences": {"type": "long", "index": False},
    },
    "_source": {"excludes": ["ends", "words"]},
}
"""The mapping of the index of terms."""

TERMS_SETTINGS: Mapping[str, Any] = {
    "number_of_shards": 1,
    "number_of_replicas": 0,
    "refresh_interval": "-1",
    "codec": _CODEC,
}
"""The settings of the index of terms."""


def term_body(field: str, term: str, papers: int, occurrences: int) -> bytes:
    """Return the document of a term, as it is sent: its stem, where it has one, and its counts.

    Names have their words, and every beginning of theirs that ends with a word, turned and without
    blanks: so those with a word that ends in some letters are found by the beginning of a term.
    """
    more = ""
    if field in _EXACT_TWINS:
        more = f',"stem":{json_text(stem(term))}'
    elif field in _OF_NAMES:
        words = term.split(" ")
        ends = ["".join(words[:count])[::-1] for count in range(1, len(words) + 1)]
        more = f',"ends":[{_listed(ends)}],"words":[{_listed(words)}]'
    # Of so many small values, each by itself takes a quarter of the time.
    return (
        f'{{"field":"{field}","term":{json_text(term)},"papers":{papers},'
        f'"occurrences":{occurrences}{more}}}'
    ).encode("utf-8", "replace")


def _listed(texts: Iterable[str]) -> str:
    return ",".join(map(json_text, texts))


_EXACT_TWINS = frozenset(map(exact_twin, STEMMED_FIELDS))
_OF_NAMES = frozenset(field.name for field in FIELDS if field.kind == "names")


def term_id(field: str, term: str) -> str:
    """Return the name of a term's document."""
    return document_id(f"{field}:{term}")


FACET_FIELDS: Mapping[str, str] = {
    facet: key_of(field.name) if field.kind == "list" else field.name
    for facet, field in FACETS.items()
}
"""The field by which each facet is counted."""
