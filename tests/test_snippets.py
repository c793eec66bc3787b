"""Snippets: which part of a text is shown for a query, and what of it is marked.

In the tables ``[`` and ``]`` stand around what is marked.
"""

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import stem, stems, tokens
from searcher.page import Piece, to_html
from searcher.query.clauses import Run
from searcher.query.parser import parse
from searcher.query.rewriting import rewrite
from searcher.snippets.marking import _FORMULA, Needles, needles
from searcher.snippets.sentences import sentences
from searcher.snippets.window import MAX_SENTENCE_CHARS, highlight, snippet
from tests.vocabulary import Terms, fields_of

law = settings(max_examples=100)


class TextTerms(Terms):
    """The terms of one text, which is title and abstract alike; any two stand in a row."""

    def __init__(self, text: str) -> None:
        super().__init__(fields_of(text))

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        return self.have(field, {first, second}) == {first, second}


def wanted(query: str, text: str, field: str = "abstract") -> Needles:
    """Return what the query looks for in ``text``, any word of it."""
    return needles(rewrite(parse(query).tree, TextTerms(text), match_any=True).clause, field)


def marked(pieces: Iterable[Piece]) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def joined(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def marks(pieces: Iterable[Piece], start: int = 0) -> list[tuple[int, int]]:
    """Return the spans of the marked pieces, the first piece beginning at ``start``."""
    spans = []
    for piece in pieces:
        if piece.marked:
            spans.append((start, start + len(piece.text)))
        start += len(piece.text)
    return spans


def places(part: str, text: str) -> list[int]:
    """Return every place in ``text`` where ``part`` begins."""
    return [match.start() for match in re.finditer(f"(?={re.escape(part)})", text)]


# What is marked.

MARKED = [
    # stems, as printed
    ("model", "Models, MODELLING and a model.", "[Models], [MODELLING] and a [model]."),
    ("running", "Runs ran a runner's run.", "[Runs] ran a runner's [run]."),
    ("zebra", "No such animal.", "No such animal."),
    ("deep nets", "Nets, deeper nets.", "[Nets], deeper [nets]."),
    ("model", "The model's models’ size.", "The [model]'s [models]’ size."),
    ("the nets", "The nets of the sea.", "The [nets] of the sea."),
    # exact
    ("=models", "Models, modelling, model.", "[Models], modelling, model."),
    # phrases, whole
    ('"deep nets"', "Deep nets, deep net.", "[Deep nets], deep net."),
    ('"deep nets"', "Deep, deep (nets).", "Deep, [deep (nets])."),
    ('"deep nets"', "deep \n nets", "[deep \n nets]"),
    ('"deep nets"', "nets deep", "nets deep"),
    ('"to be or not"', "To be or not to be.", "[To be or not] to be."),
    ('"deep nets" nets', "Deep nets and nets.", "[Deep nets] and [nets]."),
    ('"deep nets" "nets learn"', "Deep nets learn.", "[Deep nets learn]."),
    ('"a a"', "a a a b a", "[a a a] b a"),
    # hyphenated, whole
    ("fine-tuning", "Fine-tuning or finetuning.", "[Fine-tuning] or [finetuning]."),
    ("fine-tuning", "Fine tuning, fine, tuning.", "[Fine tuning], [fine, tuning]."),
    ("fine-tuned", "Fine-tuning is fine.", "[Fine-tuning] is fine."),
    (
        '"fine-tuned"',
        "Fine-tuning, fine-tuned, fine tuned.",
        "Fine-tuning, [fine-tuned], [fine tuned].",
    ),
    ("fine tuning", "Fine-tuning.", "[Fine-tuning]."),
    ("finetuning", "Fine-tuning.", "[Fine-tuning]."),
    ("email", "Did what?e-mail do", "Did what?[e-mail] do"),
    ("email", "Did what?E-mails, who?e-mail.", "Did what?[E-mails], who?[e-mail]."),
    ("tuning", "Fine-tuning.", "Fine-[tuning]."),
    ("state-of-the-art", "A state-of-the-art net.", "A [state-of-the-art] net."),
    ('"state of the art"', "A state-of-the-art net.", "A [state-of-the-art] net."),
    ("GPT-4", "GPT-4, GPT4, GPT 4 or GPT-40.", "[GPT-4], [GPT4], [GPT 4] or GPT-40."),
    ("gpt4", "GPT-4 or GPT-3.", "[GPT-4] or GPT-3."),
    ("LLaMA-2", "LLaMA-2-7B.", "[LLaMA-2]-7B."),
    # near words, each of them
    ('"deep nets"~2', "Nets are deep.", "[Nets] are [deep]."),
    ('"deep nets"~1', "Deep one two nets.", "Deep one two nets."),
    ('"deep nets"~2', "Deep one two nets.", "[Deep] one two [nets]."),
    ('"deep deep"~2', "A deep net.", "A deep net."),
    ('"deep deep"~2', "A deep, deep net.", "A [deep], [deep] net."),
    # wildcards and fuzzy words
    ("gra*", "Graphs of a graph, engraved.", "[Graphs] of a [graph], engraved."),
    ("gr?ph", "Graphs of a graph.", "Graphs of a [graph]."),
    ("grahp~2", "A graph of sand.", "A [graph] of sand."),
    # letters and signs
    ("muller", 'Müller, Mu\u0308ller, M{\\"u}ller.', '[Müller], [Mu\u0308ller], [M{\\"u}ller].'),
    ("mueller", "Müller and Mueller.", "[Müller] and [Mueller]."),
    ("C++", "C++ and C.", "[C++] and C."),
    ("naive", "A naïve NAÏVE net.", "A [naïve] [NAÏVE] net."),
    ("fine", "ﬁne ＦＩＮＥ", "[ﬁne] [ＦＩＮＥ]"),
    ("US trade", "The US, U.S. trade, us.", "The [US], [U.S]. [trade], us."),
    ("who", "Who met the WHO?", "[Who] met the [WHO]?"),
    ("WHO staff", "Who are WHO staff?", "Who are [WHO] [staff]?"),
    ("phds", "A Ph.D. or a PhD.", "A [Ph.D]. or a [PhD]."),
    ("Hajič", r"Haji\v c, Haji\v{c}, Haj.", r"[Haji\v c], [Haji\v{c}], Haj."),
    ("TNFalpha", r"TNFα, TNF$\alpha$, TNF-alpha.", r"[TNFα], [TNF$\alpha$], [TNF-alpha]."),
    ("ガイド", "ｶﾞｲﾄﾞとガイド", "[ｶﾞｲﾄﾞ]と[ガイド]"),
    ("深度", "我们研究深度学习。", "我们研究[深度]学习。"),
    ("slack", r"We call it \emph{Slack}.", r"We call it \emph{[Slack]}."),
    # not what is excluded, nor a condition
    ("deep -nets", "Deep nets.", "[Deep] nets."),
    ("deep NOT (nets OR sea)", "Deep nets, sea.", "[Deep] nets, sea."),
    ("deep year:2024", "Deep in 2024.", "[Deep] in 2024."),
    ("deep cat:LG", "Deep LG.", "[Deep] LG."),
    ("*", "Deep nets.", "Deep nets."),
    ("deep OR (nets AND sea)", "Deep nets, sea.", "[Deep] [nets], [sea]."),
    ("deep^3 +nets", "Deep nets.", "[Deep] [nets]."),
]


@pytest.mark.parametrize(("query", "text", "expected"), MARKED)
def test_what_is_marked(query: str, text: str, expected: str) -> None:
    sought = wanted(query, text)
    assert marked(highlight(text, sought)) == expected
    assert marked(highlight(text, knowing(sought, text))) == expected


@pytest.mark.parametrize(
    ("query", "title", "abstract"),
    [
        ("nets", "Deep [nets].", "Deep [nets]."),
        ("title:nets", "Deep [nets].", "Deep nets."),
        ("abstract:nets", "Deep nets.", "Deep [nets]."),
        ('title:deep abstract:"deep nets"', "[Deep] nets.", "[Deep nets]."),
        ("author:nets", "Deep nets.", "Deep nets."),
    ],
)
def test_a_field_is_marked_for_what_is_looked_for_in_it(
    query: str, title: str, abstract: str
) -> None:
    text = "Deep nets."
    assert marked(highlight(text, wanted(query, text, "title"))) == title
    assert marked(highlight(text, wanted(query, text, "abstract"))) == abstract


def test_needles_tell_stems_forms_and_runs_apart() -> None:
    text = "Deep nets learning fine-tuned graphs."
    query = 'learned =nets "deep nets" graph~1 fine-tuned -deep'
    assert wanted(query, text) == Needles(
        stems=frozenset({"learn", "finetun"}),
        forms=frozenset({"nets", "graphs"}),
        runs=(Run("abstract_exact", ("deep", "nets")), Run("abstract", ("fine", "tune"))),
    )


# Formulas are whole: marked whole or not at all.


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("x", "Let $x$ be x.", "Let [$x$] be [x]."),
        ("y", "Let $x + y$ be x.", "Let [$x + y$] be x."),
        ("alpha", r"The $\alpha$ of α.", r"The [$\alpha$] of [α]."),
        ("x", r"Let \(x + y\) be.", r"Let [\(x + y\)] be."),
        ("x", r"Let \[ x + y \] be.", r"Let [\[ x + y \]] be."),
        ("x", "Let $$x + y$$ be.", "Let [$$x + y$$] be."),
        ("x", "Let $x$, $y$ and $x y$.", "Let [$x$], $y$ and [$x y$]."),
        ("and", "Let $x$ and $y$ be.", "Let $x$ [and] $y$ be."),
        ('"x y"', "Let $x$ $y$ be.", "Let [$x$ $y$] be."),
        ('"let x"', "Let $x + y$ be.", "[Let $x + y$] be."),
        ('"y be"', "Let $x + y$ be.", "Let [$x + y$ be]."),
        ("n", "An $n$-gram of n.", "An [$n$]-gram of [n]."),
        ("zebra", "Let $x + y$ be.", "Let $x + y$ be."),
        ("times", r"A 224$\times$224 image.", r"A 224[$\times$]224 image."),
        # money
        ("5", "From $5 and $10 on.", "From $[5] and $10 on."),
        ("and", "From $5 and $10 on.", "From $5 [and] $10 on."),
        ("on", "From $5 on, $10 at most.", "From $5 [on], $10 at most."),
        ("million", "It cost $5 million.", "It cost $5 [million]."),
        ("or", "It cost US$5 or US$10 then.", "It cost US$5 [or] US$10 then."),
        ("and", r"It cost \$5 and \$6 then.", r"It cost \$5 [and] \$6 then."),
        ("for", "It cost $5 for $x$ items.", "It cost $5 [for] $x$ items."),
        ("x", "It cost $5 for $x$ items.", "It cost $5 for [$x$] items."),
        # not closed
        ("x", "Let $x be.", "Let $[x] be."),
        ("x", r"Let \(x be.", r"Let \([x] be."),
    ],
)
def test_a_formula_is_marked_whole_or_not_at_all(query: str, text: str, expected: str) -> None:
    assert marked(highlight(text, wanted(query, text))) == expected


