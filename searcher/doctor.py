"""Why a search finds nothing: each part counted by itself, what stands in the way, what to ask.

Nothing is offered that was not searched for: whatever is offered was counted as a search counts it,
from the text that would be typed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, islice
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

from index.analysis import is_stop_word, tokens
from index.letters import fold
from searcher.deadline import Deadline
from searcher.diagnosis import ClauseCount, Diagnosis, Relaxation
from searcher.errors import StrictQueryError
from searcher.query.operands import TEXT_FIELDS, can_relax, is_condition, is_must
from searcher.query.parser import parse
from searcher.query.tree import (
    And,
    Boost,
    Every,
    Exact,
    Group,
    Leaf,
    Must,
    Node,
    Not,
    Or,
    Phrase,
    TextLeaf,
    Word,
    leaves,
)
from searcher.query.words import Words
from searcher.request import FILTERS, Request

MOST_PARTS = 20
"""How many clauses and filters of a request are counted, the first ones."""

MOST_RELAXATIONS = 5
"""How many relaxations are offered."""

MOST_LOOKED_UP = 5
"""For how many words of a request those near them are looked up; each reads a list of words."""

SECONDS = 2.0
"""The longest that a diagnosis takes, unless the request says."""

# Two parts are left out together only where that are a few dozen pairs at most.
_MOST_PAIRED = 8


class Totals(NamedTuple):
    """How many papers a search finds, and how many of them match all the words.

    ``corrected``: no paper has some word, and it was read as others.
    """

    found: int
    all_words: int
    corrected: bool = False


class _Part(NamedTuple):
    """A part of a request that can be left out: nodes of its query, or else the named filter."""

    nodes: tuple[Node, ...]
    text: str
    filter: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it only narrows the search."""
        return all(isinstance(node, Not) or is_condition(node) for node in self.nodes)


