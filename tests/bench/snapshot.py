"""Metadata in the form of arXiv's snapshot, with what goes wrong in a file of millions of lines.

The lines are made one after the other, so that a file may be larger than memory.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from index import Paper
from tests.bench.made import made_papers
from tests.bench.work import SEED

PERIOD = 1_000
"""Of so many lines one is damaged in each of the ways of DAMAGE, and one odd in each of ODD."""
_FIRST_ODD = 100
_FIRST_DAMAGED = 500


def snapshot(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Yield ``count`` lines of metadata, the same for the same seed."""
    odd = dict(enumerate(ODD, start=_FIRST_ODD))
    damaged = dict(enumerate(DAMAGE, start=_FIRST_DAMAGED))
    for number, paper in enumerate(made_papers(count, seed)):
        value = metadata(paper)
        place = number % PERIOD
        if place in odd:
            value |= odd[place]
        line = json.dumps(value).encode()
        if place in damaged:
            line = damaged[place](line)
        yield line + b"\n"


def lost_count(count: int) -> int:
    """Return how many papers of so many lines are lost."""
    places = [_FIRST_DAMAGED + number for number, damage in enumerate(DAMAGE) if damage in LOST]
    return sum(len(range(place, count, PERIOD)) for place in places)


def metadata(paper: Paper) -> dict[str, Any]:
    """Return a paper as one object of the snapshot."""
    day = datetime.fromisoformat(f"{paper.date}T09:30:00").replace(tzinfo=UTC)
    # The list takes a particle for the end of the given names, and the line wraps.
    parsed = [
        [one.family, " ".join(filter(None, [one.given, one.particle])), one.suffix]
        for one in paper.author_parts
    ]
    return {
        "id": paper.id,
        "submitter": paper.authors[0],
        "authors": ", ".join(paper.authors),
        "title": paper.title,
        "comments": "12 pages, 4 figures",
        "journal-ref": f"{paper.venue} {paper.volume} ({paper.year}) {paper.pages}",
        "doi": paper.identifiers_of("doi")[0],
        "report-no": None,
        "categories": " ".join(paper.categories),
        "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "abstract": f"  {_wrapped(paper.abstract)}\n",
        "versions": [{"version": "v1", "created": format_datetime(day, usegmt=True)}],
        "update_date": f"{day.year + 1}-05-13",
        "authors_parsed": parsed,
    }


def _wrapped(text: str) -> str:
    """Return a text in lines of a dozen words, as the snapshot has it."""
    words = text.split()
    return "\n".join(" ".join(words[start : start + 12]) for start in range(0, len(words), 12))


ODD: tuple[dict[str, Any], ...] = (
    {"authors": "", "authors_parsed": []},
    {"authors": None, "authors_parsed": None},
    {
        "authors": "The Tide Gauge Collaboration",
        "authors_parsed": [["The Tide Gauge Collaboration", "", ""]],
    },
    {
        "authors": "Ada Quilberg et al.",
        "authors_parsed": [["Quilberg", "Ada", ""], ["et al.", "", ""]],
    },
    {
        "authors": ", ".join(f"Hana Soler{number}" for number in range(900)),
        "authors_parsed": [[f"Soler{number}", "Hana", ""] for number in range(900)],
    },
    {"versions": [], "update_date": "0000-00-00"},
    {"versions": None, "update_date": None},
    {"versions": [{"version": "v1", "created": "in the spring"}]},
    {"id": "n.d.", "versions": [{"version": "v1", "created": "7 May"}]},
    {"doi": "10.5555/first 10.5555/second"},
    {"doi": "see the journal"},
    {
        "title": "Waves of \\'Emile \\& $\\alpha$ <i>Tides</i>",
        "abstract": "  We \\emph{see} <b>tides</b> &amp; wait.\n",
    },
    {"abstract": "  " + "The river runs on. " * 5_000},
    {"categories": None, "comments": "withdrawn by the author"},
    {"surprise": {"of": ["another", {"program": 1}]}},
)
"""What replaces values of a record that is still one, but an odd one."""


def _cut(line: bytes) -> bytes:
    return line[: 2 * len(line) // 3]


def _with_a_quotation_mark(line: bytes) -> bytes:
    return line.replace(b'"abstract": "', b'"abstract": ""', 1)


def _undecodable(line: bytes) -> bytes:
    place = line.index(b'"abstract": "') + 40
    return line[:place] + b"\xff\xfe" + line[place:]


def _nothing(line: bytes) -> bytes:
    return json.dumps(json.loads(line) | {"title": "", "abstract": None}).encode()


def _prose(_line: bytes) -> bytes:
    return b"upstream request timeout"


DAMAGE: tuple[Callable[[bytes], bytes], ...] = (
    _cut,
    _with_a_quotation_mark,
    _undecodable,
    _nothing,
    _prose,
)
"""What happens to a line."""
LOST = {*DAMAGE} - {_undecodable}
"""What leaves no paper of a line."""