# Which sentences are shown.


@pytest.mark.parametrize(
    "sentence",
    [
        "The zebra runs.",
        "Does the zebra run?",
        "The zebra runs!",
        "See Fig. 3 for the zebra.",
        "In Figs. 3 and 4, Sec. 5 and Eq. (6) the zebra runs.",
        "As Roe et al. (2020) say, the zebra runs.",
        "Animals, e.g. Zebra and lion, run.",
        "The horse, i.e. Zebra, runs.",
        "Horse vs. Zebra is open.",
        "The horse (cf. Zebra) runs.",
        "It gains 3.5 points w.r.t. Zebra.",
        "Dr. Roe met Prof. Zebra.",
        "By J. D. Roe, the zebra.",
        "It takes approx. 5 s for a zebra.",
        "The horse, resp. the zebra, runs.",
        "Horses etc. and the zebra run.",
        "We draw i.i.d. samples of a zebra.",
        "The U.S. zebra runs.",
        "The horse, a.k.a. Zebra, runs.",
        "Version 2.0 of GPT-4.1 knows the zebra.",
        "Code: https://example.org/zebra.git.",
        "It runs (the zebra).",
        "They call it “the zebra.”",
        "Let $f. Zebra$ be it.",
        r"Let \(a! B\) be a zebra.",
    ],
)
def test_a_sentence_is_shown_whole_and_alone(sentence: str) -> None:
    text = f"We agree. {sentence} So do others."
    assert joined(snippet(text, wanted("zebra", text))) == sentence


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        # the sentence that holds most
        ("deep nets", "Deep. Nets deep. Nets.", "[Nets] [deep]."),
        ("deep nets sea", "Deep one. A sea. Deep nets, sea.", "[Deep] [nets], [sea]."),
        ("deep nets", "Deep deep deep. One. Deep nets.", "[Deep] [nets]."),
        ('"deep nets" sea', "Deep one. Two. Deep nets at sea.", "[Deep nets] at [sea]."),
        # the first of equals
        ("deep", "One. Deep two. Deep three.", "[Deep] two."),
        # two only if the second adds something
        ("deep nets", "Deep one. Nets two.", "[Deep] one. [Nets] two."),
        ("deep nets", "Deep one. Deep two.", "[Deep] one."),
        ("deep nets", "Deep one. Zebra. Nets two.", "[Deep] one."),
        ("deep nets", "Deep one. Nets two. Nets deep.", "[Nets] [deep]."),
        ("deep nets sea", "Deep one. Nets two. Sea three.", "[Deep] one. [Nets] two."),
        ("deep nets sea", "Sea. One. Deep. Nets. Two.", "[Deep]. [Nets]."),
        ("deep nets sea", "Deep. Deep nets. Sea.", "[Deep] [nets]. [Sea]."),
        # none
        ("zebra", "Deep one. Nets two.", "Deep one."),
        ("*", "Deep one. Nets two.", "Deep one."),
        ("zebra", "no end", "no end"),
        ("deep", "deep, no end", "[deep], no end"),
        ("deep", "", ""),
        ("deep", "...", "..."),
        # a phrase over the end of a sentence is shown whole
        ('"nets learn"', "Deep nets. Learn all. Zebra.", "Deep [nets. Learn] all."),
        ('"nets learn" deep', "Zebra. Deep nets. Learn all.", "[Deep] [nets. Learn] all."),
    ],
)
def test_which_sentences_are_shown(query: str, text: str, expected: str) -> None:
    assert marked(snippet(text, wanted(query, text))) == expected


