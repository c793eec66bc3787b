"""The field table: which fields of a paper are indexed, and how numbers stand in them."""

STEMMED_FIELDS = ("title", "abstract")
"""Text fields searched by stems; each has an exact twin for quoted words."""

NAME_FIELDS = {"author": "author_names", "owner": "owner_names", "inst": "institution_names"}
"""Query fields of names and the index fields that hold each name whole, as one term."""

SORTABLE_ZERO = 1 << 31
"""What Whoosh adds to a signed number of 32 bits to sort it as an unsigned one."""


def exact_twin(field: str) -> str:
    """Return the name of the field that holds the same text unstemmed."""
    return f"{field}_exact" if field in STEMMED_FIELDS else field
