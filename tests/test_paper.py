"""Paper: ids, merging of copies, the round trip through JSON, and the content hash."""

import ast
import json
import pickle
import re
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.identifiers import SCHEMES, Identifier
from index.merging import merge
from index.names import NameParts, name_terms
from index.paper import (
    STATUSES,
    TYPES,
    Link,
    OtherText,
    Paper,
    Source,
    as_plain,
    content_hash,
    from_dict,
    from_plain,
    paper_id,
    paper_with,
    to_stored,
)

NAMES = ("Ann Poe", "Sam Roe", "Jürgen Müller", "Juergen Mueller", "Li Na", "Zoë Oak, Jr.")
DATES = (None, "2023", "2023-05", "2023-05-17", "2024-01-02")

names = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple)
lists = st.lists(st.text(), max_size=2).map(tuple)
other_texts = st.lists(st.builds(OtherText, st.text(), st.text()), max_size=2).map(tuple)
# What stands under one scheme is written under it, so they come in the order of their schemes.
identifiers = st.lists(
    st.builds(Identifier, st.sampled_from(SCHEMES), st.text()), max_size=3, unique=True
).map(lambda found: tuple(sorted(found, key=lambda one: SCHEMES.index(one.scheme))))
sources = st.builds(Source, file=st.sampled_from(["/a.txt", "/b.txt"]), line=st.integers(1, 99))
scores = st.none() | st.floats(-1e6, 1e6)
copies = st.builds(
    Paper,
    id=st.just("poe-slow-rivers-1"),
    title=st.sampled_from(["Slow Rivers", "Slow rivers", "Slow Rivers."]),
    abstract=st.sampled_from(["", "We map.", "We dig.", "We map slow rivers."]),
    authors=names,
    et_al=st.booleans(),
    categories=st.sampled_from([(), ("LG",), ("cs.CV", "cs.LG")]),
    keywords=st.sampled_from([(), ("rivers",), ("maps", "rivers")]),
    venue=st.sampled_from(["", "River Letters", "Proc. of Rivers"]),
    volume=st.sampled_from(["", "7"]),
    type=st.sampled_from(["", *TYPES]),
    status=st.sampled_from(["", *STATUSES]),
    language=st.sampled_from(["", "de", "en"]),
    cited_by=st.none() | st.integers(0, 9),
    identifiers=st.sampled_from(
        [(), (Identifier("doi", "10.5555/1"),), (Identifier("pmid", "7"),)]
    ),
    year=st.sampled_from([None, 2023, 2024]),
    date=st.sampled_from(DATES),
    has_code=st.booleans(),
    institutions=st.lists(st.sampled_from(["elm", "oak", "fir"]), unique=True).map(tuple),
    score=scores,
    owners=names,
    sources=st.lists(sources, min_size=1, max_size=2, unique=True).map(tuple),
)
any_papers = st.builds(
    Paper,
    id=st.text(),
    title=st.text(),
    abstract=st.text(),
    authors=st.lists(st.text()).map(tuple),
    et_al=st.booleans(),
    categories=lists,
    year=st.none() | st.integers(0, 9999),
    date=st.none() | st.text(),
    has_code=st.booleans(),
    institutions=st.lists(st.text()).map(tuple),
    score=scores,
    owners=st.lists(st.text()).map(tuple),
    identifiers=identifiers,
    author_parts=st.lists(st.builds(NameParts, st.text(), st.text()), max_size=2).map(tuple),
    editors=lists,
    keywords=lists,
    venue=st.text(),
    volume=st.text(),
    issue=st.text(),
    pages=st.text(),
    publisher=st.text(),
    type=st.sampled_from(["", *TYPES]),
    status=st.sampled_from(["", *STATUSES]),
    language=st.text(),
    cited_by=st.none() | st.integers(0),
    updated=st.text(),
    date_text=st.text(),
    urls=st.lists(st.builds(Link, st.text(), st.text()), max_size=2).map(tuple),
    other_titles=other_texts,
    other_abstracts=other_texts,
    comments=st.text(),
    sources=st.lists(st.builds(Source, file=st.text(), line=st.integers(0))).map(tuple),
)


def paper(**values: object) -> Paper:
    defaults: dict[str, object] = {
        "id": "poe-slow-rivers-1",
        "title": "Slow Rivers",
        "abstract": "We map slow rivers.",
        "authors": ("Ann Poe", "Sam Roe"),
    }
    return Paper(**{**defaults, **values})  # type: ignore[arg-type]


# Ids.