def test_a_long_sentence_is_cut_between_words_around_the_match() -> None:
    words = [f"word{number}" for number in range(500)]
    text = f"{' '.join(words)} zebra {' '.join(words)}."
    shown = joined(snippet(text, wanted("zebra", text)))
    assert " zebra " in shown
    assert MAX_SENTENCE_CHARS / 2 < len(shown) < 2 * MAX_SENTENCE_CHARS
    assert f" {shown} " in text


def test_a_long_sentence_without_a_match_is_cut_at_its_end() -> None:
    text = "word " * 600 + "end."
    shown = joined(snippet(text, wanted("zebra", text)))
    assert MAX_SENTENCE_CHARS / 2 < len(shown) < 2 * MAX_SENTENCE_CHARS
    assert text.startswith(f"{shown} ")


def test_text_without_a_space_is_cut_all_the_same() -> None:
    text = "深" * 5_000
    shown = joined(snippet(text, wanted("深", text)))
    assert MAX_SENTENCE_CHARS / 2 < len(shown) < 2 * MAX_SENTENCE_CHARS


def random_long_text(source: random.Random) -> tuple[str, list[tuple[int, int]]]:
    """Return one long sentence, and the spans of its formulas."""
    text, formulas = "", []
    while len(text) < 3_000:
        text += source.choice(["zebra ", "word ", "a deep net ", "fine-tuning ", "see (", ") "])
        if source.random() < 0.5:
            formula = source.choice(["$a b$", "$x$", "$x + y = z + w$", r"\(a b c\)", "$$a b$$"])
            text += source.choice(["x", "", "- "])
            formulas.append((len(text), len(text) + len(formula)))
            text += formula + source.choice(["-net ", " ", ", "])
    return f"{text}end.", formulas


