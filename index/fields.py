"""The field table: everything about a field of the index is one row of it.

The Whoosh schema, the inverter, the checker, the engine's columns, the query language, the facets
and what is exported are all derived from ``FIELDS``. Adding a field is adding a row, and a value
for it in ``VALUES`` if no other row has that value.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from index.categories import with_archives
from index.dates import date_number

if TYPE_CHECKING:
    from index.paper import Paper

Kind = Literal["text", "words", "names", "value", "number", "decimal", "list"]
"""How the value of a field is indexed.

text
    A string. Its words are terms of the exact twin, their stems terms of the field itself.
words
    A list of strings. Their words are terms, and no phrase crosses from one string to the next.
names
    A list of personal or institutional names. Each whole name is a term, in all its spellings.
value
    A string or a list of strings. Each is a term as it is; an empty string is none.
number
    A whole number up to 100,000,000, which is MOST_CITATIONS plus 1; 0 stands for none. It is a
    term and a column.
decimal
    A float, -inf for none. It is a column and no term.
list
    A list of strings. It is a column and no term.
"""

Column = Literal["", "strings", "codes"]
"""How a string is kept for each paper: not at all, as it is, or as the number of a value."""


class Field(NamedTuple):
    """One field of the index.

    ``value`` names the entry of ``VALUES`` that a paper's value comes from. ``query_name`` is the
    field's name in the query language, empty if it has none. ``facet`` is the name of the facet
    that counts its values; ``facet_labels`` are labels for values that a reader sees by another
    name. ``exports`` are the attributes of ``Paper`` that a hit shows for it. A field with a
    ``weight`` is searched by plain words; ``b`` is its length normalisation in BM25F. ``lowest`` is
    the lowest number that a paper can have: where that is 0, which stands for none, the index holds
    each number plus 1.
    """

    name: str
    kind: Kind
    value: str
    column: Column = ""
    query_name: str = ""
    facet: str = ""
    facet_labels: tuple[tuple[str, str], ...] = ()
    exports: tuple[str, ...] = ()
    weight: float | None = None
    b: float = 0.0
    lowest: int = 1

    @property
    def has_terms(self) -> bool:
        """Whether the field has posting lists."""
        return self.kind not in ("decimal", "list")

    @property
    def has_column(self) -> bool:
        """Whether the field is kept for each paper beside the stored paper."""
        return bool(self.column) or self.kind in ("number", "decimal", "list")


FIELDS: tuple[Field, ...] = (
    Field("id", "value", "id", column="strings", query_name="id", exports=("id",)),
    Field(
        "title",
        "text",
        "title",
        column="strings",
        query_name="title",
        exports=("title",),
        weight=3.0,
        b=0.5,
    ),
    Field("authors", "words", "authors", exports=("authors", "et_al"), weight=2.0, b=0.3),
    Field("abstract", "text", "abstract", query_name="abstract", weight=1.0, b=0.75),
    Field("category", "value", "categories", query_name="cat", exports=("category",)),
    Field("category_list", "list", "categories", facet="category"),
    Field("year", "number", "year", query_name="year", facet="year", exports=("year",)),
    Field("date", "number", "date", query_name="date", exports=("date",)),
    Field(
        "has",
        "value",
        "has",
        column="codes",
        query_name="has",
        facet="code",
        facet_labels=(("", "no"), ("code", "yes")),
        exports=("has_code",),
    ),
    Field("source", "value", "files"),
    Field("score", "decimal", "score"),
    Field("author_names", "names", "author_names", query_name="author"),
    Field("author_list", "list", "authors", facet="author"),
    Field(
        "institution_list", "list", "institutions", facet="institution", exports=("institutions",)
    ),
    Field("owner_names", "names", "owners", query_name="owner", exports=("owners",)),
    Field("institution_names", "names", "institutions", query_name="inst"),
    Field("identifier", "value", "identifiers", query_name="doi"),
    Field("venue", "words", "venue", query_name="venue"),
    Field("venue_list", "list", "venue", facet="venue"),
    Field("keywords", "words", "keywords", query_name="kw"),
    Field("keyword_list", "list", "keywords", facet="keyword"),
    Field("type", "value", "type", column="codes", query_name="type", facet="type"),
    Field("language", "value", "language", column="codes", query_name="lang", facet="language"),
    Field("cited_by", "number", "cited_by", query_name="cited", lowest=0),
)


def _abstract(paper: "Paper") -> str:
    """Return the text that the field of abstracts indexes: other titles and abstracts, too."""
    others = (*paper.other_titles, *paper.other_abstracts)
    return "\n".join([paper.abstract, *[one.text for one in others]]) if others else paper.abstract


VALUES: Mapping[str, Callable[["Paper"], Any]] = {
    "id": attrgetter("id"),
    "title": attrgetter("title"),
    "abstract": _abstract,
    "authors": attrgetter("authors"),
    "author_names": lambda paper: paper.authors + paper.other_names,
    "owners": attrgetter("owners"),
    "institutions": attrgetter("institutions"),
    "categories": lambda paper: with_archives(paper.categories),
    "year": lambda paper: paper.year or 0,
    # A paper without a date is sorted among those of its year, before all of them.
    "date": lambda paper: date_number(paper.date) if paper.date else (paper.year or 0) * 10_000,
    "has": lambda paper: "code" if paper.has_code else "",
    "score": lambda paper: float("-inf") if paper.score is None else float(paper.score),
    "identifiers": lambda paper: tuple([str(one) for one in paper.identifiers]),
    "venue": lambda paper: (paper.venue,) if paper.venue else (),
    "keywords": attrgetter("keywords"),
    "type": attrgetter("type"),
    "language": attrgetter("language"),
    "cited_by": lambda paper: 0 if paper.cited_by is None else paper.cited_by + 1,
    "files": lambda paper: tuple([source.file for source in paper.sources]),
}
"""What a paper's value is in a field: a string, a tuple of strings, or a number."""