@pytest.mark.parametrize(
    ("title", "first_author", "readable"),
    [
        ("Slow Rivers", "Ann Poe", "poe-slow-rivers"),
        ("A Map of Slow and Quiet Rivers", "Ann Poe", "poe-a-map-of-slow-and"),
        ("RIVER-Net: Fine-tuning!", "Ann Poe", "poe-river-net-fine-tuning"),
        ("Über Flüsse", "Jürgen Müller", "muller-uber-flusse"),
        ("Slow Rivers", "", "slow-rivers"),
        ("Slow Rivers", "RiverLab", "riverlab-slow-rivers"),
        ("慢河", "李娜", "李娜-慢河"),
    ],
)
def test_an_id_is_readable(title: str, first_author: str, readable: str) -> None:
    found = paper_id(title, first_author)
    assert re.fullmatch(re.escape(readable) + "-[0-9a-f]{8}", found)


def test_an_id_never_changes() -> None:
    assert paper_id("Slow Rivers", "Ann Poe") == "poe-slow-rivers-368449e8"


@pytest.mark.parametrize(
    ("title", "first_author"),
    [
        ("slow rivers: a study of köln", "ann poe"),
        ("  Slow   Rivers: a Study of Köln ", " Ann  Poe "),
        ("Slow Rivers -- A Study of Köln.", "Ann Poe"),
        ("Slow Rivers: A Study of Ko\u0308ln", "Ann Poe"),
        ("Slow Rivers: A Study of Koln", "Ann Poé"),
    ],
)
def test_spelling_does_not_make_another_id(title: str, first_author: str) -> None:
    assert paper_id(title, first_author) == paper_id("Slow Rivers: A Study of Köln", "Ann Poe")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("A Map of Slow and Quiet Rivers", "Ann Poe"), ("A Map of Slow and Deep", "Ann Poe")),
        (("The Long Survey of Rivers, Part I", "P"), ("The Long Survey of Rivers, Part II", "P")),
        (("Rivers in a Very Dry 2023", "Ann Poe"), ("Rivers in a Very Dry 2024", "Ann Poe")),
        (("Slow Rivers", "Ann Poe"), ("Slow Rivers", "Bea Poe")),
        (("Slow Rivers", "Ann Poe"), ("Slow Rivers", "")),
        (("Slow Rivers Ann", "Poe"), ("Slow Rivers", "Ann Poe")),
        (("慢河", "李娜"), ("慢湖", "李娜")),
        (("Rivers in C++", "Ann Poe"), ("Rivers in C#", "Ann Poe")),
    ],
)
def test_two_papers_do_not_share_an_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert paper_id(*one) != paper_id(*other)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["map", "slow", "river", "deep"]), min_size=1, max_size=8),
            st.sampled_from(["Ann Poe", "Bea Poe", "Sam Roe", ""]),
        ),
        max_size=8,
    )
)
def test_ids_are_unique(papers: list[tuple[list[str], str]]) -> None:
    distinct = {(" ".join(words), author) for words, author in papers}
    assert len({paper_id(*one) for one in distinct}) == len(distinct)


# Merging.


def test_one_copy_is_the_paper() -> None:
    assert merge([paper()]) == paper()


def test_the_fullest_text_wins() -> None:
    short = paper(title="Slow Rivers", abstract="We map.")
    long = paper(title="Slow Rivers.", abstract="We map slow rivers.")
    merged = merge([short, long])
    assert (merged.title, merged.abstract) == ("Slow Rivers.", "We map slow rivers.")


def test_a_text_that_could_be_decoded_wins() -> None:
    sound = paper(title="Über Flüsse", abstract="We map.", authors=("Zoë Oak",))
    damaged = paper(
        title="\ufffdber Fl\ufffdsse", abstract="We m\ufffdp it", authors=("Zo\ufffd Oak",)
    )
    for copies in ([sound, damaged], [damaged, sound]):
        merged = merge(copies)
        assert (merged.title, merged.abstract) == (sound.title, sound.abstract)
        assert merged.authors == sound.authors
    assert merge([paper(abstract=""), damaged]).abstract == damaged.abstract


def test_the_longest_author_list_wins_and_owners_follow() -> None:
    merged = merge(
        [
            paper(authors=("Ann Poe", "Sam Roe", "Li Na"), owners=("Li Na",)),
            paper(authors=("Ann Poe", "Zoë Oak"), owners=("Zoë Oak",), et_al=True),
        ]
    )
    assert merged.authors == ("Ann Poe", "Sam Roe", "Li Na", "Zoë Oak")
    assert merged.owners == ("Li Na", "Zoë Oak")
    assert merged.et_al