@pytest.mark.parametrize("seed", range(20))
def test_no_formula_and_no_mark_is_cut_in_a_long_sentence(seed: int) -> None:
    source = random.Random(seed)
    for query in ["zebra", '"a deep net"', "fine-tuning", "y", "lion"] * 2:
        text, formulas = random_long_text(source)
        sought = wanted(query, text)
        pieces = snippet(text, sought)
        whole = marks(highlight(text, sought))
        shown = joined(pieces)
        assert shown in text
        assert any(
            set(marks(pieces, start)) <= set(whole)
            and not any(
                low < edge < high for low, high in formulas for edge in (start, start + len(shown))
            )
            for start in places(shown, text)
        ), f"{query!r} shows {shown[:40]!r} … {shown[-40:]!r}"


# Laws.

TERMS = ["deep", "nets", "graph", "x", "fine", "tuning", "ü"]
awkward = st.lists(
    st.sampled_from(
        [
            *("deep", "nets", "graphs", "fine-tuning", "x", "Ü", "深", "et al.", "e.g.", "3.5"),
            *("$", "$$", "\\(", "\\)", "$x$", "\\$5", '\\"u', "{", "}", "<b>", "&", '"', "'"),
            *(" ", " ", " ", ". ", ". ", "? ", "\n", "-", ",", "\u0301", "\u202e", "\x00"),
        ]
    ),
    max_size=30,
).map("".join)
any_run = st.builds(
    Run,
    st.sampled_from(["abstract", "abstract_exact"]),
    st.lists(st.sampled_from(TERMS), min_size=2, max_size=3).map(tuple),
    st.sampled_from([None, 0, 3]),
)
any_needles = st.builds(
    Needles,
    st.frozensets(st.sampled_from(list(map(stem, TERMS)))),
    st.frozensets(st.sampled_from(TERMS)),
    st.lists(any_run, max_size=2).map(tuple),
)


