"""A word of a query × the vocabulary of an index → its spellings there, as alternatives.

A hyphenated word is spelled as its parts or joined, ``data set`` is also ``dataset``, ``dataset``
is also ``data set``, and a wildcard or a misspelled word stands for the terms that match it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain, islice, pairwise, product
from typing import NamedTuple

from index.analysis import (
    MAX_WORD_CHARS,
    Token,
    as_form,
    is_stop_word,
    plain_forms,
    tokens,
)
from index.fields import QUERY_FIELDS, SEARCHED_FIELDS, STEMMED_FIELDS, exact_twin
from index.letters import decode_tex_accents, fold
from searcher.query.clauses import Alternative, Run
from searcher.query.variants import is_inflection, variants
from searcher.query.vocabulary import Vocabulary
from searcher.query.wildcards import literal_prefix

# Queries repeat their words; each entry takes 1 to 2 KB. Longer texts hardly ever come again.
MAX_CACHED_WORDS = 1 << 12
MAX_CACHED_CHARS = 100

YEAR_WEIGHT = 2.8
"""The year of a paper counts as if it stood so often in its text: for 0.7 of the best score."""

ASKING_WORDS = frozenset(
    """
    answer answers anybody anyone article articles available concern concerned concerning deal
    dealing deals describe described describes detail details discuss discussed discussion done
    example examples exist existence existing exists explain explained explanation find finding
    findings found give given gives help information interested investigate investigated
    investigation investigations kind kinds knowledge known literature look looking made make making
    need needed obtain obtained paper papers pertain pertaining please possible present presented
    problem problems propose proposed publication publications published question questions recent
    recently reference references regard regarding relate related relating relevant report reported
    reports research result results show shown shows somebody someone studied studies study treat
    treated use used using want wanted work works
    """.split()
)
"""Words with which a reader asks, and not what is asked for."""

LONG_QUERY_WORDS = 6
"""A query of so many words, not counting stop words, is long: words that only ask count less."""

ASKING_SHARE = 0.5
"""The share of their scores that counts then."""

DOUBTED_PAPERS = 10
"""A word of fewer papers may be another one, misspelt."""

TIMES_MORE = 10
"""The other word is in so many times as many papers."""

_MAX_SPELLINGS = 16
_MAX_SPLIT_CHARS = 40
_YEAR = re.compile("(?:1[6-9]|20)[0-9][0-9]")
_LEAST_CORRECTED, _MOST_CORRECTED = 4, 40
# Of longer queries the words behind these are asked for one by one.
_MOST_EXPECTED = 16
# A word of as many letters may have two wrong ones.
_TWO_EDITS = 8
_MAX_CORRECTIONS = 5

Spelling = tuple[str, ...]
"""One way to spell a text: forms in a row."""


class WordMeaning(NamedTuple):
    """What a word of a query means in the ``fields`` of one index.

    ``form`` is the form of a word that is a single token and no stop word, else None. ``is_known``
    says that some paper may have it, in one spelling or another. The forms of its stem that are
    other words count less in its ``alternatives``; in ``loose`` all forms count alike.
    """

    fields: tuple[str, ...]
    is_stop_word: bool
    form: str | None
    alternatives: tuple[Alternative, ...]
    loose: tuple[Alternative, ...]
    is_known: bool = True


class Words:
    """What words mean in one index. Safe to share by threads if its vocabulary is."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        # Not caches of methods: then an instance would hold itself, and with it an index that is
        # no longer used, until the garbage collector runs.
        self._cached_splits = lru_cache(MAX_CACHED_WORDS)(partial(_splits, vocabulary))
        self._cached_corrections = lru_cache(MAX_CACHED_WORDS)(partial(_corrections, vocabulary))
        self._cached_doubts = lru_cache(MAX_CACHED_WORDS)(partial(_doubts, vocabulary))
        self._cached_is_word = lru_cache(MAX_CACHED_WORDS)(partial(_is_word, vocabulary))

    def expect(self, text: str) -> None:
        """Make ready to be asked what a text means."""
        self.vocabulary.expect(_expected_forms(text))

    def meaning(self, text: str, field: str) -> WordMeaning:
        """Return what a word means in a query field, or in all searched fields if it is empty."""
        word_tokens = list(tokens(text))
        fields = index_fields(field)
        is_stop = all(is_stop_word(token.forms[0]) for token in word_tokens)
        form = word_tokens[0].forms[0] if len(word_tokens) == 1 and not is_stop else None
        spellings = self.spellings(word_tokens, fields)
        # One word, hyphenated or not.
        parts = word_tokens[0].part_count if word_tokens else 1
        if form or 1 < parts == len(word_tokens) - 1:
            spellings += [
                (other,)
                for own in word_tokens[0].forms
                for other in variants(own)
                if self._is_spelled((other,), fields)
            ]
        if is_stop and len(word_tokens) == 1 and word_tokens[0].forms[-1].isupper():
            # US is another word than us, where papers have it.
            plain, name = word_tokens[0].forms
            spellings = [(name,)] if self._is_spelled((name,), fields) else [(plain,)]
        alternatives = self.alternatives(spellings, fields, stemmed=True, is_literal=True)
        if form and not field and is_year(form):
            alternatives += (Alternative((Run("year", (form,)),), YEAR_WEIGHT),)
            return WordMeaning(fields, is_stop, form, alternatives, alternatives)
        is_known = not form or any(
            self.vocabulary.have(run.field, run.terms).issuperset(run.terms)
            for alternative in alternatives
            for run in alternative.runs
        )
        loose = alternatives
        if any(one.distant for one in alternatives):
            loose = tuple([one._replace(distant=()) for one in alternatives])
        return WordMeaning(fields, is_stop, form, alternatives, loose, is_known)

    def corrected(self, form: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words nearest to one, the most frequent first.

        Only words of letters are corrected, at least four: numbers and codes are as they are meant.
        """
        return self._cached_corrections(form, fields) if _may_be_wrong(form) else ()

    def is_doubtful(self, form: str, fields: tuple[str, ...]) -> bool:
        """Tell whether so few papers have a word, as it is typed, that it may be misspelt."""
        return _may_be_wrong(form) and _own_count(self.vocabulary, form, fields) < DOUBTED_PAPERS

    def doubted(self, form: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that a doubtful one may be meant to be, the most frequent first.

        They are an edit away and have far more papers. A word two edits away is as a rule another
        one, if papers have both.
        """
        return self._cached_doubts(form, fields)

    def spellings(
        self, text_tokens: Sequence[Token], fields: tuple[str, ...] = ()
    ) -> list[Spelling]:
        """Return the ways to spell a text, given as its tokens.

        A hyphenated word is spelled as its parts or as the joined word. With index ``fields``
        given, a word is also spelled as two if one of the fields has both of them in a row, and
        two words in a row are also spelled as one if one of the fields has it.
        """
        parts = [token.forms for token in text_tokens if token.part_count == 1]
        # The spellings of each word of the text.
        choices: list[list[Spelling]] = []
        parts_left = 0
        for token in text_tokens:
            as_one: list[Spelling] = [(form,) for form in token.forms]
            if token.part_count > 1:
                parts_left = token.part_count
                own_parts = parts[token.position : token.position + parts_left]
                choices.append([*islice(product(*own_parts), _MAX_SPELLINGS), *as_one])
            elif parts_left:
                parts_left -= 1
            elif fields:
                as_two = [pair for form in token.forms for pair in self._splits(form, fields)]
                choices.append([*as_one, *as_two])
            else:
                choices.append(as_one)
        if len(choices) == 1:
            return list(dict.fromkeys(choices[0][:_MAX_SPELLINGS]))
        spellings = [
            tuple(form for word in choice for form in word)
            for choice in islice(product(*choices), _MAX_SPELLINGS)
        ]
        if fields:
            plain = [word_spellings[0] for word_spellings in choices]
            spellings += islice(self._joined(plain, fields), _MAX_SPELLINGS - len(spellings))
        return list(dict.fromkeys(spellings))

    def typed(
        self,
        text: str,
        spellings: Sequence[Spelling],
        exact_fields: tuple[str, ...],
        slop: int | None = None,
    ) -> list[Spelling]:
        """Return the spellings of a text that is meant as it is typed: where it has US, not *us*.

        Of words all in capitals each may be either, and so may US where no field has it in these
        words.
        """
        if " " in text and text.isupper():
            return list(spellings)
        # The last one of several has most names.
        names = {_lower(one): one for one in spellings if any(map(str.isupper, one))}
        chosen = []
        for one in spellings:
            name = names.get(_lower(one), one)
            meant = [name]
            if len(name) > 1 or " " in text:
                # In a row, U.S. is its letters.
                meant.append(tuple(letter for form in name for letter in _letters(form)))
            standing = [m for m in meant if m != one and self.stands(m, exact_fields, slop)]
            chosen += standing or [one]
        return list(dict.fromkeys(chosen))

    def stands(
        self, spelling: Spelling, exact_fields: tuple[str, ...], slop: int | None = None
    ) -> bool:
        """Tell whether a field has the words of a spelling, each pair of them in a row.

        With a ``slop`` they need not stand in a row.
        """
        if len(spelling) == 1 or slop is not None:
            return all(self.is_word(form, exact_fields) for form in spelling)
        in_a_row = self.vocabulary.has_in_a_row
        return any(
            all(in_a_row(field, *pair) for pair in pairwise(spelling)) for field in exact_fields
        )

    def is_word(self, form: str, fields: tuple[str, ...]) -> bool:
        """Tell whether any of the index ``fields`` has a form."""
        if len(form) > MAX_CACHED_CHARS:
            return _is_word(self.vocabulary, form, fields)
        return self._cached_is_word(form, fields)

    def joined(self, left: str, right: str, fields: tuple[str, ...]) -> str:
        """Return the word that two forms make, if a field has it; else it is empty.

        They make no stop word: most papers have what ``O(n)`` and ``U.S.`` would make.
        """
        form = as_form(left + right)
        return form if self.is_word(form, fields) and not is_stop_word(form) else ""

    def between_wildcards(self, text: str, fields: tuple[str, ...]) -> str:
        """Return the word that a text has between wildcards, as in ``?slip?``, if a field has it.

        It is empty where there is none, or a wildcard stands within it.
        """
        plain = text.strip("*?")
        forms = [token.forms[0] for token in tokens(plain)]
        is_one = len(forms) == 1 and "*" not in plain and "?" not in plain
        return plain if is_one and self.is_word(forms[0], fields) else ""

    def alternatives(
        self,
        spellings: Iterable[Spelling],
        fields: Sequence[str],
        *,
        stemmed: bool,
        slop: int | None = None,
        is_literal: bool = False,
    ) -> tuple[Alternative, ...]:
        """Return an alternative for each spelling, with a run in each field; each only once.

        With ``is_literal``, forms of a stem that are other words than the one spelled count less.
        """
        run_fields = [
            (name, True) if stemmed and name in STEMMED_FIELDS else (exact_twin(name), False)
            for name in fields
        ]
        alternatives: list[Alternative] = []
        for spelling in spellings:
            stems = tuple(map(self.vocabulary.stem, spelling)) if stemmed else ()
            runs = [Run(name, stems if by_stem else spelling, slop) for name, by_stem in run_fields]
            distant = self._distant(spelling[0], stems[0]) if is_literal and len(stems) == 1 else ()
            alternatives.append(Alternative(tuple(runs), distant=distant))
        # Different spellings may have the same stems.
        is_repeated = stemmed and len(alternatives) > 1
        return tuple(dict.fromkeys(alternatives) if is_repeated else alternatives)

    def _distant(self, form: str, stem: str) -> tuple[str, ...]:
        """Return the forms of a stem that are no inflections of ``form``."""
        forms = self.vocabulary.forms_of(stem)
        return tuple([other for other in forms if not is_inflection(form, other)])

    def _is_spelled(self, spelling: Spelling, fields: tuple[str, ...]) -> bool:
        """Tell whether any of the index ``fields`` has all words of a spelling, or their stems."""
        stems = tuple(map(self.vocabulary.stem, spelling))
        return any(
            self.vocabulary.have(name, terms).issuperset(terms)
            for name in fields
            for terms in [stems if name in STEMMED_FIELDS else spelling]
        )

    def _splits(self, form: str, fields: tuple[str, ...]) -> list[tuple[str, str]]:
        return self._cached_splits(form, fields) if len(form) <= _MAX_SPLIT_CHARS else []

    def _joined(self, words: Sequence[Spelling], fields: tuple[str, ...]) -> Iterable[Spelling]:
        """Yield the text with two neighbouring words written as one, where that is a word."""
        for at, (left, right) in enumerate(pairwise(words)):
            if not len(left) == len(right) == 1:
                continue
            if form := self.joined(left[0], right[0], fields):
                joined = [*words[:at], (form,), *words[at + 2 :]]
                yield tuple(form for word in joined for form in word)


def by_frequency(counted: Iterable[tuple[str, int]]) -> list[str]:
    """Return each term once, the most frequent first, given numbers of papers in several fields."""
    counts: Counter[str] = Counter()
    for term, count in counted:
        counts[term] += count
    return sorted(counts, key=lambda term: (-counts[term], term))


def _lower(spelling: Spelling) -> Spelling:
    return tuple(map(str.lower, spelling))


def _letters(form: str) -> Iterable[str]:
    """Return the letters of a name such as US, as U.S. has them, else the form."""
    return form.lower() if form.isupper() else (form,)


def is_in_capitals(word: str) -> bool:
    """Tell whether a word is written as an acronym is, such as US or WHO."""
    return len(word) > 1 and word.isalpha() and word.isupper()


def is_year(form: str | None) -> bool:
    """Tell whether a form may be the year of a paper."""
    return form is not None and _YEAR.fullmatch(form) is not None


def asking_share(form: str | None) -> float:
    """Return how much of its score a word counts in a long query."""
    return ASKING_SHARE if form in ASKING_WORDS else 1.0


def index_fields(field: str) -> tuple[str, ...]:
    """Return the fields of the index that a text field of the query language searches."""
    return (QUERY_FIELDS[field].name,) if field else SEARCHED_FIELDS


def term_pattern(text: str) -> str:
    """Return a word with wildcards as terms are written, to be matched with them.

    Wildcards stand for characters of the form, which is the beginning of a very long word.
    """
    folded = fold(decode_tex_accents(text))
    plain = "".join(char for char in folded if char.isalnum() or char in "*?.+#")
    prefix = literal_prefix(plain)
    return as_form(prefix) if len(prefix) >= MAX_WORD_CHARS else plain


def is_within(left: str, right: str, edits: int) -> bool:
    """Tell whether two words are at most so many edits apart.

    An edit adds, drops or changes one character or swaps two neighbours; no letter is edited after
    a swap.
    """
    if abs(len(left) - len(right)) > edits:
        return False
    before: list[int] = []
    previous = list(range(len(right) + 1))
    last = ""
    for row, char in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(
                previous[column] + 1, current[-1] + 1, previous[column - 1] + (char != other)
            )
            if row > 1 and column > 1 and other == last and char == right[column - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > edits and min(previous) >= edits:
            return False
        before, previous, last = previous, current, char
    return previous[-1] <= edits


def _splits(vocabulary: Vocabulary, form: str, fields: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the pairs of words that a form joins and that a field has in a row somewhere."""
    pairs = _halves(form)
    if not pairs:
        return []
    in_a_row: set[tuple[str, str]] = set()
    for field in fields:
        # As forms: most halves are no words, and to stem them all would take longest. Ends of words
        # are words less often than beginnings.
        exact = exact_twin(field)
        ends = vocabulary.have(exact, [end for _, end in pairs])
        pairs_left = [pair for pair in pairs if pair[1] in ends and pair not in in_a_row]
        beginnings = vocabulary.have(exact, [beginning for beginning, _ in pairs_left])
        for pair in pairs_left:
            if pair[0] in beginnings:
                first, second = map(vocabulary.stem, pair) if field in STEMMED_FIELDS else pair
                if vocabulary.has_in_a_row(field, first, second):
                    in_a_row.add(pair)
    return [pair for pair in pairs if pair in in_a_row]


def _halves(form: str) -> list[tuple[str, str]]:
    """Return the pairs of words that ``form`` may join.

    They meet at a number, or have two letters at least. Stop words are no halves.
    """
    if form.isalpha():
        pairs = [(form[:at], form[at:]) for at in range(2, len(form) - 1)]
        return [pair for pair in pairs if not (is_stop_word(pair[0]) or is_stop_word(pair[1]))]
    ends = range(1, len(form))
    return [(form[:at], form[at:]) for at in ends if form[at - 1].isalpha() and form[at].isdigit()]


def _expected_forms(text: str) -> Iterator[str]:
    """Yield the forms that the meaning of a text asks for: its words, what they join, their halves.

    The text is cut as papers are; what is a sign of the query language is no word there either.
    """
    forms = list(dict.fromkeys(plain_forms(text)))[:_MOST_EXPECTED]
    yield from forms
    yield from map("".join, pairwise(forms))
    for form in forms:
        for halves in _halves(form):
            yield from halves


def _may_be_wrong(form: str) -> bool:
    return form.isalpha() and _LEAST_CORRECTED <= len(form) <= _MOST_CORRECTED


def _corrections(vocabulary: Vocabulary, form: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the other words with the fewest edits, the most frequent first, a few of them.

    A stop word is one of them only where there is no other: it would mean nearly every paper.
    """
    for edits in (1, 2) if len(form) >= _TWO_EDITS else (1,):
        if found := _near(vocabulary, form, fields, edits):
            telling = [other for other in found if not is_stop_word(other)]
            return tuple((telling or found)[:_MAX_CORRECTIONS])
    return ()


def _doubts(vocabulary: Vocabulary, form: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    least = TIMES_MORE * max(_own_count(vocabulary, form, fields), 1)
    near = _near(vocabulary, form, fields, 1, least)
    return tuple([other for other in near if not is_stop_word(other)][:_MAX_CORRECTIONS])


def _near(
    vocabulary: Vocabulary, form: str, fields: tuple[str, ...], edits: int, least: int = 0
) -> list[str]:
    """Return the other words within so many edits, the most frequent first.

    ``least`` papers have each in some field.
    """
    near = chain.from_iterable(
        vocabulary.within(exact_twin(field), form, edits, least) for field in fields
    )
    return by_frequency(one for one in near if one[0] != form)


def _own_count(vocabulary: Vocabulary, form: str, fields: tuple[str, ...]) -> int:
    """Return how many papers have a form, field by field."""
    return sum(vocabulary.paper_count(exact_twin(field), form) for field in fields)


def _is_word(vocabulary: Vocabulary, form: str, fields: tuple[str, ...]) -> bool:
    return any(vocabulary.have(exact_twin(field), [form]) for field in fields)
