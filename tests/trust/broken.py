"""What breaks a promise of comparing, each in its own way: what the trials must see."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import index.sync.identity
from index.paper import Copy, Paper, mark, readable_id
from index.sync.fates import Fates
from index.sync.identity import keys_of
from index.writers.opening import open_writer

# Comparisons of seed files with an index, each with one mistake

_decide = Fates.decide


def _fate_of_the_first_copy(*arguments: Any) -> Any:
    """Let a paper go with the first of its copies that does."""
    fate = _decide(*arguments)
    if fate.pruned:
        fate.pruned += [*fate.staying, *fate.stale]
        fate.staying, fate.stale = [], []
    return fate


def _fate_in_one_file(*arguments: Any) -> Any:
    """Do not note that another file holds a paper, too."""
    fate = _decide(*arguments)
    if fate.staying:
        fate.read = []
    return fate


def _by_order(group: str, copies: Sequence[Copy], _shared: object) -> list[str]:
    """Give the readable id to whichever record comes first."""
    return [group if at == 0 else f"{group}-{mark(copy.paper)}" for at, copy in enumerate(copies)]


def _returns(value: object) -> Callable[..., object]:
    return lambda *_arguments, **_options: value


def _first_key(paper: Paper) -> tuple[str, ...]:
    """Know a record by one of its identifiers."""
    return keys_of(paper)[:1]


def _copies_as_stored(known: Any, entry: Any) -> list[Copy]:
    """Take a copy for unchanged though its paper's id is another."""
    stored = known._writer.copies(entry)
    return [
        Copy(own, entry.hashes[own.sources[0].file])
        for own in index.sync.identity.under_own_id(stored)
    ]


_COMPARISON = "index.sync.comparing.Comparison"
_FATES = "index.sync.fates.Fates"
_WHEREABOUTS = "index.sync.whereabouts.Whereabouts"

BROKEN_COMPARISONS: Mapping[str, tuple[str, object]] = {
    "a paper goes with its first copy": (f"{_FATES}.decide", _fate_of_the_first_copy),
    "a second file is not noted": (f"{_FATES}.decide", _fate_in_one_file),
    "a title is one paper": (
        "index.sync.identity.told_apart",
        lambda group, copies, _shared: [group] * len(copies),
    ),
    "the first record has the id": ("index.sync.identity.told_apart", _by_order),
    "files are pruned that are not named": (f"{_WHEREABOUTS}._is_named", _returns(True)),
    "a missing folder is pruned": (f"{_WHEREABOUTS}.lost_folder", _returns(None)),
    "damaged text is taken": ("index.sync.fates.loss", _returns(None)),
    "damaged text is another paper": (f"{_FATES}._is_doubtful", _returns(False)),
    "a page cut short is pruned": (f"{_COMPARISON}._short_files", _returns(set())),
    "a file with a problem is pruned": (
        "index.reading.run.SeedRun.read_whole",
        property(lambda run: {file.path for file in run.files}),
    ),
    "what was written at once is not settled": (
        "index.writers.local._LocalWriter.settle",
        _returns(None),
    ),
    "a strict run writes": ("index.sync.run._refuse_problems", _returns(None)),
    "a dry run writes": ("index.sync.run.open_dry", open_writer),
}
"""What is replaced, by what, under the promise that it breaks."""

BROKEN_CONNECTIONS: Mapping[str, tuple[str, object]] = {
    "an identifier is forgotten": ("index.sync.identity.keys_of", _first_key),
    "what joined the records of a file is forgotten": (
        f"{_COMPARISON}.unsettled",
        property(lambda comparison: comparison._fates.unsettled),
    ),
    "a skipped file keeps its year": ("index.reading.run.SeedRun._has_year_of", _returns(True)),
    "records at odds are one paper": ("index.sync.identity.are_at_odds", _returns(False)),
    "two papers have one id": (
        "index.sync.identity._id_in_dispute",
        lambda copies: min(readable_id(copy.paper) for copy in copies),
    ),
    "a changed id is not written": ("index.sync.comparing._KnownPapers.copies", _copies_as_stored),
    "a removed paper comes back": ("index.sync.comparing.is_barred", _returns(False)),
    "records without identifiers are told apart by nothing": (
        "index.sync.identity.mark",
        _returns("00000000"),
    ),
}
"""The same for records that share identifiers."""
