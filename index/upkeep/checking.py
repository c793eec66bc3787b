"""Check an index whole: its table of contents, each segment, and the ids of all papers."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from index.arguments import folder_path
from index.errors import DamagedIndexError
from index.opensearch.address import is_address, read_address
from index.paper import id_digest
from index.segments.contents import Contents, unnamed
from index.segments.names import LOCK_NAME, SUGGESTIONS_NAME, is_plain, suggestions_path, table_path
from index.segments.opening import MappedIndex, MappedSegment, map_index
from index.segments.suggestions import open_suggestions
from index.upkeep.report import Finding, Report, reason_of
from index.upkeep.segment_check import CheckedSegment


def check(directory: str | os.PathLike[str]) -> Report:
    """Check the index in ``directory``: its newest commit, and any other files there.

    All files are read whole, which takes some 60 µs a paper. Nothing is written, and a commit
    meanwhile does no harm. Of an index on a cluster, which looks after its own files, all papers
    are counted, and some papers and terms are compared with what is stored of them.

    Raises BadRequestError if ``directory`` is no path, NotAnIndexError if there is no index,
    IndexStorageError if the folder cannot be read, and ClusterError if the cluster fails.
    """
    place = folder_path(directory)
    if is_address(place):
        from index.upkeep.cluster import check_cluster

        return check_cluster(read_address(place))
    return check_segments(place).report


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked index: the report, the commit, each of its segments and the ids of its papers.

    ``generation`` is that of its table of contents, -1 if there is none.
    """

    report: Report
    generation: int
    contents: Contents | None
    segments: tuple[CheckedSegment, ...]
    ids: "_LiveIds"


def check_segments(directory: str) -> Checked:
    """Check an index as ``check`` does, and return its checked segments too."""
    started = time.perf_counter()
    mapped = map_index(directory)
    table_damage = []
    if mapped.table_error:
        name = _table_name(mapped.generation)
        table_damage.append(Finding(name, "", reason_of(mapped.table_error, name, directory)))
    ids = _LiveIds()
    segments: list[CheckedSegment] = []
    for segment in mapped.segments:
        checked = CheckedSegment(segment)
        checked.damage += ids.repeated(checked)
        checked.forget_papers()
        segments.append(checked)
    of_suggestions = list(_findings_of_suggestions(directory, mapped.contents))
    report = Report(
        directory=directory,
        papers=sum(checked.live_count for checked in segments),
        segments=len(segments),
        file_bytes=_file_bytes(mapped.segments),
        damage=(
            *table_damage,
            *(one for checked in segments for one in checked.damage),
            *(one for one in of_suggestions if one.kind == "damage"),
        ),
        notes=(
            *(one for one in of_suggestions if one.kind == "note"),
            *_other_files(directory, mapped),
        ),
        sources=tuple(sorted({file for checked in segments for file in checked.sources})),
        seconds=time.perf_counter() - started,
        is_earlier=mapped.contents is not None and mapped.contents.is_earlier,
    )
    return Checked(report, mapped.generation, mapped.contents, tuple(segments), ids)


def _file_bytes(segments: Iterable[MappedSegment]) -> int:
    """Return how many bytes the segments' files have."""
    buffers = [buffer for one in segments for buffer in (one.postings, one.documents)]
    return sum(len(buffer) for buffer in buffers if not isinstance(buffer, DamagedIndexError))


def _findings_of_suggestions(directory: str, contents: Contents | None) -> Iterator[Finding]:
    """Yield a finding if the suggestions are not as they were written, or not of this commit."""
    try:
        if suggestions := open_suggestions(directory):
            suggestions.check()
            if contents and not suggestions.is_of(contents.segments):
                reason = (
                    "made of the papers of an earlier commit, or of another index; searcher suggest"
                    " --refresh makes it anew"
                )
                yield Finding(SUGGESTIONS_NAME, "", reason, "note")
    except FileNotFoundError:
        pass  # it was removed meanwhile
    except (DamagedIndexError, OSError) as error:
        yield Finding(SUGGESTIONS_NAME, "", reason_of(error, suggestions_path(directory)))


class _LiveIds:
    """The ids of the papers in all segments checked so far."""

    def __init__(self) -> None:
        self._segment_of: dict[bytes, str] = {}

    def __contains__(self, paper_id: str) -> bool:
        return id_digest(paper_id) in self._segment_of

    def repeated(self, checked: CheckedSegment) -> Iterator[Finding]:
        """Yield a finding if the segment repeats an id, its own or one of an earlier segment."""
        file = checked.entry.files[1]
        repeated: list[tuple[str, str]] = []
        for paper_id in checked.live_ids:
            key = id_digest(paper_id)
            if key in self._segment_of:
                repeated.append((paper_id, self._segment_of[key]))
            self._segment_of[key] = file
        if repeated:
            paper_id, other = repeated[0]
            yield Finding(
                file,
                "stored papers",
                f"{len(repeated):,} ids are those of other papers; the first is {paper_id!r},"
                f" which stands in {other} too",
            )


def _other_files(directory: str, mapped: MappedIndex) -> Iterator[Finding]:
    """Yield a note for each file in the folder that is no part of the commit."""
    named = {LOCK_NAME, *(name for segment in mapped.segments for name in segment.entry.files)}
    removable: set[str] = set()
    with suppress(OSError):
        named |= {SUGGESTIONS_NAME} if is_plain(suggestions_path(directory)) else set()
    with suppress(OSError):  # then nothing can be removed either
        removable = unnamed(directory, mapped.generation)
    for name in sorted(set(mapped.names) - named - {_table_name(mapped.generation)}):
        reason = "no file of the index"
        if name in removable:
            reason = "no part of the last commit; the next one removes it"
        yield Finding(name, "", reason, "note")


def _table_name(generation: int) -> str:
    return os.path.basename(table_path("", generation)) if generation >= 0 else ""
