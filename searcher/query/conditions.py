"""A condition of a query × the values of an index → a clause: names, categories, identifiers.

What a value means is in ``values``; here are the clauses, and what to tell of values that the index
does not have.
"""

from collections.abc import Callable
from typing import NamedTuple

from index.fields import NAME_FIELDS, QUERY_FIELDS
from searcher.query.clauses import AnyTerm, Clause, Tiers
from searcher.query.tree import Diagnostic, Pattern, TextLeaf
from searcher.query.values import (
    categories_meant,
    identified,
    is_first,
    matching_values,
    may_be_meant,
    name_text,
    names_meant,
    no_such_value,
)
from searcher.query.vocabulary import Vocabulary


class Condition(NamedTuple):
    """The clause of a condition, and what the author of the query should know about it.

    ``named`` are the names that it may mean, if it is one of a name.
    """

    clause: Clause
    diagnostics: tuple[Diagnostic, ...] = ()
    named: Tiers = ()


def condition(
    leaf: TextLeaf,
    vocabulary: Vocabulary,
    *,
    only_sure: bool,
    is_excluded: bool,
    most_names: int,
    check_time: Callable[[], None],
) -> Condition:
    """Return what a condition means in one index.

    A name stands for ``most_names`` at most. With ``only_sure`` one that may be that of somebody
    else counts only where none is surely meant; ``is_excluded`` says that the condition excludes
    papers. ``check_time`` raises OutOfTimeError if the deadline has passed.
    """
    if leaf.field in NAME_FIELDS:
        return _names(leaf, vocabulary, only_sure, is_excluded, most_names, check_time)
    if leaf.field == "cat":
        return _category(leaf, vocabulary)
    return _value(leaf, vocabulary)


def _names(
    leaf: TextLeaf,
    vocabulary: Vocabulary,
    only_sure: bool,
    is_excluded: bool,
    most_names: int,
    check_time: Callable[[], None],
) -> Condition:
    field, text = NAME_FIELDS[leaf.field], name_text(leaf)
    *sure, possible = names_meant(leaf, vocabulary, check_time)
    # What may be meant must not be excluded.
    if is_excluded or (only_sure and any(sure)):
        possible = []
    said: list[Diagnostic] = []
    names = [name for tier in (*sure, possible) for name in tier]
    if not names:
        kind = {"inst": "institution"}.get(leaf.field, leaf.field)
        said.append(Diagnostic("no-such-name", f"no {kind} in this index is named {text!r}"))
    if possible:
        said.append(Diagnostic("possible-name", may_be_meant(leaf, possible, vocabulary)))
    chosen = names[:most_names]
    if len(chosen) < len(names):
        reason = f"{str(leaf)[:60]} stands for {len(names):,} names; {len(chosen):,} are searched"
        said.append(Diagnostic("too-many-names", reason))
    tiers = [tuple(tier) for tier in (*sure, possible)] if names else []
    named = tuple(AnyTerm(field, tier, is_first(leaf)) for tier in tiers)
    return Condition(AnyTerm(field, tuple(chosen), is_first(leaf)), tuple(said), named)


def _category(leaf: TextLeaf, vocabulary: Vocabulary) -> Condition:
    field = QUERY_FIELDS[leaf.field].name
    codes = vocabulary.values(field)
    matches = categories_meant(leaf, codes)
    said = () if matches else _unknown("category", no_such_value("category", leaf.text, codes))
    return Condition(AnyTerm(field, tuple(matches)), said)


def _value(leaf: TextLeaf, vocabulary: Vocabulary) -> Condition:
    """Return the papers with a value as it is typed, such as an id."""
    field = QUERY_FIELDS[leaf.field].name
    if leaf.field in ("id", "doi"):
        clause, is_known = identified(leaf, vocabulary)
        reason = f"no paper in this index has the id {leaf.text[:60]!r}"
        return Condition(clause, () if is_known else _unknown("id", reason))
    if leaf.field in ("type", "lang"):
        values = vocabulary.values(field)
        matching = matching_values(leaf, values)
        said = () if matching else _unknown(field, no_such_value(field, leaf.text, values))
        return Condition(AnyTerm(field, matching), said)
    if not isinstance(leaf, Pattern):
        return Condition(AnyTerm(field, (leaf.text,)))
    matches = vocabulary.matching(field, leaf.text)
    return Condition(AnyTerm(field, tuple(term for term, _ in matches)))


def _unknown(kind: str, message: str) -> tuple[Diagnostic, ...]:
    return (Diagnostic(f"no-such-{kind}", message),)
