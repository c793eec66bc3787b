"""What a condition on values of an index means: which categories, types, languages and names."""

from collections.abc import Iterable, Sequence

from index.analysis import tokens
from index.categories import category_name, class_of
from index.names import matching_names
from index.printed.languages import language_code
from index.printed.vocabularies import document_type
from searcher.query.tree import Fuzzy, Pattern, TextLeaf
from searcher.query.words import is_within, term_pattern, wildcard

_SHOWN = 20
"""How many values of an index a message names."""


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


def no_such_value(kind: str, wanted: str, values: Sequence[str]) -> str:
    """Return the message that no paper has a category, type or language, and which there are."""
    from difflib import get_close_matches

    known = ", ".join(sorted(values)[:_SHOWN])
    if len(values) > _SHOWN:
        known += ", …"
    spelled = {value.casefold(): value for value in sorted(values)}
    near = get_close_matches(wanted.casefold(), spelled, n=1)
    hint = f" (did you mean {spelled[near[0]]}?)" if near else ""
    return f"no paper in this index has the {kind} {wanted!r}{hint}; it has {known or 'none'}"


def matching_values(leaf: TextLeaf, values: Sequence[str]) -> tuple[str, ...]:
    """Return the types or languages that a leaf means, in any case.

    A language may be named, a type called as sources call it: ``type:phdthesis`` is a thesis.
    """
    key = leaf.text.casefold()
    if isinstance(leaf, Pattern):
        pattern = wildcard(key)
        return tuple(value for value in values if pattern.fullmatch(value.casefold()))
    wanted = {key, language_code(key) if leaf.field == "lang" else document_type(key)}
    return tuple(value for value in values if value.casefold() in wanted)


def names_meant(leaf: TextLeaf, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that a condition on names means."""
    if isinstance(leaf, Pattern):
        pattern, _ = term_pattern(leaf.text)
        return [name for name in names if any(map(pattern.fullmatch, [name, *name.split(" ")]))]
    if isinstance(leaf, Fuzzy):
        parts = {part for name in names for part in name.split(" ")}
        wanted = "".join(form for token in tokens(leaf.text) for form in token.forms[:1])
        near = {part for part in parts if is_within(wanted, part, leaf.edits)}
        return [name for name in names if near.intersection(name.split(" "))]
    return matching_names(leaf.text, names)
