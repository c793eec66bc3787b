"""Names: parts, suffixes in lists, spellings, whose name it is, which names a query means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import tokens
from index.names import (
    NameParts,
    matching_names,
    name_terms,
    split_names,
    surname,
    with_owners,
)

AUTHORS = [
    *("Bo Han", "Han Li", "B. Hansen", "Bob Hanson", "Jürgen Müller", "J. Mueller"),
    *("Jean-Luc Picard", "Maria de la Cruz", "张三", "Ng"),
]

awkward_names = st.text() | st.lists(
    st.sampled_from(
        [*AUTHORS, "Jr.", "III", ",", ";", " and ", '\\"', "Ü", "ß", "-", "'", "。", "李"]
    )
).map("".join)


# Lists.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Poe, Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe,Sam Roe,", ["Ann Poe", "Sam Roe"]),
        ("Neal Quill, Jr., Li Na", ["Neal Quill, Jr.", "Li Na"]),
        ("Neal Quill, III", ["Neal Quill, III"]),
        ("Jr., Ann Poe", ["Jr.", "Ann Poe"]),
        (" , ", []),
        ("", []),
    ],
)
def test_a_suffix_stays_with_its_name(text: str, expected: list[str]) -> None:
    assert split_names(text, ",") == tuple(expected)


@given(awkward_names.map(lambda text: " ".join(text.split())))
def test_splitting_loses_nothing_but_separators(text: str) -> None:
    names = split_names(text, ",")
    assert all(name == name.strip() and name for name in names)
    assert "".join(names).replace(",", "").replace(" ", "") == text.replace(",", "").replace(
        " ", ""
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann Poe", "Poe"),
        ("Ludwig van der Berg", "Berg"),
        ("Neal Quill, Jr.", "Quill"),
        ("Quill, Zed", "Quill"),
        ("Plato", "Plato"),
        (", Zed", ""),
        ("", ""),
    ],
)
def test_surnames(name: str, expected: str) -> None:
    assert surname(name) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (NameParts("Poe", "Ann"), "Ann Poe"),
        (NameParts("Elm", "Ludwig", "van der"), "Ludwig van der Elm"),
        (NameParts("Quill", "Neal", suffix="Jr."), "Neal Quill, Jr."),
        (NameParts("Elm", "", "van", "III"), "van Elm, III"),
        (NameParts("Plato"), "Plato"),
        (NameParts("", "Ann"), "Ann"),
        (NameParts(), ""),
    ],
)
def test_parts_are_displayed_as_they_are_read(parts: NameParts, expected: str) -> None:
    assert parts.displayed == expected


# Spellings.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann Poe", ("ann poe",)),
        ("ANN  POE", ("ann poe",)),
        ("Jürgen Müller", ("jurgen muller", "juergen mueller")),
        (r"J{\"u}rgen M\"uller", ("jurgen muller", "juergen mueller")),
        ("Zoë Oak", ("zoe oak",)),
        ("Li-Na Oak", ("li na oak",)),
        ("A. B. Roe", ("a b roe",)),
        ("Sam Roe, Jr.", ("sam roe jr",)),
        ("Pat O'Elm", ("pat o elm",)),
        ("李娜", ("李 娜",)),
        ("RiverLab-AI", ("riverlab ai",)),
        ("", ()),
        ("...", ()),
    ],
)
def test_name_terms(name: str, expected: tuple[str, ...]) -> None:
    assert name_terms(name) == expected


@given(awkward_names)
def test_any_name_has_at_most_two_terms(name: str) -> None:
    terms = name_terms(name)
    assert len(terms) <= 2
    assert bool(terms) == any(True for _ in tokens(name))


# Owners of pages.


@pytest.mark.parametrize(
    ("authors", "owner", "expected"),
    [
        (["Ann Poe", "Sam Roe"], "Li Na", ("Ann Poe", "Sam Roe", "Li Na")),
        (["Ann Poe", "Sam Roe"], "Ann Poe", ("Ann Poe", "Sam Roe")),
        (["Ann Poe", "Sam Roe"], "SAM ROE", ("Ann Poe", "Sam Roe")),
        (["Jürgen Müller"], "Jurgen Muller", ("Jürgen Müller",)),
        (["Jürgen Müller"], "Juergen Mueller", ("Jürgen Müller",)),
        (["Juergen Mueller"], "Jürgen Müller", ("Juergen Mueller",)),
        (["J\\'er\\^ome Poe"], "Jérôme Poe", ("J\\'er\\^ome Poe",)),
        (["Ann Poe-Roe"], "Ann Poe", ("Ann Poe-Roe", "Ann Poe")),
        (["Ann Poe"], "", ("Ann Poe",)),
        ([], "Ann Poe", ("Ann Poe",)),
    ],
)
def test_the_owner_is_an_author_once(
    authors: list[str], owner: str, expected: tuple[str, ...]
) -> None:
    assert with_owners(authors, [owner]) == expected


# The names of a query.


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Bo Han", ["bo han"]),
        ("bo han", ["bo han"]),
        ("Han Bo", ["bo han"]),
        ("Han, Bo", ["bo han"]),
        ("B. Han", ["bo han"]),
        ("Han, B.", ["bo han"]),
        ("H. B.", ["bo han", "b hansen", "bob hanson"]),
        ("Han", ["bo han", "han li"]),
        ("Hans", []),
        ("Bob Hanson", ["bob hanson"]),
        ("B Hansen", ["b hansen"]),
        ("Boris Hansen", []),
        ("Bo Li", []),
        ("Müller", ["jurgen muller", "juergen mueller", "j mueller"]),
        ("Muller", ["jurgen muller"]),
        ("Mueller", ["juergen mueller", "j mueller"]),
        ("MÜLLER, Jürgen", ["jurgen muller", "juergen mueller"]),
        ("J. Müller", ["jurgen muller", "juergen mueller", "j mueller"]),
        (r"M{\"u}ller", ["jurgen muller", "juergen mueller", "j mueller"]),
        ("Jean-Luc Picard", ["jean luc picard"]),
        ("J.-L. Picard", ["jean luc picard"]),
        ("Picard", ["jean luc picard"]),
        ("de la Cruz, Maria", ["maria de la cruz"]),
        ("张三", ["张 三"]),
        ("Ng", ["ng"]),
        ("N", ["ng"]),
        ("", []),
        ("!!", []),
    ],
)
def test_names(wanted: str, expected: list[str]) -> None:
    names = list(dict.fromkeys(term for name in AUTHORS for term in name_terms(name)))
    assert matching_names(wanted, names) == expected
