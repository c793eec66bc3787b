"""Saved searches as lines of text; nothing here prints."""

from collections.abc import Iterator, Sequence

from searcher.output.layout import columns, counted, padded, safe
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
    for name in ("category", "year", "author", "institution"):
        words += [part for value in getattr(request, name) for part in (f"--{name}", value)]
    words += ["--has-code"] if request.has_code else []
    words += ["--any"] if request.match == "any" else []
    words += ["--sort", request.sort] if request.sort != "relevance" else []
    words += ["--strict"] if request.strict else []
    return words + ([] if request.acronyms else ["--no-acronyms"])
