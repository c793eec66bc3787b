"""A vocabulary in memory, for tests of what queries mean."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import product

from index.analysis import stem, stems, tokens
from index.fields import STEMMED_FIELDS, exact_twin
from index.names import name_terms
from searcher.query.wildcards import wildcard


class Terms:
    """A vocabulary in memory: the terms of each field, with the number of papers of each.

    ``in_a_row`` holds the fields and the terms of every two that stand in a row.
    """

    def __init__(
        self, fields: dict[str, dict[str, int]], in_a_row: Set[tuple[str, str, str]] = frozenset()
    ) -> None:
        self.fields = fields
        self.in_a_row = in_a_row

    def expect(self, forms: Iterable[str]) -> None:
        pass

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        return set(terms) & set(self.fields.get(field, {}))

    def paper_count(self, field: str, term: str) -> int:
        return self.fields.get(field, {}).get(term, 0)

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        return (field, first, second) in self.in_a_row

    def stem(self, form: str) -> str:
        return stem(form)

    def stem_paper_count(self, stem: str) -> int:
        fields = [exact_twin(field) for field in STEMMED_FIELDS]
        return sum(
            self.paper_count(field, form) for form in self.forms_of(stem) for field in fields
        )

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:
        matches = wildcard(text).fullmatch
        terms = sorted(self.fields.get(field, {}).items())
        return [(term, count) for term, count in terms if matches(term)]

    def within(self, field: str, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        terms = sorted(self.fields.get(field, {}).items())
        near = [(other, count) for other, count in terms if distance(term, other) <= edits]
        return [one for one in near if one[1] >= least]

    def with_word_end(self, field: str, letters: str) -> list[str]:
        return [term for term in self.values(field) if has_word_end(term, letters)]

    def printed(self, field: str, term: str) -> str:  # noqa: ARG002
        return term.title()

    def values(self, field: str) -> Sequence[str]:
        return sorted(self.fields.get(field, {}))

    def titled(self, forms: Sequence[tuple[str, int]]) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        return ()

    def forms_of(self, stem: str) -> Sequence[str]:
        forms = {form for field in STEMMED_FIELDS for form in self.values(exact_twin(field))}
        return sorted(form for form in forms if self.stem(form) == stem)

    def together(self, forms: Collection[str], stems: Collection[str], enough: int) -> bool:  # noqa: ARG002
        return False

    def texts_with(self, forms: Collection[str], most: int) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        return iter(())


def has_word_end(term: str, letters: str) -> bool:
    """Tell whether the words of a term up to one of them end in ``letters``, blanks left out."""
    words = term.split(" ")
    return any("".join(words[:end]).endswith(letters) for end in range(1, len(words) + 1))


def distance(left: str, right: str) -> int:
    """Return how many characters are added, dropped, changed or swapped with their neighbour."""
    rows = [list(range(len(right) + 1))]
    for i in range(1, len(left) + 1):
        rows.append([i])
        for j in range(1, len(right) + 1):
            changed = rows[i - 1][j - 1] + (left[i - 1] != right[j - 1])
            costs = [rows[i - 1][j] + 1, rows[i][j - 1] + 1, changed]
            if i > 1 and j > 1 and left[i - 2 : i] == right[j - 2 : j][::-1]:
                costs.append(rows[i - 2][j - 2] + 1)
            rows[i].append(min(costs))
    return rows[-1][-1]


def vocabulary_of(
    text: str,
    authors: Sequence[str] = (),
    institutions: Sequence[str] = (),
    categories: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> Terms:
    """Return the terms of papers with ``text`` for title and abstract, as the index would."""
    fields = fields_of(text)
    in_a_row: set[tuple[str, str, str]] = set()

    def add(field: str, term: str) -> None:
        terms = fields.setdefault(field, {})
        terms[term] = terms.get(term, 0) + 1

    for first, second in neighbours(text):
        for field in ("title", "abstract"):
            in_a_row.add((exact_twin(field), first, second))
            in_a_row.add((field, stem(first), stem(second)))
    for name in authors:
        for term in name_terms(name):
            add("author_names", term)
            add("owner_names", term)
        for token in tokens(name):
            for form in token.forms:
                add("authors", form)
        in_a_row.update(("authors", first, second) for first, second in neighbours(name))
    for name in institutions:
        for term in name_terms(name):
            add("institution_names", term)
    for field, terms in (("category", categories), ("id", ids)):
        for term in terms:
            add(field, term)
    return Terms(fields, in_a_row)


def fields_of(text: str) -> dict[str, dict[str, int]]:
    """Return the terms of the fields of a paper with ``text`` for title and abstract."""
    forms, stemmed = Counter[str](), Counter[str]()
    for token in tokens(text):
        forms.update(token.forms)
        stemmed.update(stems(token.forms))
    twins = {exact_twin(field): dict(forms) for field in ("title", "abstract") if forms}
    return twins | {field: dict(stemmed) for field in ("title", "abstract") if stemmed}


def neighbours(text: str) -> Iterator[tuple[str, str]]:
    """Yield every two forms of which one stands right after the other."""
    at: dict[int, list[str]] = {}
    for token in tokens(text):
        at.setdefault(token.position, []).extend(token.forms)
    for position, forms in at.items():
        yield from product(forms, at.get(position + 1, ()))
