"""Receipts: what a search asked, of what, how it was answered, and every paper it found, in order.

A receipt is a file of JSON, a line for each paper, that people can read and ``replay`` runs again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from index.arguments import whole_place
from index.paper import Paper, content_hash
from index.segments.contents import ANALYSIS
from searcher.collection import Collection
from searcher.diagnosis import ClauseCount
from searcher.errors import BadRequestError, ReceiptError
from searcher.query.tree import Diagnostic
from searcher.request import FILTERS, Ranking, Request
from searcher.saved.files import as_json, reason_of, stamp, write_whole
from searcher.saved.identity import Identity, identity_of
from searcher.saved.matches import every_hit

VERSION = 1
"""Raised with every change of the format that a reader has to know."""

Command = Literal["search", "export"]

_OPTIONS = (*FILTERS, "sort", "match", "strict", "acronyms", "expand")
_HASH_BITS = 128
_SCORE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Software:
    """The versions of what answered: of the program, and of how words are made of texts."""

    version: str
    analysis: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the indexes of a search hold together.

    ``records`` is how many records of ``files`` the papers were made of. The years are those of the
    oldest and the newest paper, None if no paper has one. ``content`` is a hash of all papers,
    which depends neither on their order nor on the names of files.
    """

    papers: int
    records: int
    files: int
    first_year: int | None
    last_year: int | None
    content: str


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper that a search found; ``content`` is a hash of all that is known of it.

    ``score`` is None where the papers were not ranked for a page.
    """

    id: str
    title: str
    score: float | None
    records: int
    content: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a search asked, of what, and what it found.

    ``made`` is the time of the search in UTC. ``generations`` are those of the indexes, by the
    whole path of each. Of the request the query, the filters, ``sort``, ``match``, ``strict``,
    ``acronyms``, ``expand`` and ``ranking`` count; an option that a file lacks is as usual.
    ``searched`` says what was searched for each part of the query, with the keys of an Echo;
    ``added`` are the words that an expanded search was ranked by as well, with their weights.
    ``clauses`` counts the papers of each part by itself.
    """

    made: str
    command: Command
    software: Software
    generations: Mapping[str, int]
    holdings: Holdings
    request: Request
    parsed: str
    relaxed: bool
    diagnostics: tuple[Diagnostic, ...]
    searched: Mapping[str, Any]
    added: Mapping[str, float]
    clauses: tuple[ClauseCount, ...]
    papers: tuple[ListedPaper, ...]

    def to_json(self) -> str:
        """Return the text of a file that ``read_receipt`` reads."""
        request = self.request
        options = {name: getattr(request, name) for name in _OPTIONS}
        head = {
            "receipt": VERSION,
            "made": self.made,
            "command": self.command,
            "query": request.query,
            "parsed": self.parsed,
            "options": options,
            "ranking": request.ranking.to_dict(),
            "relaxed": self.relaxed,
            "diagnostics": [asdict(one) for one in self.diagnostics],
            "searched": self.searched,
            "added": self.added,
            "clauses": [asdict(one) for one in self.clauses],
            "software": asdict(self.software),
            "indexes": [
                {"directory": directory, "generation": generation}
                for directory, generation in self.generations.items()
            ],
            "holdings": asdict(self.holdings),
            "total": len(self.papers),
        }
        return as_json(head, "papers", map(_row, self.papers, range(1, len(self.papers) + 1)))


def take_receipt(
    papers: Collection, request: Request, now: datetime, *, command: Command = "search"
) -> Receipt:
    """Answer a request with all its papers, and return the receipt of that.

    An ``export`` finds what ``Collection.all`` finds, by the ranking that ``papers`` were opened
    with. Every paper of the indexes is read, which takes 2 seconds for 23,258. Raises what
    ``Collection.answer`` raises.
    """
    from searcher import __version__

    exports = command == "export"
    kept = {name: getattr(request, name) for name in _OPTIONS}
    ranking = Ranking(**request.ranking.to_dict())  # with every field, as it is read again
    asked = Request(request.query, ranking=ranking, **kept, limit=0 if exports else 1)
    page = papers.answer(replace(asked, paper=False, snippets=False, echo=True))
    if exports:
        selection = {name: one for name, one in kept.items() if name != "expand"}
        listed = [_listed(one, None) for one in papers.all(asked.query, **selection)]
    else:
        hits = every_hit(papers, asked)
        listed = [_listed(hit.paper, hit.score) for hit in hits if hit.paper]
    return Receipt(
        stamp(now),
        command,
        Software(__version__, " ".join(map(str, ANALYSIS))),
        dict(zip(map(whole_place, papers.directories), papers.generations, strict=True)),
        _holdings(papers.all()),
        asked,
        page.parsed,
        page.relaxed,
        page.diagnostics,
        page.echo.to_dict() if page.echo else {},
        {one.word: one.weight for one in page.added},
        papers.clause_counts(asked),
        tuple(listed),
    )


