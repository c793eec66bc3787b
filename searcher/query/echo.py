"""What was searched for each word of a query: recorded while it is rewritten, told in its order."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.analysis import tokens
from index.fields import NAME_FIELDS, STEMMED_FIELDS, exact_twin
from searcher.query.clauses import Alternative, AnyTerm, Bool, Clause, Match, Run
from searcher.query.compounds import parts_of
from searcher.query.operands import TEXT_FIELDS, Operand, is_condition, is_must
from searcher.query.parser import MAX_QUERY_CHARS, SIGNS, located
from searcher.query.rewriting import Record, TreeRewriting
from searcher.query.tree import (
    And,
    Boost,
    Every,
    Fuzzy,
    Group,
    Leaf,
    Must,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Range,
    TextLeaf,
    Unread,
    Word,
    leaves,
)
from searcher.query.vocabulary import Vocabulary
from searcher.query.words import WordMeaning

MOST_SEARCHED = 20
"""How many words or values are listed for one part of a query."""

_YEAR = "year"
_NOT_SEARCHED = frozenset(("dropped", "unread", "timeout"))
_OTHER_WORDS = frozenset(("corrected", "doubtful"))
_PRINTED_FIELDS = frozenset(NAME_FIELDS.values())


CHANGES = {
    "dropped": "left out, since it tells nothing",
    "folded": "",
    "stemmed": "with other endings",
    "spelling": "in other spellings",
    "expanded": "",
    "year": "also as the year of a paper",
    "half": "counts half: it only asks",
    "relaxed": "",
    "excluded": "papers with it are left out",
    "missing": "no paper has it",
    "identifier": "the id of a paper",
    "operator": "",
    "punctuation": "punctuation",
    "unread": "finds no paper",
    "corrected": "no paper has the word as typed",
    "doubtful": "few papers have the word as typed",
    "acronym": "also as an acronym",
    "compound": "nowhere in a row, so read as its parts",
    "timeout": "not read in time",
}
"""What may become of a part of a query, with what is said of it where it is not plain to see.

It is folded if case, accents and signs go, stemmed if words with other endings are found, relaxed
if a paper need not have it because few have all words, and expanded if wildcards or ``~`` stand for
many words. Other changes are codes of diagnostics, which have messages for them.
"""


@dataclass(frozen=True, slots=True)
class EchoPart:
    """A part of a query as typed, or the value of the named ``filter``, and what is searched for.

    ``searched`` are the words, phrases and values that the index has for it, and ``more`` is how
    many are not listed. ``changes`` say what became of it: they are those of CHANGES and the codes
    of diagnostics.
    """

    typed: str
    searched: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    more: int = 0
    filter: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What became of the part, in words, except what diagnostics have messages for."""
        return tuple(filter(None, (CHANGES.get(code) for code in self.changes)))

    def to_dict(self) -> dict[str, Any]:
        """Return the part as JSON-ready values; a part of the query has no ``filter``."""
        values = {
            "typed": self.typed,
            "searched": list(self.searched),
            "changes": list(self.changes),
            "more": self.more,
        }
        return {**values, "filter": self.filter} if self.filter else values


