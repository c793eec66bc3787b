"""Sentences: tables, and a comparison with those of NLTK."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from searcher.snippets.sentences import _ABBREVIATIONS, sentences
from tests.nltk_parts import PunktParameters, PunktSentenceTokenizer


@pytest.mark.parametrize(
    "expected",
    [
        [],
        ["We map slow rivers."],
        ["We map slow rivers"],
        ["We map rivers.", "They are slow.", "Are they?", "Yes!", "So they are."],
        ["Roe et al. Show that rivers bend.", "We agree."],
        ["We follow Roe et al. (2020) and Poe et al. Their maps are good."],
        ["Many, e.g. Rivers, bend."],
        ["Bends, i.e. Meanders, grow."],
        ["As Fig. 3 shows, they bend.", "So do others."],
        ["See Figs. 3 and 4, Sec. 5, Eq. 6 and Ref. 7 for more."],
        ["Elm vs. Oak is open.", "See cf. Poe."],
        ["By J. Roe and A. B. Poe.", "It bends."],
        ["We gain 3.5 points.", "It takes 2.0 s."],
        ["Code: https://example.org/a.b.", "We thank Dr. Oak."],
        ["Gains w.r.t. Accuracy are small.", "Others grow."],
        ["Stars of 10 M☉ are small.", "B♭ clarinets are, too.", "The integral ∮ is zero."],
        ["Is the flux through ∯ zero?", "We show why."],
    ],
    ids=lambda expected: " ".join(expected)[:30] or "empty",
)
def test_sentences(expected: list[str]) -> None:
    text = " ".join(expected)
    assert [text[start:end] for start, end in sentences(text)] == expected


_PUNKT_PARAMETERS = PunktParameters()
_PUNKT_PARAMETERS.abbrev_types.update(_ABBREVIATIONS)
_PUNKT = PunktSentenceTokenizer(_PUNKT_PARAMETERS)

_SENTENCE_PIECES = [
    *("We", "they", "al", "et al.", "Fig.", "fig.", "e.g.", "i.e.", "x-al.", "U.S.", "Ph.D.", "Z."),
    *("J.", "a.", "_.", "é.", "Ω.", "ß.", "\u0301.", "²", "No", "approx.", "deep", "-al.", "(cf."),
    *("3.", "3.5", "1,000.", "-2.", ".5.", "2019.", "5%.", "x2.", "-", "--", ",", ";", ":", "#"),
    *(
        "...",
        "..",
        ". . .",
        ".\xa0.\xa0.",
        ".",
        "?",
        "!",
        "?!",
        "!x.",
        "*",
        "@",
        "&",
        "`",
        "$",
        "\\",
    ),
    *("(", ")", "[", "]", "{", "}", '"', "'", "“", "”", "‘", "’", "«", "»", '."', ".)", ".'"),
    *("\n", "\n\n", "\t", "\xa0", "\u2028", "\x1c", "\r", "\x0b", "\x85", "深", "。", "ǅ"),
    *(" ", " ", " ", " ", " ", " ", "  ", ". ", ". ", ".\n"),
]
# Python and NLTK hold different versions of Unicode, and differ over symbols that are letters too.
_agreed = st.text(st.characters(exclude_categories=("Cn", "Cs", "Co", "Cf", "So")))


@settings(max_examples=200)
@given(st.lists(st.sampled_from(_SENTENCE_PIECES), max_size=25).map("".join) | _agreed)
@example(" ?! a")
@example("?! B. c")
@example("See cf. What?! They")
@example("i.e. (foo.) Bar")
@example("end.) And")
@example("He said \"so.\" 'Yes.'--no. ")
@example("a. \x1c")
def test_sentences_are_those_of_nltk(text: str) -> None:
    assert sentences(text) == list(_PUNKT.span_tokenize(text))


@given(
    st.sampled_from(sorted(_ABBREVIATIONS)), st.sampled_from(["{}", "({}", "x-{}", "x{}", "-{}"])
)
def test_every_abbreviation_is_nltk_s(abbreviation: str, setting: str) -> None:
    for word in (abbreviation, abbreviation.upper(), abbreviation.capitalize()):
        for following in ("Deep", "deep", "3", "(a)", "What?!"):
            text = f"See {setting.format(word)}. {following} nets."
            assert sentences(text) == list(_PUNKT.span_tokenize(text))


@given(st.text() | st.text(st.sampled_from("aB1.!?()\"' \n")))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    last_end = 0
    for start, end in sentences(text):
        assert last_end <= start < end <= len(text)
        assert not text[last_end:start].strip()
        last_end = end
    assert not text[last_end:].strip()


@pytest.mark.parametrize(
    "part",
    [". ", "a b c. ", "!?", '"', "x", "1.", '."', ".\xa0", ".)", "e.g. ", "-.", "x\n", "a,-"],
)
def test_a_long_text_of_anything_is_cut_into_sentences(part: str) -> None:
    text = part * (200_000 // len(part))
    spans = sentences(text)
    assert all(low < high for low, high in spans)
    assert all(high <= low for (_, high), (low, _) in pairwise(spans))
    assert not "".join(text[high:low] for (_, high), (low, _) in pairwise(spans)).strip()