class Doctor:
    """Examines one request."""

    def __init__(
        self,
        request: Request,
        search: Callable[[Request], Totals | None],
        words: Words,
    ) -> None:
        """Examine a request of the index that ``search`` counts in; None is out of time.

        ``words`` are those of the same index.
        """
        self._request = replace(request, page=1, count=True)
        self._search = search
        self._words = words
        self._tree = parse(request.query).tree
        self._deadline = Deadline(SECONDS if request.timeout is None else request.timeout)
        self._trust: dict[_Part, int] = {}
        self._looked_up = 0
        self._partial = False

    def diagnosis(self, found: int = 0) -> Diagnosis:
        """Return why nothing is found, and what finds more.

        If a search has ``found`` papers, they are counted only where something may be offered.
        """
        others = self._other_words(finds=True) if found else None
        if found and not others:
            return Diagnosis(found, partial=self._partial)
        before = self._count(self._request)
        if before is None:
            return Diagnosis(0, partial=True)
        if others is None:
            others = self._other_words(finds=before.found > 0)
        relaxations = list(self._with_other_words(others, before))
        if before.found:
            relaxations.sort(key=_distance)
            best = tuple(relaxations[:MOST_RELAXATIONS])
            return Diagnosis(before.found, relaxations=best, partial=self._partial)
        counts = self._counted_parts()
        zero = [part for part, counted in counts.items() if not counted.count]
        relaxations += self._without_parts(counts, zero)
        if self._request.match == "all" and can_relax(self._tree):
            relaxations += self._offer(replace(self._request, match="auto"))
        relaxations.sort(key=_distance)
        dropping = [one.dropped for one in relaxations if one.dropped]
        killers = [counts[part] for part in zero] or (dropping[0] if dropping else ())
        return Diagnosis(
            0,
            tuple(self._clause_counts(counts)),
            tuple(killers),
            tuple(relaxations[:MOST_RELAXATIONS]),
            self._partial,
        )

    def counted_parts(self) -> tuple[ClauseCount, ...]:
        """Return how many papers match each part of the request by itself."""
        return tuple(self._clause_counts(self._counted_parts()))

    def _count(self, request: Request) -> Totals | None:
        """Return what a search finds; None if the time is over, nothing where it is refused."""
        try:
            totals = self._search(replace(request, timeout=self._deadline.left()))
        except StrictQueryError:
            return Totals(0, 0)
        self._partial = self._partial or totals is None
        return totals

    def _offer(self, request: Request, **difference: Any) -> Iterator[Relaxation]:
        """Yield the relaxation to a request, if it finds anything."""
        totals = self._count(request)
        if totals and totals.found:
            yield Relaxation(request, totals.found, totals.all_words, **difference)

    # The parts, each by itself

    def _parts(self) -> Iterator[_Part]:
        """Yield what can be left out of the request: clauses of the query, then filters."""
        clauses = list(_clauses(self._tree, self._request.match != "all"))
        texts = [one for one in clauses if not all(map(_is_stop_word, one))]
        has_text = any(not all(map(is_condition, one)) for one in texts)
        for nodes in texts if has_text else clauses:
            yield _Part(nodes, str(Group(nodes)))
        for name in FILTERS:
            value = getattr(self._request, name)
            if value or value is False:
                text = ", ".join(value) if isinstance(value, tuple) else str(value)
                yield _Part((), text, name)

    def _counted_parts(self) -> dict[_Part, ClauseCount]:
        """Return the number of papers that match each part by itself."""
        counts: dict[_Part, ClauseCount] = {}
        for part in islice(self._parts(), MOST_PARTS):
            if totals := self._alone(part.text, part.filter):
                counts[part] = ClauseCount(part.text, totals.found, part.filter)
                self._trust[part] = 0 if part.narrows else 1 if totals.corrected else 2
        return counts

    def _alone(self, text: str, name: str = "") -> Totals | None:
        """Return what is found for a clause, or the filter of this name, by itself."""
        others = [one for one in FILTERS if one != name]
        alone = _without_filters(self._request, others)
        return self._count(replace(alone, query="*" if name else text, strict=False))

    def _clause_counts(self, counts: dict[_Part, ClauseCount]) -> Iterator[ClauseCount]:
        """Yield each part with its count; of words of which any may match, each word."""
        for part, counted in counts.items():
            if len(part.nodes) < 2:
                yield counted
                continue
            for node in part.nodes[:MOST_PARTS]:
                if totals := self._alone(str(node)):
                    yield ClauseCount(str(node), totals.found)

    # What to ask instead

    def _without_parts(
        self, counts: dict[_Part, ClauseCount], zero: Sequence[_Part]
    ) -> list[Relaxation]:
        """Return what is found with as few parts left out as possible, the likeliest first.

        What matches nothing by itself has to go in any case. Filters and conditions are wrong more
        often than words that no paper has, and these than words, which say what is looked for.
        Among equals a wrong part tells itself: without it far more papers have all the others than
        by chance, and it has many by itself.
        """
        others = [part for part in counts if part not in zero]
        for more in range(3 if len(others) <= _MOST_PAIRED else 2):
            found: list[tuple[tuple[int, int], Relaxation]] = []
            for added in combinations(others, more):
                parts = (*zero, *added)
                # Without every part, all papers would be found.
                if not 0 < len(parts) < len(counts):
                    continue
                for offer in self._offer_without(parts, counts):
                    trust = sum(self._trust[part] for part in added)
                    own = prod(counts[part].count for part in added)
                    lift = own * (offer.all_words or offer.count)
                    found.append(((trust, -lift), offer))
            if found:
                return [offer for _, offer in sorted(found, key=itemgetter(0))]
        return []

    def _offer_without(
        self, parts: Sequence[_Part], counts: dict[_Part, ClauseCount]
    ) -> Iterator[Relaxation]:
        changes = dict.fromkeys(node for part in parts for node in part.nodes)
        request = _without_filters(self._request, [part.filter for part in parts])
        if asked := self._rewritten(request, changes):
            yield from self._offer(asked, dropped=tuple(counts[part] for part in parts))

    def _rewritten(self, request: Request, changes: Mapping[Node, Node | None]) -> Request | None:
        """Return a request with nodes of its query changed; None if no text means just that."""
        if not changes:
            return request
        tree = _changed(self._tree, changes) or Every()
        text = str(tree)
        return replace(request, query=text) if parse(text).tree == tree else None

    def _other_words(self, *, finds: bool) -> list[tuple[Request, str, str]]:
        """Return the request with one word or phrase written in another way, with both of these."""
        others = [
            (self._rewritten(self._request, {leaf: other}), str(leaf), str(other))
            for leaf in islice(_wanted(self._tree), MOST_PARTS)
            for other in self._others(leaf, finds=finds)
        ]
        if len(self._request.author) == 1:
            name = self._request.author[0]
            for other_name in self._near_names(name, "author"):
                others.append((replace(self._request, author=(other_name,)), name, other_name))
        return [(asked, replaced, by) for asked, replaced, by in others if asked]

    def _with_other_words(
        self, others: Sequence[tuple[Request, str, str]], before: Totals
    ) -> Iterator[Relaxation]:
        """Yield for each word or phrase the way to write it that finds most, if it is more."""
        best: dict[str, Relaxation] = {}
        for asked, replaced, by in others:
            for offer in self._offer(asked, replaced=replaced, by=by):
                other = best.get(replaced)
                if (not before.found or offer.all_words > before.all_words) and (
                    other is None or _finds(offer) > _finds(other)
                ):
                    best[replaced] = offer
        yield from best.values()

    def _others(self, leaf: Node, *, finds: bool) -> Iterator[Node]:
        """Yield the words that a word may be meant to be; a phrase of no paper as plain words."""
        match leaf:
            case Word(text, field) if field in TEXT_FIELDS:
                yield from (Word(other, field) for other in self._near_words(leaf))
            case Word(text, "author"):
                yield from (Word(other, "author") for other in self._near_names(text))
            case Phrase(text, None, "author"):
                yield from (Phrase(other, None, "author") for other in self._near_names(text))
            case Phrase(text) | Exact(text) if leaf.field in TEXT_FIELDS and not finds:
                yield Group(tuple(Word(word, leaf.field) for word in text.split()))

    def _near_words(self, word: Word) -> tuple[str, ...]:
        """Return the words that one of few papers may be meant to be."""
        meaning = self._words.meaning(word.text, word.field)
        form, fields = meaning.form, meaning.fields
        if not form or self._looked_up >= MOST_LOOKED_UP:
            return ()
        if not self._words.is_doubtful(form, fields):
            return ()
        self._looked_up += 1
        find = self._words.doubted if meaning.is_known else self._words.corrected
        return find(form, fields)

    def _near_names(self, name: str, option: str = "") -> Iterator[str]:
        """Yield the names that one of no author may be meant to be: one part written otherwise."""
        alone = self._alone(name, option) if option else self._alone(f'author:"{name}"')
        if alone is None or alone.found:
            return
        parts = name.split()
        for at, part in enumerate(parts):
            if self._looked_up >= MOST_LOOKED_UP:
                return
            self._looked_up += 1
            for other in self._words.corrected(fold(part), ("authors",)):
                spelled = other.capitalize() if part[:1].isupper() else other
                yield " ".join([*parts[:at], spelled, *parts[at + 1 :]])


