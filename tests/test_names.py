"""Names: parts, suffixes in lists, spellings, whose name it is, which names a query means."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index.analysis import tokens
from index.names import (
    Likeness,
    NameParts,
    WantedName,
    name_terms,
    split_names,
    surname,
    with_owners,
)
from tests.vocabulary import has_word_end

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
    assert [name for name in names if is_sure(wanted, name)] == expected


def likeness(wanted: str, name: str) -> Likeness | None:
    """Return how surely a printed name is meant, in its surest spelling."""
    meant = WantedName(wanted)
    found = [one for term in name_terms(name) if (one := meant.likeness(term)) is not None]
    return min(found, default=None)


def is_sure(wanted: str, name: str) -> bool:
    return likeness(wanted, name) in (Likeness.EXACT, Likeness.COMPATIBLE)


@pytest.mark.parametrize(
    ("wanted", "exact", "compatible", "possible", "others"),
    [
        (
            "Quill, Zeno",
            ["Zeno Quill"],
            ["Zeno P. Quill", "Zeno Paul Quill", "Quill Zeno", "Zeno Quill, Jr."],
            ["Z. Quill", "Z. P. Quill", "ZP Quill"],
            ["Ann Quill", "A. Z. Quill", "Zeno Quillan", "Zeno Roe", "Quill"],
        ),
        (
            "Zeno P. Quill",
            ["Zeno P. Quill"],
            ["Zeno Quill", "Zeno Paul Quill"],
            ["Z. P. Quill", "Z. Quill"],
            ["Zeno R. Quill", "Zeno Rex Quill", "Z. R. Quill", "P. Quill", "Paul Quill"],
        ),
        (
            "ZP Quill",
            ["Z. P. Quill", "Z.P. Quill", "Z.-P. Quill", "ZP Quill"],
            ["Zeno P. Quill", "Zeno Paul Quill"],
            ["Z. Quill", "Zeno Quill"],
            ["E. P. Quill", "P. Z. Quill", "Quill Zeno Paul"],
        ),
        ("Quill ZP", ["Z. P. Quill"], ["Zeno Paul Quill"], ["Zeno Quill"], ["P. Quill"]),
        ("quill z p", ["Z. P. Quill"], ["Zeno Paul Quill"], ["Zeno Quill"], ["P. Quill"]),
        ("Quill Zeno P.", ["Zeno P. Quill"], ["Zeno Quill"], ["Z. P. Quill"], ["Paul Quill"]),
        ("JA Roe", ["J. A. Roe"], ["Jan A. Roe"], ["Jan Roe"], ["Ann Roe"]),
        ("JA ROE", ["Ja Roe"], [], ["J. Roe"], ["Jan Roe"]),
        ("Roe JA", ["J. A. Roe"], ["Jan A. Roe"], [], ["Jan Roe", "J. Ja"]),
        ("Li OAK", ["Li Oak"], ["Oak Li"], ["L. Oak"], ["O. Li", "Otto Li"]),
        ("OAK Li", ["Oak Li", "O. A. K. Li"], ["Li Oak"], ["O. Li"], ["L. Oak"]),
        ("Jo Roe", ["Jo Roe"], ["Jo A. Roe"], ["J. Roe", "J. O. Roe"], ["Joan Roe"]),
        (
            "Lihua Oak",
            ["Lihua Oak", "Li-Hua Oak", "Li Hua Oak"],
            ["Oak Lihua"],
            ["L. Oak", "L.-H. Oak"],
            ["Li Oak", "Hua Oak"],
        ),
        (
            "Li-Hua Oak",
            ["Lihua Oak", "Li-Hua Oak", "Li Hua Oak"],
            ["Li-Hua P. Oak"],
            ["L. Oak", "L. H. Oak"],
            ["Li Oak", "Hua Oak", "L. M. Oak"],
        ),
        ("Li Oak", ["Li Oak"], ["Li Zeno Oak"], ["L. Oak", "Li-Hua Oak"], ["Lihua Oak"]),
        ("OElm", ["Pat O'Elm", "Pat OElm", "P. O’Elm"], [], [], ["Pat Elm", "O. Elm"]),
        ("O'Elm, P.", ["P. O'Elm"], ["Pat OElm"], [], ["Ann O'Elm"]),
        (
            "van der Elm, Ludwig",
            ["Ludwig van der Elm", "Ludwig Vanderelm"],
            ["Ludwig Elm", "Ludwig R. van der Elm"],
            ["L. van der Elm", "L. Elm"],
            ["Vera Elm", "Ludwig van der Oak"],
        ),
        ("Elm, Ludwig van der", ["Ludwig van der Elm"], ["Ludwig Elm"], ["L. Elm"], ["V. Elm"]),
        ("van der Elm", ["Ludwig van der Elm"], [], [], ["V. Elm", "Van Elm"]),
        ("Ludwig Elm", ["Ludwig Elm"], ["Ludwig van der Elm"], ["L. van Elm"], ["Van Elm"]),
        ("Poe-Roe", ["Ann Poe-Roe"], [], [], ["P. Roe", "Ann Roe"]),
        (
            "Roe Jr., Sam",
            ["Sam Roe, Jr.", "Sam Roe Jr"],
            ["Sam Roe"],
            ["S. Roe"],
            ["Sam Roe, Sr.", "Sam Roe III"],
        ),
        ("Roe, Sam, III", ["Sam Roe III"], ["Sam Roe"], ["S. Roe"], ["Sam Roe II"]),
        ("Ann Sue Roe", ["Ann Sue Roe"], ["Ann S. Roe"], ["Ann Roe", "A. Roe"], ["Sue Roe"]),
        ("S. Roe", ["S. Roe"], ["R. Sam Roe", "Sam Poe Roe"], [], ["R. S. Roe", "Roe Sam"]),
        ("R. Sam Roe", ["R. Sam Roe"], ["Sam Roe"], ["R. S. Roe"], ["R. Roe Sam"]),
        ("Young-In Oak", ["Young-In Oak"], [], ["Y. Oak"], ["Young C. Oak", "Young Oak"]),
        ("Oak, Mill", ["Mill Oak"], ["Oak, Mill"], [], []),
        ("Zeno Quill, V.S.", [], ["Zeno Quill, V.S."], [], ["Zeno Quill"]),
        ("MHamdi", ["Ann M’hamdi"], [], [], ["M. Hamdi"]),
        ("И. Вяз", ["И. Вяз"], ["Иван Вяз"], [], ["Олег Вяз"]),
        ("李娜", ["李娜"], ["娜李"], [], ["李明"]),
    ],
)
def test_likeness(
    wanted: str, exact: list[str], compatible: list[str], possible: list[str], others: list[str]
) -> None:
    names = [*exact, *compatible, *possible, *others]
    expected = [
        *(Likeness.EXACT for _ in exact),
        *(Likeness.COMPATIBLE for _ in compatible),
        *(Likeness.POSSIBLE for _ in possible),
        *(None for _ in others),
    ]
    found = [likeness(wanted, name) for name in names]
    assert dict(zip(names, found, strict=True)) == dict(zip(names, expected, strict=True))


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        ("River Lab of Oaks", "RiverLab of Oaks", Likeness.EXACT),
        ("Lab of Rivers", "Rivers Lab of Oaks", Likeness.COMPATIBLE),
        ("U of Oaks", "University of Oaks", Likeness.COMPATIBLE),
        ("University of Oaks", "U of Oaks", None),
        ("IBM Lab", "Iron Lab", None),
    ],
)
def test_words_of_institutions_are_no_initials(
    wanted: str, name: str, expected: Likeness | None
) -> None:
    (term,) = name_terms(name)
    assert WantedName(wanted, of_person=False).likeness(term) is expected


given_words = st.lists(
    st.sampled_from(["Zeno", "Paul", "Ines", "Z.", "P.", "R."]), min_size=1, max_size=3
)
people = st.builds(
    lambda given, family: (tuple(given), family), given_words, st.sampled_from(["Quill", "O'Elm"])
)
some_names = (
    st.lists(
        st.sampled_from(
            [
                *("Zeno", "Quill", "Z.", "P.", "ZP", "zp", "Li", "Hua", "Lihua", "Li-Hua", "van"),
                *("de", "O'Elm", "OElm", "Elm", "Jr.", "III", "Müller", "Mueller", "李", "Quill,"),
            ]
        ),
        max_size=5,
    ).map(" ".join)
    | awkward_names
)


@given(people, people)
def test_names_that_begin_alike_mean_each_other_or_neither(
    left: tuple[tuple[str, ...], str], right: tuple[tuple[str, ...], str]
) -> None:
    assume(left[0][0][0] == right[0][0][0])
    first, second = (" ".join((*given, family)) for given, family in (left, right))
    forth, back = likeness(first, second), likeness(second, first)
    assert (forth is None) == (back is None)
    assert (forth is Likeness.EXACT) == (back is Likeness.EXACT)


@given(people, st.sampled_from(["", ", Jr.", ", III"]))
def test_a_name_is_itself_however_it_is_typed(
    person: tuple[tuple[str, ...], str], suffix: str
) -> None:
    given, family = person
    name = " ".join((*given, family)) + suffix
    first = " ".join(given)
    for typed in (name, f"{family}, {first}{suffix}", name.lower(), f"{family}{suffix}, {first}"):
        assert likeness(typed, name) is Likeness.EXACT
    letters = "".join(word[0] for word in given)
    for typed in (
        f"{letters} {family}",
        f"{family}, {letters}",
        f"{family}, {'. '.join(letters)}.",
    ):
        assert is_sure(typed, name) or suffix


@given(some_names)
def test_any_name_means_itself(name: str) -> None:
    expected = Likeness.EXACT if name_terms(name) else None
    if "," not in name:
        assert likeness(name, name) is expected


@given(some_names, some_names, st.booleans())
def test_names_are_found_by_the_ends_of_their_words(
    wanted: str, name: str, of_person: bool
) -> None:
    meant = WantedName(wanted, of_person=of_person)
    for term in name_terms(name):
        begin = all(f" {initial}" in f" {term}" for initial in meant.initials)
        ends = any(has_word_end(term, end) for end in meant.word_ends)
        if meant.likeness(term) is not None:
            assert begin if meant.initials else ends


@given(some_names, some_names, st.booleans())
@example("Zeno Z.", "A", True)
def test_no_name_is_left_out_in_haste(wanted: str, name: str, of_person: bool) -> None:
    meant = WantedName(wanted, of_person=of_person)
    terms = name_terms(name)
    assert {term for term in terms if meant.likeness(term) is not None} <= {*meant.plausible(terms)}
