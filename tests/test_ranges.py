"""Ranges: what a text says, and which numbers that are."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index.paper import MOST_CITATIONS
from searcher.query.clauses import Span
from searcher.query.parser import parse
from searcher.query.ranges import parse_range, span_of
from searcher.query.tree import Query, Range

law = settings(max_examples=100)


@pytest.mark.parametrize(
    ("field", "text", "ends"),
    [
        ("year", "2024", ("2024", "2024")),
        ("year", "2023..2025", ("2023", "2025")),
        ("year", "2025..2023", ("2023", "2025")),
        ("year", "2024..2024", ("2024", "2024")),
        ("year", "2024..", ("2024", None)),
        ("year", "..2024", (None, "2024")),
        ("year", ">=2024", ("2024", None)),
        ("year", ">2024", ("2025", None)),
        ("year", "<=2024", (None, "2024")),
        ("year", "<2024", (None, "2023")),
        ("year", "0001", ("0001", "0001")),
        ("year", "9999", ("9999", "9999")),
        ("year", "", None),
        ("year", "..", None),
        ("year", ">", None),
        ("year", ">=", None),
        ("year", "0000", None),
        ("year", "<0001", None),
        ("year", ">9999", None),
        ("year", "24", None),
        ("year", "20240", None),
        ("year", "2024-03", None),
        ("year", "2023...2025", None),
        ("year", "2023..2024..2025", None),
        ("year", ">=2023..2025", None),
        ("year", "=2024", None),
        ("year", "-2024", None),
        ("year", " 2024", None),
        ("year", "2024\n", None),
        ("year", "２０２４", None),
        ("year", "2024a", None),
        ("date", "2024", ("2024", "2024")),
        ("date", "2024-03", ("2024-03", "2024-03")),
        ("date", "2024-03-15", ("2024-03-15", "2024-03-15")),
        ("date", "2024-03..2024-09", ("2024-03", "2024-09")),
        ("date", "2024-09..2024-03", ("2024-03", "2024-09")),
        ("date", "2024-03-15..2023", ("2023", "2024-03-15")),
        ("date", "2024..2024-03", ("2024", "2024-03")),
        ("date", "2024-03..2024", ("2024-03", "2024")),
        ("date", ">2024-02-28", ("2024-02-29", None)),
        ("date", ">2023-02-28", ("2023-03-01", None)),
        ("date", "<2024-03-01", (None, "2024-02-29")),
        ("date", ">2024-12", ("2025-01", None)),
        ("date", "<2024-01", (None, "2023-12")),
        ("date", ">2024-12-31", ("2025-01-01", None)),
        ("date", ">2024", ("2025", None)),
        ("date", "<2024", (None, "2023")),
        ("date", "2024-00", None),
        ("date", "2024-13", None),
        ("date", "2024-3", None),
        ("date", "2024-02-30", None),
        ("date", "2024-02-29", ("2024-02-29", "2024-02-29")),
        ("date", "2023-02-29", None),
        ("date", "2024-03-15..2024-02-30", None),
        ("date", "<0001-01-01", None),
        ("date", ">9999-12-31", None),
        ("date", ">9999-12", None),
        ("date", "20240315", None),
    ],
)
def test_ranges(field: str, text: str, ends: tuple[str | None, str | None] | None) -> None:
    assert parse_range(field, text) == (Range(field, *ends) if ends else None)


days = st.dates(date(1, 1, 2), date(9999, 12, 30)).map(date.isoformat)


@law
@given(days, days)
def test_a_range_of_days_runs_forwards(first: str, second: str) -> None:
    expected = Range("date", min(first, second), max(first, second))
    assert parse_range("date", f"{first}..{second}") == expected


@law
@given(st.dates(date(1, 1, 2), date(9999, 12, 30)))
def test_after_and_before_leave_the_day_itself_out(day: date) -> None:
    next_day, day_before = day + timedelta(days=1), day - timedelta(days=1)
    assert parse_range("date", f">{day}") == Range("date", str(next_day), None)
    assert parse_range("date", f"<{day}") == Range("date", None, str(day_before))
    assert parse_range("date", f">={day}") == Range("date", str(day), None)
    assert parse_range("date", f"<={day}") == Range("date", None, str(day))


@law
@given(st.sampled_from(["year", "date"]), st.text(st.sampled_from("0123459-.<>= a"), max_size=14))
def test_what_is_a_range_prints_as_one(field: str, text: str) -> None:
    found = parse_range(field, text)
    if found is not None:
        assert parse(str(found)) == Query(found, ())


@pytest.mark.parametrize(
    ("field", "text", "span"),
    [
        ("year", "2024", (2024, 2024)),
        ("year", "2023..2025", (2023, 2025)),
        ("year", ">=2024", (2024, 9999)),
        ("year", "<2024", (1, 2023)),
        ("date", "2024", (20240000, 20249999)),
        ("date", "2024-03..2024-09-15", (20240300, 20240915)),
        ("date", "2024-03..", (20240300, 99991299)),
        ("date", "..2024-03", (1, 20240399)),
        # A coarse date is in a range that all its days are in.
        ("date", "2019-01-01..2019-12-31", (20190000, 20191231)),
        ("date", "2019-01..2019-12", (20190000, 20191299)),
        ("date", "2019-01-01..2019-06-30", (20190100, 20190630)),
        ("date", "2019-01..2019-06", (20190100, 20190699)),
        ("date", "2019-05-01..2019-05-31", (20190500, 20190531)),
        ("date", "2019-02-01..2019-02-28", (20190200, 20190228)),
        ("date", "2020-02-01..2020-02-28", (20200201, 20200228)),
        ("date", "2019-05-02..2020-01-01", (20190502, 20200101)),
        ("date", "2019-01-01..", (20190000, 99991299)),
        ("date", "2019-01-01", (20190101, 20190101)),
        ("date", "9999-12-01..9999-12-31", (99991200, 99991231)),
    ],
)
def test_a_range_is_a_span_of_numbers(field: str, text: str, span: tuple[int, int]) -> None:
    parsed = parse_range(field, text)
    assert parsed is not None
    assert span_of(field, parsed.low, parsed.high) == Span(field, *span)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("7", ("7", "7")),
        ("7..12", ("7", "12")),
        ("12..7", ("7", "12")),
        (">9", ("10", None)),
        ("<10", (None, "9")),
        ("<=10", (None, "10")),
        ("<0", None),
        ("123456789", None),
        ("7.5", None),
        ("-7", None),
    ],
)
def test_other_numbers_are_compared_as_numbers(
    text: str, ends: tuple[str | None, str | None] | None
) -> None:
    assert parse_range("pages", text) == (Range("pages", *ends) if ends else None)


def test_the_most_citations_can_be_asked_for(tmp_path: Path) -> None:
    counts = (0, 1, MOST_CITATIONS - 1, MOST_CITATIONS)
    papers = [{"id": f"oak{count}", "title": "Oaks", "cited_by": count} for count in counts]
    searcher.build(tmp_path, papers=papers)
    with searcher.open(tmp_path) as collection:

        def found(query: str) -> set[int | None]:
            return {hit.paper.cited_by for hit in collection.search(query).hits if hit.paper}

        assert found("cited:>=0") == set(counts)
        assert found(f"cited:{MOST_CITATIONS}") == found(f"cited:>={MOST_CITATIONS}")
        assert found(f"cited:{MOST_CITATIONS}") == {MOST_CITATIONS}
        assert found(f"cited:<{MOST_CITATIONS}") == set(counts[:-1])
        assert found("cited:2..") == set(counts[2:])
        assert found(f"cited:>{MOST_CITATIONS}") == set()