def test_lists_and_flags_are_united() -> None:
    one = paper(has_code=True, institutions=("elm",), sources=(Source("/b.txt", 3),))
    other = paper(score=4.5, institutions=("oak", "elm"), sources=(Source("/a.txt", 9),))
    merged = merge([one, other])
    assert merged.has_code
    assert merged.score == 4.5
    assert sorted(merged.institutions) == ["elm", "oak"]
    assert merged.sources == (Source("/a.txt", 9), Source("/b.txt", 3))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # A note of Zotero may name the archive alone.
        (("cs",), ("cs.LG",), ("cs.LG",)),
        (("cs",), ("cs.LG", "stat.ML"), ("cs.LG", "stat.ML")),
        (("hep-th", "math", "cs"), ("cs.LG",), ("hep-th", "math", "cs.LG")),
        # What both name first stays first.
        (("cs", "stat"), ("cs.LG",), ("cs.LG", "stat")),
        (("cs",), ("stat.ML",), ("cs", "stat.ML")),
        (("math",), ("math-ph",), ("math", "math-ph")),
        (("LG",), ("cs.LG",), ("LG", "cs.LG")),
    ],
)
def test_an_archive_says_no_more_than_its_class(
    one: tuple[str, ...], other: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert merge([paper(categories=one), paper(categories=other)]).categories == expected


def test_where_a_paper_appeared_is_told_as_one_copy_tells_it() -> None:
    full = paper(venue="River Letters", volume="7", pages="1-9")
    short = paper(venue="The Letters of All Rivers", pages="e7")
    merged = merge([short, full])
    assert (merged.venue, merged.volume, merged.pages) == ("River Letters", "7", "1-9")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((2023, "2023-05-17"), (None, None), (2023, "2023-05-17")),
        ((2023, "2023-05-17"), (2024, "2024-01-02"), (2024, "2024-01-02")),
        ((2023, "2023-05-17"), (2023, "2023"), (2023, "2023-05-17")),
        ((2023, None), (None, None), (2023, None)),
        ((2023, "2023-05-17"), (2024, None), (2024, None)),
    ],
)
def test_the_latest_and_finest_date_wins(
    one: tuple[int | None, str | None],
    other: tuple[int | None, str | None],
    expected: tuple[int | None, str | None],
) -> None:
    merged = merge([paper(year=one[0], date=one[1]), paper(year=other[0], date=other[1])])
    assert (merged.year, merged.date) == expected


@given(st.data(), st.lists(copies, min_size=1, max_size=4))
def test_merging_knows_no_order(data: st.DataObject, papers: list[Paper]) -> None:
    shuffled = data.draw(st.permutations(papers))
    assert merge(shuffled) == merge(papers)


@given(st.lists(copies, min_size=2, max_size=4))
def test_merging_loses_nothing(papers: list[Paper]) -> None:
    merged = merge(papers)
    assert merged.title in {one.title for one in papers}
    assert len(merged.abstract) == max(len(one.abstract) for one in papers)
    assert set(merged.owners) == {owner for one in papers for owner in one.owners}
    assert set(merged.institutions) == {place for one in papers for place in one.institutions}
    assert set(merged.sources) == {source for one in papers for source in one.sources}
    for name in ("categories", "keywords", "identifiers"):
        assert set(getattr(merged, name)) == {
            value for one in papers for value in getattr(one, name)
        }
    author_terms = {term for name in merged.authors for term in name_terms(name)}
    assert all(author_terms.intersection(name_terms(owner)) for owner in merged.owners)


# JSON.


def test_defaults_are_left_out() -> None:
    assert to_stored(Paper(id="x", title="Slow Rivers")) == {"id": "x", "title": "Slow Rivers"}


@given(any_papers)
def test_all_but_defaults_is_written(one: Paper) -> None:
    written = {field.name: getattr(one, field.name) for field in fields(one)}
    written["sources"] = [asdict(source) for source in one.sources]
    for name in ("author_parts", "urls", "other_titles", "other_abstracts"):
        written[name] = [value._asdict() for value in written[name]]
    written["identifiers"] = {
        scheme: list(one.identifiers_of(scheme)) for scheme, _ in one.identifiers
    }
    for field in fields(one):
        if getattr(one, field.name) == field.default:
            del written[field.name]
    assert to_stored(one) == written


@given(any_papers)
def test_a_paper_made_fast_is_the_paper(one: Paper) -> None:
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    made = paper_with({"id": one.id, "title": one.title} if one.year else values)
    expected = Paper(one.id, one.title) if one.year else one
    assert made == expected
    assert hash(made) == hash(expected)
    assert repr(made) == repr(expected)
    assert pickle.loads(pickle.dumps(made)) == expected
    with pytest.raises(FrozenInstanceError):
        made.title = "other"  # type: ignore[misc]


