"""Rewriting: which terms each clause of a query stands for, as tables over one vocabulary.

Clauses are shown on one line: ``+`` before what is required, ``?`` before what is optional, ``-``
before what is excluded; ``|`` between the spellings of one word, each by its exact forms.
"""

from collections.abc import Collection, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import is_stop_word, stem
from index.fields import SEARCHED_FIELDS, exact_twin
from searcher.query.clauses import (
    NO_PAPER,
    Alternative,
    AnyTerm,
    Bool,
    Clause,
    EveryPaper,
    Match,
    Run,
    Span,
)
from searcher.query.operands import can_relax
from searcher.query.parser import parse
from searcher.query.rewriting import (
    MAX_CORRECTED,
    MAX_EXPANSIONS,
    Rewriter,
    Rewritten,
    rewrite,
)
from searcher.query.tree import Diagnostic
from searcher.query.values import matching_categories
from searcher.query.words import YEAR_WEIGHT, Words
from tests.vocabulary import Terms, vocabulary_of

law = settings(max_examples=75)


AUTHORS = [
    *("Bo Han", "Han Li", "B. Hansen", "Bob Hanson", "Jürgen Müller", "J. Mueller"),
    *("Jean-Luc Picard", "Maria de la Cruz", "张三", "Ng"),
]
PAPERS = vocabulary_of(
    """
    Fine-tuning of deep models; finetuning, fine tuning and fine-tuned nets. The large language
    models GPT-4 and gpt4. Pre-training, pretraining and pre training. The state of the art and
    state-of-the-art graphs, a graph, graphical. A data set, datasets and a database. C++ and C.
    k-NN. To be or not to be. Learning learners learned. Müller and Mueller. optimization
    """,
    authors=AUTHORS,
    institutions=["MIT", "Stanford University", "ETH Zürich"],
    categories=["LG", "CL", "cs.CV", "ML", "ZZ"],
    ids=["han-graphs-1", "han-nets-2", "Li-graphs-3"],
)


def shown(clause: Clause) -> str:
    match clause:
        case Match(_, alternatives, boost):
            spellings = [_shown_run(alternative.runs[-1]) for alternative in alternatives]
            return "|".join(spellings) + ("" if boost == 1.0 else f"^{boost:g}")
        case AnyTerm(field, terms):
            return f"{field}={{{', '.join(terms)}}}"
        case Span(field, low, high):
            return f"{field}={low}..{high}"
        case EveryPaper():
            return "*"
        case Bool(required, optional, excluded):
            signs = [("+", required), ("?", optional), ("-", excluded)]
            inner = [f"{sign}{_shown_part(child)}" for sign, part in signs for child in part]
            return " ".join(inner)


def _shown_part(clause: Clause) -> str:
    return f"({shown(clause)})" if isinstance(clause, Bool) else shown(clause)


def _shown_run(run: Run) -> str:
    return " ".join(run.terms) + ("" if run.slop is None else f"~{run.slop}")


def shown_in(clause: Clause, field: str) -> str:
    """Show a clause by what it looks for in one field, where it looks there at all."""
    return shown(_narrowed(clause, field))


def _narrowed(clause: Clause, field: str) -> Clause:
    match clause:
        case Match(label, alternatives, boost):
            runs = [
                next((run for run in alternative.runs if run.field == field), alternative.runs[0])
                for alternative in alternatives
            ]
            return Match(label, tuple(Alternative((run,)) for run in runs), boost)
        case Bool(required, optional, excluded):
            parts = (required, optional, excluded)
            return Bool(*(tuple(_narrowed(child, field) for child in part) for part in parts))
    return clause


def rewritten(text: str, *, match_any: bool = False, papers: Terms = PAPERS) -> Rewritten:
    """Rewrite a query that the parser has nothing to say about."""
    query = parse(text)
    assert query.diagnostics == ()
    return rewrite(query.tree, papers, match_any=match_any)


def clause_of(text: str, *, match_any: bool = False) -> Clause:
    """Rewrite a query that neither the parser nor rewriting has anything to say about."""
    result = rewritten(text, match_any=match_any)
    assert result.diagnostics == ()
    return result.clause


def said(result: Rewritten) -> list[str]:
    return [diagnostic.code for diagnostic in result.diagnostics]


# All and any.


