"""Printed names: one name in any order, lists with any separator, the names of BibTeX fields."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.names import Name, NameParts, whole_name
from index.printed.names import (
    NameList,
    is_medical_list,
    read_medical,
    read_name,
    split_authors,
    split_bibtex_names,
)
from tests.growth import grows_with_length

# One name.


@pytest.mark.parametrize(
    ("text", "family", "given_name", "particle", "suffix"),
    [
        ("Poe, Ann", "Poe", "Ann", "", ""),
        ("Poe,A.", "Poe", "A.", "", ""),
        ("O'Elm, K.", "O'Elm", "K.", "", ""),
        ("Oak Ríos, Mario José", "Oak Ríos", "Mario José", "", ""),
        ("van der Elm, Ludwig", "Elm", "Ludwig", "van der", ""),
        ("Elm, Ludwig van der", "Elm", "Ludwig", "van der", ""),
        ("Elm, L. van den", "Elm", "L.", "van den", ""),
        ("van Elm, Jean de", "Elm", "Jean", "de van", ""),
        ("'t Elm, Bea", "Elm", "Bea", "'t", ""),
        ("Elm, van der", "Elm", "", "van der", ""),
        ("Van der Elm, L.", "Van der Elm", "L.", "", ""),
        ("d'Elm, Jean", "d'Elm", "Jean", "", ""),
        ("al-Oak, Zed", "al-Oak", "Zed", "", ""),
        ("poe, ann", "poe", "ann", "", ""),
        ("Quill, Neal, Jr.", "Quill", "Neal", "", "Jr."),
        ("Quill, Jr., Neal", "Quill", "Neal", "", "Jr."),
        ("Quill Jr., Neal", "Quill", "Neal", "", "Jr."),
        ("Quill, Neal Jr.", "Quill", "Neal", "", "Jr."),
        ("von Quill, III, Neal", "Quill", "Neal", "von", "III"),
        ("Quill, N. R., 3rd", "Quill", "N. R.", "", "3rd"),
        ("Quill, Jr.", "Quill", "", "", "Jr."),
        ("Quill, JR", "Quill", "JR", "", ""),
        ("Quill, IV", "Quill", "IV", "", ""),
        ("Oak Dang,", "Oak Dang", "", "", ""),
        ("Poe,, Ann", "Poe", "Ann", "", ""),
        ("Poe, Ann, V", "Poe", "Ann V", "", ""),
        ("Poe, Ann, PhD", "Poe", "Ann", "", ""),
        ("Poe, Ann, Jr., M.D., PhD", "Poe", "Ann", "", "Jr."),
        ("Poe, MD", "Poe", "MD", "", ""),
        ("Poe, A. -B.", "Poe", "A.-B.", "", ""),
        ('"Elm, Bea"', "Elm", "Bea", "", ""),
        ("李, 娜", "李", "娜", "", ""),
    ],
)
def test_names_with_the_family_in_front(
    text: str, family: str, given_name: str, particle: str, suffix: str
) -> None:
    assert read_name(text) == NameParts(family, given_name, particle, suffix)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Poe", "Ann Poe"),
        ("  Ann   Poe ", "Ann Poe"),
        ("Ludwig van der Elm", "Ludwig van der Elm"),
        ("A. -B. Poe", "A.-B. Poe"),
        ("Neal Quill, Jr.", "Neal Quill, Jr."),
        ("Neal Quill Jr.", "Neal Quill, Jr."),
        ("Neal Quill III", "Neal Quill, III"),
        ("Ann Poe, MD, PhD", "Ann Poe"),
        ("Elm Collaboration", "Elm Collaboration"),
        ("School of Lakes, Riverton", "School of Lakes, Riverton"),
        ("Lake House, Riverton, Northland", "Lake House, Riverton, Northland"),
        ("Plato", "Plato"),
        ("李娜", "李娜"),
        ("", ""),
        (",", ""),
    ],
)
def test_names_whose_parts_nothing_tells(text: str, expected: str) -> None:
    assert read_name(text) == expected


@pytest.mark.parametrize(
    ("text", "family", "given_name", "particle", "suffix"),
    [
        ("Poe AB", "Poe", "AB", "", ""),
        ("Poe A B", "Poe", "A B", "", ""),
        ("Poe A.B.", "Poe", "A.B.", "", ""),
        ("Poe A.-B.", "Poe", "A.-B.", "", ""),
        ("van der Elm LM", "Elm", "LM", "van der", ""),
        ("Oak Ríos M", "Oak Ríos", "M", "", ""),
        ("POE A", "POE", "A", "", ""),
        ("Quill N Jr", "Quill", "N", "", "Jr"),
        ("Quill N 3rd", "Quill", "N", "", "3rd"),
        ("Quill N III", "Quill", "N", "", "III"),
        ("Quill IV", "Quill", "IV", "", ""),
        ("Quill N.R., Jr.", "Quill", "N.R.", "", "Jr."),
    ],
)
def test_names_with_initials_behind(
    text: str, family: str, given_name: str, particle: str, suffix: str
) -> None:
    assert read_medical(text) == NameParts(family, given_name, particle, suffix)
    assert is_medical_list([text])


@pytest.mark.parametrize("text", ["Ann Poe", "A. Poe", "A B", "Poe, A.", "Plato", "Elm GROUP", ""])
def test_names_without_initials_behind(text: str) -> None:
    assert read_medical(text) == read_name(text)
    assert not is_medical_list([text])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Poe A", "Roe S", "Lake Consortium"], True),
        (["Poe A", "Lake Consortium"], False),
        (["Ann Poe", "Sam R"], False),
        (["Poe A", "Roe S", "L. Na"], False),
        (["POE A", "ROE S"], True),
        ([], False),
    ],
)
def test_medical_lists(names: list[str], expected: bool) -> None:
    assert is_medical_list(names) == expected


families = st.sampled_from(["Poe", "Oak Ríos", "Ó Elm", "Na-Roe", "d'Elm", "李"])
given_names = st.sampled_from(["Ann", "Mario José", "A.", "B. C.", "Li-Na", "娜"])
particles = st.sampled_from(["", "van der", "de la", "von", "'t"])
suffixes = st.sampled_from(["", "Jr.", "Sr", "III", "2nd"])
some_parts = st.builds(NameParts, families, given_names, particles, suffixes)


def inverted(parts: NameParts, form: str = "{particle} {family}, {given}, {suffix}") -> str:
    return re.sub("(?:, )+", ", ", form.format(**parts._asdict())).strip(", ")


@given(
    some_parts,
    st.sampled_from(
        [
            "{particle} {family}, {given}, {suffix}",
            "{particle} {family}, {suffix}, {given}",
            "{family}, {given} {particle}, {suffix}",
            "{particle} {family} {suffix}, {given}",
        ]
    ),
)
def test_parts_are_told_from_every_order(parts: NameParts, form: str) -> None:
    assert read_name(inverted(parts, form)) == parts


# Printed lists.


def shown(listed: NameList) -> list[str]:
    return list(listed.displayed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Full names, and what may part them.
        ("Ann Poe", ["Ann Poe"]),
        ("Ann Poe; Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe;Sam Roe;", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe | Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe\nSam Roe\r\nLi Na\n", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe and Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe & Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe, Sam Roe", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe,Sam Roe,", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe, Sam Roe and Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe, Sam Roe, and Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe; Sam Roe; and Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe; Sam Roe and Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe, Sam Roe,\n  Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe, Plato, Li Na", ["Ann Poe", "Plato", "Li Na"]),
        ("Ann Poe, Sam Roe.", ["Ann Poe", "Sam Roe"]),
        ("Rand Anderson", ["Rand Anderson"]),
        ("李娜、王伟", ["李娜", "王伟"]),
        ("李娜，王伟", ["李娜", "王伟"]),
        # The family name in front.
        ("Poe, Zed", ["Zed Poe"]),
        ("Poe, Ann; Roe, Sam", ["Ann Poe", "Sam Roe"]),
        ("Poe, Ann\nRoe, Sam", ["Ann Poe", "Sam Roe"]),
        ("Poe, Ann and Roe, Sam", ["Ann Poe", "Sam Roe"]),
        ("Oak Ríos, Mario José and Roe, Sam", ["Mario José Oak Ríos", "Sam Roe"]),
        ("Oak Ríos, Mario José; Elm Ó, Bea Lu", ["Mario José Oak Ríos", "Bea Lu Elm Ó"]),
        ("van der Elm, Ludwig Max", ["Ludwig Max van der Elm"]),
        ("Poe, A., Roe, S. T.", ["A. Poe", "S. T. Roe"]),
        ("Poe, A., Roe, S. T., & Na, L.", ["A. Poe", "S. T. Roe", "L. Na"]),
        ("Poe, A., Jr., Roe, S., Lake Team", ["A. Poe, Jr.", "S. Roe", "Lake Team"]),
        ("Poe, Ann B., Roe, Sam", ["Ann B. Poe", "Sam Roe"]),
        ("Na, L.; Roe, S.", ["L. Na", "S. Roe"]),
        ("NA, L., LI, B.", ["L. NA", "B. LI"]),
        ("Poe, Ann, Roe, Sam, and Elm, Bea", ["Ann Poe", "Sam Roe", "Bea Elm"]),
        ("ANN POE, SAM ROE", ["ANN POE", "SAM ROE"]),
        # Initials behind.
        ("Poe A, Roe ST, Na L", ["A Poe", "ST Roe", "L Na"]),
        ("Poe A, Roe ST, Na LM.", ["A Poe", "ST Roe", "LM Na"]),
        ("Poe A; Roe ST; Lake Consortium.", ["A Poe", "ST Roe", "Lake Consortium"]),
        ("Poe A.B., Roe S.", ["A.B. Poe", "S. Roe"]),
        ("Poe A.B., Jr., Roe S.", ["A.B. Poe, Jr.", "S. Roe"]),
        ("Poe AB Jr, Roe S", ["AB Poe, Jr", "S Roe"]),
        ("A. Poe; S. -T. Roe", ["A. Poe", "S.-T. Roe"]),
        # Lists that a program printed.
        ("['Ann Poe', \"Pat O'Elm\"]", ["Ann Poe", "Pat O'Elm"]),
        ('["Ann Poe", "Sam Roe"]', ["Ann Poe", "Sam Roe"]),
        (r'["Zo\u00eb Poe", "Sam \"Zed\" Roe"]', ["Zoë Poe", 'Sam "Zed" Roe']),
        (r"['Pat O\'Elm', 'Roe, Sam']", ["Pat O'Elm", "Sam Roe"]),
        ("['Ann Poe' 'Sam Roe'\n 'Li Na']", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("['Poe A', 'Roe S']", ["A Poe", "S Roe"]),
        # Suffixes and degrees.
        ("Neal Quill, Jr.", ["Neal Quill, Jr."]),
        ("Neal Quill Jr.", ["Neal Quill, Jr."]),
        ("Neal Quill III", ["Neal Quill, III"]),
        ("Neal Quill IV", ["Neal Quill, IV"]),
        ("Quill N III", ["N Quill, III"]),
        ("Neal Quill III; Sam Roe II", ["Neal Quill, III", "Sam Roe, II"]),
        ("Neal Quill III and Sam Roe Jr.", ["Neal Quill, III", "Sam Roe, Jr."]),
        # Among names with initials they are initials.
        ("Quill Elm IV, Roe S, Poe A", ["IV Quill Elm", "S Roe", "A Poe"]),
        ("Neal Quill, Jr., Sam Roe III, Li Na", ["Neal Quill, Jr.", "Sam Roe, III", "Li Na"]),
        ("Ann Poe, PhD, Sam Roe, M.D., Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("Ann Poe, MD, PhD; Sam Roe, MSc", ["Ann Poe", "Sam Roe"]),
        # Footnotes.
        ("Ann Poe*, Sam Roe†‡", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe *, Sam Roe †,‡", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe1,2*, Sam Roe3", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe1, 2 and Sam Roe¹²", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe (1,2), Sam Roe (3)", ["Ann Poe", "Sam Roe"]),
        ("Poe, Ann B. (5123); Roe, Sam (5124)", ["Ann B. Poe", "Sam Roe"]),
        ("Lake21 Team; Sam Roe", ["Lake21 Team", "Sam Roe"]),
        # Groups.
        ("Council on Lakes and Ponds", ["Council on Lakes and Ponds"]),
        ("Ann Poe, Council on Lakes and Ponds", ["Ann Poe", "Council on Lakes and Ponds"]),
        ("Lake Collaboration: A. Poe, S. Roe", ["Lake Collaboration", "A. Poe", "S. Roe"]),
        ("- The Lake Team; Ann Poe", ["The Lake Team", "Ann Poe"]),
        # Nobody.
        ("", []),
        (" , ; ", []),
        ("nan", []),
        ("None", []),
        ("N/A; NA", []),
        ("Unknown", []),
        ("[Anonymous]", []),
        ("[No author name available]", []),
        ("Ann Poe; ; None", ["Ann Poe"]),
        ("Na", ["Na"]),
    ],
)
def test_lists_with_any_separator(text: str, expected: list[str]) -> None:
    listed = split_authors(text)
    assert shown(listed) == expected
    assert not listed.et_al


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Poe et al.", ["Ann Poe"]),
        ("Ann Poe, et al", ["Ann Poe"]),
        ("Ann Poe and others", ["Ann Poe"]),
        ("Ann Poe & others", ["Ann Poe"]),
        ("Ann Poe, others", ["Ann Poe"]),
        ("Ann Poe, Sam Roe, others", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe and 12 more authors", ["Ann Poe"]),
        ("Ann Poe, Sam Roe et al.", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe, Sam Roe, ...", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe, Sam Roe…", ["Ann Poe", "Sam Roe"]),
        ("Ann Poe, ..., Li Na", ["Ann Poe", "Li Na"]),
        ("Ann Poe u.a.", ["Ann Poe"]),
        ("Ann Poe, Sam Roe u. a.", ["Ann Poe", "Sam Roe"]),
        ("Poe A, Roe S, et al.", ["A Poe", "S Roe"]),
        ("Poe, A.; Roe, S.; et al.", ["A. Poe", "S. Roe"]),
        ("['Ann Poe', 'et al.']", ["Ann Poe"]),
    ],
)
def test_a_list_may_leave_names_out(text: str, expected: list[str]) -> None:
    listed = split_authors(text)
    assert shown(listed) == expected
    assert listed.et_al


full_names = st.sampled_from(
    [
        *("Ann Poe", "Pat O'Elm", "Neal Quill, Jr.", "Ludwig van der Elm", "A.-B. Roe", "Zoë Oak"),
        *("Li Na", "Rand Anderson", "Maria de la Cruz", "Sam Roe, III"),
    ]
)
separators = st.sampled_from(["; ", ";", " and ", " & ", "|", " | ", "\n", ", "])


@given(st.lists(full_names, max_size=6), separators)
def test_a_list_of_full_names_comes_back(names: list[str], separator: str) -> None:
    assert shown(split_authors(separator.join(names))) == names


@given(st.lists(some_parts, max_size=6), st.sampled_from(["; ", ";", " and ", " & ", "|", "\n"]))
def test_a_list_of_turned_names_comes_back(people: list[NameParts], separator: str) -> None:
    # A lone list of two full names is one of names as they are read.
    people = [parts._replace(family=parts.family.split()[-1]) for parts in people]
    listed = split_authors(separator.join(map(inverted, people)))
    assert list(listed.names) == people


awkward = st.lists(
    st.sampled_from(
        [
            *("Ann", "Poe", "van", "B.", "CD", "李娜", "Lake", "of", "O'Elm", "Jr.", "III", "Zoë"),
            *(" ", " ", ",", ", ", ";", " and ", "&", "\n", "|", ":", "*", "-", '"', "'", "(", "["),
        ]
    ),
    max_size=30,
).map("".join)


@given(awkward)
def test_no_name_is_lost(text: str) -> None:
    names = " ".join(shown(split_authors(text)))
    letters = [sorted(filter(str.isalpha, re.sub(r"\band\b", "", part))) for part in (text, names)]
    assert letters[0] == letters[1]


@given(st.text() | awkward)
def test_any_text_is_a_list_of_names(text: str) -> None:
    for listed in (split_authors(text), split_bibtex_names(text, str)):
        assert all(any(map(str.isalnum, name)) for name in listed.displayed)
    read_name(text)
    read_medical(text)


# BibTeX.


def decode(latex: str) -> str:
    """Decode the few commands of the examples here."""
    text = re.sub(r"\\relax\s*|\\noopsort\{[^}]*\}", "", latex)
    for command, letter in {r"\\o\s*": "ø", r"\\'\{?e\}?": "é", r"\\H\{u\}": "ű"}.items():
        text = re.sub(command, letter, text)
    return re.sub(r"[{}]", "", text).replace("~", " ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Poe", [NameParts("Poe", "Ann")]),
        ("Poe, Ann", [NameParts("Poe", "Ann")]),
        ("Poe, Ann and Sam Roe", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam")]),
        ("Ann Poe\n\tAND Sam~T. Roe", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam T.")]),
        ("Ludwig van der Elm", [NameParts("Elm", "Ludwig", "van der")]),
        ("Ann de la Vall{\\'e}e Poe", [NameParts("Vallée Poe", "Ann", "de la")]),
        ("van der Elm, Ludwig", [NameParts("Elm", "Ludwig", "van der")]),
        ("von Quill, III, Neal", [NameParts("Quill", "Neal", "von", "III")]),
        ("Quill, Neal, Jr.", [NameParts("Quill", "Neal", suffix="Jr.")]),
        ("Neal Quill Jr.", [NameParts("Quill", "Neal", suffix="Jr.")]),
        ("Quill, Neal R., Jr., PhD", [NameParts("Quill", "Neal R.", suffix="Jr.")]),
        ("Plato", [NameParts("Plato")]),
        ("{Heron Watch}", [NameParts("Heron Watch")]),
        ("{Heron Watch} and Poe, Ann", [NameParts("Heron Watch"), NameParts("Poe", "Ann")]),
        ("{Poe}, Ann", [NameParts("Poe", "Ann")]),
        ("{{van Elm}, A.~B.}", [NameParts("Elm", "A. B.", "van")]),
        ("{\\relax Yu}. Poe", [NameParts("Poe", "Yu.")]),
        ("{\\noopsort{a}}Poe, Ann", [NameParts("Poe", "Ann")]),
        ("J\\o rgen Poe", [NameParts("Poe", "Jørgen")]),
        ("Sz{\\H{u}}cs, Ren{\\'e}", [NameParts("Szűcs", "René")]),
        ("Rowland and Poe", [NameParts("Rowland"), NameParts("Poe")]),
        # biblatex's way.
        (
            "family=Elm, given=Ann, prefix=van, useprefix=true and Sam Roe",
            [NameParts("Elm", "Ann", "van"), NameParts("Roe", "Sam")],
        ),
        (
            "given={Neal, R.}, family=Quill, suffix=Jr., given-i={N}",
            [NameParts("Quill", "Neal, R.", suffix="Jr.")],
        ),
        # What BibTeX refuses or takes for something else.
        ("Poe, A.;", [NameParts("Poe", "A.")]),
        ("Poe, Ann, and Roe, Sam", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam")]),
        ("Ann Poe and and Sam Roe and", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam")]),
        ("Poe, A.; Roe, S.", [NameParts("Poe", "A."), NameParts("Roe", "S.")]),
        ("Poe, A., Roe, S.", [NameParts("Poe", "A."), NameParts("Roe", "S.")]),
        ("Poe, Ann & Roe, Sam", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam")]),
        ("Poe, Ann and {Roe, Sam", [NameParts("Poe", "Ann"), NameParts("Roe", "Sam")]),
        ("Anonymous", []),
        ("", []),
    ],
)
def test_bibtex_names(text: str, expected: list[NameParts]) -> None:
    assert split_bibtex_names(text, decode) == NameList(tuple(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{Poe and Sons}", ["Poe and Sons"]),
        ("{{Lake Team}} and Ann Poe", ["Lake Team", "Ann Poe"]),
        ("{Poe, Roe and Partners} and Roe, Sam", ["Poe, Roe and Partners", "Sam Roe"]),
        ("{Poe {\\&} Sons}", ["Poe \\& Sons"]),
        ("School of Lakes", ["School of Lakes"]),
        ("Ann Poe, Sam Roe, Li Na", ["Ann Poe", "Sam Roe", "Li Na"]),
        ("A. Poe, S. Roe", ["A. Poe", "S. Roe"]),
        ("Poe, Ann, Roe", ["Poe, Ann, Roe"]),
        ("Lake Maps, Inc. and Tide Works GmbH", ["Lake Maps, Inc.", "Tide Works GmbH"]),
        ("The {LAKE} Collaboration", ["The LAKE Collaboration"]),
        ("Neal Quill, Jr.", ["Neal Quill, Jr."]),
        ("李娜 and 王伟", ["李娜", "王伟"]),
    ],
)
def test_bibtex_names_without_parts(text: str, expected: list[str]) -> None:
    assert shown(split_bibtex_names(text, decode)) == expected


@pytest.mark.parametrize("rest", ["and others", "and {others}", "et al.", "and et al.", "and ..."])
def test_bibtex_lists_may_leave_names_out(rest: str) -> None:
    listed = split_bibtex_names(f"Poe, Ann {rest}", decode)
    assert listed == NameList((NameParts("Poe", "Ann"),), et_al=True)


@given(
    st.lists(some_parts | st.sampled_from(["Poe and Sons", "Lake Team, Elm"])),
    st.sampled_from([" and ", "\n  and\n", " AND "]),
)
def test_a_bibtex_list_comes_back(people: list[Name], separator: str) -> None:
    printed = [
        f"{{{one}}}"
        if isinstance(one, str)
        else inverted(one, "{particle} {family}, {suffix}, {given}")
        for one in people
    ]
    expected = tuple([whole_name(one) if isinstance(one, str) else one for one in people])
    assert split_bibtex_names(separator.join(printed), decode) == NameList(expected)


@pytest.mark.parametrize(
    "part",
    [
        *("elm ", "Elm ", "Elm;", "Elm and ", "Elm, A., ", "A. ", "van ", " ", "\n", "'a' "),
        *(", Jr.", " III", "et al ", "...", "(1)", "1,", "*", ".*", "'", "\\'", "[", "{"),
    ],
)
@pytest.mark.parametrize(("before", "behind"), [("Quill", "x"), ("['a'", "]")])
def test_time_grows_with_the_length_alone(part: str, before: str, behind: str) -> None:
    assert grows_with_length(split_authors, part, before, behind)
