"""A receipt's search asked again: which papers are new, gone or moved since then, and why."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from index.paper import content_hash
from searcher.collection import Collection
from searcher.errors import UnknownPaperError
from searcher.saved.identity import recognise
from searcher.saved.receipts import ListedPaper, Receipt, take_receipt

ADDED = "added to the index, or changed there"
GONE = "gone from the index"
CHANGED = "the paper has changed"
VERSION = "another version of searcher"
RANKING = "other settings of the ranking"
READING = "the query is read otherwise"
STATISTICS = "other papers came or went, which changes what words count"
UNKNOWN = "for no reason that was recorded"
"""Why a paper is new, gone or moved; of several reasons the first is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that is not where it was: its ranks then and now, None where it was not found."""

    id: str
    title: str
    then: int | None
    now: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a receipt's search finds now, compared with what it found then.

    ``new``, ``gone`` and ``moved`` are in the order of the ranks. ``moved`` are as few papers as
    have to be left out so that all others stand in the order of then. ``causes`` say what else is
    not as it was.
    """

    then: Receipt
    now: Receipt
    new: tuple[Change, ...]
    gone: tuple[Change, ...]
    moved: tuple[Change, ...]
    causes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether the same papers are found in the same order."""
        return not (self.new or self.gone or self.moved)

    def to_dict(self) -> dict[str, Any]:
        """Return what has changed as values for JSON."""
        return {
            "same": self.is_same,
            "made": self.then.made,
            "total_then": len(self.then.papers),
            "total_now": len(self.now.papers),
            "new": list(map(asdict, self.new)),
            "gone": list(map(asdict, self.gone)),
            "moved": list(map(asdict, self.moved)),
            "causes": list(self.causes),
        }


def replay(then: Receipt, papers: Collection) -> Replay:
    """Ask again what a receipt has asked, by its own ranking, and compare.

    ``papers`` are to be open with that ranking: ``searcher.open(…, ranking=then.request.ranking)``.
    Raises what ``Collection.answer`` raises.
    """
    made = datetime.fromisoformat(then.made)
    return compare(then, take_receipt(papers, then.request, made, command=then.command), papers)


def compare(then: Receipt, now: Receipt, papers: Collection) -> Replay:
    """Compare two receipts of one search; ``papers`` are those that the later one was made of."""
    known = recognise([one.identity for one in then.papers], [one.identity for one in now.papers])
    of_all = _reason_of_all(then, now)
    is_same_index = then.holdings.content == now.holdings.content
    new, pairs = [], []
    for place, at in enumerate(known):
        if at is None:
            one = now.papers[place]
            reason = of_all if is_same_index else ADDED
            new.append(Change(one.id, one.title, None, place + 1, reason))
        else:
            pairs.append((at, place))
    stays = set(_rising([at for at, _ in pairs]))
    moved = []
    for at, place in pairs:
        if at not in stays:
            one = now.papers[place]
            has_changed = one.content != then.papers[at].content
            reason = CHANGED if has_changed else of_all
            moved.append(Change(one.id, one.title, at + 1, place + 1, reason))
    found = {at for at, _ in pairs}
    gone = [
        Change(one.id, one.title, at + 1, None, _why_gone(one, papers, of_all))
        for at, one in enumerate(then.papers)
        if at not in found
    ]
    changed = sum(now.papers[place].content != then.papers[at].content for at, place in pairs)
    causes = tuple(_causes(then, now, changed))
    return Replay(then, now, tuple(new), tuple(gone), tuple(moved), causes)


def _reason_of_all(then: Receipt, now: Receipt) -> str:
    """Return why papers are found otherwise that have not changed."""
    if then.software != now.software:
        return VERSION
    if then.request.ranking != now.request.ranking:
        return RANKING
    if _reading(then) != _reading(now):
        return READING
    return UNKNOWN if then.holdings.content == now.holdings.content else STATISTICS


def _reading(receipt: Receipt) -> tuple[Any, ...]:
    return receipt.parsed, receipt.relaxed, receipt.searched, list(receipt.added)


def _why_gone(listed: ListedPaper, papers: Collection, of_all: str) -> str:
    for key in listed.identity.keys:
        try:
            paper = papers.paper(key)
        except UnknownPaperError:
            continue
        return of_all if content_hash(paper).hex() == listed.content else CHANGED
    return GONE


def _causes(then: Receipt, now: Receipt, changed: int) -> Iterator[str]:
    """Yield what is not as it was; ``changed`` of the papers found both times have changed."""
    if then.software != now.software:
        yield f"searcher: {_versions(then)} then, {_versions(now)} now"
    if then.request.ranking != now.request.ranking:
        usual = "as usual"
        before, after = (str(one.request.ranking) or usual for one in (then, now))
        yield f"ranking: {before} then, {after} now"
    if _reading(then) != _reading(now):
        yield f"the query is read otherwise: {_read_as(then)} then, {_read_as(now)} now"
    if then.holdings.content != now.holdings.content:
        yield f"the index: {then.holdings.papers:,} papers then, {now.holdings.papers:,} now"
        if changed:
            yield f"papers found that have changed: {changed:,}"
    elif then.generations != now.generations:
        yield "the index was written since then, and holds the same papers"


def _versions(receipt: Receipt) -> str:
    return f"{receipt.software.version} ({receipt.software.analysis})"


def _read_as(receipt: Receipt) -> str:
    said = "; ".join(one.message for one in receipt.diagnostics)
    return f"{receipt.parsed} ({said})" if said else receipt.parsed


def _rising(numbers: Sequence[int]) -> Iterator[int]:
    """Yield a longest part of some different numbers that rises, from its end on."""
    ends: list[int] = []  # the least number that a rising part of each length ends with
    places: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
        places.append(at)
    wanted = len(ends) - 1
    for number, at in zip(reversed(numbers), reversed(places), strict=True):
        if at == wanted:
            yield number
            wanted -= 1