@pytest.mark.parametrize(
    ("text", "every", "some"),
    [
        ("deep", "deep", "deep"),
        ("deep nets", "+deep +net", "+(?deep ?net)"),
        ("deep nets graph", "+deep +net +graph", "+(?deep ?net ?graph)"),
        ("deep AND nets", "+deep +net", "+deep +net"),
        ("deep OR nets", "?deep ?net", "?deep ?net"),
        ("deep AND nets graph", "+(+deep +net) +graph", "+(?(+deep +net) ?graph)"),
        ("deep (nets OR graph)", "+deep +(?net ?graph)", "+(?deep ?(?net ?graph))"),
        ("*", "*", "*"),
        # must and not
        ("+deep nets", "+deep +net", "+deep ?net"),
        ("+deep nets graph", "+deep +net +graph", "+deep ?net ?graph"),
        ("+deep +nets", "+deep +net", "+deep +net"),
        ("+the nets", "+the +net", "+the ?net"),
        ("-deep", "+* -deep", "+* -deep"),
        ("deep -nets", "+deep -net", "+(?deep) -net"),
        ("deep graph -nets", "+deep +graph -net", "+(?deep ?graph) -net"),
        ("+deep graph -nets", "+deep +graph -net", "+deep ?graph -net"),
        ("-deep -nets", "+* -deep -net", "+* -deep -net"),
        ("deep AND NOT nets", "+deep -net", "+deep -net"),
        ("deep OR -nets", "?deep ?(+* -net)", "?deep ?(+* -net)"),
        ("graph -(deep nets)", "+graph -(+deep +net)", "+(?graph) -(+deep +net)"),
        ("-(deep nets)", "+* -(+deep +net)", "+* -(+deep +net)"),
        ("(+deep)^2 nets", "+deep^2 +net", "+deep^2 ?net"),
        # conditions are no words a paper could do without
        ("deep year:2024", "+deep +year=2024..2024", "+year=2024..2024 +(?deep)"),
        (
            "deep nets has:code cat:LG",
            "+deep +net +has={code} +category={LG}",
            "+has={code} +category={LG} +(?deep ?net)",
        ),
        (
            "deep nets -year:2024",
            "+deep +net -year=2024..2024",
            "+(?deep ?net) -year=2024..2024",
        ),
        (
            'deep nets author:"Bo Han"',
            "+deep +net +author_names={bo han}",
            "+author_names={bo han} +(?deep ?net)",
        ),
        (
            "deep nets (cat:LG OR cat:CL)",
            "+deep +net +(?category={LG} ?category={CL})",
            "+(?category={LG} ?category={CL}) +(?deep ?net)",
        ),
        (
            "deep nets year:2024^2",
            "+deep +net +year=2024..2024",
            "+year=2024..2024 +(?deep ?net)",
        ),
        (
            "+deep nets year:2024",
            "+deep +net +year=2024..2024",
            "+deep +year=2024..2024 ?net",
        ),
        ("year:2024 cat:LG", "+year=2024..2024 +category={LG}", "+year=2024..2024 +category={LG}"),
        (
            "deep (cat:LG OR nets)",
            "+deep +(?category={LG} ?net)",
            "+(?deep ?(?category={LG} ?net))",
        ),
        # boosts
        ("deep^2 nets", "+deep^2 +net", "+(?deep^2 ?net)"),
        ("(deep^2 nets)^3", "+deep^6 +net^3", "+(?deep^6 ?net^3)"),
    ],
)
def test_all_words_or_any(text: str, every: str, some: str) -> None:
    assert shown_in(clause_of(text), "title") == every
    assert shown_in(clause_of(text, match_any=True), "title") == some


