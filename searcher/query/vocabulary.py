"""The port to the terms of an index: what must be known of it to say what a query means."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol


class Vocabulary(Protocol):
    """The terms of one index. A count is the number of papers with a term."""

    def expect(self, forms: Iterable[str]) -> None:
        """Make ready to be asked for words, where that saves time; else they are not looked at."""

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        """Return those of ``terms`` that any paper has in ``field``."""

    def paper_count(self, field: str, term: str) -> int:
        """Return how many papers have a term in ``field``."""

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        """Tell whether any paper has two terms of ``field``, one right after the other."""

    def stem(self, form: str) -> str:
        """Return the stem that the index has for ``form``."""

    def stem_paper_count(self, stem: str) -> int:
        """Return an upper bound on how many papers have a stem: the sum over its forms."""

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:
        """Return the terms of ``field`` that match a text with wildcards, with their counts."""

    def within(self, field: str, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        """Return the terms of ``field`` at most ``edits`` edits away, with their counts.

        Those of fewer than ``least`` papers are left out.
        """

    def with_word_end(self, field: str, letters: str) -> list[str]:
        """Return the terms of ``field`` of which a word ends in ``letters``, blanks left out.

        So that of ``o connor`` ends in ``oconnor``, too.
        """

    def printed(self, field: str, term: str) -> str:
        """Return a name as a paper prints it; ``term`` is the whole-name term of it."""

    def values(self, field: str) -> Sequence[str]:
        """Return every term of ``field``."""

    def titled(self, forms: Sequence[tuple[str, int]]) -> Sequence[tuple[str, str]]:
        """Return the ids and titles of papers whose title is these forms at these places, no more.

        Of many papers with one title only the first are returned.
        """

    def forms_of(self, stem: str) -> Sequence[str]:
        """Return every form in the index whose stem it is."""

    def together(self, forms: Collection[str], stems: Collection[str], enough: int) -> bool:
        """Tell whether ``enough`` papers have any of these forms, and all the stems, in a text.

        The texts are title and abstract.
        """

    def texts_with(self, forms: Collection[str], most: int) -> Iterator[tuple[str, str]]:
        """Yield the titles and abstracts of papers that have any of these forms in one of them.

        Of more than ``most`` papers the newest are read, each when it is asked for.
        """