STEMMED_FIELDS = tuple(field.name for field in FIELDS if field.kind == "text")
"""The fields that are searched by stem; each has an exact twin for quoted words."""

SEARCHED_FIELDS = tuple(field.name for field in FIELDS if field.weight is not None)
"""The fields that a plain word of a query is looked up in."""

FIELD_WEIGHTS = {field.name: field.weight for field in FIELDS if field.weight is not None}
"""The default weight of a word's frequency in each searched field."""

LENGTH_NORMALISATION = {field.name: field.b for field in FIELDS if field.weight is not None}
"""BM25F's b of each searched field: 0 ignores the field's length, 1 divides by it in full."""

QUERY_FIELDS: Mapping[str, Field] = {
    field.query_name: field for field in FIELDS if field.query_name
}
"""The fields by their names in the query language."""

TEXT_QUERY_FIELDS = tuple(
    name for name, field in QUERY_FIELDS.items() if field.kind in ("text", "words")
)
"""The query fields that take words and phrases."""

RANGE_FIELDS = tuple(name for name, field in QUERY_FIELDS.items() if field.kind == "number")
"""The query fields that take numbers and ranges."""

NUMBER_FIELDS = frozenset(field.name for field in FIELDS if field.kind == "number")
"""The fields of numbers, by their names in the index."""

NAME_FIELDS = {name: field.name for name, field in QUERY_FIELDS.items() if field.kind == "names"}
"""The query fields of names, each with the index field that holds every name whole."""

NAME_LISTS = {
    NAME_FIELDS[field.facet]: field.name
    for field in FIELDS
    if field.kind == "list" and field.facet in NAME_FIELDS
}
"""The fields that hold names whole, each with the column of these names in their order."""

FACETS: Mapping[str, Field] = {field.facet: field for field in FIELDS if field.facet}
"""The fields that are counted, by the name of the facet."""

USUAL_FACETS = ("category", "year")
"""The facets that are counted where nobody says which."""

EXPORTED = tuple(name for field in FIELDS for name in field.exports)
"""The attributes of a paper that a hit shows, in the order of a table's columns."""

SORTABLE_ZERO = 1 << 31
"""What Whoosh adds to a signed number of 32 bits to sort it as an unsigned one."""


def exact_twin(field: str) -> str:
    """Return the name of the field that holds the same text unstemmed."""
    return f"{field}_exact" if field in STEMMED_FIELDS else field