words = st.sampled_from(["deep", "net", "graph", "data"])
queries = st.recursive(
    words | st.sampled_from(["+deep", "-net", "cat:LG", "*"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
        inner.map(lambda part: f"-{part}"),
        inner.map(lambda part: f"+{part}"),
        inner.map(lambda part: f"({part})^2"),
    ),
    max_leaves=6,
)


def holds(clause: Clause, paper: frozenset[str]) -> bool:
    """Tell whether a paper of these terms matches."""
    match clause:
        case Match(_, alternatives):
            return any(
                paper.issuperset(run.terms)
                for alternative in alternatives
                for run in alternative.runs
            )
        case AnyTerm(_, terms):
            return not paper.isdisjoint(terms)
        case EveryPaper():
            return True
        case Bool(required, optional, excluded):
            return (
                all(holds(child, paper) for child in required)
                and (bool(required) or any(holds(child, paper) for child in optional))
                and not any(holds(child, paper) for child in excluded)
            )
    raise AssertionError(clause)


@law
@given(queries, st.frozensets(st.sampled_from(["deep", "net", "graph", "data", "LG"])))
def test_any_finds_whatever_all_finds(text: str, paper: frozenset[str]) -> None:
    tree = parse(text).tree
    if holds(rewrite(tree, PAPERS).clause, paper):
        assert holds(rewrite(tree, PAPERS, match_any=True).clause, paper), text


@law
@given(queries, st.frozensets(st.sampled_from(["deep", "net", "graph", "data", "LG"])))
def test_any_finds_no_more_than_all_where_it_cannot(text: str, paper: frozenset[str]) -> None:
    tree = parse(text).tree
    if not can_relax(tree) and holds(rewrite(tree, PAPERS, match_any=True).clause, paper):
        assert holds(rewrite(tree, PAPERS).clause, paper), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deep", False),
        ("deep nets", True),
        ("deep nets -graph", True),
        ("deep -nets", False),
        ("-deep -nets", False),
        ("+deep nets", True),
        ("+deep nets graph", True),
        ("+deep +nets", False),
        ("deep year:2024", False),
        ("deep nets year:2024", True),
        ("year:2024 cat:LG has:code", False),
        ('author:"Bo Han" deep', False),
        ('"deep nets"', False),
        ('"deep nets" graph', True),
        ("deep AND nets", False),
        ("deep AND nets graph", True),
        ("deep OR nets", False),
        ("deep OR (nets graph)", True),
        ("deep AND (nets graph)", True),
        ("(deep nets)^2", True),
        ("+(deep nets)", True),
        ("-(deep nets)", False),
        ("title:(deep nets)", True),
        ("cat:(LG CL)", False),
        ("*", False),
        ("* year:2024", False),
        ("fine-tuning", False),
    ],
)
def test_can_relax(text: str, expected: bool) -> None:
    assert can_relax(parse(text).tree) is expected


# Stop words.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the nets", "+nets"),
        ("nets of the graph", "+nets +graph"),
        ("the AND nets", "+nets"),
        ("the OR nets", "?nets"),
        ("title:the title:nets", "+net"),
        ("deep (the nets)", "+deep +(+nets)"),
        ("the", "the"),
        ("the of", "+the +of"),
        ("the -nets", "+the -nets"),
        ("WHO nets", "+who +nets"),  # a name
        ("DEEP OF NETS", "+deep +nets"),  # a query in capitals
        ("I train nets", "+train +nets"),
        ("+the nets", "+the +nets"),
        ("nets -the", "+nets -the"),
        ("=the nets", "+the +nets"),
        ("the* nets", "+the +nets"),
        ('"the nets"', "the nets"),
        ('"to be or not to be"', "to be or not to be"),
        ('nets "of the"', "+nets +of the"),
        ('"state art"~2', "state art~2"),
        ("state-of-the-art", "state of the art|stateoftheart"),
    ],
)
def test_stop_words_count_in_phrases_alone_and_on_demand(text: str, expected: str) -> None:
    assert shown_in(clause_of(text), "authors") == expected


# Fields and spellings.


