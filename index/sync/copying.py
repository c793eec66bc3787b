"""Copy an index to another place: from a folder to a cluster, back, or to another of either."""

import os
from collections.abc import Callable

from index.arguments import byte_count, callback_of, folder_path
from index.errors import BadRequestError
from index.writers.local import MEMORY_BYTES
from index.writers.opening import open_dry, open_for_changes, require_index
from index.writers.port import ignore_progress

_PAPERS_A_STEP = 1_000


def copy(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    *,
    memory_bytes: int = MEMORY_BYTES,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> int:
    """Copy the index ``source`` to ``directory``, where none may be, and return how many papers.

    Either is a folder or an address on a cluster. All is copied that later builds ask for: each
    copy of a paper, which files were read, and which papers were removed. Suggestions are not.

    ``on_progress`` is called as for ``build``. Raises BadRequestError if there is an index in
    ``directory``, and the errors of ``open_writer``.
    """
    progress = callback_of("on_progress", on_progress) or ignore_progress
    source, directory = folder_path(source), folder_path(directory)
    require_index(source)
    with (
        open_dry(source) as before,
        open_for_changes(directory, byte_count(memory_bytes)) as writer,
    ):
        if writer.paper_count or writer.remembered:
            raise BadRequestError(
                f"{directory}: holds an index already; copy to another place, or remove it"
            )
        total = before.paper_count
        for done, (copies, shared) in enumerate(before.papers()):
            if done % _PAPERS_A_STEP == 0:
                progress("reading", done, total)
            writer.add(copies, shared)
        progress("reading", total, total)
        writer.remember(before.remembered)
        writer.commit(progress)
        writer.merge(progress)
    return total