@law
@given(awkward | st.text(), any_needles)
def test_the_pieces_of_a_highlighted_text_are_the_text(text: str, sought: Needles) -> None:
    pieces = highlight(text, sought)
    assert joined(pieces) == text
    assert all(piece.text for piece in pieces)


@law
@given(awkward | st.text(), any_needles)
@example(
    "It is fine. Tuning helps.",
    Needles(frozenset(), frozenset(), (Run("abstract_exact", ("fine", "tuning")),)),
)
def test_a_snippet_is_a_part_of_the_text_with_whole_marks(text: str, sought: Needles) -> None:
    pieces = snippet(text, sought)
    assert joined(pieces) in text
    assert bool(pieces) is bool(text)
    assert all(piece.text for piece in pieces)
    whole = set(marks(highlight(text, sought)))
    assert any(set(marks(pieces, start)) <= whole for start in places(joined(pieces), text)), (
        marked(pieces)
    )


@law
@given(awkward, any_needles)
def test_a_match_anywhere_is_a_match_shown(text: str, sought: Needles) -> None:
    assert bool(marks(snippet(text, sought))) is bool(marks(highlight(text, sought)))


# The oracle: every token is analysed and stemmed, every window of sentences weighed.


def slow_matches(text: str, sought: Needles) -> list[tuple[tuple[int, int], object]]:
    at: list[tuple[set[str], int, int]] = []
    found: list[tuple[tuple[int, int], object]] = []
    joined_keys: dict[int, set[str]] = {}
    for token in tokens(text):
        token_stems = stems(token.forms)
        hits = [one for one in token_stems if one in sought.stems]
        hits += [form for form in token.forms if form in sought.forms]
        if hits:
            found.append(((token.start, token.end), hits[0]))
        keys = {*token.forms, *("~" + one for one in token_stems)}
        if token.part_count > 1:
            joined_keys[token.position] = keys
        else:
            keys |= joined_keys.get(token.position, set())
            at.append((keys, token.start, token.end))
    for run in sought.runs:
        exact = run.field.endswith("_exact")
        terms = [term if exact else "~" + term for term in run.terms]
        for first in range(len(at)):
            window = at[first : first + len(terms) + (run.slop or 0)]
            if run.slop is None:
                if len(window) == len(terms) and all(
                    term in keys for term, (keys, _, _) in zip(terms, window, strict=True)
                ):
                    found.append(((window[0][1], window[-1][2]), run.terms))
            elif all(
                sum(term in keys for keys, _, _ in window) >= terms.count(term) for term in terms
            ):
                held = [place for place in window if not place[0].isdisjoint(terms)]
                found += [((start, end), run.terms) for _, start, end in held]
    return sorted(
        ((slow_widened(span, slow_formulas(text)), key) for span, key in found),
        key=lambda match: match[0],
    )