def by_field(text: str) -> dict[str, set[str]]:
    """Return, by field, what a query of one word or phrase is looked for as."""
    clause = rewritten(text).clause
    assert isinstance(clause, Match)
    found: dict[str, set[str]] = {}
    for alternative in clause.alternatives:
        for run in alternative.runs:
            found.setdefault(run.field, set()).add(_shown_run(run))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models", {"title": {"model"}, "authors": {"models"}, "abstract": {"model"}}),
        (
            "=models",
            {"title_exact": {"models"}, "authors": {"models"}, "abstract_exact": {"models"}},
        ),
        (
            '"models"',
            {"title_exact": {"models"}, "authors": {"models"}, "abstract_exact": {"models"}},
        ),
        ("title:models", {"title": {"model"}}),
        ("abstract:models", {"abstract": {"model"}}),
        ("title:=models", {"title_exact": {"models"}}),
        ('title:"deep models"', {"title_exact": {"deep models"}}),
        ('title:"deep models"~4', {"title_exact": {"deep models~4"}}),
        ("title:model*", {"title_exact": {"models"}}),
        ("abstract:modles~2", {"abstract_exact": {"models"}}),
    ],
)
def test_which_fields_are_searched_for_what(text: str, expected: dict[str, set[str]]) -> None:
    assert by_field(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # hyphenated: the parts in a row, or the joined word
        ("fine-tuning", "fine tuning|finetuning"),
        ('"fine-tuning"', "fine tuning|finetuning"),
        ("=fine-tuning", "fine tuning|finetuning"),
        ("GPT-4", "gpt 4|gpt4"),
        ("k-NN", "k nn|knn"),
        ('"deep fine-tuning"', "deep fine tuning|deep finetuning"),
        ("fine-tuning^2", "fine tuning|finetuning^2"),
        # joined: also the two words, if the index has both
        ("finetuning", "finetuning|fine tuning"),
        ('"finetuning"', "finetuning|fine tuning"),
        ("gpt4", "gpt4|gpt 4"),
        ("dataset", "dataset|data set"),
        ("database", "database"),
        ("zebrafish", "zebrafish"),
        ("tobe", "tobe"),
        ("=finetuning", "finetuning"),
        # split: also the joined word, if the index has it
        ("fine tuning", "+fine|finetuning +tuning|finetuning"),
        ('"fine tuning"', "fine tuning|finetuning"),
        ('"deep fine tuning"', "deep fine tuning|deep finetuning"),
        ("gpt 4", "+gpt|gpt4 +4|gpt4"),
        ("pre training data", "+pre|pretraining +training|pretraining +data"),
        ("fine^2 tuning", "+fine|finetuning^2 +tuning|finetuning"),
        ("title:fine title:tuning", "+fine|finetun +tune|finetun"),
        ("title:fine tuning", "+fine +tuning"),
        ("deep graph", "+deep +graph"),
        ("fine -tuning", "+fine -tuning"),
        ("fine AND tuning", "+fine +tuning"),
        # one word with two spellings
        ("Müller", "muller|mueller"),
        ("mueller", "mueller"),
        ('"Müller nets"', "muller nets|mueller nets"),
        # signs
        ("C++", "c++"),
        ("深度", "深 度"),
        (r"$\alpha$", "alpha"),
    ],
)
def test_spellings(text: str, expected: str) -> None:
    assert shown_in(clause_of(text), "authors") == expected


@pytest.mark.parametrize("text", ['"fine-tuning nets"~3', '"fine tuning nets"~3'])
def test_near_words_keep_their_distance_in_every_spelling(text: str) -> None:
    assert shown_in(clause_of(text), "authors") == "fine tuning nets~3|finetuning nets~3"


def test_a_word_unknown_to_the_index_is_looked_for_as_it_is() -> None:
    assert shown_in(clause_of("zebra"), "authors") == "zebra"
    assert shown_in(clause_of("zebra crossing"), "authors") == "+zebra +crossing"


def can_cut(left: str, right: str) -> bool:
    if left[-1].isalpha() and right[0].isdigit():
        return True
    return (
        (left + right).isalpha()
        and min(len(left), len(right)) > 1
        and not is_stop_word(left)
        and not is_stop_word(right)
    )


def cut(form: str, papers: Terms) -> list[tuple[str, ...]]:
    """Return a word and the pairs of words it joins, by their definition."""
    found: list[tuple[str, ...]] = [(form,)]
    for at in range(1, len(form)):
        halves = (form[:at], form[at:])
        in_one_field = any(
            all(half in papers.fields.get(exact_twin(name), {}) for half in halves)
            and papers.has_in_a_row(name, *(halves if name == "authors" else map(stem, halves)))
            for name in SEARCHED_FIELDS
        )
        if can_cut(*halves) and in_one_field:
            found.append(halves)
    return found


syllables = st.text(st.sampled_from("abes1"), min_size=1, max_size=3)


@law
@given(st.lists(syllables, max_size=6), st.lists(syllables, max_size=3), st.data())
@example(["ab", "ba"], [], None)
@example(["bebe", "be"], [], None)
def test_a_word_is_split_where_one_field_has_both_halves_in_a_row(
    text: list[str], names: list[str], data: st.DataObject | None
) -> None:
    papers = vocabulary_of(" ".join(text), authors=[" ".join(names)])
    parts = st.sampled_from([*text, *names, "s", "1"])
    form = "".join(data.draw(st.lists(parts, min_size=1, max_size=4)) if data else text)
    alternatives = Words(papers).meaning(form, "").alternatives
    expected = cut(form, papers)[:16]
    assert [alternative.runs[1].terms for alternative in alternatives] == expected


# What is remembered.

asked = st.lists(
    st.lists(
        st.sampled_from("fine tuning finetuning gpt4 gpt 4 the Müller k-NN title:fine".split()),
        min_size=1,
        max_size=3,
    ).map(" ".join),
    max_size=6,
)