def _clauses(node: Node, any_word: bool) -> Iterator[tuple[Node, ...]]:
    """Yield the clauses of a query that all must match, each as the nodes that it consists of.

    Words side by side of which any may match are one clause.
    """
    match node:
        case Group(children) | And(children):
            words: list[Node] = []
            if any_word and isinstance(node, Group):
                words = [
                    child
                    for child in children
                    if not (isinstance(child, Not) or is_must(child) or is_condition(child))
                ]
            if len(words) > 1:
                yield tuple(words)
            for child in children:
                if len(words) < 2 or child not in words:
                    yield from _clauses(child, any_word)
        case Must(child) | Boost(child) if isinstance(child, Group | And | Must | Boost):
            yield from _clauses(child, any_word)
        case Every():
            pass
        case _:
            yield (node,)


def _wanted(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a query but for those that are excluded."""
    if isinstance(node, Group | And | Or):
        for child in node.children:
            yield from _wanted(child)
    elif isinstance(node, Must | Boost):
        yield from _wanted(node.child)
    elif not isinstance(node, Not):
        yield node


def _changed(node: Node, changes: Mapping[Node, Node | None]) -> Node | None:
    """Return a tree with other nodes in place of some; None is left out."""
    if node in changes:
        return changes[node]
    if isinstance(node, Must | Boost):
        child = _changed(node.child, changes)
        return None if child is None else replace(node, child=child)
    if not isinstance(node, Group | And | Or):
        return node
    children: list[Node] = []
    for child in node.children:
        changed = _changed(child, changes)
        if isinstance(changed, type(node)):
            children += changed.children
        elif changed is not None:
            children.append(changed)
    return type(node)(tuple(children)) if len(children) > 1 else next(iter(children), None)


def _without_filters(request: Request, names: Iterable[str]) -> Request:
    """Return a request without some of its filters."""
    values: dict[str, Any] = {name: None if name == "has_code" else () for name in names if name}
    return replace(request, **values) if values else request


def _is_stop_word(node: Node) -> bool:
    if not (isinstance(node, Word) and node.field in TEXT_FIELDS):
        return False
    return all(is_stop_word(token.forms[0]) for token in tokens(node.text))


def _has_text(request: Request) -> bool:
    """Tell whether a request says what papers are about."""
    return any(
        leaf.field in TEXT_FIELDS
        for leaf in leaves(parse(request.query).tree)
        if isinstance(leaf, TextLeaf)
    )


def _finds(relaxation: Relaxation) -> tuple[int, int]:
    return relaxation.all_words, relaxation.count


def _distance(relaxation: Relaxation) -> tuple[bool, bool, bool, int]:
    """Return the lower the closer a relaxation is to what was asked.

    It still says what it is about, a word is only written otherwise, some papers match all its
    words, little is left out.
    """
    return (
        not _has_text(relaxation.request),
        not relaxation.by,
        not relaxation.all_words,
        len(relaxation.dropped) or MOST_PARTS,
    )