def slow_formulas(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _FORMULA.finditer(text)]


def slow_widened(span: tuple[int, int], formulas: list[tuple[int, int]]) -> tuple[int, int]:
    low, high = span
    for start, end in formulas:
        if start < high and low < end:
            low, high = min(low, start), max(high, end)
    return low, high


def slow_marked(text: str, low: int, high: int, sought: Needles) -> str:
    """Return text[low:high] with its marks; marks that overlap are one."""
    merged: list[list[int]] = []
    for (start, end), _ in slow_matches(text, sought):
        start, end = max(start, low), min(end, high)
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    shown, at = "", low
    for start, end in merged:
        shown += f"{text[at:start]}[{text[start:end]}]"
        at = end
    return shown + text[at:high]


def slow_snippet(text: str, sought: Needles) -> str:
    """Return the marked snippet of a text whose sentences are not too long to show."""
    matches = slow_matches(text, sought)
    whole = [*(span for span, _ in matches), *slow_formulas(text)]
    spans: list[tuple[int, int]] = []
    for low, high in sentences(text) or [(0, len(text))]:
        if spans and any(start < low < end for start, end in whole):
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    windows = [(span,) for span in spans] + list(pairwise(spans))
    held = [
        {key for (start, _), key in matches if any(low <= start < high for low, high in window)}
        for window in windows
    ]
    best = windows[max(range(len(windows)), key=lambda number: len(held[number]))]
    return slow_marked(text, best[0][0], best[-1][1], sought)


def forms_in(*texts: str) -> Callable[[str], tuple[str, ...]]:
    forms = sorted({form for text in texts for token in tokens(text) for form in token.forms})
    return lambda wanted: tuple(form for form in forms if stem(form) == wanted)


def knowing(sought: Needles, *texts: str) -> Needles:
    """Return the same needles with the forms that ``texts`` hold of their stems."""
    forms_of = forms_in(*texts)
    return replace(
        sought, stem_by_form={form: one for one in sought.all_stems for form in forms_of(one)}
    )


hard_words = st.sampled_from(
    [
        *("Deep", "deeper", "NETS", "graph", "graphing", "finetuning", "Fine-Tuned", "fine tuning"),
        *("die", "dying", "skies", "sky", "only", "x", "3.5", "3", "5", "1,000", "1000", "2,019"),
        *("C++", "C#", "c", "GPT-4", "gpt4", "model's", "models’", "O'Brien", "Ünder", "under"),
        *(
            'M{\\"u}ller',
            "muller",
            "\\alpha",
            "α",
            "alpha",
            "\\emph{net}",
            "深",
            "深度",
            "ﬁne",
            "İ",
        ),
        *(
            "$x$",
            "$x + deep$",
            "e.g.",
            "al.",
            "https://a.b/deep-net",
            "a.b",
            "deep/nets",
            "co\xadop",
        ),
        *(
            "deep\nnets",
            "deep\tnets",
            "deep\xa0nets",
            "(deep",
            "deep)",
            "?deep",
            "-deep",
            "a_b",
            "?",
        ),
    ]
)
hard_texts = st.lists(
    st.tuples(hard_words, st.sampled_from([" ", " ", " ", ". ", "-", ", ", "\n"]))
)
hard_texts_joined = hard_texts.map(lambda pairs: "".join(f"{word}{gap}" for word, gap in pairs))