@law
@given(asked, st.booleans())
def test_what_was_asked_before_does_not_change_an_answer(texts: list[str], match_any: bool) -> None:
    rewriter = Rewriter(PAPERS)
    for text in [*texts, *texts]:
        tree = parse(text).tree
        expected = rewrite(tree, PAPERS, match_any=match_any)
        assert rewriter.rewrite(tree, match_any=match_any) == expected


class CountedTerms(Terms):
    """Terms that count how often they are asked for."""

    asked = 0

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        self.asked += 1
        return super().have(field, terms)


@pytest.mark.parametrize(
    ("before", "text", "most"),
    [
        ("deep", "deep", 0),
        ("finetuning", "finetuning", 0),
        ("deep nets graph", "deep of graph", 0),
        ("deep nets graph", "graph deep nets", len(SEARCHED_FIELDS)),
        ("title:deep", "title:deep", 0),
    ],
)
def test_a_word_asked_for_again_needs_no_look_at_the_index(
    before: str, text: str, most: int
) -> None:
    papers = CountedTerms(PAPERS.fields)
    rewriter = Rewriter(papers)
    rewriter.rewrite(parse(before).tree)
    papers.asked = 0
    rewriter.rewrite(parse(text).tree)
    assert papers.asked == most


def test_the_label_is_the_clause_as_typed() -> None:
    clause = rewritten('Fine-Tuning title:=Nets^2 "deep nets"~3 gra* net~2').clause
    assert isinstance(clause, Bool)
    labels = [child.label for child in clause.required if isinstance(child, Match)]
    assert labels == ["Fine-Tuning", "title:=Nets", '"deep nets"~3', "gra*", "net~2"]


def test_many_hyphens_give_few_spellings() -> None:
    clause = rewritten('"' + " ".join(["fine-tuning"] * 20) + '"').clause
    assert isinstance(clause, Match)
    assert len(clause.alternatives) < 50


# Wildcards and fuzzy words.


def terms_of(text: str, papers: Terms = PAPERS) -> set[str]:
    clause = rewritten(text, papers=papers).clause
    assert isinstance(clause, Match)
    return {
        term
        for alternative in clause.alternatives
        for run in alternative.runs
        for term in run.terms
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("graph*", "graph graphs graphical"),
        ("GRAPH*", "graph graphs graphical"),
        ("*graph", "graph"),
        ("gr?ph", "graph"),
        ("graph?*", "graphs graphical"),
        ("?raph", "graph"),
        ("*tun*", "tuning finetuning tuned finetuned"),
        ("fine-tun*", "finetuning finetuned fine tuning tuned"),
        ("mül*", "muller"),
        ("müll?r", "muller"),
        ("c*+", "c++"),
        ("learn*", "learning learners learned"),
        ("zebra*", ""),
        ("g*.*4", ""),
        ("张*", "张"),
    ],
)
def test_wildcards(text: str, expected: str) -> None:
    assert terms_of(text) == set(expected.split())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("?graph?", "graph"),
        ("?optimization", "optimization"),
        ("*finetuning?", "finetuning"),
        ("?title:?graph?", None),
        ("?zebra?", None),
        ("?gra?ph?", None),
        ("?fine-tuning?", None),
        ("?raph", None),
    ],
)
def test_a_word_in_signs_that_no_other_word_matches_is_meant_itself(
    text: str, word: str | None
) -> None:
    """As in "the ?slip? effect": a wildcard at an end that matches nothing is punctuation there."""
    result = rewritten(text)
    if word is None:
        assert "no-such-pattern" not in said(result)
        return
    plain = rewritten(word).clause
    assert isinstance(plain, Match)
    assert isinstance(result.clause, Match)
    assert result.clause.alternatives == plain.alternatives
    if text.startswith(("?", "*")):
        assert said(result) == ["no-such-pattern"]
        assert result.diagnostics[0].message == f"no word matches {text}; read as {word}"


