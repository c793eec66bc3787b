"""An engine of a few papers in memory, for tests of what stands in front of an engine."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from index.paper import Paper
from searcher.engines.port import Answer, Completion, Plan, Typed
from searcher.page import FacetCount, SuggestionKind
from searcher.query.clauses import AnyTerm, Bool, Clause, EveryPaper, Listed, Match, Span


class FakeVocabulary:
    """Terms that are taken as they are: a stem is the word itself."""

    def expect(self, forms: Iterable[str]) -> None:
        pass

    def have(self, field: str, terms: Collection[str]) -> set[str]:  # noqa: ARG002
        return set(terms)

    def paper_count(self, field: str, term: str) -> int:  # noqa: ARG002
        return 2

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:  # noqa: ARG002
        return False

    def stem(self, form: str) -> str:
        return form

    def stem_paper_count(self, stem: str) -> int:  # noqa: ARG002
        return 2

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:  # noqa: ARG002
        return []

    def within(self, field: str, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:  # noqa: ARG002
        return []

    def values(self, field: str) -> Sequence[str]:  # noqa: ARG002
        return ("CV", "LG")

    def titled(self, forms: Sequence[tuple[str, int]]) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        return ()

    def with_word_end(self, field: str, letters: str) -> list[str]:
        return [value for value in self.values(field) if value.endswith(letters)]

    def printed(self, field: str, term: str) -> str:  # noqa: ARG002
        return term

    def forms_of(self, stem: str) -> Sequence[str]:
        return (stem,)

    def together(self, forms: Collection[str], stems: Collection[str], enough: int) -> bool:  # noqa: ARG002
        return False

    def texts_with(self, forms: Collection[str], most: int) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        return iter(())


class FakeEngine:
    """Finds papers by the words of their titles; each matching word scores 1."""

    def __init__(self, *papers: Paper) -> None:
        self._papers = papers
        self.vocabulary = FakeVocabulary()
        self.paper_count = len(papers)
        self.generations = (1,)
        self.plans: list[Plan] = []

    def answer(self, plan: Plan) -> Answer:
        self.plans.append(plan)
        found = list(self.every(plan))
        if len(found) < plan.fewest:
            return Answer((), (), (), total=len(found))
        hits = found[plan.start : plan.start + plan.limit]
        counts = {
            name: tuple(FacetCount(*pair) for pair in Counter(map(_code_label, found)).items())
            for name in plan.facets
        }
        return Answer(
            ids=[paper.id for paper in hits],
            titles=[paper.title for paper in hits],
            scores=[_score(plan.clause, paper) for paper in hits],
            papers=hits if plan.papers else None,
            abstracts=[paper.abstract for paper in hits] if plan.abstracts else None,
            total=len(found) if plan.count else None,
            facets=counts or None,
            matched=[_matched(plan.clause, paper) for paper in hits] if plan.matched else None,
        )

    def every(self, plan: Plan) -> Iterator[Paper]:
        clause = _passing(plan)
        return iter([paper for paper in self._papers if _score(clause, paper) >= 0])

    def papers(self, ids: Sequence[str]) -> list[Paper | None]:
        known = {paper.id: paper for paper in self._papers}
        return [known.get(paper_id) for paper_id in ids]

    why_no_phrases = "no phrases were chosen yet"

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        words = (*typed.words, typed.start)
        titles = [one.title for one in self._papers if kind == "title"]
        chosen = [one for one in titles if all(word in one.casefold() for word in words)]
        return [Completion(title, title.casefold()) for title in chosen[:limit]]

    def close(self) -> None:
        self._papers = ()


def _passing(plan: Plan) -> Bool:
    """Return what a paper must match. It has no venues."""
    clauses = [one for one in plan.filters.values() if not isinstance(one, Listed)]
    return Bool(required=(plan.clause, *clauses))


def _matched(clause: Clause, paper: Paper) -> tuple[str, ...]:
    """Return the labels of the words that a paper has."""
    if isinstance(clause, Bool):
        children = (*clause.required, *clause.optional)
        return tuple(label for child in children for label in _matched(child, paper))
    return (clause.label,) if isinstance(clause, Match) and _score(clause, paper) > 0 else ()


def _code_label(paper: Paper) -> str:
    return "yes" if paper.has_code else "no"


def _score(clause: Clause, paper: Paper) -> float:
    """Return the score of a paper, -1 if it does not match."""
    match clause:
        case Match(alternatives=alternatives):
            words = paper.title.casefold().split()
            terms = {term for one in alternatives for run in one.runs for term in run.terms}
            return 1.0 if terms & set(words) else -1.0
        case AnyTerm("has", terms):
            return 0.0 if paper.has_code == ("code" in terms) else -1.0
        case AnyTerm("category", terms):
            return 0.0 if paper.category in terms else -1.0
        case Span("year", low, high):
            return 0.0 if paper.year is not None and low <= paper.year <= high else -1.0
        case Bool(required, optional, excluded):
            scores = [_score(child, paper) for child in (*required, *optional)]
            fails = any(score < 0 for score in scores[: len(required)])
            if not required and not any(score >= 0 for score in scores):
                fails = True
            if fails or any(_score(child, paper) >= 0 for child in excluded):
                return -1.0
            return sum(score for score in scores if score > 0)
        case EveryPaper():
            return 0.0
    return -1.0
