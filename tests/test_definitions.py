"""What a text defines: golden examples, and laws of any text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searcher.query.definitions import definitions, is_short, long_key, short_key

DEFINED = [
    ("a tidal flow model (TFM) of bays", [("TFM", "tidal flow model")]),
    ("TFM (tidal flow model) of bays", [("TFM", "tidal flow model")]),
    # A plural.
    ("two wave height buoys (WHBs)", [("WHB", "wave height buoys")]),
    ("our WHBs (wave height buoys)", [("WHB", "wave height buoys")]),
    ("two wave height buoys (WHB's)", [("WHB", "wave height buoys")]),
    # Doubled letters, of which the last words would have enough.
    ("by partial plume observation (PPO)", [("PPO", "partial plume observation")]),
    ("for sand-stable slopes (SSS)", [("SSS", "sand-stable slopes")]),
    # Over a line end.
    ("a tidal\nflow\r\nmodel (TFM)", [("TFM", "tidal flow model")]),
    ("TFM (tidal\n flow model)", [("TFM", "tidal flow model")]),
    # Brackets without their other half.
    ("a) b [c a tidal flow model (TFM, see", [("TFM", "tidal flow model")]),
    ("the tidal flow model (TFM", [("TFM", "tidal flow model")]),
    (":-( a TFM (tidal flow model; as before", [("TFM", "tidal flow model")]),
    # What else stands in the bracket.
    ("tidal flow models (TFM; Moe 1999)", [("TFM", "tidal flow models")]),
    ('tidal flow models (henceforth "TFM")', [("TFM", "tidal flow models")]),
    ("tidal flow models (i.e., TFMs)", [("TFM", "tidal flow models")]),
    ("tidal flow models [TFM]", [("TFM", "tidal flow models")]),
    # Words that have no letter of it, and letters that are no initials.
    ("the state of the river (SotR)", [("SotR", "state of the river")]),
    ("an atlas of salt marshes (ASM)", [("ASM", "atlas of salt marshes")]),
    ("a wind-driven current (WC)", [("WC", "wind-driven current")]),
    ("bathymetric maps (BaMa)", [("BaMa", "bathymetric maps")]),
    ("estuarine deposition networks (EDeN)", [("EDeN", "estuarine deposition networks")]),
    ("a magnetoencephalogram (MEG)", [("MEG", "magnetoencephalogram")]),
    ("a tidal flow model code (TFM)", [("TFM", "tidal flow model")]),
    # Signs that stand for words.
    ("a shore-to-shore ferry (S2SF)", [("S2SF", "shore-to-shore ferry")]),
    ("cross-bay exchange (XBE)", [("XBE", "cross-bay exchange")]),
    ("fish growth factor beta (FGF-β)", [("FGF-β", "fish growth factor beta")]),
    # Several of them, one within another.
    ("salt marsh (SM), wave maps (WM)", [("SM", "salt marsh"), ("WM", "wave maps")]),
    ("a coupled TFM (CTFM)", [("CTFM", "coupled TFM")]),
]  # fmt: skip
UNDEFINED = [
    "as shown in the figure (Moe et al., 1999)",
    "rivers (and tides) rise (Alps) in spring (a)",
    "in our hands (and heads)",
    "see (1), (IV) and the TFM (TFM)",
    "models of tides. Flow (TFM)",
    "models, as the US have them (NASA)",
    "a test of whether the river flows in many years (TFM)",
    "the TIDE (TIDEFLOW) basin",
    "(TFM) is late: tidal flow model",
    "()[](( [)",
    "",
]


@pytest.mark.parametrize(("text", "expected"), DEFINED)
def test_a_definition_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == expected


@pytest.mark.parametrize("text", UNDEFINED)
def test_what_defines_nothing(text: str) -> None:
    assert list(definitions(text)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tidal Flow Models", "tidal-flow model"),
        ("pre-stressed beams", "prestressed beam"),
        ("multi-layer grids", "multilayer grid"),
        ("coloured noise", "Colored Noises"),
        ("two TFMs", "two TFM"),
    ],
)
def test_long_forms_that_are_one(one: str, other: str) -> None:
    assert long_key(one) == long_key(other)


def test_long_forms_that_are_several() -> None:
    several = ["tidal flow model", "tidal flood model", "tidal model", "glass", "gas", ""]
    assert len(set(map(long_key, several))) == len(several)


@pytest.mark.parametrize("text", ["TFM", "mRNA", "Bi-LSTM", "S2S", "T5"])
def test_what_may_be_a_short_form(text: str) -> None:
    assert is_short(text)


@pytest.mark.parametrize("text", ["", "T", "Tides", "2003", "tfm", "A" * 11])
def test_what_is_no_short_form(text: str) -> None:
    assert not is_short(text)


WORDS = st.lists(st.sampled_from("bay cliff dune estuary fjord gulf harbour".split()), min_size=2)


@given(
    WORDS.filter(lambda words: len(words) <= 6), st.sampled_from([" ", "\n", "-"]), st.booleans()
)
def test_initials_are_defined_by_their_words(words: list[str], joint: str, is_first: bool) -> None:
    short, long = "".join(word[0] for word in words).upper(), joint.join(words)
    text = f"An {short} ({long}) is" if is_first else f"our {long} ({short}s) are"
    assert list(definitions(text)) == [(short, " ".join(long.split()))]


PIECES = st.sampled_from(
    ["(", ")", "[", " ", " ", "\n", ".", "-", "TFM", "TFMs", "tidal flow model", "Tidal", "of", "β",
     "(i.e. ", "flow", "model", "“", "’s", ";", ",", "ﬀ", "É", "İ"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_both_forms_of_a_definition_stand_in_the_text(text: str) -> None:
    found = list(definitions(text))
    for short, long in found:
        assert is_short(short)
        assert short in text
        assert long in re.sub(r"\s+", " ", text)
        assert [one for one in found if short_key(one.short) == short_key(short)] == list(
            definitions(text, short_key(short))
        )


def test_a_text_of_brackets_takes_no_time_that_grows_faster_than_it() -> None:
    # With the square of its length this would take minutes.
    assert list(definitions("(A" * 30_000)) == []