@pytest.mark.parametrize(
    ("text", "halved"),
    [
        ("studies of deep graph models optimization learning", ["studies"]),
        ("are papers available on deep graph models", []),
        ("are papers available on deep graph optimization models", ["papers", "available"]),
        ("studies deep", []),
        ("studies", []),
        ("papers^2 available deep graph optimization models", ["available"]),
        ("title:papers available deep graph optimization models", ["title:papers", "available"]),
        ("deep year:2020 papers graph optimization models", []),
        ("papers deep AND graph optimization models learning", []),
    ],
)
def test_words_that_only_ask_count_half_in_a_long_query(text: str, halved: list[str]) -> None:
    for match_any in (False, True):
        clause = rewritten(text, match_any=match_any).clause
        matches = list(words_in(clause))
        assert [one.label for one in matches if one.boost == 0.5] == halved
        assert all(one.boost in (0.5, 1.0, 2.0) for one in matches)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("grap", ["graph"]),
        ("optimisation", None),  # a spelling of optimization
        ("optimizaton", ["optimization"]),
        ("optimizatoin", ["optimization"]),
        ("Modls", ["models"]),
        ("title:learnin", ["learning"]),
        ("graphs", None),  # there
        ("learns", None),  # its stem is there
        ("prétraining", None),
        ("modesl", ["models"]),  # two letters swapped
        ("langauges", ["language"]),  # and one more
        ("cat", None),  # of three letters
        ("gpt5", None),  # a code
        ('"grap"', None),
        ("=grap", None),
        ("grapx*", None),
        ("zebra", None),
    ],
)
def test_a_word_that_no_paper_has_is_read_as_the_nearest(
    text: str, read_as: list[str] | None
) -> None:
    result = rewritten(text)
    messages = [one.message for one in result.diagnostics if one.code == "corrected"]
    if read_as is None:
        assert messages == []
        return
    typed = text.rpartition(":")[2]
    assert messages == [f"no paper has {typed!r}; read as {', '.join(read_as)}"]
    field = text.removesuffix(typed)
    (plain,) = [rewritten(field + word).clause for word in read_as]
    assert isinstance(plain, Match)
    assert isinstance(result.clause, Match)
    assert result.clause.alternatives == plain.alternatives
    assert result.clause.label == text


def test_no_more_than_some_words_of_a_query_are_corrected() -> None:
    unknown = [f"graf{letter}" for letter in "bcdefgijklmnopqrstuvwxyz"]
    assert len(unknown) > MAX_CORRECTED
    papers = vocabulary_of("Grafa.")
    told = said(rewritten(" ".join(unknown), papers=papers))
    assert told == [*["corrected"] * MAX_CORRECTED, "too-many-corrections"]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("devlin 2019", ["2019"]),
        ("Devlin et al., 2019", ["2019"]),
        ("2019", ["2019"]),
        ("1600 2099", ["1600", "2099"]),
        ("1599 2100 20190 CoNLL-2016", []),
        ("title:2019", []),
        ('"2019"', []),
        ("=2019", []),
    ],
)
def test_a_year_is_also_the_papers_year(text: str, years: list[str]) -> None:
    alternatives = {
        alternative
        for match in words_in(rewritten(text).clause)
        for alternative in match.alternatives
        if alternative.runs[0].field == "year"
    }
    assert alternatives == {Alternative((Run("year", (year,)),), YEAR_WEIGHT) for year in years}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Han et al. 2019", ["Han", "2019"]),
        ("Han et al., graph", ["Han", "graph"]),
        ("et al", ["et", "al"]),
        ("al et graph", ["al", "et", "graph"]),
    ],
)
def test_et_al_is_no_word_of_a_query(text: str, labels: list[str]) -> None:
    assert [match.label for match in words_in(rewritten(text).clause)] == labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deep graph learning", True),
        ("the deep graph learning of models", True),
        ("deep graph learning models nets", True),
        ("deep graf learning", True),
        ("deep graph", False),
        ("deep graph learning models nets optimization", False),
        ("deep graph 2019", False),
        ("deep graph title:learning", False),
        ("deep graph -learning", False),
        ("deep graph +learning", False),
        ('deep graph "large language"', False),
        ("deep OR graph OR learning", False),
        ("nets OR (deep graph learning)", False),
        ("nets AND (deep graph learning)", False),
        ("(deep graph learning) nets", False),
        ("-(deep graph learning)", False),
    ],
)
def test_three_to_five_plain_words_may_be_a_title(text: str, expected: bool) -> None:
    for match_any in (False, True):
        assert rewritten(text, match_any=match_any).may_be_title is expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "!!!", "😀", "∮", "year:20x9", "has:data", "date:2024-13"),
        *("deep year:20x9", "deep -year:20x9", "deep +has:data", "deep nets year:20x9"),
        *("deep AND year:20x9", "year:20x9^2 deep", "NOT year:20x9"),
    ],
)
def test_what_cannot_be_read_finds_nothing(text: str) -> None:
    """Whether all words must match or any: never more than with a condition that can be read."""
    for match_any in (False, True):
        assert finds_nothing(rewrite(parse(text).tree, PAPERS, match_any=match_any).clause)


