"""The terms of an index, as the meaning of a query asks for them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from index.analysis import stem
from index.fields import FIELDS, STEMMED_FIELDS, VALUES, exact_twin
from index.names import name_terms
from index.segments.arrays import Integers, find_sorted, sorted_distinct
from index.segments.postings import PLACE_BITS, FieldReader, StemFieldReader
from index.segments.terms import term_key
from searcher.cache import Cache, cached
from searcher.engines.local.phrases import is_among
from searcher.engines.local.reader import IndexReader
from searcher.engines.local.termlist import Begun, TermLists

MAX_TITLED = 100
"""How many papers with one title are told apart from others; no page shows more."""

_TITLE = exact_twin("title")
_EXACT = tuple(map(exact_twin, STEMMED_FIELDS))
_POSITIONS = (1 << PLACE_BITS) - 1


class LocalVocabulary:
    """The terms of the open segments. Safe to share by threads."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._term_lists: dict[str, TermLists] = {}

    @property
    def cache(self) -> Cache:
        """The cache of the index."""
        return self._reader.cache

    def expect(self, forms: Iterable[str]) -> None:
        """Do nothing: each word is looked up in little time."""

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        """Return those of ``terms`` that any paper has in ``field``."""
        return {term for term in terms if self._has(field, term)}

    def _has(self, field: str, term: str) -> bool:
        reader = self._reader
        if not reader.has_deletions:
            return next(reader.readers(field, term), None) is not None
        return any(
            reader.live[segment.first_document + postings.postings(number).documents].any()
            for postings, number, segment in reader.readers(field, term)
        )

    @cached
    def paper_count(self, field: str, term: str) -> int:
        """Return how many papers have a term in ``field``."""
        reader = self._reader
        if reader.has_deletions:
            return len(reader.postings(field, term).documents)
        readers = reader.readers(field, term)
        return sum(postings.document_frequency(number) for postings, number, _ in readers)

    @cached
    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        """Tell whether any paper has two terms of ``field``, one right after the other."""
        return self._reader.has_in_a_row(field, first, second)

    @cached
    def stem(self, form: str) -> str:
        """Return the stem under which the index files ``form``."""
        key = term_key(form)
        for segment in self._reader.segments:
            for field in STEMMED_FIELDS:
                reader = segment.postings.fields.get(field)
                if isinstance(reader, StemFieldReader):
                    number = reader.exact.number(key)
                    if number >= 0:
                        return _text(reader, reader.stem_of(number))
        return stem(form)

    @cached
    def forms_of(self, stem: str) -> tuple[str, ...]:
        """Return every form in the index whose stem it is."""
        forms = {
            _text(reader, reader.exact.term(exact_number))
            for field in STEMMED_FIELDS
            for reader, number, _ in self._reader.readers(field, stem)
            if isinstance(reader, StemFieldReader)
            for exact_number in reader.exact_numbers(number)
        }
        return tuple(sorted(forms))

    @cached
    def stem_paper_count(self, stem: str) -> int:
        """Return an upper bound on how many papers have a stem: the sum over its forms."""
        return sum(
            self.paper_count(exact_twin(field), form)
            for form in self.forms_of(stem)
            for field in STEMMED_FIELDS
        )

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:
        """Return the terms that match a text with wildcards, with the papers that have each."""
        with self.reading_text(field):
            return self._terms(field).matching(text)

    def within(self, field: str, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        """Return the terms at most ``edits`` edits from ``term``, with the papers of each."""
        with self.reading_text(field):
            found = self._terms(field).within(term, edits, least)
        if not self._reader.has_deletions:
            return found
        counted = [(one, self.paper_count(field, one)) for one, _ in found]
        return [(one, count) for one, count in counted if count >= max(least, 1)]

    @cached
    def with_word_end(self, field: str, letters: str) -> list[str]:
        """Return the terms of ``field`` of which a word ends in ``letters``, blanks left out.

        Without its blank, ``o connor`` ends in ``oconnor``.
        """
        with self.reading_text(field):
            found = self._terms(field).with_word_end(letters)
        if not self._reader.has_deletions:
            return found
        return [term for term in found if self._has(field, term)]

    def with_words(self, field: str, words: Sequence[Begun]) -> Iterator[str]:
        """Yield the terms of ``field`` that have some words, those of most papers first."""
        return self._terms(field).with_words(words)

    @cached
    def printed(self, field: str, term: str) -> str:
        """Return a name as a paper prints it; ``term`` is the whole-name term of it."""
        values = next(VALUES[row.value] for row in FIELDS if row.name == field)
        papers = self._reader.postings(field, term).documents
        if len(papers):
            for name in values(
                self._reader.stored(int(self._reader.first_by_id(papers, 1)[0])).paper()
            ):
                if term in name_terms(name):
                    return str(name)
        return term

    @cached
    def values(self, field: str) -> tuple[str, ...]:
        """Return every term of ``field``, sorted."""
        with self.reading_text(field):
            terms = [
                term.decode("utf-8", "surrogatepass")
                for term in self._reader.counted_terms(field)[0]
            ]
        if not self._reader.has_deletions:
            return tuple(terms)
        return tuple(term for term in terms if self._has(field, term))

    def titled(self, forms: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
        """Return the ids and titles of papers whose title is these forms at these places, no more.

        Of many papers with one title only the first are returned.
        """
        papers: Integers | None = None
        # Longer words are rarer: most texts are known to be no title after one or two of them.
        for form, place in sorted(forms, key=_form_length, reverse=True):
            own = self._titles_with(form, place, len(forms))
            if papers is not None and len(own):
                own = papers[find_sorted(papers, own)[1]]
            if not len(own):
                return []
            papers = own
        numbers = [] if papers is None else papers[:MAX_TITLED].tolist()
        return list(zip(self._reader.ids_of(numbers), self._reader.titles_of(numbers), strict=True))

    @cached
    def _titles_with(self, form: str, place: int, length: int) -> Integers:
        """Return the papers, ascending, with a form at a place of a title of so many forms."""
        places = self._reader.places(_TITLE, form)
        papers = places[(places & _POSITIONS) == place] >> PLACE_BITS
        titles: Integers = papers[self._reader.lengths(_TITLE)[papers] == length]
        return titles

    def together(self, forms: Collection[str], stems: Collection[str], enough: int) -> bool:
        """Tell whether ``enough`` papers have any of these forms, and all the stems, in a text."""
        papers = self._papers_with(_EXACT, tuple(forms))
        for one in stems:
            if len(papers) < enough:
                break
            own = self._papers_with(STEMMED_FIELDS, (one,))
            papers = papers[is_among(papers, own)]
        return len(papers) >= enough

    @cached
    def _papers_with(self, fields: tuple[str, ...], terms: tuple[str, ...]) -> Integers:
        """Return the papers, ascending, that have any of some terms in any of some fields."""
        lists = [self._reader.postings(field, one).documents for field in fields for one in terms]
        return sorted_distinct(np.concatenate([np.zeros(0, np.int32), *lists]))

    def texts_with(self, forms: Collection[str], most: int) -> Iterator[tuple[str, str]]:
        """Yield the titles and abstracts of papers that have any of ``forms`` there.

        Of more than ``most`` papers the newest are read, each when it is asked for. They are not
        cached: whoever asks for them reads them once.
        """
        reader = self._reader
        papers = self._papers_with(_EXACT, tuple(forms))
        dates = reader.numbers("date")[papers]
        if len(papers) > most:
            last = np.partition(dates, -most)[-most]
            newer, as_old = papers[dates > last], papers[dates == last]
            papers = np.concatenate([newer, as_old[: most - len(newer)]])
            dates = reader.numbers("date")[papers]
        for number in papers[np.argsort(-dates, kind="stable")].tolist():
            yield reader.titles_of([number])[0], reader.abstract(number)

    def _terms(self, field: str) -> TermLists:
        terms = self._term_lists.get(field)
        if terms is None:
            readers = [segment.postings.fields.get(field) for segment in self._reader.segments]
            exact = [reader for reader in readers if isinstance(reader, FieldReader)]
            terms = self._term_lists[field] = TermLists(exact, self.cache)
        return terms

    @contextmanager
    def reading_text(self, field: str) -> Iterator[None]:
        """Raise DamagedIndexError if terms of ``field`` that are read in the block are no text."""
        try:
            yield
        except UnicodeDecodeError:
            for segment in self._reader.segments:
                if reader := segment.postings.fields.get(field):
                    reader.texts()  # raises the error of the file whose terms they are
            raise


def _form_length(pair: tuple[str, int]) -> int:
    return len(pair[0])


def _text(reader: StemFieldReader, term: bytes) -> str:
    try:
        return term.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise reader.file.unreadable(error) from error
