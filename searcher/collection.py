"""Open indexes as programs use them: search, one paper, every match, counts."""

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from index.arguments import folder_paths, text, text_of, texts
from index.paper import Paper
from searcher.engines.opening import open_engine
from searcher.engines.port import Engine
from searcher.errors import (
    BadRequestError,
    ClosedError,
    UnknownPaperError,
    shown,
)
from searcher.finding import FEW_PAPERS, Found, find
from searcher.page import (
    Hit,
    Page,
    Snippets,
    Suggestion,
    SuggestionKind,
)
from searcher.query.recent import Recent
from searcher.query.rewriting import Rewriter
from searcher.query.tree import Acronym
from searcher.request import (
    DEFAULT_RANKING,
    Ranking,
    Request,
    SearchOptions,
    SelectionOptions,
    SimilarOptions,
)
from searcher.snippets.marking import needles
from searcher.snippets.window import highlight, snippet

# A search needs none of them.
if TYPE_CHECKING:
    from searcher.diagnosis import ClauseCount, Diagnosis
    from searcher.doctor import Doctor, Totals
    from searcher.explanation import Explanation
    from searcher.query.telling import Texts


# For so many suggestions it is remembered how many papers they find.
_MOST_COUNTS = 10_000


class Collection:
    """Open indexes of papers, as they were committed when opened. Safe to share by threads.

    Of papers with one id in several indexes, only that of the index named first is there.
    ``directories`` say where they are. Use it in a ``with`` block, or call ``close``.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        engine: Engine | None = None,
        ranking: Ranking | None = None,
    ) -> None:
        """Open the index in ``directory``, or those in several, or answer from an ``engine``.

        ``ranking`` is that of every search that is not given one of its own.
        """
        if not isinstance(ranking, Ranking | None):
            raise BadRequestError(f"ranking is {shown(ranking)}; it must be a Ranking, or None")
        self._ranking = ranking or DEFAULT_RANKING
        self.directories = tuple(folder_paths(directory))
        self._directory = " and ".join(self.directories)
        if engine is None:
            engine = open_engine(self.directories)
        elif not _is_engine(engine):
            raise BadRequestError(f"engine is {shown(engine)}; it must be an Engine, or None")
        self._counts: Recent[int] = Recent(_MOST_COUNTS)
        self._open_index: tuple[Engine, Rewriter] | None = engine, Rewriter(engine.vocabulary)

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files; a closed collection raises ClosedError."""
        index, self._open_index = self._open_index, None
        if index is not None:
            index[0].close()

    def __reduce__(self) -> str:
        """Refuse to be pickled, as for a child process: open files cannot be passed on."""
        raise BadRequestError(
            f"{self._directory}: an open index cannot be pickled, copied or passed to another "
            "process; open it there"
        )

    @property
    def _index(self) -> tuple[Engine, Rewriter]:
        index = self._open_index
        if index is None:
            raise ClosedError(f"{self._directory}: this collection was closed; open it again")
        return index

    def __len__(self) -> int:
        return self._index[0].paper_count

    @property
    def generations(self) -> tuple[int, ...]:
        """How many commits each index in ``directories`` had when it was opened."""
        return self._index[0].generations

    @property
    def ranking(self) -> Ranking:
        """The ranking of every search that is not given one of its own."""
        return self._ranking

    def _request(self, query: str, **options: Unpack[SearchOptions]) -> Request:
        if self._ranking is not DEFAULT_RANKING and "weights" not in options:
            options = {"ranking": self._ranking, **options}
        return Request.from_options(query, **options)

    def search(self, query: str = "*", **options: Unpack[SearchOptions]) -> Page:
        """Return one page of the papers that match ``query``; see Request for the options.

        Raises BadRequestError for an option without meaning, StrictQueryError if ``strict`` and
        the query was not understood as written.
        """
        return self.answer(self._request(query, **options))

    def answer(self, request: Request) -> Page:
        """Return the page that a request asks for.

        Raises StrictQueryError if ``strict`` and the query was not understood as written.
        """
        if not isinstance(request, Request):
            raise BadRequestError(
                f"request is {shown(request)}; it must be a Request; search() takes the query"
            )
        started = time.perf_counter()
        found = find(*self._index, request, lists=request.limit > 0)
        return _page(request, found, _hits(found, self._index[0]), started)

    def similar(self, like: str | Sequence[str], **options: Unpack[SimilarOptions]) -> Page:
        """Return the papers most like some papers, which are left out, or most like a text.

        ``like`` is an id, a list of ids, or a text of several words that is no id. Papers are alike
        by the words that tell most of them: each hit says which of them it shares, and the page's
        query is all of them. See Request for the options.

        Raises UnknownPaperError, which names the ids that no paper has, and BadRequestError.
        """
        unknown = sorted(options.keys() - SimilarOptions.__annotations__.keys())
        if unknown:
            known = ", ".join(SimilarOptions.__annotations__)
            raise BadRequestError(f"similar() has no option {unknown[0]}; its options are {known}")
        from searcher.similar import SAME_TEXT, likeness

        started = time.perf_counter()
        seeds, ids = self._seeds(like)
        similar = likeness(seeds, ids, self._index[0])
        query = str(similar.query.tree)
        # Telling words stand in no order.
        by_word = replace(self._ranking, near=0.0)
        request = self._request(query, match="any", count=False, ranking=by_word, **options)
        # The papers themselves match best of all.
        limit = request.limit + len(ids) if request.limit else 0
        found = find(*self._index, replace(request, limit=limit), lists=limit > 0, similar=similar)
        hits = [
            replace(hit, shared=tuple([label for label in matched if label != SAME_TEXT]))
            for hit, matched in zip(
                _hits(found, self._index[0]), found.answer.matched or (), strict=True
            )
            if hit.id not in ids
        ]
        ranked = tuple(replace(hit, rank=at + 1) for at, hit in enumerate(hits[: request.limit]))
        return _page(request, found, ranked, started)

    def _seeds(self, like: str | Sequence[str]) -> tuple[list["Texts"], set[str]]:
        """Return the texts of what papers shall be like, and the ids of those in the index."""
        from searcher.query.telling import Texts

        one = text(like)
        given = texts("like", like if one is None else [one])
        if not given or not all(map(str.strip, given)):
            raise BadRequestError(
                f"like is {shown(like)}; it must be an id, a list of ids or a text"
            )
        papers = self._index[0].papers(given)
        if one is not None and papers == [None] and len(one.split()) > 1:
            return [Texts("", one)], set()
        missing = [paper_id for paper_id, paper in zip(given, papers, strict=True) if not paper]
        if missing:
            raise UnknownPaperError.of(self._directory, missing)
        found = {paper.id: Texts(paper.title, paper.abstract) for paper in papers if paper}
        return list(found.values()), set(found)

    def acronyms(self, text: str) -> tuple[Acronym, ...]:
        """Return what an acronym stands for by the papers that define it, or a text's acronyms.

        What most papers say comes first. Of an acronym at most the newest 500 papers are read.
        """
        plain = text_of("text", text)
        if not plain.strip():
            raise BadRequestError("the text is blank; give an acronym or a long form")
        return self._index[1].acronyms.of(plain)

    def diagnose(self, query: str | Request = "*", **options: Unpack[SearchOptions]) -> "Diagnosis":
        """Say why a query or request finds nothing, or too little: see Diagnosis.

        Each part of it is counted by itself, and so is what is offered instead: a search for that
        finds as many papers. It takes some dozen counts, and as long as ``timeout`` at most, which
        is two seconds unless it is given. Raises BadRequestError for an option without meaning.
        """
        if not isinstance(query, Request):
            query = self._request(query, **options)
        elif options:
            raise BadRequestError("options belong to a query; a request has them already")
        return self._doctor(query).diagnosis()

    def _doctor(self, request: Request) -> "Doctor":
        from searcher.doctor import Doctor

        return Doctor(request, self._totals, self._index[1].words)

    def diagnosed(self, page: Page, *, timeout: float | None = None) -> Page:
        """Return a page with its diagnosis, if it has few papers, or only some of the words.

        Where papers were found there is one only if it offers more; a late page has none. It takes
        ``timeout`` seconds at most, or as long as ``diagnose`` takes.
        """
        if page.total is None or page.partial:
            return page
        if page.total >= FEW_PAPERS and not page.relaxed:
            return page
        seconds = page.request.timeout if timeout is None else timeout
        request = replace(page.request, page=1, timeout=seconds)
        # It is the same of every page, and of one that somebody comes back to.
        key, recent = ("diagnosis", request, page.total), self._index[1].recent
        diagnosis: Diagnosis | None = recent.get(key)
        if diagnosis is None:
            diagnosis = self._doctor(request).diagnosis(page.total)
            if not diagnosis.partial:
                recent.put(key, diagnosis)
        if page.total and not diagnosis.relaxations:
            return page
        return replace(page, diagnosis=diagnosis)

    def clause_counts(self, request: Request) -> "tuple[ClauseCount, ...]":
        """Return how many papers match each clause and filter of a request by itself.

        The first MOST_PARTS of ``searcher.doctor`` are counted, as if all words had to match.
        """
        every_word = replace(request, match="all", timeout=math.inf)
        return self._doctor(every_word).counted_parts()

    def explain(
        self, paper_id: str, query: str = "*", **options: Unpack[SearchOptions]
    ) -> "Explanation":
        """Return why a paper matches a query, with the parts of its score, or what it lacks.

        Raises what ``search`` and ``paper`` raise.
        """
        from searcher.explaining import score_of, shortcomings
        from searcher.explanation import Explanation

        request = replace(self._request(query, **options), limit=1, page=1, facets=())
        paper, engine = self.paper(paper_id), self._index[0]
        found = find(*self._index, request, lists=True)
        relaxed = found.whole is not None
        score, words = score_of(paper, found.plan, engine) or (None, ())
        lacks: tuple[str, ...] = ()
        fails: tuple[str, ...] = ()
        if score is None or relaxed or request.match == "any":
            lacks, fails = shortcomings(
                paper, request, lambda asked: find(*self._index, asked, lists=False).plan, engine
            )
        facts = (paper.id, paper.title, found.parsed, found.diagnostics, relaxed)
        return Explanation(*facts, score, words, lacks, fails, request.ranking)

    def _totals(self, request: Request) -> "Totals | None":
        """Return how many papers a search finds, None if it does not end in time."""
        from searcher.doctor import Totals

        found = find(*self._index, request.bare(), lists=request.limit > 0)
        if found.partial:
            return None
        total = found.answer.total or 0
        corrected = any(one.code == "corrected" for one in found.diagnostics)
        return Totals(total, total if found.whole is None else len(found.whole), corrected)

    def suggest(
        self, prefix: str, *, limit: int = 10, kinds: Sequence[SuggestionKind] | None = None
    ) -> tuple[Suggestion, ...]:
        """Return what somebody may mean who begins to type, ``limit`` suggestions at most.

        Words may stand in any order; the last need only be begun, unless a blank follows. ``kinds``
        are some of *phrase*, *author*, *institution*, *venue*, *category*, *title* and *id*; usual
        are all but ids. Phrases are those that ``searcher.refresh_suggestions`` has chosen. Raises
        BadRequestError.
        """
        from searcher.suggesting import checked, suggestions

        return suggestions(*checked(prefix, limit, kinds), self._index[0], self.count)

    def count(self, query: str) -> int:
        """Return how many papers a search finds. Raises what ``search`` raises.

        It is remembered for a while, since the same is suggested again and again.
        """
        known = self._counts.get(query)
        if known is None:
            known = self.search(query, limit=1, paper=False, snippets=False).total or 0
            self._counts.put(query, known)
        return known

    @property
    def why_no_phrases(self) -> str:
        """Why no phrases are suggested, or not those of all indexes; empty if they are."""
        return self._index[0].why_no_phrases

    def all(self, query: str = "*", **options: Unpack[SelectionOptions]) -> Iterator[Paper]:
        """Return every paper that matches ``query``, in order, each read when it is asked for.

        The options are those of ``search``; only here all words must match unless ``match`` says
        otherwise, because there is no page to say that the search was relaxed. Raises what
        ``search`` raises.
        """
        unknown = sorted(options.keys() - SelectionOptions.__annotations__.keys())
        if unknown:
            raise BadRequestError(f"all() has no option {unknown[0]}; it returns every paper")
        selection: SelectionOptions = {"match": "all", **options}
        request = self._request(
            query, limit=0, count=False, paper=False, snippets=False, **selection
        )
        return self._index[0].every(find(*self._index, request, lists=True).plan)

    def paper(self, paper_id: str) -> Paper:
        """Return the paper with this id. Raises UnknownPaperError if there is none."""
        plain_id = text(paper_id)
        if plain_id is None:
            raise BadRequestError(f"the id is {shown(paper_id)}; it must be text, as a hit's id is")
        (paper,) = self._index[0].papers([plain_id])
        if paper is None:
            raise UnknownPaperError.of(self._directory, [plain_id])
        return paper


