"""The beginning of a word → what the index has that may be meant, each with how much it finds."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import get_args

from index.analysis import plain_forms
from index.arguments import integer, text, texts
from index.names import Likeness, WantedName, name_terms
from searcher.engines.port import NAME_KINDS, Completion, Engine, Typed
from searcher.errors import BadRequestError, shown
from searcher.page import Suggestion, SuggestionKind

KINDS: tuple[SuggestionKind, ...] = get_args(SuggestionKind)
MOST_CHARS = 1_000
"""How many characters of a beginning are read. Nobody types a longer name or title."""

USUAL_KINDS = tuple(kind for kind in KINDS if kind != "id")

_FIELDS: dict[SuggestionKind, str] = {
    "phrase": "",
    "author": "author:",
    "institution": "inst:",
    "venue": "venue:",
    "category": "cat:",
    "title": "title:",
    "id": "id:",
}
_SIGNS = re.compile(r'["*?~^\\\s]+')


def suggestions(
    prefix: str,
    limit: int,
    kinds: Sequence[SuggestionKind],
    engine: Engine,
    count: Callable[[str], int],
) -> tuple[Suggestion, ...]:
    """Return what may be meant by a beginning, ``limit`` at most, shared evenly by the kinds.

    The kind with the suggestion of most papers comes first. ``count`` says how many papers a query
    finds.
    """
    typed = read(prefix)
    found = {kind: _completions(kind, typed, limit, engine) for kind in kinds}
    shares = _shares({kind: len(own) for kind, own in found.items()}, limit)
    groups = []
    for kind, own in found.items():
        chosen = own[: shares[kind]]
        if kind in NAME_KINDS:
            chosen = list(_once(map(partial(printed, kind, engine), chosen)))
        group = [_suggestion(kind, one, count) for one in chosen]
        if kind in NAME_KINDS:
            # How many papers there are by all spellings of a name only the search knows.
            group.sort(key=lambda one: (-one.papers, one.text))
        groups.append([one for one in group if one.papers])
    groups.sort(key=lambda group: -max([one.papers for one in group], default=0))
    return tuple(one for group in groups for one in group)


def checked(
    prefix: object, limit: object, kinds: object
) -> tuple[str, int, tuple[SuggestionKind, ...]]:
    """Return what suggestions are asked for. Raises BadRequestError for what has no meaning."""
    plain, most = text(prefix), integer(limit)
    if plain is None:
        raise BadRequestError(f"prefix is {shown(prefix)}; it must be text")
    if most is None or most < 0:
        raise BadRequestError(f"limit is {shown(limit)}; it must be a whole number, 0 or more")
    listed = kinds if text(kinds) is None else [kinds]
    wanted = USUAL_KINDS if kinds is None else texts("kinds", listed)
    for kind in wanted:
        if kind not in KINDS:
            raise BadRequestError(f"no suggestions of {shown(kind)}; kinds are {', '.join(KINDS)}")
    return plain[:MOST_CHARS], most, tuple(kind for kind in KINDS if kind in wanted)


def read(prefix: str) -> Typed:
    """Return what somebody has typed: whole words, and the beginning of one unless a blank ends."""
    forms = tuple(plain_forms(prefix))
    if not forms or prefix[-1:].isspace():
        return Typed(prefix.strip(), forms)
    return Typed(prefix.strip(), forms[:-1], forms[-1])


def _completions(
    kind: SuggestionKind, typed: Typed, limit: int, engine: Engine
) -> Sequence[Completion]:
    found = engine.completions(kind, typed, limit)
    return list(_distinct(found, of_person=kind == "author")) if kind in NAME_KINDS else found


def printed(kind: SuggestionKind, engine: Engine, name: Completion) -> Completion:
    """Return a name as a paper prints it."""
    if name.papers is not None:
        return name
    return name._replace(text=engine.vocabulary.printed(NAME_KINDS[kind], name.folded))


def _once(names: Iterable[Completion]) -> Iterator[Completion]:
    """Yield names as printed, but those that are an earlier one in another spelling.

    One with an umlaut has two, either of which may be how another paper prints it.
    """
    known: set[str] = set()
    for one in names:
        spellings = name_terms(one.text)
        if known.isdisjoint(spellings):
            known.update(spellings)
            yield one


def _distinct(names: Sequence[Completion], *, of_person: bool) -> Iterator[Completion]:
    """Yield names but those that a search for an earlier one finds as the same person's.

    That must hold both ways: one who looks for *J. Quill* means every John Quill, and Jane Quill is
    not one.
    """
    known: list[Completion] = []
    for one in names:
        words = set(one.folded.split())
        if not any(
            words.intersection(other.folded.split())
            and _is_sure(other.folded, one.folded, of_person)
            and _is_sure(one.folded, other.folded, of_person)
            for other in known
        ):
            known.append(one)
            yield one


def _is_sure(wanted: str, name: str, of_person: bool) -> bool:
    likeness = WantedName(wanted, of_person=of_person).likeness(name)
    return likeness in (Likeness.EXACT, Likeness.COMPATIBLE)


def _shares(counts: dict[SuggestionKind, int], limit: int) -> dict[SuggestionKind, int]:
    """Share a limit among kinds: what one has no use for, the others get."""
    shares = dict.fromkeys(counts, 0)
    left = limit
    while left and any(shares[kind] < counts[kind] for kind in counts):
        for kind in counts:
            if left and shares[kind] < counts[kind]:
                shares[kind] += 1
                left -= 1
    return shares


def _suggestion(kind: SuggestionKind, one: Completion, count: Callable[[str], int]) -> Suggestion:
    query = query_for(kind, one)
    # An id that no query can write finds nothing.
    is_known = one.papers is not None and not _SIGNS.search(one.paper_id)
    papers = one.papers if is_known else None
    return Suggestion(kind, one.text, count(query) if papers is None else papers, query)


def query_for(kind: SuggestionKind, one: Completion) -> str:
    """Return the query that finds a text of this kind."""
    if one.paper_id and not _SIGNS.search(one.paper_id):
        return f'id:"{one.paper_id}"'
    return f'{_FIELDS[kind]}"{_SIGNS.sub(" ", one.text).strip()}"'
