"""Query tree → clauses on the terms of an index: what a query asks of any engine.

It says which terms to look for, in which fields, at which distance. What a single word means is in
``words``; here are the operators, the conditions, and the limits on what one query may cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from index.analysis import MAX_WORD_CHARS, long_word_count, tokens
from index.fields import NAME_FIELDS, exact_twin
from index.identifiers import places
from searcher.deadline import Deadline
from searcher.query.acronyms import NO_ACRONYMS, Acronyms, with_more
from searcher.query.clauses import (
    NO_PAPER,
    Alternative,
    Bool,
    Clause,
    EveryPaper,
    Match,
    Run,
    Tiers,
)
from searcher.query.compounds import misspelt_rows, rows_of, some_rows
from searcher.query.conditions import condition
from searcher.query.operands import (
    TEXT_FIELDS,
    Operand,
    add_joined,
    is_condition,
    is_must,
    may_be_title,
    without_stop_words,
)
from searcher.query.ranges import span_of
from searcher.query.recent import Recent
from searcher.query.signs import is_prefix
from searcher.query.titles import title_match, titled
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
    TextLeaf,
    Unread,
    Word,
)
from searcher.query.vocabulary import Vocabulary
from searcher.query.words import (
    MAX_CACHED_CHARS,
    MAX_CACHED_WORDS,
    Spelling,
    WordMeaning,
    Words,
    by_frequency,
    index_fields,
    is_in_capitals,
    term_pattern,
)

MAX_EXPANSIONS = 1_000
"""How many terms the wildcards and fuzzy words of a query may stand for, all together."""

MAX_SCANS = 200
"""How many wildcards and fuzzy words of a query are looked up; each reads all terms of a field."""

MAX_CORRECTED = 20
"""How many words of a query that no paper has are corrected; each reads all words of a field."""

MAX_DOUBTED = 5
"""How many words of a query that few papers have are read as others, too; each does the same."""

MAX_NAMES = 100_000
"""How many whole names the names of a query may stand for, all together."""

_WORD_FIELDS = TEXT_FIELDS.union(NAME_FIELDS)


class Record(NamedTuple):
    """What a leaf was rewritten as.

    ``codes`` are those of its changes and diagnostics. ``guessed`` are the runs of words that are
    not typed but may be meant.
    """

    leaf: TextLeaf
    clause: Clause
    codes: Sequence[str]
    guessed: frozenset[tuple[Run, ...]]


class Rewritten(NamedTuple):
    """A clause, and what the author of the query should know about it.

    ``may_be_title``: the query is a few plain words, as people remember of a title. ``named`` are
    the names that it asks for. ``records`` say what the leaves were rewritten as, by their ids,
    if they were recorded.
    """

    clause: Clause
    diagnostics: tuple[Diagnostic, ...]
    may_be_title: bool = False
    named: tuple[Tiers, ...] = ()
    records: Mapping[int, Record] | None = None


def rewrite(tree: Node, vocabulary: Vocabulary, *, match_any: bool = False) -> Rewritten:
    """Rewrite ``tree`` for one index; see ``Rewriter.rewrite``."""
    return Rewriter(vocabulary).rewrite(tree, match_any=match_any)


_MOST_RECENT = 512


class Rewriter:
    """Rewrites queries for one index, and remembers what their words mean there.

    Safe to share by threads if its vocabulary is.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.words = Words(vocabulary)
        self.acronyms = Acronyms(self.words)
        self._cached_meaning = lru_cache(MAX_CACHED_WORDS)(self.words.meaning)
        self._cached_titled = lru_cache(MAX_CACHED_WORDS)(partial(titled, vocabulary))
        # What was worked out for a search that the next may ask for, too.
        self.recent: Recent[Any] = Recent(_MOST_RECENT)

    def rewrite(
        self,
        tree: Node,
        *,
        match_any: bool = False,
        only_sure: bool = False,
        doubting: bool = False,
        acronyms: bool = False,
        deadline: Deadline | None = None,
        kind: type["TreeRewriting"] | None = None,
    ) -> Rewritten:
        """Rewrite ``tree`` as a clause on the terms of the index.

        With ``match_any`` a paper needs only one word of a group. Conditions such as ``year:``
        stay required: they narrow the search. With ``only_sure`` a name that may be that of
        somebody else is searched only where none is surely meant. With ``doubting`` a word that few
        papers have is also read as the words that it may be meant to be, with ``acronyms`` one as
        what it stands for, and the other way round. Another ``kind`` of rewriting records what it
        does. Raises OutOfTimeError if the deadline passes first.
        """
        rewriting = (kind or TreeRewriting)(
            self.words, self._cached_meaning, match_any, only_sure, doubting, deadline, tree
        )
        if acronyms:
            rewriting.acronyms = self.acronyms.of_query(rewriting.diagnostics, deadline)
        clause = rewriting.clause(tree, 1.0)
        diagnostics, named = tuple(rewriting.diagnostics), tuple(rewriting.named)
        return Rewritten(clause, diagnostics, rewriting.may_be_title, named, rewriting.records)

    def title(self, text: str, tree: Node) -> Match | None:
        """Return what finds the papers whose title is a query as a whole; see ``title_match``."""
        return title_match(text, tree, self._cached_titled(text))

    def expect(self, text: str) -> None:
        """Make ready to be asked what a text means."""
        self.words.expect(text)

    def is_identifier(self, text: str) -> bool:
        """Tell whether a text is an identifier of a paper of the index."""
        ids, others = places(text)
        vocabulary = self.words.vocabulary
        return bool(vocabulary.have("id", ids) or vocabulary.have("identifier", others))


