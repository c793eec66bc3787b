"""What a condition on values of an index means: which categories, types and languages."""

from collections.abc import Iterable, Sequence

from index.categories import category_name, class_of
from index.printed.languages import language_code
from searcher.query.tree import Exact, Fuzzy, Pattern, Phrase, Word
from searcher.query.words import wildcard

_SHOWN_CATEGORIES = 20


def matching_categories(wanted: str, codes: Iterable[str]) -> list[str]:
    """Return the category codes that ``wanted`` names, by code or by name, in any case.

    A short code means one class: ``CV`` is ``cs.CV``, never ``math.CV``. An archive is all of its
    classes.
    """
    key, wanted_class = wanted.casefold(), class_of(wanted)
    return [
        code
        for code in codes
        if key in (code.casefold(), category_name(code).casefold())
        or (own := class_of(code)) == wanted_class
        or own.startswith(f"{wanted_class}.")
    ]


def no_such_category(wanted: str, codes: Sequence[str]) -> str:
    """Return the message that no paper has the category ``wanted``."""
    known = ", ".join(sorted(codes)[:_SHOWN_CATEGORIES])
    if len(codes) > _SHOWN_CATEGORIES:
        known += ", …"
    return f"no paper in this index has the category {wanted!r}; it has {known or 'none'}"


def matching_values(
    leaf: Word | Exact | Phrase | Pattern | Fuzzy, values: Sequence[str]
) -> tuple[str, ...]:
    """Return the types or languages that a leaf means, in any case; a language by name too."""
    key = leaf.text.casefold()
    if isinstance(leaf, Pattern):
        pattern = wildcard(key)
        return tuple(value for value in values if pattern.fullmatch(value.casefold()))
    wanted = {key, language_code(key)} if leaf.field == "lang" else {key}
    return tuple(value for value in values if value.casefold() in wanted)