def _is_engine(engine: object) -> bool:
    """Tell whether an object has what is asked of an engine first."""
    try:
        return all(hasattr(engine, name) for name in ("answer", "vocabulary", "close"))
    except Exception:  # an object of the caller's may raise anything
        return False


def _page(request: Request, found: Found, hits: tuple[Hit, ...], started: float) -> Page:
    """Return the page of what was found for a request since ``started``."""
    answer = found.answer
    return Page(
        request,
        found.parsed,
        found.diagnostics,
        found.whole is not None,
        found.partial,
        answer.total if request.count else None,
        hits,
        answer.facets,
        (time.perf_counter() - started) * 1000.0,
        added=found.added,
        echo=found.echo,
    )


def _hits(found: Found, engine: Engine) -> tuple[Hit, ...]:
    """Return the hits of an answer."""
    plan, answer = found.plan, found.answer
    count = len(answer.ids)
    ranks = range(plan.start + 1, plan.start + 1 + count)
    values: list[Sequence[Any]] = [ranks, answer.ids, answer.titles, answer.scores]
    if plan.papers or plan.abstracts or plan.explain or found.whole is not None or answer.indexes:
        nothing, no_words = [None] * count, [()] * count
        values += [
            answer.papers or nothing,
            _snippets(found, engine) if answer.abstracts else nothing,
            answer.parts or no_words,
            nothing if found.whole is None else [one in found.whole for one in answer.ids],
            no_words,
            answer.indexes or nothing,
        ]
    return tuple(map(Hit, *values))


def _snippets(found: Found, engine: Engine) -> list[Snippets]:
    answer = found.answer
    forms_of = engine.vocabulary.forms_of
    in_title = needles(found.own, "title", forms_of)
    in_abstract = needles(found.own, "abstract", forms_of)
    if in_abstract == in_title:
        in_abstract = in_title  # which remembers the words that it has met
    return [
        Snippets(highlight(title, in_title), snippet(abstract, in_abstract))
        for title, abstract in zip(answer.titles, answer.abstracts or (), strict=True)
    ]
