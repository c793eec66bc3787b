"""Saved searches and replays of receipts as lines of text; nothing here prints."""

from collections.abc import Iterator, Sequence

from searcher.output.layout import Style, columns, counted, padded, safe, wrap
from searcher.output.prisma import prisma_text
from searcher.request import FILTERS
from searcher.saved.replaying import Replay
from searcher.saved.searches import SavedSearch
from searcher.saved.seen import Seen


def searches_text(searches: Sequence[tuple[SavedSearch, Seen]]) -> Iterator[str]:
    """Yield two lines for each saved search: what it asks, and where and when."""
    from shlex import join

    column = max((columns(search.name) for search, _ in searches), default=0)
    for search, seen in searches:
        yield f"{padded(search.name, column)}  {safe(join(command_of(search)))}"
        place = safe(" and ".join(search.indexes))
        told = f"told last {seen.told}" if seen.told else "never told"
        yield f"{padded('', column)}  {place} · {counted(len(seen.papers), 'paper')} seen, {told}"


def command_of(search: SavedSearch) -> list[str]:
    """Return the words and options that ask the same: ``mixture of experts --year 2023..``."""
    request = search.request
    words = request.query.split() if not set("'\"()\\") & set(request.query) else [request.query]
    for name in FILTERS:
        value = getattr(request, name)
        if isinstance(value, tuple):
            words += [part for one in value for part in (f"--{name}", one)]
        elif value:
            words.append(f"--{name.replace('_', '-')}")
    words += ["--any"] if request.match == "any" else []
    words += ["--sort", request.sort] if request.sort != "relevance" else []
    words += ["--strict"] if request.strict else []
    return words + ([] if request.acronyms else ["--no-acronyms"])


def replay_text(replay: Replay, style: Style) -> Iterator[str]:
    """Yield what a replay found changed, and the paragraph for a review, of the search then."""
    then, now = len(replay.then.papers), len(replay.now.papers)
    if replay.is_same:
        yield f"the same {counted(then, 'paper')} in the same order as at {replay.then.made}"
    else:
        yield f"{counted(then, 'paper')} at {replay.then.made}, {now:,} now"
    for name in ("new", "gone", "moved"):
        for one in getattr(replay, name):
            ranks = " → ".join("–" if rank is None else str(rank) for rank in (one.then, one.now))
            line = f"{one.id}: {one.title} ({one.reason})"
            yield from wrap(safe(line), style, " " * 8, f"{name:<5}  {ranks}  ")
    for cause in replay.causes:
        yield from wrap(safe(f"since then: {cause}"), style, " " * 8)
    yield ""
    for line in prisma_text(replay.then):
        # The strategy, which is indented, stays as it was typed.
        yield from wrap(line, style) if line and not line.startswith(" ") else [line]