# Which of a text's forms; strategies that are made anew for each text would take most of the time.
which = st.integers(0, 999)
needle_choices = st.tuples(
    st.frozensets(which, max_size=4),
    st.frozensets(which, max_size=3),
    st.lists(
        st.tuples(
            st.sampled_from(["abstract", "abstract_exact"]),
            st.lists(which, min_size=2, max_size=3),
            st.sampled_from([None, None, 0, 2]),
        ),
        max_size=3,
    ),
)


def with_needles(case: tuple[str, Any]) -> tuple[str, Needles]:
    """Return a text, and needles of any kind: forms of the text and a few that most texts lack."""
    text, (stems, forms, runs) = case
    terms = sorted({form for token in tokens(text) for form in token.forms})
    terms += ["deep", "nets", "tuned", "a", "深"]

    def term(number: int, field: str) -> str:
        chosen = terms[number % len(terms)]
        return stem(chosen) if field == "abstract" else chosen

    return text, Needles(
        frozenset(term(number, "abstract") for number in stems),
        frozenset(term(number, "abstract_exact") for number in forms),
        tuple(
            Run(field, tuple(term(number, field) for number in numbers), slop)
            for field, numbers, slop in runs
        ),
    )


def single(*forms: str) -> Needles:
    return Needles(frozenset(map(stem, forms)), frozenset(), ())


@law
@given(
    st.tuples(
        (hard_texts_joined | awkward).filter(lambda text: len(text) <= MAX_SENTENCE_CHARS),
        needle_choices,
    ).map(with_needles)
)
@example(("SemEval-2017 of SemEval 2017.", single("2017")))
@example(("It holds 1,000 words, not 1000.", single("1000")))
@example(("It takes 3.5 s, not 3 or 5.", single("5", "3.5")))
@example(("O'Brien saw OBrien.", single("obrien")))
@example(("C++ and C# and C.", single("c++", "c#")))
@example(('M{\\"u}ller met Muller.', single("muller")))
@example(("Dying nets die.", single("die")))
@example(("deep/nets,deep deep.nets", single("deep")))
def test_what_is_shown_is_what_reading_every_word_shows(case: tuple[str, Needles]) -> None:
    text, sought = case
    for one in (sought, knowing(sought, text)):
        assert marked(highlight(text, one)) == slow_marked(text, 0, len(text), sought)
        assert marked(snippet(text, one)) == (slow_snippet(text, sought) if text else "")


@law
@given(
    st.tuples(hard_texts_joined, needle_choices).map(with_needles),
    st.lists(hard_texts_joined, max_size=4),
)
def test_texts_read_before_change_nothing(case: tuple[str, Needles], others: list[str]) -> None:
    first, sought = case
    texts = [first, *others, first]
    shared = knowing(sought, *texts)
    for text in texts:
        assert snippet(text, shared) == snippet(text, sought)


@law
@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1) | st.sampled_from(["dying", "skies"]))
def test_a_stem_begins_as_its_word_does(form: str) -> None:
    assert stem(form)[0] == form[0]


