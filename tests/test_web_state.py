"""The state of a page: one state, one address, and the request that it makes."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from searcher.web.state import LISTS, MOST_CHARS, SIZES, State


def read(address: str) -> State:
    return State.read(parse_qsl(address.partition("?")[2]))


@pytest.mark.parametrize(
    ("state", "address"),
    [
        (State(), "/"),
        (State("label noise"), "/?q=label+noise"),
        (State('"label noise" -bert'), "/?q=%22label+noise%22+-bert"),
        (State("a&b=c#d"), "/?q=a%26b%3Dc%23d"),
        (State(category=("LG", "cs.CV")), "/?cat=LG&cat=cs.CV"),
        (State(author=("Łukasz Müller",)), "/?author=%C5%81ukasz+M%C3%BCller"),
        (State(year=("2019..2023",), has_code=True), "/?year=2019..2023&code=1"),
        (
            State("moe", institution=("MIT",), venue=("Phys. Rev.",), type=("thesis",)),
            "/?q=moe&inst=MIT&venue=Phys.+Rev.&type=thesis",
        ),
        (
            State("moe", match="all", acronyms=False, sort="date", limit=50, page=3),
            "/?q=moe&match=all&acronyms=off&sort=date&n=50&page=3",
        ),
    ],
)
def test_one_state_has_one_address(state: State, address: str) -> None:
    assert state.address() == address
    assert read(address) == state


@pytest.mark.parametrize(
    ("given", "address"),
    [
        # What a form sends.
        ("/?q=moe&from=&to=&sort=&n=&cat=LG", "/?q=moe&cat=LG"),
        ("/?q=&from=2019&to=2023", "/?year=2019..2023"),
        ("/?from=2019", "/?year=2019.."),
        ("/?to=2023&year=2010", "/?year=..2023&year=2010"),
        ("/?from=2021&to=2021", "/?year=2021"),
        # What people write.
        ("/?q=*", "/"),
        ("/?q=++label++noise+", "/?q=label+noise"),
        ("/?cat=LG&cat=CV&cat=LG", "/?cat=CV&cat=LG"),
        ("/?year=2023..2019", "/?year=2019..2023"),
        ("/?year=%3E%3D2019", "/?year=2019.."),
        ("/?q=moe&utm_source=mail", "/?q=moe"),
        ("/?sort=relevance&page=1&n=10&match=auto", "/"),
    ],
)
def test_other_addresses_mean_a_shorter_one(given: str, address: str) -> None:
    assert read(given).address() == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/?year=soon", ["'soon'", "2019..2023"]),
        ("/?from=19", ["'19..'"]),
        ("/?sort=random", ["sort", "'random'", "citations"]),
        ("/?match=some", ["match", "'some'"]),
        ("/?code=yes", ["code", "'yes'", "1"]),
        ("/?n=11", ["n is '11'", "10, 20"]),
        ("/?page=0", ["page is '0'"]),
        ("/?page=-1", ["page is '-1'"]),
        ("/?page=nan", ["page is 'nan'"]),
        ("/?page=" + "9" * 5000, ["page is"]),
        ("/?page=1001", ["page 1001", "hit 10,000", "export"]),
        ("/?n=100&page=101", ["page 101"]),
        ("/?q=" + "a" * (MOST_CHARS + 1), ["2,001 characters", "2,000"]),
        ("/?cat=" + "a" * 1_001, ["cat", "1,000"]),
        ("/?" + "&".join(f"author={number}" for number in range(51)), ["author", "50 values"]),
    ],
)
def test_what_means_nothing_is_refused(address: str, said: list[str]) -> None:
    with pytest.raises(searcher.BadRequestError) as refused:
        read(address)
    assert [part for part in said if part not in str(refused.value)] == []


def test_chips_take_one_thing_away() -> None:
    state = State("moe", category=("CV", "LG"), has_code=True, page=4)
    assert state.without("category", "CV").address() == "/?q=moe&cat=LG&code=1"
    assert state.but(has_code=False).address() == "/?q=moe&cat=CV&cat=LG"


def test_the_request_is_what_is_shown() -> None:
    state = State("moe", ("LG",), ("2019..",), has_code=True, match="any", sort="date", limit=20)
    request = state.request(facets=("year",))
    assert (request.query, request.category, request.year) == ("moe", ("LG",), ("2019..",))
    assert (request.has_code, request.match, request.sort) == (True, "any", "date")
    assert (request.limit, request.page, request.facets) == (20, 1, ("year",))
    assert request.timeout
    assert State().request().query == "*"
    assert State().request().has_code is None


TEXTS = st.text(max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
YEARS = st.sampled_from(["2019", "2020..2024", "..2021", "1999.."])
LISTED = {
    name: st.lists(YEARS if name == "year" else TEXTS, max_size=3).map(
        lambda values: tuple(sorted(set(values)))
    )
    for name in LISTS
}
STATES = st.builds(
    State,
    query=st.just("") | TEXTS.filter(lambda text: text != "*"),
    has_code=st.booleans(),
    match=st.sampled_from(["auto", "all", "any"]),
    acronyms=st.booleans(),
    sort=st.sampled_from(["relevance", "date", "oldest", "citations", "score"]),
    limit=st.sampled_from(SIZES),
    page=st.integers(1, 100),
    **LISTED,
)


@given(STATES)
def test_an_address_gives_the_state_back(state: State) -> None:
    assert read(state.address()) == state
    assert State.of(state.request()) == state.but()