@pytest.mark.parametrize("text", ["deep OR year:20x9", "deep 😀", "😀 deep", "deep ()"])
def test_the_rest_of_a_query_is_still_searched(text: str) -> None:
    for match_any in (False, True):
        assert not finds_nothing(rewrite(parse(text).tree, PAPERS, match_any=match_any).clause)


def finds_nothing(clause: Clause) -> bool:
    if isinstance(clause, Bool):
        children = clause.required or clause.optional
        return (any if clause.required else all)(map(finds_nothing, children))
    return clause == NO_PAPER


def words_in(clause: Clause) -> Iterator[Match]:
    if isinstance(clause, Match):
        yield clause
    elif isinstance(clause, Bool):
        for child in (*clause.required, *clause.optional):
            yield from words_in(child)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("graphs~", "graph graphs"),
        ("grph~", "graph"),
        ("grph~2", "graph graphs gpt"),
        ("optimisation~", "optimization"),
        ("optimizatoin~", "optimization"),
        ("optimizatoin~2", "optimization"),
        ("MODLES~2", "models"),
        ("fine-tunin~", "finetuning fine tuning"),
        ("zzzzzz~2", ""),
    ],
)
def test_fuzzy_words(text: str, expected: str) -> None:
    assert terms_of(text) == set(expected.split())


def many_words(count: int) -> Terms:
    """Return a vocabulary of ``count`` words, the last ones the most frequent."""
    words = {f"w{number:04}": 1 + number // 100 for number in range(count)}
    return Terms({"title_exact": words, "abstract_exact": words})


def test_a_wildcard_for_as_many_words_as_allowed_needs_no_diagnostic() -> None:
    papers = many_words(MAX_EXPANSIONS)
    assert len(terms_of("w*", papers)) == MAX_EXPANSIONS
    assert said(rewritten("w*", papers=papers)) == []


@pytest.mark.parametrize("text", ["w*", "w?*", "title:w*", "deep OR w*"])
def test_a_wildcard_for_too_many_words_says_so(text: str) -> None:
    result = rewritten(text, papers=many_words(MAX_EXPANSIONS + 200))
    assert said(result) == ["too-many-terms"]
    message = result.diagnostics[0].message
    assert text.removeprefix("deep OR ").removeprefix("title:") in message
    assert "1,200 words" in message
    assert "1,000 most frequent" in message


def test_the_most_frequent_words_are_taken() -> None:
    found = terms_of("w*", many_words(MAX_EXPANSIONS + 200))
    assert found == {f"w{number:04}" for number in range(200, MAX_EXPANSIONS + 200)}


# Names.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('author:"Han, Bo"', "author_names={bo han}"),
        ('author:"Bo Han"^2', "author_names={bo han}"),
        ("author:han", "author_names={bo han, han li}"),
        ("author:=han", "author_names={bo han, han li}"),
        ("author:han*", "author_names={b hansen, bo han, bob hanson, han li}"),
        ("author:*son", "author_names={bob hanson}"),
        ("author:b?b", "author_names={bob hanson}"),
        ("author:hensen~", "author_names={b hansen}"),
        ("author:hensen~2", "author_names={b hansen, bob hanson}"),
        ("author:Picrad~2", "author_names={jean luc picard}"),
        ("owner:han", "owner_names={bo han, han li}"),
        ("inst:mit", "institution_names={mit}"),
        ("inst:stanford", "institution_names={stanford university}"),
        ("inst:Zurich", "institution_names={eth zurich}"),
        ('inst:"ETH Zuerich"', "institution_names={eth zuerich}"),
    ],
)
def test_name_clauses(text: str, expected: str) -> None:
    result = rewritten(text)
    assert (shown(result.clause), said(result)) == (expected, [])


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("author:Nobody", ["no author", "'Nobody'"]),
        ('author:"Bo Nobody"', ["no author", "'Bo Nobody'"]),
        ("author:zz*", ["no author", "'zz*'"]),
        ("owner:Nobody", ["no owner", "'Nobody'"]),
        ("inst:Nowhere", ["no institution", "'Nowhere'"]),
    ],
)
def test_a_name_that_nobody_has_is_said(text: str, fragments: list[str]) -> None:
    result = rewritten(text)
    assert isinstance(result.clause, AnyTerm)
    assert result.clause.terms == ()
    assert said(result) == ["no-such-name"]
    found = result.diagnostics[0].message
    assert [fragment for fragment in fragments if fragment not in found] == [], found