def test_needles_that_know_their_forms_stem_nothing() -> None:
    text = "Dying nets, fine-tuned graphs."
    query = 'die graph "fine-tuned" nets~1'
    clause = rewrite(parse(query).tree, TextTerms(text), match_any=True).clause
    found = needles(clause, "abstract", forms_in(text))
    assert found.stem_by_form == {"dying": "die", "graphs": "graph"}
    script = f"""
import sys
from searcher.query.clauses import Run
from searcher.snippets.marking import Needles
from searcher.snippets.window import highlight, snippet
wanted = Needles({found.stems!r}, {found.forms!r}, {found.runs!r}, {found.stem_by_form!r})
pieces = [*highlight({text!r}, wanted), *snippet({text!r}, wanted)]
print([piece.text for piece in pieces if piece.marked])
print("Stemmer" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    shown = ["Dying", "nets", "fine-tuned", "graphs"]
    assert ran.stdout.splitlines() == [str(shown * 2), "False"]


plain_words = st.lists(st.sampled_from(["deep", "nets", "net", "graphs", "sea", "lion"]))


@law
@given(plain_words, st.frozensets(st.sampled_from(["deep", "net", "graph", "sea"])))
def test_words_are_marked_if_and_only_if_their_stem_is_wanted(
    words: list[str], roots: frozenset[str]
) -> None:
    pieces = highlight(" ".join(words), Needles(roots, frozenset(), ()))
    expected = [word for word in words if stem(word) in roots]
    assert [piece.text for piece in pieces if piece.marked] == expected


@law
@given(
    st.lists(
        st.lists(st.sampled_from(["deep", "nets", "sea", "lion", "ox"]), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    ),
    st.sets(st.sampled_from(["deep", "nets", "sea"]), min_size=1),
)
def test_the_sentences_shown_are_the_best(groups: list[list[str]], query: set[str]) -> None:
    texts = [f"We see {' '.join(words)}." for words in groups]
    text = " ".join(texts)
    held = [query.intersection(words) for words in groups]
    alone = max(len(found) for found in held)
    best = max([alone, *(len(held[n] | held[n + 1]) for n in range(len(held) - 1))])
    shown = joined(snippet(text, wanted(" ".join(sorted(query)), text)))
    if best == alone:
        assert shown == next(
            text for text, found in zip(texts, held, strict=True) if len(found) == best
        )
    else:
        assert shown in {
            f"{texts[n]} {texts[n + 1]}"
            for n in range(len(held) - 1)
            if len(held[n] | held[n + 1]) == best
        }


formula_texts = st.lists(
    st.sampled_from(
        ["$x$", "$x + y$", "$a. B$", r"\(x y\)", r"\[ y \]", "$$x. Y$$", "deep", "x", "y.", "Nets"]
    ),
    max_size=15,
)


@law
@given(formula_texts, any_needles)
def test_no_mark_and_no_cut_is_inside_a_formula(parts: list[str], sought: Needles) -> None:
    text = " ".join(parts)
    inside: set[int] = set()
    at = 0
    for part in parts:
        if part[0] in "$\\":
            inside.update(range(at + 1, at + len(part)))
        at += len(part) + 1
    edges = {edge for span in marks(highlight(text, sought)) for edge in span}
    assert not edges & inside, marked(highlight(text, sought))
    shown = joined(snippet(text, sought))
    assert any(not {start, start + len(shown)} & inside for start in places(shown, text)), shown


# HTML.


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((), ""),
        ((Piece("deep", False),), "deep"),
        ((Piece("deep", True),), "<mark>deep</mark>"),
        (
            (Piece("a ", False), Piece("deep", True), Piece(" net", False)),
            "a <mark>deep</mark> net",
        ),
        ((Piece("<b>", True), Piece("&amp;", False)), "<mark>&lt;b&gt;</mark>&amp;amp;"),
        ((Piece('"it\'s"', True),), "<mark>&quot;it&#x27;s&quot;</mark>"),
        ((Piece("<mark>", False),), "&lt;mark&gt;"),
        ((Piece("深 $x<y$", True),), "<mark>深 $x&lt;y$</mark>"),
    ],
)
def test_html(pieces: tuple[Piece, ...], expected: str) -> None:
    assert to_html(pieces) == expected


@law
@given(st.lists(st.builds(Piece, st.text(), st.booleans())))
def test_html_holds_no_markup_but_the_marks(pieces: list[Piece]) -> None:
    page = to_html(pieces)
    assert page.count("<mark>") == page.count("</mark>") == sum(p.marked for p in pieces)
    bare = page.replace("<mark>", "").replace("</mark>", "")
    assert not set(bare) & set("<>\"'")
    for entity, char in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("#x27", "'"), ("amp", "&")):
        bare = bare.replace(f"&{entity};", char)
    assert bare == joined(pieces)