@pytest.mark.parametrize("values", [{"id": "x"}, {"id": "x", "title": "y", "colour": "red"}])
def test_a_paper_made_fast_has_the_fields_of_a_paper(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Paper(**values)
    with pytest.raises(TypeError):
        paper_with(values)


@given(any_papers)
def test_papers_pass_through_json(one: Paper) -> None:
    assert from_dict(json.loads(json.dumps(to_stored(one)))) == one
    assert from_dict(json.loads(json.dumps(one.to_dict()))) == one


@given(any_papers)
def test_papers_pass_through_tuples_of_plain_values(one: Paper) -> None:
    plain = as_plain(one)
    assert from_plain(ast.literal_eval(repr(plain))) == one


@pytest.mark.parametrize(
    ("values", "scheme", "found"),
    [
        ({"id": "10.5555/oak.1"}, "doi", ("10.5555/oak.1",)),
        ({"id": "pmid:77"}, "pmid", ("77",)),
        ({"id": "2001.00001"}, "doi", ()),
        ({"id": "oak"}, "doi", ()),
        # What the identifiers say is all: a record's own id may name another paper.
        ({"id": "x", "identifiers": (Identifier("doi", "10.5555/a"),)}, "doi", ("10.5555/a",)),
        ({"id": "10.5555/b", "identifiers": (Identifier("pmid", "7"),)}, "doi", ()),
    ],
)
def test_an_id_is_an_identifier_by_itself(
    values: dict[str, Any], scheme: str, found: tuple[str, ...]
) -> None:
    assert Paper(title="Oaks", **values).identifiers_of(scheme) == found


def test_what_a_program_reads_has_the_primary_category_beside_all() -> None:
    read = paper(categories=("cs.LG", "stat.ML")).to_dict()
    assert (read["category"], read["categories"]) == ("cs.LG", ("cs.LG", "stat.ML"))
    assert "category" not in paper().to_dict()


# The content hash.


@given(any_papers, st.lists(st.builds(Source, file=st.text(), line=st.integers(0))).map(tuple))
def test_the_hash_ignores_where_a_paper_was_read(one: Paper, elsewhere: tuple[Source, ...]) -> None:
    assert content_hash(replace(one, sources=elsewhere)) == content_hash(one)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"title": "Slow rivers"},
        {"abstract": "We map slow rivers!"},
        {"authors": ("Sam Roe", "Ann Poe")},
        {"et_al": True},
        {"categories": ("LG",)},
        {"year": 2023},
        {"date": "2023-05-17"},
        {"has_code": True},
        {"institutions": ("elm",)},
        {"score": 0.0},
        {"owners": ("Ann Poe",)},
        {"identifiers": (Identifier("doi", "10.5555/1"),)},
        {"author_parts": (NameParts("Poe", "Ann"), NameParts())},
        {"editors": ("Ann Poe",)},
        {"keywords": ("rivers",)},
        {"venue": "River Letters"},
        {"volume": "7"},
        {"issue": "7"},
        {"pages": "7"},
        {"publisher": "Moss"},
        {"type": "article"},
        {"status": "retracted"},
        {"language": "de"},
        {"cited_by": 0},
        {"updated": "2024"},
        {"date_text": "Spring 2024"},
        {"urls": (Link("pdf", "https://moss.example/7.pdf"),)},
        {"other_titles": (OtherText("de", "Langsame Flüsse"),)},
        {"other_abstracts": (OtherText("de", "Wir messen."),)},
        {"comments": "7 pages"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_hash_sees_every_change(change: dict[str, object]) -> None:
    assert content_hash(paper(**change)) != content_hash(paper())


@given(any_papers, any_papers)
@example(paper(title="Slow", abstract="Rivers"), paper(title="SlowRivers", abstract=""))
@example(paper(title="A", authors=("B", "C")), paper(title="A", authors=("B, C",)))
@example(paper(authors=("A",), owners=()), paper(authors=(), owners=("A",)))
@example(paper(date="2020"), paper(date=None, year=2020))
@example(paper(title="\\u0fff"), paper(title="\u0fff"))
@example(paper(id="x", abstract=")", owners=("')",)), paper(id="x", abstract="')", owners=(")",)))
def test_papers_that_differ_have_other_hashes(one: Paper, other: Paper) -> None:
    same = repr(replace(one, sources=())) == repr(replace(other, sources=()))
    assert (content_hash(one) == content_hash(other)) == same


def test_a_hash_never_changes() -> None:
    assert (
        content_hash(paper(title="Flüsse \u2028\U0001f30a")).hex()
        == "c167e2931f3ca711102d3276301a4576"
    )


@pytest.mark.parametrize(
    ("date", "lacks_year"), [(None, False), ("2023", False), ("--05-17", True), ("--05", True)]
)
def test_a_date_may_lack_its_year(date: str | None, lacks_year: bool) -> None:
    assert paper(date=date).lacks_year is lacks_year
