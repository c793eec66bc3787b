"""Query tree × vocabulary → clauses on index terms: what each word of a query means in this index.

The result is the same for every engine: it says which terms, in which fields, at which distance.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise, product
from typing import TypeVar

from index.analysis import Token, decode_tex_accents, fold, is_stop_word, tokens
from index.categories import category_name
from index.dates import date_number
from index.fields import NAME_FIELDS, STEMMED_FIELDS, exact_twin
from index.names import matching_names
from searcher.deadline import Deadline
from searcher.query.clauses import (
    Alternative,
    AnyTerm,
    Bool,
    Clause,
    EveryPaper,
    Match,
    Run,
    Span,
)
from searcher.query.tree import (
    And,
    Boost,
    Diagnostic,
    Every,
    Exact,
    Fuzzy,
    Group,
    Must,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Range,
    Word,
    leaves,
)
from searcher.query.vocabulary import Vocabulary

Key = TypeVar("Key")
Value = TypeVar("Value")

DEFAULT_FIELDS = ("title", "authors", "abstract")
MAX_EXPANSIONS = 1_000
"""How many terms the wildcards and fuzzy words of a query may stand for, all together."""

MAX_SCANS = 200
"""How many wildcards and fuzzy words of a query are looked up, each among all terms of a field."""

MAX_NAMES = 100_000
"""How many whole names the names of a query may stand for, all together."""

_MAX_ALTERNATIVES = 16
_NAMES_A_STEP = 1 << 12
_MAX_SPLIT_CHARS = 40
_MAX_DATE = 99_991_299
_MAX_REMEMBERED = 1 << 12
_TEXT_FIELDS = frozenset(("", *STEMMED_FIELDS))


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A clause, and what rewriting found worth saying."""

    clause: Clause
    diagnostics: tuple[Diagnostic, ...]


def rewrite(tree: Node, vocabulary: Vocabulary, *, match_any: bool = False) -> Rewritten:
    """Rewrite ``tree`` for one index.

    ``match_any`` lets any word of a group do. Conditions such as ``year:`` stay required: they are
    not words a paper could do without.
    """
    return Rewriter(vocabulary).rewrite(tree, match_any=match_any)


class Rewriter:
    """Rewrites queries for one index, and remembers the words they had.

    Safe to share by threads if its vocabulary is.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = _Words(vocabulary)

    def rewrite(
        self, tree: Node, *, match_any: bool = False, deadline: Deadline | None = None
    ) -> Rewritten:
        """Rewrite ``tree`` as the function ``rewrite`` does.

        Raises OutOfTimeError if the deadline passes before what a clause stands for is known.
        """
        rewriting = _Rewriting(self._words, match_any, deadline)
        clause = rewriting.clause(tree, 1.0)
        return Rewritten(clause, tuple(rewriting.diagnostics))


def can_relax(tree: Node) -> bool:
    """Tell whether matching any word could find more than matching all."""
    if isinstance(tree, Group):
        words = [
            child
            for child in tree.children
            if not (isinstance(child, Not) or _is_must(child) or _is_condition(child))
        ]
        if len(words) > 1 or (words and any(map(_is_must, tree.children))):
            return True
    if isinstance(tree, Group | And | Or):
        return any(can_relax(child) for child in tree.children)
    return isinstance(tree, Must | Boost) and can_relax(tree.child)


def matching_categories(wanted: str, codes: Iterable[str]) -> list[str]:
    """Return the category codes that ``wanted`` is, in any case, by code or by name."""
    key = wanted.casefold()
    return [
        code
        for code in codes
        if key
        in (code.casefold(), code.rpartition(".")[2].casefold(), category_name(code).casefold())
        or ("." not in code and key.rpartition(".")[2] == code.casefold())
    ]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a word of text means in one index.

    ``form`` is that of a word that is one token and no stop word, None for any other.
    """

    is_stop: bool
    form: str | None
    alternatives: tuple[Alternative, ...]


