"""What somebody begins to type → the names, venues, titles and phrases of an index that have it.

Words are compared folded. Each word typed is one of the text, in any order; the last may be but the
beginning of one.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import plain_forms
from index.categories import category_name
from index.errors import DamagedIndexError
from index.fields import exact_twin
from index.segments.arrays import Offsets, distinct, find_sorted
from index.segments.packing import Texts, string_starts
from index.segments.postings import PLACE_BITS, FieldReader
from index.segments.suggestions import ReadyTexts, SuggestionsReader, open_suggestions
from index.segments.terms import term_key
from searcher.engines.local.columns import facet_column
from searcher.engines.local.facets import count
from searcher.engines.local.papers import PaperSegment
from searcher.engines.local.reader import IndexReader
from searcher.engines.local.termlist import on_lines, owners
from searcher.engines.local.vocabulary import LocalVocabulary
from searcher.engines.port import NAME_KINDS, Completion, Typed
from searcher.page import SuggestionKind

_TITLE = exact_twin("title")
_LINE_END, _BLANK = ord("\n"), ord(" ")
# The bits of a date or a count of citations, and of a length, in the key by which titles come.
_NUMBER_BITS, _LENGTH_BITS = 27, 9
# Of titles that several papers have, one is shown.
_TITLES_FOR_EACH = 4


class Completer:
    """Completes beginnings of words from an index; the tables it searches are made once."""

    def __init__(self, reader: IndexReader, vocabulary: LocalVocabulary) -> None:
        self._reader = reader
        self._vocabulary = vocabulary

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        """Return at most ``limit`` texts of a kind, those of most papers first."""
        match kind:
            case "author" | "institution":
                return self._names(kind, typed, limit)
            case "title":
                return self._titles(typed, limit)
            case "id":
                return self._ids(typed.text, limit)
            case "phrase":
                texts = self._phrases
            case "venue":
                texts = self._venues
            case "category":
                texts = self._categories
        return texts.completions(typed, limit)

    @cached_property
    def why_no_phrases(self) -> str:
        """Why no phrase is suggested; empty if some are."""
        return self._ready[1]

    def _names(self, kind: SuggestionKind, typed: Typed, limit: int) -> list[Completion]:
        """Return names, folded unless they were made ready; those of no paper are left out."""
        field = NAME_KINDS[kind]
        words = [(one.letters, one.is_whole, one.count) for one in _items(typed, kind == "author")]
        with self._vocabulary.reading_text(field):
            names = self._vocabulary.with_words(field, words)
            if self._reader.has_deletions:
                names = (name for name in names if self._vocabulary.have(field, (name,)))
            chosen = list(islice(names, min(limit, sys.maxsize)))
        if kind == "author" and chosen:
            return list(map(self._ready_authors.completion, chosen))
        return [Completion(name, name) for name in chosen]

    def _titles(self, typed: Typed, limit: int) -> list[Completion]:
        """Return titles: those that begin as typed, then others; cited and newer ones first."""
        items = _items(typed)
        if not items:
            return []
        found = [_titles_having(items, segment) for segment in self._reader.segments]
        papers = np.concatenate([np.zeros(0, np.int64), *[one.papers for one in found]])
        begins = np.concatenate([np.zeros(0, np.bool_), *[one.begins for one in found]])
        lengths = np.concatenate([np.zeros(0, np.int64), *[one.lengths for one in found]])
        most = limit * _TITLES_FOR_EACH
        shown: dict[str, Completion] = {}
        for chosen in (begins, ~begins):
            if len(shown) < limit:
                for paper_id, title in self._best_titles(papers[chosen], lengths[chosen], most):
                    folded = " ".join(title.casefold().split())
                    one = Completion(title, folded, 1, paper_id)
                    if folded in shown:  # only a search tells how many papers have it
                        one = Completion(shown[folded].text, folded)
                    shown[folded] = one
        return list(shown.values())[:limit]

    def _best_titles(
        self, papers: Offsets, lengths: Offsets, limit: int
    ) -> Iterator[tuple[str, str]]:
        """Yield id and title of the papers that are cited most, the newest and shortest of them."""
        reader = self._reader
        highest = (1 << _NUMBER_BITS) - 1
        cited = np.clip(highest - reader.numbers("cited_by")[papers].astype(np.int64), 0, highest)
        dates = np.clip(highest - reader.numbers("date")[papers].astype(np.int64), 0, highest)
        lengths = np.minimum(lengths, (1 << _LENGTH_BITS) - 1)
        keys = (((cited << _NUMBER_BITS) | dates) << _LENGTH_BITS) | lengths
        if len(keys) > limit:
            # Not one more is sorted than may be shown.
            nearest = keys <= np.partition(keys, limit - 1)[limit - 1]
            papers, keys = papers[nearest], keys[nearest]
        ids = reader.ids_of(papers.tolist())
        ranked = sorted(zip(keys.tolist(), ids, papers.tolist(), strict=True))[:limit]
        titles = reader.titles_of([number for _, _, number in ranked])
        return zip([paper_id for _, paper_id, _ in ranked], titles, strict=True)

    def _ids(self, start: str, limit: int) -> list[Completion]:
        """Return ids that begin as typed, sorted; in small or in capital letters, too."""
        found: set[str] = set()
        for beginning in {start, start.lower(), start.upper()}:
            key = term_key(beginning)
            for segment in self._reader.segments:
                if not isinstance(field := segment.postings.fields.get("id"), FieldReader):
                    continue
                number = field.lower_bound(key)
                left = limit
                while left and number < len(field) and field.term(number).startswith(key):
                    paper_id = field.text(number)
                    if not self._reader.has_deletions or self._vocabulary.have("id", (paper_id,)):
                        found.add(paper_id)
                        left -= 1
                    number += 1
        return [Completion(paper_id, paper_id, 1, paper_id) for paper_id in sorted(found)[:limit]]

    @cached_property
    def _venues(self) -> "_RankedTexts":
        live = np.flatnonzero(self._reader.live)
        counted = count("venue", facet_column(self._reader, "venue"), live)
        venues = [str(one.value) for one in counted]
        folded = _folded_texts([" ".join(plain_forms(venue)) for venue in venues])
        return _RankedTexts(venues, folded)

    @cached_property
    def _categories(self) -> "_RankedTexts":
        counts = dict(self._vocabulary.matching("category", "*"))
        if self._reader.has_deletions:
            counts = {code: self._vocabulary.paper_count("category", code) for code in counts}
        codes = [code for code, count in counts.items() if count]
        ranked = sorted(codes, key=lambda code: (-counts[code], code))
        named = [" ".join(plain_forms(f"{code} {category_name(code)}")) for code in ranked]
        return _RankedTexts(ranked, _folded_texts(named))

    @cached_property
    def _phrases(self) -> "_RankedTexts":
        """The phrases of all the indexes, those of most papers first."""
        read = [phrases for _, phrases in self._ready[0]]
        if self._fresh:
            texts, folded, papers = read[0]
            return _RankedTexts(texts, _folded_texts(folded), papers)
        # How many papers of all indexes have a phrase now, only a search tells.
        counts: Counter[str] = Counter()
        printed: dict[str, str] = {}
        for texts, folded, papers in read:
            printed = dict(zip(folded, texts, strict=True)) | printed
            counts.update(dict(zip(folded, papers, strict=True)))
        ranked = sorted(counts, key=lambda phrase: (-counts[phrase], phrase))
        return _RankedTexts([printed[phrase] for phrase in ranked], _folded_texts(ranked))

    @cached_property
    def _ready_authors(self) -> "_ReadyNames":
        """How authors that were made ready are printed, and their papers, if that still holds."""
        try:
            return _ReadyNames(self._fresh.ready("author") if self._fresh else ReadyTexts())
        except DamagedIndexError:  # then they are counted when they are suggested
            return _ReadyNames(ReadyTexts())

    @cached_property
    def _fresh(self) -> SuggestionsReader | None:
        """The suggestions of a single index, None unless they are of its last commit."""
        ready = self._ready[0]
        if len(ready) == len(self._reader.indexes) == 1:
            suggestions, _ = ready[0]
            if suggestions.is_of(segment.entry for segment in self._reader.segments):
                return suggestions
        return None

    @cached_property
    def _ready(self) -> tuple[list[tuple[SuggestionsReader, ReadyTexts]], str]:
        """What was made ready of each index, and its phrases; why that is not there for all."""
        opened, lacking = [], ""
        for directory in self._reader.indexes:
            try:
                if one := open_suggestions(directory):
                    opened.append((one, one.ready("phrase")))
                else:
                    lacking = "no phrases were chosen yet"
            except (DamagedIndexError, OSError):
                lacking = "the phrases that were chosen are damaged"
        return opened, lacking


class _Item(NamedTuple):
    """A word that a text must have, or the beginning of one, and how many such words of it.

    Of *neural n* the text has two words that begin with n.
    """

    letters: bytes
    is_whole: bool
    count: int = 1  # type: ignore[assignment]  # a tuple's own count is of no use here


def _items(typed: Typed, initials: bool = False) -> list[_Item]:
    """Return what the words of a text must be; with ``initials`` a letter begins a word."""
    items = [_Item(term_key(word), not (initials and len(word) == 1)) for word in typed.words]
    if typed.start:
        items.append(_Item(term_key(typed.start), is_whole=False))
    return [item._replace(count=sum(_implies(other, item) for other in items)) for item in items]


def _implies(other: _Item, item: _Item) -> bool:
    if item.is_whole:
        return other.is_whole and other.letters == item.letters
    return other.letters.startswith(item.letters)


def _in_all(lists: Sequence[Offsets]) -> Offsets:
    """Return the numbers that are in all lists; each is ascending."""
    found, *others = sorted(lists, key=len)
    for other in others:
        if not len(found):
            break
        found = found[find_sorted(found, other)[1]]
    return found


class _FoldedTexts:
    """Texts of words with blanks between, which are looked through for the beginnings of words."""

    def __init__(self, joined: NDArray[np.uint8], starts: Offsets) -> None:
        """Take texts in UTF-8, of which text i begins at ``starts[i]`` of all joined."""
        self._lines = lines = on_lines(joined, starts)
        self._bytes = lines.tobytes()
        self._starts = starts + np.arange(1, len(starts) + 1)
        is_gap = (lines == _LINE_END) | (lines == _BLANK)
        self._words = np.flatnonzero(is_gap[:-1] & ~is_gap[1:]) + 1
        self._firsts = lines[self._words]
        self._text_of_word = np.searchsorted(self._starts, self._words, side="right") - 1

    def number(self, text: str) -> int | None:
        """Return the number of a text, None if it is not there."""
        at = self._bytes.find(b"\n%b\n" % term_key(text))
        return None if at < 0 else int(self._starts.searchsorted(at + 1))

    def text(self, number: int) -> str:
        """Return a text."""
        start, stop = self._starts[number : number + 2].tolist()
        return self._bytes[start : stop - 1].decode("utf-8", "surrogatepass")

    def having(self, items: Sequence[_Item]) -> Offsets:
        """Return the numbers of the texts that have all the words, ascending."""
        if not items:
            return np.arange(len(self._starts) - 1)
        return _in_all(
            [owners(self._text_of_word[self._matching(one)], one.count) for one in items]
        )

    def begin_with(self, numbers: Offsets, row: bytes) -> NDArray[np.bool_]:
        """Tell which of some texts begin with a row of words, of which the last may be cut."""
        begins = [self._bytes.startswith(row, start) for start in self._starts[numbers].tolist()]
        return np.array(begins, np.bool_)

    def _matching(self, item: _Item) -> Offsets:
        """Return the numbers of the words that an item means."""
        found = np.flatnonzero(self._firsts == item.letters[0])
        for at, letter in enumerate(item.letters[1:], 1):
            found = found[self._lines[self._words[found] + at] == letter]
        if item.is_whole:
            ends = self._lines[self._words[found] + len(item.letters)]
            found = found[(ends == _LINE_END) | (ends == _BLANK)]
        return found


def _folded_texts(texts: Sequence[str]) -> _FoldedTexts:
    """Return some texts to look through; those that are stored need not be decoded."""
    if isinstance(texts, Texts):
        return _FoldedTexts(texts.joined, texts.starts)
    strings = list(map(term_key, texts))
    return _FoldedTexts(np.frombuffer(b"".join(strings), np.uint8), string_starts(strings))


class _ReadyNames:
    """Names that were made ready, each looked up as it is stored."""

    def __init__(self, ready: ReadyTexts) -> None:
        self._ready = ready
        self._folded = _folded_texts(ready.folded)

    def completion(self, name: str) -> Completion:
        """Return a folded name as a paper prints it, with its papers, if it was made ready."""
        number = self._folded.number(name)
        if number is None:
            return Completion(name, name)
        return Completion(self._ready.texts[number], name, self._ready.papers[number])


class _RankedTexts:
    """Texts as readers see them, the best first, with what they are compared by."""

    def __init__(
        self, texts: Sequence[str], folded: _FoldedTexts, papers: Sequence[int] | None = None
    ) -> None:
        self._texts = texts
        self._papers = papers
        self._folded = folded

    def completions(self, typed: Typed, limit: int) -> list[Completion]:
        """Return the best texts that have the words typed, first those that begin with them."""
        numbers = self._folded.having(_items(typed))
        row = term_key(" ".join([*typed.words, typed.start]))
        begins = self._folded.begin_with(numbers, row)
        chosen = [*numbers[begins][:limit].tolist(), *numbers[~begins][:limit].tolist()]
        return [
            Completion(
                self._texts[number],
                self._folded.text(number),
                self._papers[number] if self._papers else None,
            )
            for number in chosen[:limit]
        ]


class _TitlesFound(NamedTuple):
    """Papers whose titles have what was typed, whether each begins with it, and its length."""

    papers: Offsets
    begins: NDArray[np.bool_]
    lengths: Offsets


_NO_TITLES = _TitlesFound(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.int64))


def _titles_having(items: Sequence[_Item], segment: PaperSegment) -> _TitlesFound:
    """Return the papers of a segment whose titles have all the words.

    A joined word such as *finetuning* shares its place with the first of its parts.
    """
    field = segment.postings.fields.get(_TITLE)
    if not isinstance(field, FieldReader):
        return _NO_TITLES
    places = [_title_places(item, field, segment.entry.document_count) for item in items]
    papers = _in_all(
        [owners(own >> PLACE_BITS, item.count) for own, item in zip(places, items, strict=True)]
    )
    if not len(papers):
        return _NO_TITLES
    papers = papers[segment.entry.live[papers]]
    begins = np.ones(len(papers), np.bool_)
    for at, own in enumerate(places):
        begins &= find_sorted((papers << PLACE_BITS) + at, own)[1]
    lengths = segment.documents.lengths(_TITLE)
    if lengths is None:
        raise segment.documents.file.damage(f"{_TITLE}: no length for each paper")
    return _TitlesFound(papers + segment.first_document, begins, lengths[papers].astype(np.int64))


def _title_places(item: _Item, field: FieldReader, paper_count: int) -> Offsets:
    """Return the places of the words that an item means, ascending."""
    low = field.lower_bound(item.letters)
    # No UTF-8 has this byte.
    high = field.lower_bound(item.letters + (b"\0" if item.is_whole else b"\xff"))
    # Terms that begin alike stand in a row.
    _, _, documents, frequencies, positions = field.lists(low, high)
    if frequencies is None or positions is None:
        raise field.file.damage(f"{_TITLE}: words without places")
    places = np.repeat(documents.astype(np.int64) << PLACE_BITS, frequencies) + positions
    places.sort()
    if len(places) and not 0 <= places[0] <= places[-1] < paper_count << PLACE_BITS:
        raise field.file.damage(f"{_TITLE}: a place in no document")
    ascending: Offsets = distinct(places)
    return ascending