class TreeRewriting:
    """The rewriting of one query."""

    records: Mapping[int, Record] | None = None

    def __init__(
        self,
        words: Words,
        cached_meaning: Callable[[str, str], WordMeaning],
        match_any: bool,
        only_sure: bool,
        doubting: bool,
        deadline: Deadline | None,
        tree: Node,
    ) -> None:
        self.diagnostics: dict[Diagnostic, None] = {}
        self.acronyms = NO_ACRONYMS
        self.may_be_title = False
        self._outermost = tree.children if isinstance(tree, Group) else None
        self.named: list[Tiers] = []
        self._only_sure = only_sure
        self._is_excluded = False
        self._doubts_left = MAX_DOUBTED if doubting else 0
        self._words = words
        self._cached_meaning = cached_meaning
        self._match_any = match_any
        self._deadline = deadline
        self._expansions_left = MAX_EXPANSIONS
        self._scans_left = MAX_SCANS
        self._names_left = MAX_NAMES
        self._corrections_left = MAX_CORRECTED

    def clause(self, node: Node, boost: float) -> Clause:
        """Return the clause of a node, whose score is multiplied."""
        match node:
            case Word(text, field) if field in TEXT_FIELDS:
                clause = Match(str(node), self._meaning(text, field).alternatives, boost)
                return with_more(clause, self.acronyms.of_row([node]).get(id(node), ()))
            case Boost(child, factor):
                return self.clause(child, boost * factor)
            case Must(child):
                return self.clause(child, boost)
            case Not(child):
                return Bool(required=(EveryPaper(),), excluded=(self._excluded(child),))
            case Group(children):
                return self._group(children, boost)
            case And(children):
                operands = without_stop_words(children, self._meanings(children))
                return self._conjunction(operands, boost, self.acronyms.of_each(children))
            case Or(children):
                operands = without_stop_words(children, self._meanings(children))
                # Whoever writes OR says all that is meant.
                before, self.acronyms = self.acronyms, NO_ACRONYMS
                clauses = [self._operand_clause(one, boost, {}) for one in operands]
                self.acronyms = before
                return Bool(optional=tuple(clauses))
            case Every():
                return EveryPaper()
            case Unread():
                return NO_PAPER
            case Range(field, low, high):
                return span_of(field, low, high)
            case Word() | Exact() | Phrase() | Pattern() | Fuzzy():
                return self._leaf(node, boost)

    # Groups of clauses

    def _group(self, children: Sequence[Node], boost: float) -> Clause:
        meanings = self._meanings(children)
        operands = without_stop_words(children, meanings)
        if children is self._outermost:
            self.may_be_title = may_be_title(operands)
        joined = self.acronyms.of_row(children)
        add_joined(joined, children, meanings, self._words)
        if not self._match_any:
            return self._conjunction(operands, boost, joined)
        required, optional, excluded = [], [], []
        must_count = 0
        for operand in operands:
            node = operand.node
            if isinstance(node, Not):
                excluded.append(self._excluded(node.child))
            elif is_must(node) or is_condition(node):
                must_count += is_must(node)
                required.append(self.clause(node, boost))
            else:
                optional.append(self._operand_clause(operand, boost, joined))
        if optional and not must_count:
            required.append(Bool(optional=tuple(optional)))
            optional = []
        if not required and not optional:
            required.append(EveryPaper())
        return Bool(tuple(required), tuple(optional), tuple(excluded))

    def _excluded(self, node: Node) -> Clause:
        """Return the clause that a Not excludes: all its words, or else it would exclude more."""
        before = self._match_any, self._is_excluded, self.acronyms
        self._match_any, self._is_excluded, self.acronyms = False, True, NO_ACRONYMS
        clause = self.clause(node, 1.0)
        self._match_any, self._is_excluded, self.acronyms = before
        return clause

    def _conjunction(
        self,
        operands: Sequence[Operand],
        boost: float,
        joined: Mapping[int, Sequence[Alternative]],
    ) -> Clause:
        required: list[Clause] = []
        excluded: list[Clause] = []
        for operand in operands:
            if isinstance(operand.node, Not):
                excluded.append(self._excluded(operand.node.child))
            else:
                required.append(self._operand_clause(operand, boost, joined))
        return Bool(required=tuple(required) or (EveryPaper(),), excluded=tuple(excluded))

    def _meanings(self, children: Sequence[Node]) -> list[WordMeaning | None]:
        """Return the meaning of each child that is a word of text, boosted or not."""
        meanings: list[WordMeaning | None] = []
        for child in children:
            word = child.child if isinstance(child, Boost) else child
            if isinstance(word, Word) and word.field in TEXT_FIELDS:
                meanings.append(self._meaning(word.text, word.field))
            else:
                meanings.append(None)
        return meanings

    def _meaning(self, text: str, field: str) -> WordMeaning:
        """Return what a word means; this takes long for a word that was not asked for before."""
        if self._deadline is not None:
            self._deadline.check()
        if len(text) > MAX_CACHED_CHARS:
            self._say_long_word(text, field)
            return self._words.meaning(text, field)
        meaning = self._cached_meaning(text, field)
        if not meaning.is_known:
            return self._corrected(text, meaning)
        return self._doubted(text, meaning) if self._doubts_left else meaning

    def _corrected(self, text: str, meaning: WordMeaning) -> WordMeaning:
        """Return what a word that no paper has means: the words nearest to it, if there are any."""
        if not meaning.form:
            return meaning
        self._corrections_left -= 1
        if self._corrections_left < 0:
            reason = f"only the first {MAX_CORRECTED} words that no paper has are corrected"
            self._say("too-many-corrections", reason)
            return meaning
        near = self._words.corrected(meaning.form, meaning.fields)
        if not near:
            return meaning
        self._say("corrected", f"no paper has {text!r}; read as {', '.join(near)}")
        spellings = [(form,) for form in near]
        alternatives = self._words.alternatives(spellings, meaning.fields, stemmed=True)
        return meaning._replace(alternatives=alternatives, loose=alternatives)

    def _doubted(self, text: str, meaning: WordMeaning) -> WordMeaning:
        """Return what a word means; if it may be misspelt, words that far more papers have, too.

        In capitals it is a name, and to exclude more than was asked for would be wrong.
        """
        form, fields = meaning.form, meaning.fields
        if not form or self._is_excluded or is_in_capitals(text):
            return meaning
        if not self._words.is_doubtful(form, fields):
            return meaning
        self._doubts_left -= 1
        near = self._words.doubted(form, fields)
        if not near:
            return meaning
        self._say("doubtful", f"few papers have {text!r}; also read as {', '.join(near)}")
        others = self._words.alternatives([(other,) for other in near], fields, stemmed=True)
        return meaning._replace(
            alternatives=tuple(dict.fromkeys((*meaning.alternatives, *others))),
            loose=tuple(dict.fromkeys((*meaning.loose, *others))),
        )

    def _say_long_word(self, text: str, field: str) -> None:
        """Say that a word of a text is so long that only its beginning is searched."""
        if len(text) >= MAX_WORD_CHARS and field in _WORD_FIELDS and long_word_count(text):
            self._say(
                "long-word",
                f"{text[:20]}… has a word of {MAX_WORD_CHARS} characters or more;"
                f" all that begin with the same {MAX_WORD_CHARS} are found",
            )

    def _operand_clause(
        self, operand: Operand, boost: float, joined: Mapping[int, Sequence[Alternative]]
    ) -> Clause:
        """Return the clause of an operand; a word also matches joined to the one beside it."""
        node, meaning, share, is_literal = operand
        if meaning is None or not isinstance(node, Word):
            clause = self.clause(node, boost)
        else:
            alternatives = meaning.alternatives if is_literal else meaning.loose
            clause = Match(str(node), alternatives, boost * share)
        more = joined.get(id(node))
        return with_more(clause, more) if more else clause

    # Leaves

    def _leaf(self, leaf: TextLeaf, boost: float) -> Clause:
        self._check_time()
        self._say_long_word(leaf.text, leaf.field)
        if isinstance(leaf, Pattern | Fuzzy) and not self._may_scan(leaf):
            return Match(str(leaf), (), boost)
        if leaf.field not in TEXT_FIELDS:
            return self._condition(leaf)
        return Match(str(leaf), self._alternatives(leaf), boost)

    def _condition(self, leaf: TextLeaf) -> Clause:
        meant = condition(
            leaf,
            self._words.vocabulary,
            only_sure=self._only_sure,
            is_excluded=self._is_excluded,
            most_names=self._names_left,
            check_time=self._check_time,
        )
        for said in meant.diagnostics:
            self._say(said.code, said.message)
        if meant.named:
            self._names_left -= min(sum(len(tier.terms) for tier in meant.named), self._names_left)
            if not self._is_excluded:
                self.named.append(meant.named)
        return meant.clause

    def _alternatives(self, leaf: TextLeaf) -> tuple[Alternative, ...]:
        fields = index_fields(leaf.field)
        exact_fields = tuple(map(exact_twin, fields))
        match leaf:
            case Phrase(text, slop):
                if any(map(is_prefix, text.split())) and self._may_scan(leaf):
                    return self._rows(leaf, rows_of(text, self._words, fields), fields, slop)
                spellings = self._words.spellings(list(tokens(text)), exact_fields)
                spellings = self._words.typed(text, spellings, exact_fields, slop)
                return self._words.alternatives(spellings, fields, stemmed=False, slop=slop)
            case Pattern(text):
                pattern = term_pattern(text)
                matches = [
                    match
                    for name in exact_fields
                    for match in self._words.vocabulary.matching(name, pattern)
                ]
                rows = self._rows(leaf, rows_of(text, self._words, fields), fields)
                if not (matches or rows) and (plain := self._words.between_wildcards(text, fields)):
                    self._say("no-such-pattern", f"no word matches {text}; read as {plain}")
                    return self._meaning(plain, leaf.field).alternatives
                return (*self._expanded(text, exact_fields, matches), *rows)
            case Fuzzy(text, edits):
                forms = {"".join(one) for one in self._words.spellings(list(tokens(text)))}
                matches = [
                    match
                    for name in exact_fields
                    for form in sorted(forms)
                    for match in self._words.vocabulary.within(name, form, edits)
                ]
                misspelt = misspelt_rows(text, edits, self._words, fields)
                rows = self._rows(leaf, misspelt, fields)
                return (*self._expanded(str(leaf), exact_fields, matches), *rows)
            case _:
                spellings = self._words.spellings(list(tokens(leaf.text)))
                spellings = self._words.typed(leaf.text, spellings, exact_fields)
                return self._words.alternatives(spellings, fields, stemmed=False)

    def _rows(
        self,
        leaf: TextLeaf,
        rows: Iterable[Spelling],
        fields: Sequence[str],
        slop: int | None = None,
    ) -> tuple[Alternative, ...]:
        """Return an alternative for each row of words, some of them if they are too many."""
        chosen, are_more = some_rows(rows, self._expansions_left)
        self._expansions_left -= len(chosen)
        if are_more:
            reason = f"{leaf} stands for many words in a row; {len(chosen):,} are searched"
            self._say("too-many-terms", reason)
        return self._words.alternatives(chosen, fields, stemmed=False, slop=slop)

    def _expanded(
        self, label: str, fields: Sequence[str], matches: Iterable[tuple[str, int]]
    ) -> tuple[Alternative, ...]:
        """Return an alternative for each matching term, the most frequent ones if too many.

        ``matches`` are terms and the number of papers that have each, one field after the other.
        """
        terms = by_frequency(matches)
        chosen = terms[: self._expansions_left]
        self._expansions_left -= len(chosen)
        if len(chosen) < len(terms):
            self._say(
                "too-many-terms",
                f"{label} stands for {len(terms):,} words; "
                f"the {len(chosen):,} most frequent are searched",
            )
        return tuple(Alternative(tuple(Run(name, (term,)) for name in fields)) for term in chosen)

    def _may_scan(self, leaf: Pattern | Fuzzy | Phrase) -> bool:
        """Tell whether one more clause may read all terms of a field; say so if it may not."""
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

    def _say(self, code: str, message: str) -> None:
        self.diagnostics[Diagnostic(code, message)] = None