class _Remembered(dict[Key, Value]):
    """What ``make`` makes of a key; forgotten when it is too much."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        value = self[key] = self._make(key)
        return value


class _Words:
    """Words of queries as terms of one index; what those asked for lately are is remembered."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._readings: dict[tuple[str, str], _Reading] = {}
        # Each by a form and the fields that are asked.
        self._splits = _Remembered(partial(_splits, vocabulary))
        self.is_word = _Remembered(partial(_is_word, vocabulary))

    def reading(self, text: str, field: str) -> "_Reading":
        """Return what a word means in a text field, or in all if ``field`` is empty."""
        found = self._readings.get((text, field))
        if found is None:
            if len(self._readings) >= _MAX_REMEMBERED:
                self._readings.clear()
            found = self._readings[text, field] = self._reading(text, field)
        return found

    def _reading(self, text: str, field: str) -> _Reading:
        found = list(tokens(text))
        fields = _fields(field)
        is_stop = all(is_stop_word(token.forms[0]) for token in found)
        form = found[0].forms[0] if len(found) == 1 and not is_stop else None
        runs = self.runs(self._spellings_of(found, fields), fields, stemmed=True)
        return _Reading(is_stop, form, runs)

    def spellings(self, text: str, fields: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Return the ways to write ``text`` as forms in a row.

        A hyphenated word is its parts or the joined word. With ``fields`` given, a plain word is
        also two words if both are words there and stand in a row, and two plain words in a row are
        also one.
        """
        return self._spellings_of(list(tokens(text)), fields)

    def _spellings_of(
        self, found: Sequence[Token], fields: tuple[str, ...]
    ) -> list[tuple[str, ...]]:
        parts = [token.forms for token in found if token.part_count == 1]
        pieces: list[list[tuple[str, ...]]] = []
        joined_parts = 0
        for token in found:
            whole = [(form,) for form in token.forms]
            if token.part_count > 1:
                joined_parts = token.part_count
                own = parts[token.position : token.position + joined_parts]
                pieces.append([*islice(product(*own), _MAX_ALTERNATIVES), *whole])
            elif joined_parts:
                joined_parts -= 1
            else:
                splits = [pair for form in token.forms for pair in self._splits[form, fields]]
                pieces.append([*whole, *splits])
        if len(pieces) == 1:
            return list(dict.fromkeys(pieces[0][:_MAX_ALTERNATIVES]))
        spellings = [
            tuple(form for piece in choice for form in piece)
            for choice in islice(product(*pieces), _MAX_ALTERNATIVES)
        ]
        plain = [piece[0] for piece in pieces]
        for at, (left, right) in enumerate(pairwise(plain)):
            if len(spellings) >= _MAX_ALTERNATIVES:
                break
            join = left[0] + right[0]
            if len(left) == len(right) == 1 and self.is_word[join, fields]:
                words = [*plain[:at], (join,), *plain[at + 2 :]]
                spellings.append(tuple(form for word in words for form in word))
        return list(dict.fromkeys(spellings))

    def runs(
        self,
        spellings: Iterable[tuple[str, ...]],
        fields: Sequence[str],
        *,
        stemmed: bool,
        slop: int | None = None,
    ) -> tuple[Alternative, ...]:
        """Return one alternative per spelling, a run in each field; no two are alike."""
        alternatives: list[Alternative] = []
        for spelling in spellings:
            stems = tuple(map(self.vocabulary.stem, spelling)) if stemmed else ()
            alternatives.append(
                Alternative(
                    tuple(
                        Run(name, stems, slop)
                        if stemmed and name in STEMMED_FIELDS
                        else Run(exact_twin(name), spelling, slop)
                        for name in fields
                    )
                )
            )
        return tuple(dict.fromkeys(alternatives) if len(alternatives) > 1 else alternatives)


class _Rewriting:
    """The rewriting of one query."""

    def __init__(self, words: _Words, match_any: bool, deadline: Deadline | None) -> None:
        self.diagnostics: dict[Diagnostic, None] = {}
        self._deadline = deadline
        self._scans_left = MAX_SCANS
        self._names_left = MAX_NAMES
        self._words = words
        self._vocabulary = words.vocabulary
        self._match_any = match_any
        self._expansions_left = MAX_EXPANSIONS

    def clause(self, node: Node, boost: float) -> Clause:
        match node:
            case Word(text, field) if field in _TEXT_FIELDS:
                return Match(str(node), self._reading(text, field).alternatives, boost)
            case Boost(child, factor):
                return self.clause(child, boost * factor)
            case Must(child):
                return self.clause(child, boost)
            case Not(child):
                return Bool(required=(EveryPaper(),), excluded=(self._unwanted(child),))
            case Group(children):
                return self._group(children, boost)
            case And(children):
                return self._conjunction(self._without_stop_words(children), boost, {})
            case Or(children):
                kept = self._without_stop_words(children)
                return Bool(optional=tuple(self.clause(child, boost) for child in kept))
            case Every():
                return EveryPaper()
            case Range(field, low, high):
                return self._span(field, low, high)
            case Word() | Exact() | Phrase() | Pattern() | Fuzzy():
                return self._leaf(node, boost)

    def _group(self, children: Sequence[Node], boost: float) -> Clause:
        kept = self._without_stop_words(children)
        joined = self._joined(children)
        if not self._match_any:
            return self._conjunction(kept, boost, joined)
        required, optional, excluded = [], [], []
        musts = 0
        for child in kept:
            if isinstance(child, Not):
                excluded.append(self._unwanted(child.child))
            elif _is_must(child) or _is_condition(child):
                musts += _is_must(child)
                required.append(self.clause(child, boost))
            else:
                optional.append(self._word_or_clause(child, boost, joined))
        if optional and not musts:
            required.append(Bool(optional=tuple(optional)))
            optional = []
        if not required and not optional:
            required.append(EveryPaper())
        return Bool(tuple(required), tuple(optional), tuple(excluded))

    def _unwanted(self, node: Node) -> Clause:
        """Return the clause a Not excludes; letting any word do there would exclude more."""
        match_any, self._match_any = self._match_any, False
        clause = self.clause(node, 1.0)
        self._match_any = match_any
        return clause

    def _conjunction(
        self,
        children: Sequence[Node],
        boost: float,
        joined: Mapping[int, Sequence[Alternative]],
    ) -> Clause:
        required: list[Clause] = []
        excluded: list[Clause] = []
        for child in children:
            if isinstance(child, Not):
                excluded.append(self._unwanted(child.child))
            else:
                required.append(self._word_or_clause(child, boost, joined))
        return Bool(required=tuple(required) or (EveryPaper(),), excluded=tuple(excluded))

    def _joined(self, children: Sequence[Node]) -> dict[int, list[Alternative]]:
        """Return, by the id of a node, the words it makes with the plain word beside it."""
        joined: dict[int, list[Alternative]] = {}
        plain = [self._plain_form(child) for child in children]
        for at, (left, right) in enumerate(pairwise(plain)):
            if left and right and left[0] == right[0]:
                form, fields = left[1] + right[1], _fields(left[0])
                if self._words.is_word[form, fields]:
                    runs = self._words.runs([(form,)], fields, stemmed=True)
                    for node in children[at : at + 2]:
                        joined.setdefault(id(node), []).extend(runs)
        return joined

    def _plain_form(self, node: Node) -> tuple[str, str] | None:
        """Return the field and the form of a word that is one token and no stop word."""
        if isinstance(node, Boost):
            node = node.child
        if not isinstance(node, Word) or node.field not in _TEXT_FIELDS:
            return None
        form = self._reading(node.text, node.field).form
        return None if form is None else (node.field, form)

    def _without_stop_words(self, children: Sequence[Node]) -> Sequence[Node]:
        """Return the nodes without stop words, all of them if nothing else is text."""
        kept = [
            child
            for child in children
            if not (
                isinstance(child, Word)
                and child.field in _TEXT_FIELDS
                and self._reading(child.text, child.field).is_stop
            )
        ]
        has_text = any(not (isinstance(child, Not) or _is_condition(child)) for child in kept)
        return kept if has_text else children

    def _reading(self, text: str, field: str) -> _Reading:
        """Return what a word means; reading one takes long where none was asked for before."""
        self._check_time()
        return self._words.reading(text, field)

    def _word_or_clause(
        self, node: Node, boost: float, joined: Mapping[int, Sequence[Alternative]]
    ) -> Clause:
        """Return the clause of ``node``; a word may also be found joined to its neighbour."""
        clause = self.clause(node, boost)
        extra = joined.get(id(node))
        if not extra or not isinstance(clause, Match):
            return clause
        alternatives = tuple(dict.fromkeys((*clause.alternatives, *extra)))
        return Match(clause.label, alternatives, clause.boost)

    def _leaf(self, leaf: Word | Exact | Phrase | Pattern | Fuzzy, boost: float) -> Clause:
        field = leaf.field
        self._check_time()
        if isinstance(leaf, Pattern | Fuzzy) and not self._may_scan(leaf):
            return Match(str(leaf), (), boost)
        if field in NAME_FIELDS:
            return self._names(leaf)
        if field == "cat":
            return self._category(leaf)
        if field == "id":
            return self._ids(leaf)
        if field == "has":
            return AnyTerm("has", (leaf.text,))
        fields = _fields(field)
        match leaf:
            case Exact(text):
                spellings = self._words.spellings(text, ())
                alternatives = self._words.runs(spellings, fields, stemmed=False)
            case Phrase(text, slop):
                spellings = self._words.spellings(text, tuple(map(exact_twin, fields)))
                alternatives = self._words.runs(spellings, fields, stemmed=False, slop=slop)
            case Pattern(text):
                regex, prefix = _compiled(text)
                exact_fields = [exact_twin(name) for name in fields]
                found = [self._vocabulary.matching(name, regex, prefix) for name in exact_fields]
                alternatives = self._expanded(text, exact_fields, found)
            case Fuzzy(text, edits):
                exact_fields = [exact_twin(name) for name in fields]
                words = {"".join(spelling) for spelling in self._words.spellings(text, ())}
                found = [
                    [
                        hit
                        for word in sorted(words)
                        for hit in self._vocabulary.within(name, word, edits)
                    ]
                    for name in exact_fields
                ]
                alternatives = self._expanded(str(leaf), exact_fields, found)
        return Match(str(leaf), alternatives, boost)

    def _expanded(
        self, label: str, fields: Sequence[str], found: Sequence[Sequence[tuple[str, int]]]
    ) -> tuple[Alternative, ...]:
        """Return one alternative per term found, the most frequent ones if they are too many."""
        counts: dict[str, int] = {}
        for terms in found:
            for term, count in terms:
                counts[term] = counts.get(term, 0) + count
        ordered = sorted(counts, key=lambda term: (-counts[term], term))
        chosen = ordered[: self._expansions_left]
        self._expansions_left -= len(chosen)
        if len(chosen) < len(ordered):
            self._say(
                "too-many-terms",
                f"{label} stands for {len(ordered):,} words; "
                f"the {len(chosen):,} most frequent are searched",
            )
        return tuple(Alternative(tuple(Run(name, (term,)) for name in fields)) for term in chosen)

    def _names(self, leaf: Word | Exact | Phrase | Pattern | Fuzzy) -> Clause:
        field = NAME_FIELDS[leaf.field]
        every = self._vocabulary.values(field)
        found: list[str] = []
        for at in range(0, len(every), _NAMES_A_STEP):
            self._check_time()
            found += _names_meant(leaf, every[at : at + _NAMES_A_STEP])
        if not found:
            kind = {"inst": "institution"}.get(leaf.field, leaf.field)
            self._say("no-such-name", f"no {kind} in this index is named {leaf.text!r}")
        chosen = found[: self._names_left]
        self._names_left -= len(chosen)
        if len(chosen) < len(found):
            self._say(
                "too-many-names",
                f"{str(leaf)[:60]} stands for {len(found):,} names; {len(chosen):,} are searched",
            )
        return AnyTerm(field, tuple(chosen))

    def _may_scan(self, leaf: Pattern | Fuzzy) -> bool:
        """Tell whether one more clause may look through all terms of a field, and say if not."""
        self._scans_left -= 1
        if self._scans_left == -1:
            self._say(
                "too-many-scans",
                f"only the first {MAX_SCANS} wildcards and words with ~ of a query are looked up; "
                f"{str(leaf)[:60]} and those after it stand for nothing",
            )
        return self._scans_left >= 0

    def _check_time(self) -> None:
        if self._deadline is not None:
            self._deadline.check()

    def _category(self, leaf: Word | Exact | Phrase | Pattern | Fuzzy) -> Clause:
        codes = self._vocabulary.values("category")
        if isinstance(leaf, Pattern):
            regex = _wildcard(leaf.text.casefold())
            found = [
                code
                for code in codes
                if regex.fullmatch(code.casefold())
                or regex.fullmatch(category_name(code).casefold())
            ]
        else:
            found = matching_categories(leaf.text, codes)
        if not found:
            self._say("no-such-category", no_such_category(leaf.text, codes))
        return AnyTerm("category", tuple(found))

    def _ids(self, leaf: Word | Exact | Phrase | Pattern | Fuzzy) -> Clause:
        if isinstance(leaf, Pattern):
            prefix = re.split(r"[*?]", leaf.text)[0]
            found = self._vocabulary.matching("id", _wildcard(leaf.text), prefix)
            return AnyTerm("id", tuple(term for term, _ in found))
        return AnyTerm("id", (leaf.text,))

    def _span(self, field: str, low: str | None, high: str | None) -> Clause:
        if field == "year":
            return Span("year", int(low or 1), int(high or 9999))
        return Span(
            "date",
            date_number(low) if low else 1,
            date_number(high, end=True) if high else _MAX_DATE,
        )

    def _say(self, code: str, message: str) -> None:
        self.diagnostics[Diagnostic(code, message)] = None


def no_such_category(wanted: str, codes: Sequence[str]) -> str:
    """Return the message that no paper has the category ``wanted``."""
    known = ", ".join(sorted(codes)[:20]) + (", …" if len(codes) > 20 else "")
    return f"no paper in this index has the category {wanted!r}; it has {known or 'none'}"


def is_within(left: str, right: str, edits: int) -> bool:
    """Tell whether the Levenshtein distance of two words is at most ``edits``."""
    if abs(len(left) - len(right)) > edits:
        return False
    previous = list(range(len(right) + 1))
    for row, char in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(
                min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (char != other))
            )
        if min(current) > edits:
            return False
        previous = current
    return previous[-1] <= edits


def _names_meant(leaf: Word | Exact | Phrase | Pattern | Fuzzy, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that a clause on names means."""
    if isinstance(leaf, Pattern):
        regex, _ = _compiled(leaf.text)
        return [name for name in names if any(map(regex.fullmatch, [name, *name.split(" ")]))]
    if isinstance(leaf, Fuzzy):
        parts = {part for name in names for part in name.split(" ")}
        wanted = "".join(form for token in tokens(leaf.text) for form in token.forms[:1])
        near = {part for part in parts if is_within(wanted, part, leaf.edits)}
        return [name for name in names if near.intersection(name.split(" "))]
    return matching_names(leaf.text, names)


def _fields(field: str) -> tuple[str, ...]:
    return (field,) if field else DEFAULT_FIELDS


def _is_condition(node: Node) -> bool:
    """Tell whether a clause only narrows the search: none of its leaves is text."""
    if isinstance(node, Word):
        return node.field not in _TEXT_FIELDS
    return all(
        isinstance(leaf, Range) or (not isinstance(leaf, Every) and leaf.field not in _TEXT_FIELDS)
        for leaf in leaves(node)
    )


def _is_must(node: Node) -> bool:
    return isinstance(node, Must) or (isinstance(node, Boost) and _is_must(node.child))


def _splits(vocabulary: Vocabulary, asked: tuple[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return the pairs of words that a form joins, if a field has both, and somewhere in a row."""
    form, fields = asked
    pairs = _halves(form)
    if not pairs:
        return []
    halves = {half for pair in pairs for half in pair}
    found = {
        pair
        for name in fields
        for known in [_known(vocabulary, name, halves)]
        for pair in pairs
        if known.issuperset(pair) and _stand_in_a_row(vocabulary, name, pair)
    }
    return [pair for pair in pairs if pair in found]


def _is_word(vocabulary: Vocabulary, asked: tuple[str, tuple[str, ...]]) -> bool:
    form, fields = asked
    return any(_known(vocabulary, name, [form]) for name in fields)


def _known(vocabulary: Vocabulary, field: str, forms: Collection[str]) -> set[str]:
    """Return those of ``forms`` that are words of ``field``.

    Halves of words are asked for as they are: most are no words, and their stems would be the
    dearest part of rewriting.
    """
    return vocabulary.have(exact_twin(field), forms)


def _stand_in_a_row(vocabulary: Vocabulary, field: str, pair: tuple[str, str]) -> bool:
    first, second = map(vocabulary.stem, pair) if field in STEMMED_FIELDS else pair
    return vocabulary.has_in_a_row(field, first, second)


def _halves(form: str) -> list[tuple[str, str]]:
    """Return the pairs of words that ``form`` could join: at a number, or of two letters at least.

    A stop word is no such half.
    """
    if len(form) > _MAX_SPLIT_CHARS:
        return []
    if form.isalpha():
        pairs = [(form[:at], form[at:]) for at in range(2, len(form) - 1)]
        return [pair for pair in pairs if not (is_stop_word(pair[0]) or is_stop_word(pair[1]))]
    ends = range(1, len(form))
    return [(form[:at], form[at:]) for at in ends if form[at - 1].isalpha() and form[at].isdigit()]


def _compiled(pattern: str) -> tuple[re.Pattern[str], str]:
    """Return a word pattern as a regular expression on terms, and the prefix all of them have."""
    folded = fold(decode_tex_accents(pattern))
    plain = "".join(char for char in folded if char.isalnum() or char in "*?.+#")
    return _wildcard(plain), re.split(r"[*?]", plain)[0]


def _wildcard(pattern: str) -> re.Pattern[str]:
    """Return a word pattern as a regular expression, which matches in time linear in the word.

    What stands between two ``*`` is taken where it comes first, and never sought again: a later
    place leaves less room for the rest.
    """
    first, *rest = (
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", pattern)
    )
    steps = [f"(?>.*?{part})" for part in rest[:-1]]
    return re.compile("".join([first, *steps, *(f".*{part}" for part in rest[-1:])]), re.DOTALL)
