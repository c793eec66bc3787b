"""What of a saved search was seen: each paper that it found, and whether it was told as new."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from searcher.errors import SavedSearchError
from searcher.saved.files import as_json
from searcher.saved.identity import Identity, recognise

_VERSION = 1


@dataclass(frozen=True, slots=True)
class SeenPaper:
    """A paper that a saved search found: what it is known by, since when, and whether it was told.

    ``since`` is a time in UTC. A paper that a feed met first was not told yet.
    """

    identity: Identity
    since: str
    told: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a saved search was seen.

    ``since`` is when it was looked at first. ``told`` is when its new papers were told last, empty
    if never; ``asked`` is what was asked then, and ``generations`` are those of the indexes that
    were searched then, by folder.
    """

    since: str = ""
    told: str = ""
    asked: Mapping[str, Any] | None = None
    generations: Mapping[str, int] | None = None
    papers: tuple[SeenPaper, ...] = ()

    def recognise(self, identities: Sequence[Identity]) -> list[SeenPaper | None]:
        """Return for each of some papers what was seen of it, None if it was not."""
        known = [paper.identity for paper in self.papers]
        found = recognise(known, identities)
        return [None if at is None else self.papers[at] for at in found]

    def with_met(self, other: "Seen") -> "Seen":
        """Return what was seen here or in another, later look. No paper is forgotten."""
        papers = list(self.papers)
        known = recognise(
            [paper.identity for paper in papers], [paper.identity for paper in other.papers]
        )
        for paper, at in zip(other.papers, known, strict=True):
            if at is None:
                papers.append(paper)
            else:
                old = papers[at]
                identity = old.identity.with_keys_of(paper.identity)
                papers[at] = SeenPaper(
                    identity, min(old.since, paper.since), old.told or paper.told
                )
        papers.sort(key=lambda paper: (paper.since, paper.identity))
        since = min(filter(None, (self.since, other.since)), default="")
        newer = other if other.told >= self.told else self
        return replace(newer, since=since, papers=tuple(papers))

    def to_json(self) -> str:
        """Return what ``read`` reads, a line for each paper."""
        head = {
            "seen": _VERSION,
            "since": self.since,
            "told": self.told,
            "asked": self.asked,
            "generations": self.generations,
        }
        return as_json(head, "papers", map(_row, self.papers))


def read_seen(text: str, path: str) -> Seen:
    """Read what was seen from the text of a file. Raises SavedSearchError."""
    try:
        values = json.loads(text)
        if values["seen"] != _VERSION:
            raise SavedSearchError(
                f"{path}: written by another version, in format {values['seen']}; this one reads"
                f" {_VERSION}; remove it, and all that is found is new again"
            )
        return Seen(
            str(values["since"]),
            str(values["told"]),
            values["asked"],
            values["generations"] and {str(k): int(n) for k, n in values["generations"].items()},
            tuple(_papers(values["papers"])),
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise SavedSearchError(
            f"{path}: not as it was written; remove it, and all that is found is new again"
        ) from error


def _row(paper: SeenPaper) -> dict[str, Any]:
    identity = paper.identity
    return {
        "since": paper.since,
        "told": paper.told,
        "title": identity.title_key,
        "keys": identity.keys,
    }


def _papers(rows: Iterable[Mapping[str, Any]]) -> Iterable[SeenPaper]:
    for row in rows:
        keys = tuple(map(str, row["keys"]))
        yield SeenPaper(Identity(keys, str(row["title"])), str(row["since"]), bool(row["told"]))
