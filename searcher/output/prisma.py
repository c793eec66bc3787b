"""What a systematic review has to publish of a search, by PRISMA-S; nothing here prints.

PRISMA-S (Rethlefsen et al., Systematic Reviews 10:39, 2021) asks for the name of the database and
the platform (item 1), the strategy copied exactly as run (8), limits (9), search filters (10), the
date (13), how many records were found (15), and how duplicates were removed (16).
"""

import os
from collections.abc import Iterator
from datetime import datetime

from index.arguments import whole_place
from searcher.output.layout import counted, safe
from searcher.request import FILTERS
from searcher.saved.receipts import Receipt

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def prisma_text(receipt: Receipt) -> Iterator[str]:
    """Yield the lines of the paragraph; the strategy stands in a line of its own."""
    made, held = datetime.fromisoformat(receipt.made), receipt.holdings
    names = " and ".join(_named(one) for one in receipt.generations)
    noun, pronoun = ("index", "It") if len(receipt.generations) == 1 else ("indexes", "They")
    commits = " and ".join(f"{number:,}" for number in receipt.generations.values())
    date = f"{made.day} {_MONTHS[made.month - 1]} {made.year} ({made:%H:%M} UTC)"
    years = f" of the years {held.first_year} to {held.last_year}" if held.first_year else ""
    yield safe(
        f"On {date} we searched the {noun} {names} on the platform searcher"
        f" {receipt.software.version} (analysis: {receipt.software.analysis}). {pronoun} held"
        f" {counted(held.papers, 'paper')}{years}, made of {counted(held.records, 'record')} in"
        f" {counted(held.files, 'file')} (generation {commits}, content {held.content})."
        " The strategy, exactly as it was run:"
    )
    yield ""
    yield f"    {safe(receipt.request.query)}"
    yield ""
    yield safe(" ".join(_after(receipt)))


def _named(directory: str) -> str:
    return f'"{os.path.basename(whole_place(directory))}"'


def _after(receipt: Receipt) -> Iterator[str]:
    request, records = receipt.request, sum(one.records for one in receipt.papers)
    if receipt.parsed != request.query:
        yield f"It was understood as: {receipt.parsed}."
    if request.match == "any":
        yield "Any of its words had to match."
    elif receipt.relaxed:
        yield "Few papers or none matched all its words, so any of them had to match."
    else:
        yield "All its words had to match."
    yield "Words also match in other endings and spellings, unless they are quoted."
    if receipt.diagnostics:
        yield f"The platform noted: {'; '.join(one.message for one in receipt.diagnostics)}."
    limits = "; ".join(_limits(receipt))
    yield f"Limits: {limits}." if limits else "No limits were set."
    yield "No published search filter was used."
    yield (
        f"The search found {counted(len(receipt.papers), 'paper')}, made of"
        f" {counted(records, 'record')}: records that share a DOI or another identifier, or title,"
        " authors and abstract, became one paper when the index was built."
    )
    if len(receipt.clauses) > 1:
        counts = [f"{one.filter} {one.text}: {one.count:,}".strip() for one in receipt.clauses]
        yield f"Papers of each part by itself: {'; '.join(counts)}."


def _limits(receipt: Receipt) -> Iterator[str]:
    for name in FILTERS:
        value = getattr(receipt.request, name)
        if isinstance(value, tuple):
            if value:
                quoted = [f'"{one}"' for one in value]
                yield f"{name} {' or '.join(quoted)}"
        elif value is not None:
            yield "with code" if value else "without code"