@dataclass(frozen=True, slots=True)
class Echo:
    """How a request was understood: the parts of its query in order, which hold all of its text.

    ``filters`` are those of the request. ``title_of`` are the ids of papers that come first because
    the query as a whole is their title.
    """

    parts: tuple[EchoPart, ...]
    filters: tuple[EchoPart, ...] = ()
    title_of: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the echo as JSON-ready values."""
        return {
            "parts": [part.to_dict() for part in self.parts],
            "filters": [part.to_dict() for part in self.filters],
            "title_of": list(self.title_of),
        }


class RecordingRewriting(TreeRewriting):
    """The rewriting of one query, which records what becomes of each leaf, by its id."""

    def __init__(self, *options: Any) -> None:
        super().__init__(*options)
        self.records: dict[int, Record] = {}
        self._codes: defaultdict[Leaf, dict[str, None]] = defaultdict(dict)
        self._guessed: dict[Leaf, frozenset[tuple[Run, ...]]] = {}
        self._leaf_read: Leaf = Unread()

    def clause(self, node: Node, boost: float) -> Clause:
        """Return the clause of a node, and record it if the node is a leaf of text."""
        if not isinstance(node, TextLeaf):
            return super().clause(node, boost)
        self._leaf_read = node
        clause = super().clause(node, boost)
        self._record(node, clause)
        return clause

    def _operand_clause(
        self, operand: Operand, boost: float, joined: Mapping[int, Sequence[Alternative]]
    ) -> Clause:
        clause = super()._operand_clause(operand, boost, joined)
        node = operand.node.child if isinstance(operand.node, Boost) else operand.node
        if operand.meaning is not None and isinstance(node, Word):
            self._record(node, clause, ["half"] if operand.share < 1.0 else [])
        return clause

    def _meaning(self, text: str, field: str) -> WordMeaning:
        self._leaf_read = Word(text, field)
        return super()._meaning(text, field)

    def _corrected(self, text: str, meaning: WordMeaning) -> WordMeaning:
        return self._noted(meaning, super()._corrected(text, meaning))

    def _doubted(self, text: str, meaning: WordMeaning) -> WordMeaning:
        return self._noted(meaning, super()._doubted(text, meaning))

    def _noted(self, meaning: WordMeaning, guess: WordMeaning) -> WordMeaning:
        own = {one.runs for one in meaning.alternatives}
        self._guessed[self._leaf_read] = frozenset(one.runs for one in guess.alternatives) - own
        return guess

    def _say(self, code: str, message: str) -> None:
        super()._say(code, message)
        self._codes[self._leaf_read][code] = None

    def _record(self, leaf: TextLeaf, clause: Clause, codes: Sequence[str] = ()) -> None:
        guessed = self._guessed.get(leaf, frozenset())
        if also := self.acronyms.found.get(id(leaf)):
            guessed, codes = guessed.union(one.runs for one in also), (*codes, "acronym")
        self.records[id(leaf)] = Record(leaf, clause, (*self._codes[leaf], *codes), guessed)


def parts_of_query(
    text: str,
    tree: Node,
    records: Mapping[int, Record] | None,
    vocabulary: Vocabulary,
    *,
    is_relaxed: bool,
) -> tuple[EchoPart, ...]:
    """Return the parts of a query in their order; together they hold all of its text.

    ``tree`` is the query as understood. Without ``records`` the time was over before it was
    rewritten.
    """
    query, parsed, places = located(text)
    # In quotes as typed, where no letter in TeX has changed the length.
    source, rest_of_text = text[:MAX_QUERY_CHARS], text[MAX_QUERY_CHARS:].strip()
    source = source if len(source) == len(parsed) else parsed
    maker = _PartMaker(records, vocabulary)
    is_read = any(place.is_read for place in places)
    rest, of_places = deque(_marked(tree, is_relaxed)), leaves(query.tree)
    if is_read and isinstance(tree, Word | Phrase) and tree.field == "id" and tree != query.tree:
        return (maker.part(source.strip(), list(rest), ("identifier",)),)
    parts: list[EchoPart] = []
    at = 0
    for place in places:
        start = _with_signs(source, at, place.start)
        parts += _between(source[at:start])
        typed, at = source[start : place.end], place.end
        if place.is_read:
            own = list(_taken(next(of_places), rest))
            changes = place.codes if len(own) == 1 else (*place.codes, "compound")
            parts.append(maker.part(typed, own, changes))
        else:
            changes = (place.codes or ("punctuation",)) if is_read else ("unread",)
            parts.append(EchoPart(typed, changes=changes))
    parts += _between(source[at:])
    if rest_of_text:
        parts.append(EchoPart(rest_of_text, changes=("too-long",)))
    return tuple(parts)


def parts_of_filter(
    name: str,
    values: Sequence[str],
    tree: Node,
    records: Mapping[int, Record] | None,
    vocabulary: Vocabulary,
) -> Iterator[EchoPart]:
    """Yield a part for each value of a filter, which ``tree`` holds as its leaves."""
    maker = _PartMaker(records, vocabulary)
    for value, leaf in zip(values, leaves(tree), strict=True):
        yield replace(maker.part(value, [(leaf, ())], ()), filter=name)


class _PartMaker:
    """Makes the parts of an echo: what leaves of a query stand for in one index."""

    def __init__(self, records: Mapping[int, Record] | None, vocabulary: Vocabulary) -> None:
        self._records = records
        self._vocabulary = vocabulary

    def part(
        self, typed: str, own: Sequence[tuple[Leaf, tuple[str, ...]]], changes: tuple[str, ...]
    ) -> EchoPart:
        """Return the part of a query that became some leaves."""
        searched: list[str] = []
        more = 0
        for leaf, marks in own:
            texts, said, left = self._leaf(leaf)
            if len(own) > 1 and isinstance(leaf, Word):
                # Of a compound its words, if they are not read as others.
                if _OTHER_WORDS.isdisjoint(said):
                    texts, left = [leaf.text] if "dropped" not in said else [], 0
                said = [code for code in said if code in _OTHER_WORDS]
            searched += texts
            more += left
            changes = (*changes, *said)
            if _NOT_SEARCHED.isdisjoint(changes):
                changes = (*changes, *marks)
        return EchoPart(typed, tuple(searched), tuple(dict.fromkeys(changes)), more)

    def _leaf(self, leaf: Leaf) -> tuple[list[str], list[str], int]:
        """Return what is searched for a leaf, what became of it, and how much more there is."""
        match leaf:
            case Every():
                return ["*"], [], 0
            case Unread():
                return [], ["unread"], 0
            case Range():
                return [str(replace(leaf, field=""))], [], 0
        if self._records is None:
            return [], ["timeout"], 0
        record = self._records.get(id(leaf))
        if record is None:
            return [], ["dropped"], 0
        if isinstance(record.clause, Match):
            texts, said = self._words(record)
            return texts[:MOST_SEARCHED], said, max(0, len(texts) - MOST_SEARCHED)
        texts, more = self._values(record.clause)
        return texts, list(record.codes) or ([] if texts else ["missing"]), more

    # Words and phrases

    def _words(self, record: Record) -> tuple[list[str], list[str]]:
        leaf, clause, codes, guessed = record
        assert isinstance(clause, Match)
        own = [form for token in tokens(leaf.text) for form in token.forms]
        stems = {self._vocabulary.stem(form): form for form in own}
        said: dict[str, None] = {}
        first: dict[str, None] = {}
        others: dict[str, None] = {}
        for alternative in clause.alternatives:
            found = self._texts(alternative, stems)
            first.update(dict.fromkeys(found[:1]))
            others.update(dict.fromkeys(found[1:]))
            if found and alternative.runs not in guessed and isinstance(leaf, Word):
                run = alternative.runs[0]
                if run.field == _YEAR:
                    said["year"] = None
                elif len(run.terms) > 1 or run.terms[0] not in stems:
                    said["spelling"] = None
                elif set(found).difference(own):
                    said["stemmed"] = None
        # Each spelling is named before the forms of any.
        texts = list(dict.fromkeys((*first, *others)))
        if not texts:
            said["missing"] = None
        elif isinstance(leaf, Pattern | Fuzzy) or "*" in leaf.text:
            if "no-such-pattern" not in codes:
                said["expanded"] = None
        else:
            plain = [text.rpartition('"')[0][1:] or text for text in texts]
            if leaf.text not in plain and not {*own, " ".join(own)}.isdisjoint(plain):
                said = {"folded": None, **said}
            if len(first) > 1 and not isinstance(leaf, Word):
                said["spelling"] = None
        return texts, [*said, *codes]

    def _texts(self, alternative: Alternative, stems: Mapping[str, str]) -> list[str]:
        """Return what the index has for one way to spell a word, those of most papers first."""
        counts: Counter[str] = Counter()
        rows: dict[str, None] = {}
        for run in alternative.runs:
            if run.field == _YEAR:
                return [f"{_YEAR}:{run.terms[0]}"]
            if len(run.terms) > 1:
                if self._vocabulary.have(run.field, run.terms) >= set(run.terms):
                    rows[self._row(run, stems)] = None
                continue
            (term,) = run.terms
            exact = exact_twin(run.field)
            forms = self._vocabulary.forms_of(term) if exact != run.field else ()
            for form in forms or (term,):
                if count := self._vocabulary.paper_count(exact if forms else run.field, form):
                    counts[form] += count
        spelled = [run.terms[0] for run in alternative.runs if run.field not in STEMMED_FIELDS]
        typed = {*stems.values(), *spelled}
        ranked = sorted(counts, key=lambda form: (form not in typed, -counts[form], form))
        return [*ranked, *rows]

    def _row(self, run: Run, stems: Mapping[str, str]) -> str:
        """Return a row of terms as a phrase; stems as they are typed, or else in a form of them."""
        words = [
            (stems.get(term) or next(iter(self._by_count(run.field, term)), term))
            if run.field in STEMMED_FIELDS
            else term
            for term in run.terms
        ]
        return str(Phrase(" ".join(words), run.slop))

    def _by_count(self, field: str, stem: str) -> list[str]:
        exact = exact_twin(field)
        forms = self._vocabulary.forms_of(stem)
        return sorted(forms, key=lambda form: -self._vocabulary.paper_count(exact, form))

    # Conditions

    def _values(self, clause: Clause) -> tuple[list[str], int]:
        """Return the first values that a condition stands for, and how many more there are."""
        if isinstance(clause, Bool):
            both = [self._values(child) for child in clause.optional]
            return [text for texts, _ in both for text in texts], sum(more for _, more in both)
        if not isinstance(clause, AnyTerm):
            return [], 0
        field, terms = clause.field, clause.terms
        if field in _PRINTED_FIELDS:
            shown = [self._vocabulary.printed(field, term) for term in terms[:MOST_SEARCHED]]
            return list(dict.fromkeys(shown)), max(0, len(terms) - MOST_SEARCHED)
        known = self._vocabulary.have(field, terms)
        found = [term for term in terms if term in known]
        return found[:MOST_SEARCHED], max(0, len(found) - MOST_SEARCHED)


def _marked(
    node: Node, is_relaxed: bool, marks: tuple[str, ...] = ()
) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    """Yield each leaf and what holds for it by where it stands: excluded, or not required."""
    match node:
        case Group(children):
            are_words = [
                not (isinstance(child, Not) or is_must(child) or is_condition(child))
                for child in children
            ]
            may_lack = is_relaxed and sum(are_words) + any(map(is_must, children)) > 1
            for child, is_word in zip(children, are_words, strict=True):
                own = (*marks, "relaxed") if may_lack and is_word else marks
                yield from _marked(child, is_relaxed, own)
        case And(children) | Or(children):
            for child in children:
                yield from _marked(child, is_relaxed, marks)
        case Not(child):
            yield from _marked(child, False, (*marks, "excluded"))
        case Must(child) | Boost(child):
            yield from _marked(child, is_relaxed, marks)
        case _:
            yield node, marks


def _taken(
    leaf: Leaf, rest: deque[tuple[Leaf, tuple[str, ...]]]
) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    """Take from the ``rest`` of the leaves as understood those that a typed one became."""
    if rest and rest[0][0] == leaf:
        yield rest.popleft()
    elif isinstance(leaf, Word) and leaf.field in TEXT_FIELDS:
        parts = parts_of(leaf.text)
        for part in parts if len(parts) > 1 else ():
            yield from _taken(Word(part, leaf.field), rest)


_OPERATORS = frozenset(("AND", "OR", "NOT", "|", "||", "&&"))


def _with_signs(text: str, start: int, end: int) -> int:
    """Return where the signs right before a leaf begin."""
    while end > start and text[end - 1] in SIGNS:
        end -= 1
    return end


def _between(text: str) -> Iterator[EchoPart]:
    """Yield what stands between leaves: operators, parentheses and punctuation."""
    for piece in text.split():
        is_operator = piece in _OPERATORS or not {*piece}.isdisjoint("()")
        yield EchoPart(piece, changes=("operator" if is_operator else "punctuation",))
