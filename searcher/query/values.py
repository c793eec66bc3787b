"""What a condition on values of an index means: which categories, types, languages and names.

It also has the messages for a value or a field that does not exist.
"""

from collections.abc import Callable, Iterable, Sequence

from index.analysis import tokens
from index.categories import category_name, class_of
from index.fields import NAME_FIELDS, QUERY_FIELDS
from index.identifiers import places
from index.names import Likeness, WantedName
from index.printed.languages import language_code
from index.printed.vocabularies import document_type
from searcher.query.clauses import AnyTerm, Bool, Clause
from searcher.query.tree import FIRST, Exact, Fuzzy, Pattern, TextLeaf
from searcher.query.vocabulary import Vocabulary
from searcher.query.wildcards import wildcard
from searcher.query.words import is_within, term_pattern

_SHOWN = 20
"""How many values of an index a message names."""

_MOST_PRINTED = 3
"""How many names a message names that may be meant."""

# As a reader looks for fields.
_KINDS = ("text", "words", "names", "value", "number")
# The deadline is checked each time as many names were compared.
_NAMES_PER_CHECK = 1 << 12


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


def categories_meant(leaf: TextLeaf, codes: Sequence[str]) -> list[str]:
    """Return the category codes that a leaf means."""
    if not isinstance(leaf, Pattern):
        return matching_categories(leaf.text, codes)
    pattern = wildcard(leaf.text.casefold())
    return [
        code
        for code in codes
        if pattern.fullmatch(code.casefold()) or pattern.fullmatch(category_name(code).casefold())
    ]


def identified(leaf: TextLeaf, vocabulary: Vocabulary) -> tuple[Clause, bool]:
    """Return what finds the papers with an identifier, and whether any has it, as far as asked.

    It is the paper's id or one of its others.
    """
    scheme = "doi:" if leaf.field == "doi" else ""
    is_known = True
    if isinstance(leaf, Pattern):
        ids, others = (
            tuple(term for term, _ in vocabulary.matching(field, text))
            for field, text in (("id", leaf.text), ("identifier", scheme + leaf.text))
        )
    else:
        text = leaf.text if leaf.text.lower().startswith(scheme) else scheme + leaf.text
        ids, others = places(text)
        others = tuple(vocabulary.have("identifier", others))
        is_known = bool(others or vocabulary.have("id", ids))
    by_id = AnyTerm("id", ids)
    clause = Bool(optional=(by_id, AnyTerm("identifier", others))) if others else by_id
    return clause, is_known


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


def no_such_field(name: str) -> str:
    """Return the message that there is no such field, and which there are."""
    from difflib import get_close_matches

    names = sorted(QUERY_FIELDS, key=lambda known: _KINDS.index(QUERY_FIELDS[known].kind))
    near = get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {near[0]}:?" if near else "fields are " + ", ".join(names)
    return f"there is no field {name!r} ({hint})"


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


def names_meant(
    leaf: TextLeaf, vocabulary: Vocabulary, check_time: Callable[[], None]
) -> list[list[str]]:
    """Return the names of an index that a condition on names means, by how surely it does."""
    field = NAME_FIELDS[leaf.field]
    found: list[list[str]] = [[] for _ in Likeness]
    if isinstance(leaf, Pattern | Fuzzy):
        names = vocabulary.values(field)
        for at in range(0, len(names), _NAMES_PER_CHECK):
            check_time()
            found[0] += _names_alike(leaf, names[at : at + _NAMES_PER_CHECK])
        return found
    wanted = WantedName(name_text(leaf), of_person=leaf.field != "inst")
    candidates: Iterable[str]
    if wanted.initials:
        candidates = vocabulary.values(field)
        for initial in wanted.initials:
            middle = f" {initial}"
            candidates = [n for n in candidates if middle in n or n.startswith(initial)]
    else:
        ends = wanted.word_ends
        candidates = sorted({n for end in ends for n in vocabulary.with_word_end(field, end)})
    for number, name in enumerate(wanted.plausible(candidates)):
        if not number % _NAMES_PER_CHECK:
            check_time()
        likeness = wanted.likeness(name)
        if likeness is not None:
            found[likeness].append(name)
    return [found[Likeness.EXACT], [], []] if isinstance(leaf, Exact) else found


def may_be_meant(leaf: TextLeaf, names: Sequence[str], vocabulary: Vocabulary) -> str:
    """Return the message that a condition may mean names that are not surely those wanted."""
    field, sign = NAME_FIELDS[leaf.field], FIRST if is_first(leaf) else ""
    printed = dict.fromkeys(vocabulary.printed(field, name) for name in names[:_MOST_PRINTED])
    shown = ", ".join(printed)
    if len(names) > _MOST_PRINTED:
        shown += f" and {len(names) - _MOST_PRINTED:,} more"
    only = f'{leaf.field}:="{sign}{name_text(leaf)}"'
    return f"{name_text(leaf)!r} may also be {shown} ({only} for this name alone)"


def is_first(leaf: TextLeaf) -> bool:
    """Tell whether a condition on names means the first author."""
    return leaf.field == "author" and leaf.text.startswith(FIRST)


def name_text(leaf: TextLeaf) -> str:
    """Return the name of a condition on names."""
    return leaf.text.removeprefix(FIRST) if leaf.field == "author" else leaf.text


def _names_alike(leaf: Pattern | Fuzzy, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that a wildcard, or a word with an edit distance, means."""
    if isinstance(leaf, Pattern):
        pattern = wildcard(term_pattern(name_text(leaf)))
        return [name for name in names if any(map(pattern.fullmatch, [name, *name.split(" ")]))]
    parts = {part for name in names for part in name.split(" ")}
    wanted = "".join(form for token in tokens(leaf.text) for form in token.forms[:1])
    near = {part for part in parts if is_within(wanted, part, leaf.edits)}
    return [name for name in names if near.intersection(name.split(" "))]
