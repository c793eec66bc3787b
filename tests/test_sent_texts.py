"""Where forms stand in texts as they are sent to a cluster, against the texts cut one by one."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from index.analysis import NAME_GAP
from index.segments.postings import PLACE_BITS
from searcher.engines.opensearch.sent import SentTexts

FORMS = ("a", "ab", "abcd", "abcde", "abcdef", "ä", "東京", "c++", "x" * 40)
STACKS = st.lists(st.sampled_from(FORMS), min_size=1, max_size=3).map("|".join)
TEXTS = st.lists(STACKS, max_size=5).map(" ".join)
NAMES = st.lists(TEXTS.filter(bool), max_size=3)


def cut(values: Sequence[str | Sequence[str] | None]) -> list[list[tuple[int, str]]]:
    """Return the forms of each paper with their places, one by one."""
    found = []
    for paper, value in enumerate(values):
        own: list[tuple[int, str]] = []
        place = paper << PLACE_BITS
        for text in filter(None, (value,) if isinstance(value, str) else value or ()):
            stacks = text.split(" ")
            own += [
                (place + at, form) for at, stack in enumerate(stacks) for form in stack.split("|")
            ]
            place += len(stacks) - 1 + NAME_GAP
        found.append(own)
    return found


@given(
    st.lists(st.one_of(st.none(), TEXTS, NAMES), max_size=4),
    st.sets(st.sampled_from((*FORMS, "abc", "abcdx"))),
)
@example(["", "a b", None, [], ["a", "ab a|b"]], {"a", "b"})
def test_forms_are_found_where_they_stand(
    values: list[str | list[str] | None], wanted: set[str]
) -> None:
    texts, expected = SentTexts(values), cut(values)
    assert texts.lengths.tolist() == list(map(len, expected))
    found = {form: places.tolist() for form, places in texts.places(wanted).items()}
    flat = [one for own in expected for one in own]
    assert found == {
        form: [place for place, own in flat if own == form]
        for form in wanted.intersection(form for _, form in flat)
    }
