"""What is said of a build, a check and a repair: lines of text, and JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from index import Finding, Gone, Problem, Repair, Report, Summary
from searcher.output.reports import (
    NAMED,
    pruned_text,
    repair_json,
    repair_text,
    report_json,
    report_text,
    summary_text,
    told_text,
)


def of_files(count: int, reason: str) -> list[Problem]:
    return [Problem(f"/moss/{number}.pdf", 0, reason, "note") for number in range(count)]


@pytest.mark.parametrize(
    ("problems", "lines"),
    [
        ([], []),
        (of_files(2, "a PDF"), ["/moss/0.pdf: a PDF", "/moss/1.pdf: a PDF"]),
        (of_files(5, "a PDF"), [f"/moss/{number}.pdf: a PDF" for number in range(5)]),
        (
            [*of_files(1_003, "a PDF"), *of_files(1, "an image")],
            [
                "1,003 files: a PDF (/moss/0.pdf, /moss/1.pdf, /moss/2.pdf and 1,000 more)",
                "/moss/0.pdf: an image",
            ],
        ),
        # Lines are told one by one: each is for somebody to mend.
        (
            [Problem("/moss/a.csv", number, "no title") for number in range(1, 8)],
            [f"/moss/a.csv:{number}: no title" for number in range(1, 8)],
        ),
    ],
)
def test_what_is_told_of_many_files_is_one_line(problems: list[Problem], lines: list[str]) -> None:
    assert list(told_text(problems)) == lines


SUMMARY = Summary(
    files=5,
    new=159,
    changed=0,
    unchanged=0,
    removed=0,
    missing=0,
    total=159,
    problems=(),
    notes=(),
    assumed_year=None,
    assumed_count=0,
    seconds=0.84,
)
SOUND = Report(
    directory="own",
    papers=2,
    segments=1,
    file_bytes=12345,
    damage=(),
    notes=(),
    sources=("/seeds/a.txt",),
    seconds=0.04,
)
DAMAGED = replace(SOUND, damage=(Finding("MAIN_1.postings", "title", "is cut short"),))
EARLIER = replace(SOUND, is_earlier=True)
SUGGESTIONS_DAMAGED = replace(SOUND, damage=(Finding("MAIN_SUGGESTIONS", "", "is cut short"),))
SAID_SOUND = "sound: 2 papers, 1 segment, 12,345 bytes in own (0.0 s)"
SAID_DAMAGED = "damaged, 1 finding: 2 papers, 1 segment, 12,345 bytes in own (0.0 s)"

# A build

PROBLEM = Problem("/seeds/a.txt", 3, "no title")


GONE = (
    Gone("/seeds/a.txt", 2, None, is_pruned=True),
    Gone("/seeds/b.txt", 1, None, is_pruned=False),
    Gone("/seeds/old/c.txt", 3, "/seeds/old", is_pruned=False),
    Gone("/seeds/old/d.txt", 1, "/seeds/old", is_pruned=False),
)


def test_a_summary_says_what_is_kept_and_why() -> None:
    summary = replace(SUMMARY, gone=GONE, missing=5, removed=2, in_several_files=7)
    assert list(summary_text(summary, "own", dry_run=True)) == [
        "dry run: nothing was written; without --dry-run:",
        "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 2 removed",
        "7 papers in more than one file",
        "1 paper no longer in the files; kept (--prune removes them)",
        "4 papers of /seeds/old kept: it is gone, empty, or a link that leads elsewhere"
        " (--prune-missing-folders removes them)",
        "159 papers would be in own",
    ]


@pytest.mark.parametrize(
    ("dry_run", "lines"),
    [
        (False, ["2 papers of /seeds/a.txt go", "1 paper of /seeds/b.txt goes"]),
        (True, ["2 papers of /seeds/a.txt would go", "1 paper of /seeds/b.txt would go"]),
    ],
)
def test_what_goes_is_said_by_file(dry_run: bool, lines: list[str]) -> None:
    assert list(pruned_text(GONE[:2], dry_run=dry_run)) == lines


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {"files": 1, "problems": (PROBLEM,), "new": 1, "total": 1, "seconds": 61.26},
            [
                "1 file, 1 problem; papers: 1 new, 0 changed, 0 unchanged, 0 removed",
                "1 paper in own (61.3 s)",
            ],
        ),
        (
            {"assumed_year": 2026, "assumed_count": 17},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "assumed the year 2026 for 17 dates without one (--page-year sets it)",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {"assumed_year": 2026, "assumed_count": 1, "missing": 1},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "assumed the year 2026 for 1 date without one (--page-year sets it)",
                "1 paper no longer in the files; kept (--prune removes them)",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {
                "files": 0,
                "problems": (PROBLEM, PROBLEM),
                "new": 12345,
                "changed": 1000,
                "unchanged": 2000,
                "removed": 3000,
                "missing": 4000,
                "total": 15345,
            },
            [
                "0 files, 2 problems; papers: 12,345 new, 1,000 changed, 2,000 unchanged, "
                "3,000 removed",
                "4,000 papers no longer in the files; kept (--prune removes them)",
                "15,345 papers in own (0.8 s)",
            ],
        ),
    ],
)
def test_summary_lines(changes: dict[str, Any], lines: Sequence[str]) -> None:
    assert list(summary_text(replace(SUMMARY, **changes), "own")) == lines


def test_a_build_that_makes_no_index_names_none() -> None:
    *_, last = summary_text(replace(SUMMARY, new=0, total=0), "own", has_index=False)
    assert last == "nothing indexed; no index was created"


# A check


def test_a_sound_index() -> None:
    assert list(report_text(SOUND)) == [SAID_SOUND]


def test_a_note_is_not_damage() -> None:
    noted = replace(SOUND, notes=(Finding("MAIN_0.postings", "", "is left over", "note"),))
    assert list(report_text(noted)) == ["note: MAIN_0.postings: is left over", SAID_SOUND]


@pytest.mark.parametrize(
    ("sources", "end"),
    [
        (("/seeds/a.txt",), "for the rest: 1 file (/seeds/a.txt)"),
        ((), "for the rest: none, because the index does not say which"),
    ],
)
def test_a_damaged_index(sources: tuple[str, ...], end: str) -> None:
    found, verdict, advice = report_text(replace(DAMAGED, sources=sources))
    assert found == "damage: MAIN_1.postings: title: is cut short"
    assert verdict == SAID_DAMAGED
    assert advice.startswith("searcher check --repair keeps every sound part")
    assert advice.endswith(end)


def test_of_many_files_the_first_are_named() -> None:
    sources = tuple(f"f{number}" for number in range(NAMED + 1500))
    *_, advice = report_text(replace(DAMAGED, sources=sources))
    assert advice.endswith(f"1,520 files ({', '.join(sources[:NAMED])} and 1,500 more)")


def test_an_earlier_version_s_index_is_not_called_damaged() -> None:
    said = "of an earlier version: 2 papers, 1 segment, 12,345 bytes in own (0.0 s)"
    assert list(report_text(EARLIER)) == [
        said,
        "searcher check --repair converts it by what it holds of each paper; nothing is lost",
    ]
    assert list(repair_text(Repair(EARLIER, SOUND, converted=2))) == [
        said,
        "converted 2 papers; nothing was lost",
        SAID_SOUND,
    ]
    values = json.loads(report_json(EARLIER))
    assert (values["sound"], values["earlier"], values["damage"]) == (False, True, [])
    both = replace(DAMAGED, is_earlier=True)
    done = Repair(both, SOUND, converted=1, rescued=0, unreadable=1, lost=("x1",))
    assert list(repair_text(done))[2:4] == [
        "converted 1 paper",
        "kept 0 papers of 0 sound segments; saved 0 papers from other segments; "
        "1 paper could not be read",
    ]


def test_damaged_suggestions_are_made_anew_and_no_file_is_read() -> None:
    said = [
        "damage: MAIN_SUGGESTIONS: is cut short",
        "damaged, 1 finding: 2 papers, 1 segment, 12,345 bytes in own (0.0 s)",
    ]
    assert list(report_text(SUGGESTIONS_DAMAGED)) == [
        *said,
        "searcher suggest --refresh makes the suggestions anew; the papers are sound",
    ]
    assert list(repair_text(Repair(SUGGESTIONS_DAMAGED, SOUND, removed_suggestions=True))) == [
        *said,
        "removed the damaged suggestions; searcher suggest --refresh makes them anew",
        SAID_SOUND,
    ]


def test_a_report_as_json() -> None:
    values = json.loads(report_json(DAMAGED))
    assert next(iter(values)) == "sound"
    assert (values["sound"], values["papers"], values["sources"]) == (False, 2, ["/seeds/a.txt"])
    assert values["damage"][0]["reason"] == "is cut short"


# A repair


def test_nothing_to_repair() -> None:
    assert list(repair_text(Repair(SOUND, SOUND))) == [SAID_SOUND, "nothing to repair"]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        (
            {"read": ("a.txt",), "new": 2, "changed": 1},
            ["read again 1 file (a.txt): 2 papers new, 1 changed"],
        ),
        ({"gone": ("a.txt", "b.txt")}, ["could not read 2 files (a.txt, b.txt)"]),
        (
            {"assumed_year": 2026, "assumed_count": 3},
            [
                "assumed the year 2026 for 3 dates without one (index the files again with "
                "--page-year if it is another)"
            ],
        ),
        (
            {"knows_deletions": False, "missing": 1},
            [
                "the table of contents was lost: papers that were deleted may be back, and nobody "
                "knows what was in missing files; 1 paper now in no seed file (searcher index PATH "
                "--prune removes them)"
            ],
        ),
        ({"lost": ("x1",)}, ["lost 1 paper (x1)"]),
        (
            {"lost_unnamed": 2},
            [
                "may have lost 2 papers whose ids could not be read; some may be among the new "
                "papers"
            ],
        ),
    ],
)
def test_a_repair_says_what_it_did(changes: dict[str, Any], lines: list[str]) -> None:
    done = Repair(DAMAGED, SOUND, kept=1, intact_segments=1, rescued=4, unreadable=2)
    assert list(repair_text(replace(done, **changes))) == [
        "damage: MAIN_1.postings: title: is cut short",
        SAID_DAMAGED,
        "kept 1 paper of 1 sound segment; saved 4 papers from other segments; "
        "2 papers could not be read",
        *lines,
        SAID_SOUND,
    ]


def test_a_repair_as_json() -> None:
    done = Repair(DAMAGED, SOUND, kept=1, problems=(Problem("a.txt", 3, "no title"),))
    values = json.loads(repair_json(done))
    assert (values["complete"], values["kept"]) == (True, 1)
    assert (values["before"]["sound"], values["after"]["sound"]) == (False, True)
    assert values["problems"][0]["reason"] == "no title"


def test_no_name_in_a_report_steers_the_terminal() -> None:
    name = "\x1b]0;owned\x07"
    report = replace(DAMAGED, directory=name, sources=(name,), notes=(Finding(name, name, name),))
    done = Repair(report, report, read=(name,), gone=(name,), lost=(name,))
    for line in [*report_text(report), *repair_text(done), *summary_text(SUMMARY, name)]:
        assert "\x1b" not in line
        assert "\x07" not in line