def write_receipt(file: str, receipt: Receipt) -> None:
    """Write a receipt, over what the file held before. Raises ReceiptError."""
    try:
        write_whole(file, receipt.to_json())
    except OSError as error:
        raise ReceiptError(f"{file}: cannot be written ({reason_of(error)})") from error


def read_receipt(file: str) -> Receipt:
    """Read a receipt. Raises ReceiptError, which says what is wrong in the file."""
    try:
        with open(file, encoding="utf-8") as stream:
            values = json.load(stream)
    except (OSError, UnicodeDecodeError) as error:
        raise ReceiptError(
            f"{file}: cannot be read ({reason_of(error)}); check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"{file}: this is no receipt, for it is no JSON: {error}") from error
    version = values.get("receipt") if isinstance(values, dict) else None
    if version is None:
        raise ReceiptError(
            f"{file}: this is no receipt; searcher search QUERY --receipt FILE makes one"
        )
    if version != VERSION:
        raise ReceiptError(
            f"{file}: written by another version, in format {version}; this one reads {VERSION}"
        )
    try:
        return _receipt(values)
    except KeyError as error:
        raise ReceiptError(f"{file}: the receipt lacks the key {error}") from error
    except (
        BadRequestError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
    ) as error:
        raise ReceiptError(f"{file}: the receipt was changed: {error}") from error


def _receipt(values: Mapping[str, Any]) -> Receipt:
    options = values["options"]
    if unknown := sorted(options.keys() - {*_OPTIONS}):
        raise ValueError(f"there is no option {unknown[0]}")
    command: Command = "export" if values["command"] == "export" else "search"
    limit = 0 if command == "export" else 1
    ranking = Ranking(**values["ranking"])
    software, holdings = values["software"], values["holdings"]
    papers = tuple(_papers(values["papers"]))
    if values["total"] != len(papers):
        raise ValueError(f"it lists {len(papers)} papers, and its total is {values['total']}")
    return Receipt(
        stamp(datetime.fromisoformat(values["made"])),
        command,
        Software(str(software["version"]), str(software["analysis"])),
        {str(one["directory"]): int(one["generation"]) for one in values["indexes"]},
        Holdings(
            int(holdings["papers"]),
            int(holdings["records"]),
            int(holdings["files"]),
            _year(holdings["first_year"]),
            _year(holdings["last_year"]),
            str(holdings["content"]),
        ),
        Request(values["query"], ranking=ranking, limit=limit, **options),
        str(values["parsed"]),
        bool(values["relaxed"]),
        tuple([Diagnostic(str(one["code"]), str(one["message"])) for one in values["diagnostics"]]),
        dict(values["searched"]),
        {str(word): float(weight) for word, weight in values["added"].items()},
        tuple(
            ClauseCount(str(one["text"]), int(one["count"]), str(one["filter"]))
            for one in values["clauses"]
        ),
        papers,
    )


def _year(value: Any) -> int | None:
    return None if value is None else int(value)


def _papers(rows: Iterable[Mapping[str, Any]]) -> Iterator[ListedPaper]:
    for row in rows:
        identity = Identity(tuple(map(str, row["keys"])), str(row["title_key"]))
        score = None if row["score"] is None else float(row["score"])
        content = str(row["content"])
        yield ListedPaper(
            str(row["id"]), str(row["title"]), score, int(row["records"]), content, identity
        )


def _row(paper: ListedPaper, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "id": paper.id,
        "title": paper.title,
        "score": paper.score,
        "records": paper.records,
        "content": paper.content,
        "keys": paper.identity.keys,
        "title_key": paper.identity.title_key,
    }


def _listed(paper: Paper, score: float | None) -> ListedPaper:
    content = content_hash(paper).hex()
    records = len(paper.sources)
    score = None if score is None else round(score, _SCORE_DIGITS)
    return ListedPaper(paper.id, paper.title, score, records, content, identity_of(paper))


def _holdings(papers: Iterable[Paper]) -> Holdings:
    count = records = content = 0
    files: set[str] = set()
    years: set[int] = set()
    for paper in papers:
        count += 1
        records += len(paper.sources)
        files.update([source.file for source in paper.sources])
        if paper.year is not None:
            years.add(paper.year)
        # A sum is the same in any order.
        content += int.from_bytes(content_hash(paper), "big")
    digest = f"{content % (1 << _HASH_BITS):0{_HASH_BITS // 4}x}"
    first, last = (min(years), max(years)) if years else (None, None)
    return Holdings(count, records, len(files), first, last, digest)
