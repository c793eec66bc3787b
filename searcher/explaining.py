"""Why a paper scores what it does for a query: word by word, field by field, and what it lacks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from index.analysis import tokens
from index.fields import STEMMED_FIELDS, VALUES
from index.paper import Paper
from searcher.doctor import Doctor, Totals
from searcher.engines.port import Engine, Plan
from searcher.explanation import FieldPart, WordPart
from searcher.page import ScorePart
from searcher.query.clauses import Alternative, AnyTerm, Bool, Match, Run, matches_of
from searcher.query.words import Words
from searcher.request import NEAR_PAPERS, Request

# No facet has this name.
_THIS = "this paper"


def score_of(paper: Paper, plan: Plan, engine: Engine) -> tuple[float, tuple[WordPart, ...]] | None:
    """Return what a paper scores in a plan, and the parts of that; None if it does not match."""
    whole = plan._replace(start=0, limit=NEAR_PAPERS, explain=True)
    answer = engine.answer(whole)
    if paper.id not in answer.ids:
        answer = engine.answer(_only(plan, paper)._replace(limit=1, explain=True))
    if not answer.ids:
        return None
    own = answer.parts[answer.ids.index(paper.id)] if answer.parts else ()
    parts = iter(own)
    words, part = [], next(parts, None)
    texts = _Texts(paper, engine)
    for match in matches_of(plan.clause):
        if part is not None and match.label == part.label:
            fields = _fields(match, part, _only(plan, paper), texts, engine)
            words.append(WordPart(part.label, part.score, fields))
            part = next(parts, None)
    if part is not None:
        # What is left are the pairs of words near each other.
        words += [WordPart(pair.label, pair.score, ()) for pair in (part, *parts)]
    return sum(word.score for word in words), tuple(words)


def shortcomings(
    paper: Paper, request: Request, plan_of: Callable[[Request], Plan], engine: Engine
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the clauses of a request that a paper does not match, and the filters it fails."""

    def totals(asked: Request) -> Totals:
        found = engine.answer(_only(plan_of(asked), paper)._replace(count=True)).total or 0
        return Totals(found, found)

    bare = replace(request, match="all", paper=False, snippets=False)
    counts = Doctor(bare, totals, Words(engine.vocabulary)).counted_parts()
    missing = [one for one in counts if not one.count]
    lacks = tuple(one.text for one in missing if not one.filter)
    return lacks, tuple(f"{one.filter} {one.text}" for one in missing if one.filter)


def _only(plan: Plan, paper: Paper) -> Plan:
    """Return a plan that asks for nothing of any other paper."""
    filters = {**plan.filters, _THIS: AnyTerm("id", (paper.id,))}
    ranking = replace(plan.ranking, near=0.0)
    return Plan(plan.clause, filters, limit=0, ranking=ranking, count=False)


def _fields(
    match: Match, part: ScorePart, of_paper: Plan, texts: "_Texts", engine: Engine
) -> tuple[FieldPart, ...]:
    """Return the share of each field in what a word scores; ``of_paper`` asks for one paper.

    All fields together saturate once, so that each has the share of its weighted frequency.
    """
    runs = {
        f"{number} {at}": (alternative, run)
        for number, alternative in enumerate(match.alternatives)
        for at, run in enumerate(alternative.runs)
        if texts.forms(run)
    }
    alone = [
        Match(label, (alternative._replace(runs=(run,)),))
        for label, (alternative, run) in runs.items()
    ]
    single = of_paper._replace(clause=Bool(optional=tuple(alone)), limit=1, explain=True)
    answer = engine.answer(single)
    frequencies: dict[Alternative, list[tuple[Run, float]]] = {}
    for own in answer.parts[0] if answer.parts else ():
        alternative, run = runs[own.label]
        frequencies.setdefault(alternative, []).append((run, own.frequency))
    best = max(frequencies.values(), key=lambda one: sum(share for _, share in one), default=[])
    total = sum(share for _, share in best)
    return tuple(
        FieldPart(run.field.removesuffix("_exact"), part.score * share / total, texts.forms(run))
        for run, share in best
    )


class _Texts:
    """The words of a paper's fields."""

    def __init__(self, paper: Paper, engine: Engine) -> None:
        self._paper = paper
        self._stem = engine.vocabulary.stem
        self._forms: dict[str, Sequence[str]] = {}

    def forms(self, run: Run) -> tuple[str, ...]:
        """Return the forms of a field that a run stands for; none if it cannot match there."""
        field = run.field.removesuffix("_exact")
        if field not in self._forms:
            self._forms[field] = tuple(dict.fromkeys(self._read(field)))
        own = self._forms[field]
        if run.field in STEMMED_FIELDS:
            stems = {form: self._stem(form) for form in own}
            if not set(run.terms) <= set(stems.values()):
                return ()
            return tuple(form for term in run.terms for form in own if stems[form] == term)
        return run.terms if set(run.terms) <= set(own) else ()

    def _read(self, field: str) -> Iterator[str]:
        value = VALUES[field](self._paper)
        for text in (value,) if isinstance(value, str | int) else value:
            if field == "id":
                yield str(text)
            for token in tokens(str(text)):
                yield from token.forms
