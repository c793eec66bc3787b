"""Some papers of a cluster as an index of their own, which the local engine scores.

What a word weighs, and how long fields are on the mean, is that of all papers of the cluster.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from index.fields import NAME_LISTS, STEMMED_FIELDS, exact_twin
from index.segments.arrays import Integers, is_first
from index.segments.postings import PLACE_BITS, Postings
from searcher.cache import Cache
from searcher.engines.local.accumulators import Accumulators
from searcher.engines.local.scoring import Mask, Numbers, Papers
from searcher.engines.opensearch.dsl import TERM_FIELDS
from searcher.engines.opensearch.sent import Places, SentTexts
from searcher.query.clauses import AnyTerm, Bool, Clause, Match, Span, Tiers

Source = Mapping[str, Any]
"""The fields of a document, as they were sent."""

_CACHE_BYTES = 1 << 26
_NONE: Places = np.zeros(0, np.int64)
_EXACT_OF = {field: exact_twin(field) for field in STEMMED_FIELDS}


class Wanted:
    """The terms and columns that some clauses ask for; ``forms_of`` returns the forms of a stem."""

    def __init__(self, forms_of: Callable[[str], Iterable[str]]) -> None:
        self._forms_of = forms_of
        self.terms: dict[str, set[str]] = {}
        self.numbers: set[str] = set()
        self.first_names: set[str] = set()

    def add(self, clause: Clause) -> None:
        """Add what a clause asks for."""
        match clause:
            case Match(alternatives=alternatives):
                for one in alternatives:
                    for run in one.runs:
                        if run.field == "year":
                            self.numbers.add("year")
                            continue
                        self.terms.setdefault(run.field, set()).update(run.terms)
                        if one.distant and run.field in _EXACT_OF:
                            exact = self.terms.setdefault(_EXACT_OF[run.field], set())
                            exact.update(one.distant)
            case AnyTerm(field, terms, is_first):
                self.terms.setdefault(field, set()).update(terms)
                if is_first:
                    self.first_names.add(NAME_LISTS[field])
            case Span(field):
                self.numbers.add(field)
            case Bool(required, optional, excluded):
                for child in (*required, *optional, *excluded):
                    self.add(child)

    def add_tiers(self, named: Sequence[Tiers]) -> None:
        """Add the names of tiers."""
        for names in (names for tiers in named for names in tiers):
            self.add(names)

    def forms(self) -> dict[str, dict[str, list[tuple[str, str]]]]:
        """Return, by the field that they stand in, the forms wanted: each with what it is there.

        It is a term of that field, or of the field of its stem.
        """
        forms: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for field, terms in self.terms.items():
            if field not in TERM_FIELDS:
                continue
            own = forms.setdefault(_EXACT_OF.get(field, field), {})
            for term in terms:
                for form in self._forms_of(term) if field in _EXACT_OF else (term,):
                    own.setdefault(form, []).append((field, term))
        return forms

    @property
    def source_fields(self) -> list[str]:
        """The fields of documents in which all of that stands."""
        fields = {_EXACT_OF.get(field, field) for field in self.terms}
        lengths = {_EXACT_OF.get(field, field) for field in self.terms if field in TERM_FIELDS}
        return sorted(fields | lengths | self.numbers | self.first_names | {"id"})


class Candidates:
    """The documents of some papers as a PostingSource; paper i is that of ``sources[i]``.

    Only what is ``wanted`` can be asked for. ``counts_in_all`` returns how many papers of the
    cluster have a word, and how often it stands there.
    """

    place_bits = PLACE_BITS

    def __init__(
        self,
        sources: Sequence[Source],
        wanted: Wanted,
        paper_count: int,
        means: Mapping[str, float],
        counts_in_all: Callable[[Match, int, int], tuple[int, int]],
    ) -> None:
        self.size = len(sources)
        self.paper_count = paper_count
        self.cache = Cache(_CACHE_BYTES)
        self.accumulators = Accumulators(self.size)
        self.counts_in_all = counts_in_all
        self._sources = sources
        self._means = means
        self._wanted = wanted
        self._known_texts: dict[str, SentTexts] = {}

    @property
    def live(self) -> Mask:
        """Which paper numbers are papers: all."""
        return np.ones(self.size, np.bool_)

    @cached_property
    def _ids(self) -> list[str]:
        return [str(source["id"]) for source in self._sources]

    @cached_property
    def id_rank(self) -> Numbers:
        """The place of each paper number's id among all ids, sorted."""
        rank = np.empty(self.size, np.int64)
        rank[sorted(range(self.size), key=self._ids.__getitem__)] = np.arange(self.size)
        return rank

    def first_by_id(self, papers: Papers, count: int) -> Papers:
        """Return those ``count`` of ``papers`` that have the first ids."""
        return papers[np.argsort(self.id_rank[papers])[:count]]

    def ids_of(self, numbers: Sequence[int]) -> list[str]:
        """Return the ids of some papers."""
        return [self._ids[number] for number in numbers]

    def some(self, numbers: Sequence[int]) -> list[Source]:
        """Return the documents of some papers."""
        return [self._sources[number] for number in numbers]

    def postings(self, field: str, term: str) -> Postings:
        """Return the papers, ascending, that have a term, and its frequency in each."""
        papers = self.places(field, term) >> PLACE_BITS
        first = np.flatnonzero(is_first(papers))
        counts = np.diff(np.concatenate((first, [len(papers)])))
        return Postings(papers[first].astype(np.int32), counts.astype(np.int32))

    def lists(self, field: str, terms: Sequence[str]) -> Iterator[Postings]:
        """Yield the posting lists of terms, in their order."""
        return (self.postings(field, term) for term in terms)

    def places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending."""
        return self._placed.get((field, term), _NONE)

    def lengths(self, field: str) -> Integers:
        """Return each paper's number of words in ``field``, 0 of a field without words."""
        if field not in TERM_FIELDS:
            return np.zeros(self.size, np.int32)
        return self._texts(_EXACT_OF.get(field, field)).lengths

    def mean_length(self, field: str) -> float:
        """Return the mean number of words in ``field`` of all papers of the cluster."""
        return self._means.get(field.removesuffix("_exact"), 0.0)

    def numbers(self, field: str) -> Numbers:
        """Return each paper's number in the column ``field``, 0 where it has none."""
        return np.array([source.get(field) or 0 for source in self._sources], np.int64)

    def first_names(self, field: str, papers: Papers) -> list[str]:
        """Return the first name in ``field`` of each of ``papers``; "" without one."""
        listed = (self._sources[number].get(NAME_LISTS[field]) for number in papers.tolist())
        return [names[0] if names else "" for names in listed]

    @cached_property
    def _placed(self) -> dict[tuple[str, str], Places]:
        """Every place, ascending, of each term wanted, by field and term."""
        placed: dict[tuple[str, str], list[Places]] = {}
        for name, terms in self._wanted.terms.items():
            if name not in TERM_FIELDS:
                self._place_values(name, terms, placed)
        for name, keys in self._wanted.forms().items():
            for form, places in self._texts(name).places(keys).items():
                for key in keys[form]:
                    placed.setdefault(key, []).append(places)
        return {
            key: np.sort(np.concatenate(own)) if len(own) > 1 else own[0]
            for key, own in placed.items()
        }

    def _texts(self, name: str) -> SentTexts:
        if name not in self._known_texts:
            values = [source.get(name) for source in self._sources]
            self._known_texts[name] = SentTexts(values)
        return self._known_texts[name]

    def _place_values(
        self, name: str, terms: set[str], placed: dict[tuple[str, str], list[Places]]
    ) -> None:
        papers: dict[str, list[int]] = {}
        for number, source in enumerate(self._sources):
            value = source.get(name)
            values = value if isinstance(value, list) else [value]
            for one in terms.intersection(map(str, values)):
                papers.setdefault(one, []).append(number)
        for one, own in papers.items():
            placed[name, one] = [np.array(own, np.int64) << PLACE_BITS]