# Categories and ids.


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("LG", ["LG"]),
        ("lg", ["LG"]),
        ("Machine Learning", ["LG"]),
        ("machine LEARNING", ["LG"]),
        ("Machine Learning (Statistics)", ["ML"]),
        ("cs.CV", ["cs.CV"]),
        ("cs.LG", ["LG"]),
        ("CV", ["cs.CV"]),
        ("CS.cv", ["cs.CV"]),
        ("Computer Vision and Pattern Recognition", ["cs.CV"]),
        ("ZZ", ["ZZ"]),
        ("L", []),
        ("Learning", []),
        ("", []),
        ("IR", []),
    ],
)
def test_categories_by_code_and_by_name(wanted: str, expected: list[str]) -> None:
    assert matching_categories(wanted, ["LG", "CL", "cs.CV", "ML", "ZZ"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat:LG", "category={LG}"),
        ('cat:"computation and language"', "category={CL}"),
        ("cat:?l", "category={CL, ML}"),
        ("cat:cs.*", "category={cs.CV}"),
        ("cat:machine*", "category={LG, ML}"),
        ("cat:*", "category={CL, LG, ML, ZZ, cs.CV}"),
        ("cat:(LG OR ZZ)", "?category={LG} ?category={ZZ}"),
        ("id:han-graphs-1", "id={han-graphs-1}"),
        ("id:han-*", "id={han-graphs-1, han-nets-2}"),
        ("id:*-graphs-?", "id={Li-graphs-3, han-graphs-1}"),
        ('id:"han-graphs-1"', "id={han-graphs-1}"),
        ("has:code", "has={code}"),
    ],
)
def test_category_and_id_clauses(text: str, expected: str) -> None:
    result = rewritten(text)
    assert (shown(result.clause), said(result)) == (expected, [])


def test_all_wildcards_of_a_query_share_one_budget() -> None:
    papers = many_words(MAX_EXPANSIONS)
    result = rewrite(parse("w* OR w*").tree, papers)
    assert [d.code for d in result.diagnostics] == ["too-many-terms"]
    assert "the 0 most frequent are searched" in result.diagnostics[0].message


@pytest.mark.parametrize("text", ["cat:QQ", "cat:Q*", 'cat:"Basket Weaving"'])
def test_a_category_that_no_paper_has_is_said_with_those_there_are(text: str) -> None:
    result = rewritten(text)
    assert shown(result.clause) == "category={}"
    assert said(result) == ["no-such-category"]
    assert text.removeprefix("cat:").strip('"') in result.diagnostics[0].message
    assert "CL, LG, ML, ZZ, cs.CV" in result.diagnostics[0].message


@pytest.mark.parametrize("text", ["cat:LH~1", "id:han-graphs-2~1", 'cat:"LG"~2', 'id:"a"~3'])
def test_what_a_field_cannot_do_is_not_ignored_silently(text: str) -> None:
    query = parse(text)
    found: tuple[Diagnostic, ...] = query.diagnostics + rewrite(query.tree, PAPERS).diagnostics
    fuzzy = [diagnostic for diagnostic in found if "~" in diagnostic.message]
    assert fuzzy, f"{text!r} was read as {shown(rewrite(query.tree, PAPERS).clause)!r}: {found}"


# Ranges.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year:2024", "year=2024..2024"),
        ("year:2023..2025", "year=2023..2025"),
        ("year:2024..", "year=2024..9999"),
        ("year:..2024", "year=1..2024"),
        ("year:>2024", "year=2025..9999"),
        ("date:2024-03-15", "date=20240315..20240315"),
        ("date:2024-03", "date=20240300..20240399"),
        ("date:2024", "date=20240000..20249999"),
        ("date:2024-03..2024-09", "date=20240300..20240999"),
        ("date:2023..2024-02-10", "date=20230000..20240210"),
        ("date:>=2024-03-15", "date=20240315..99991299"),
        ("date:..2024-03", "date=1..20240399"),
    ],
)
def test_ranges_are_spans_of_numbers(text: str, expected: str) -> None:
    assert shown(rewritten(text).clause) == expected


def test_all_that_is_said_is_said_once() -> None:
    assert said(rewritten("author:Nobody OR author:Nobody")) == ["no-such-name"]
