"""Papers of every kind for tests of what is written and read again: a few to look at, and draws.

Names, titles and places are invented.
"""

from hypothesis import assume
from hypothesis import strategies as st

from index.identifiers import Identifier
from index.names import Name, NameParts
from index.paper import STATUSES, TYPES, Link, OtherText, Paper, Source
from index.readers.record import Record, paper_of

FULL = Paper(
    id="2103.01234",
    title="Tides & currents: how BERT reads $O(n^2)$ harbours at 5% cost",
    abstract="We weigh tides_now at $4 and $8.\nA second thought: 3 < 5 & 50% of {all} boats.",
    authors=("Ann van der Quill, Jr.", "José Ångström", "Barnes and Noble", "李飞飞"),
    author_parts=(
        NameParts("Quill", "Ann", "van der", "Jr."),
        NameParts("Ångström", "José"),
        NameParts("Barnes and Noble"),
        NameParts(),
    ),
    et_al=True,
    other_names=("Jo Angstrom",),
    editors=("Bo Rook", "Harbour Council of the North"),
    categories=("cs.CL", "stat.ML"),
    year=2021,
    date="2021-03-09",
    updated="2022-01",
    has_code=True,
    institutions=("University of Rook", "Quill; Sons"),
    score=4.5,
    owners=("José Ångström",),
    identifiers=(
        Identifier("doi", "10.5555/tide_(7)%x"),
        Identifier("arxiv", "2103.01234"),
        Identifier("pmid", "31234567"),
        Identifier("pmcid", "PMC765432"),
        Identifier("acl", "2021.tide-1.7"),
        Identifier("openalex", "W123456"),
        Identifier("s2", "0123456789abcdef0123456789abcdef01234567"),
        Identifier("corpusid", "98765"),
        Identifier("issn", "1234-5679"),
        Identifier("isbn", "9780306406157"),
        Identifier("accession", "TIDE:0007"),
        Identifier("citation_key", "Quill_2021"),
    ),
    keywords=("tides", "Law, of the sea"),
    venue="Journal of Tides",
    volume="12",
    issue="3",
    pages="11-19",
    publisher="Harbour Press",
    type="article",
    status="retracted",
    language="en",
    cited_by=12,
    urls=(
        Link("page", "https://tides.example/a_b?x=1&y=%20#z"),
        Link("pdf", "https://tides.example/a.pdf"),
        Link("code", "https://code.example/tides"),
    ),
    other_titles=(OtherText("de", "Gezeiten und Strömungen"),),
    other_abstracts=(OtherText("de", "Wir wiegen Gezeiten."),),
    comments="12 pages, 3 figures",
    sources=(Source("/papers/tides.jsonl", 7),),
)
"""A paper that has everything."""

# Letters of all languages written with Latin letters, of others, and every sign of ASCII.
_LETTERS = [chr(code) for code in range(0xC0, 0x250) if chr(code).isalpha()]
# What LaTeX, BibTeX, RIS, CSV or a list may take amiss.
_SIGNS = r"""
tides and of the BERT GPT-4 C++ A $x_i$ $O(n)$ $5 $10-$20 100% R&D a_b #1 ~5 x^2 {all} } {
\alpha \'a \ -- --- `` '' "so" ; , & @misc{x} @ 李飞飞 3 < 5 > .5 (a) [b] https://a.example/b_c%20
50\% et al. ER TY T2 - = | / …
""".split()
_WORDS = st.one_of(
    st.sampled_from(_SIGNS),
    st.text(st.sampled_from([*_LETTERS, *"abcxyzABC"]), min_size=1, max_size=8),
)
texts = st.lists(_WORDS, min_size=1, max_size=8).map(" ".join)
# What has a name begins with a word.
named = st.builds("{} {}".format, st.sampled_from(["Rivers", "de", "Ångström's"]), texts)
abstracts = st.lists(texts, max_size=3).map("\n\n".join)
_NAME = st.text(st.sampled_from([*_LETTERS, *"abcdeklmnorst"]), min_size=2, max_size=7)
_CAPITALISED = _NAME.map(str.capitalize).filter(lambda word: word[1:].islower())
persons = st.builds(
    NameParts,
    family=st.lists(_CAPITALISED, min_size=1, max_size=2).map(" ".join),
    given=st.one_of(_CAPITALISED, st.sampled_from(["A. B.", "J.-P.", "Ann M", ""])),
    particle=st.sampled_from(["", "", "van der", "de la", "von"]),
    suffix=st.sampled_from(["", "", "Jr.", "III"]),
)
groups = st.sampled_from(
    ["Barnes and Noble", "Tide Collaboration", "Council of Rooks, Inc. and Sons", "CERN"]
)
names = st.one_of(persons, groups, st.builds("{} {}".format, _CAPITALISED, _CAPITALISED))
_IDENTIFIERS = st.lists(
    st.sampled_from(
        [
            *(
                ("doi", "10.5555/a_b"),
                ("doi", "10.5555/(sici)1<2::x>3;4"),
                ("doi", "10.5555/%7E#1"),
            ),
            *(("arxiv", "2103.01234"), ("arxiv", "hep-th/9901001"), ("pmid", "31234567")),
            *(("pmcid", "PMC765"), ("acl", "W19-1234"), ("issn", "1234-5679")),
            *(("isbn", "9780306406157"), ("citation_key", "Quill:2021"), ("citation_key", "rook")),
        ]
    ),
    max_size=4,
    unique=True,
)


def _shown(name: Name) -> str:
    return name if isinstance(name, str) else name.displayed


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """Draw a paper as a reader gives it: with clean texts, of any kind."""
    year = draw(st.one_of(st.none(), st.integers(1900, 2030)))
    date = draw(st.sampled_from(["", "", "-02", "-02-28", "-12-01"])) if year else ""
    record = Record(
        1,
        title=draw(texts),
        abstract=draw(abstracts),
        authors=draw(st.lists(names, max_size=4, unique_by=_shown)),
        et_al=draw(st.booleans()),
        categories=draw(st.sampled_from([[], ["cs.CL"], ["hep-th", "cs.LG"]])),
        year=year or "",
        date=f"{year}{date}" if date else "",
        identifiers=draw(_IDENTIFIERS),
        editors=draw(st.lists(names, max_size=2, unique_by=_shown)),
        keywords=draw(st.lists(named, max_size=3)),
        venue=draw(st.one_of(st.sampled_from(["", "arXiv"]), named)),
        volume=draw(st.sampled_from(["", "12", "B 4"])),
        issue=draw(st.sampled_from(["", "3", "2-3", "Suppl. 1"])),
        pages=draw(st.sampled_from(["", "11-19", "e17", "A1-A9", "3, 7-9"])),
        publisher=draw(st.one_of(st.just(""), named)),
        type=draw(st.sampled_from(["", *TYPES])),
        status=draw(st.sampled_from(["", "", *STATUSES])),
        language=draw(st.sampled_from(["", "en", "de"])),
        urls=draw(
            st.lists(
                st.sampled_from(
                    [
                        ("page", "https://a.example/b_c?d=1&e=%20#f~g"),
                        ("pdf", "https://a.example/b.pdf"),
                        ("code", "https://code.example/x"),
                    ]
                ),
                max_size=2,
            )
        ),
    )
    found = [one for one in paper_of(record, "/papers/drawn.jsonl") if isinstance(one, Paper)]
    assume(bool(found))
    return found[0]
