"""Which records are one paper: those of one id; of one readable id, those that say the same."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from index.merging import merge
from index.paper import Copy, Paper, mark, readable_id, same_abstract, title_words

_READABLE = re.compile(r".*[0-9a-f]{8}", re.DOTALL)
_MARKED = re.compile(r"(.*[0-9a-f]{8})-[0-9a-f]{8}", re.DOTALL)


def group_of(copies: Sequence[Paper]) -> str:
    """Return the id of the group of records that a paper, given as its copies, is compared with.

    This is its own id. Only where several papers would have one readable id, each has a mark behind
    it, and this readable id is that of the group.
    """
    paper_id = copies[0].id
    group = group_id_without_mark(paper_id)
    # A source may give an id that only looks like one of ours. The copies of author pages have the
    # mark of another one.
    if group and any(
        readable_id(copy) == group and paper_id == f"{group}-{mark(copy)}" for copy in copies
    ):
        return group
    return paper_id


def group_id_without_mark(paper_id: str) -> str | None:
    """Return the id of the group to which an id belongs if what is behind it is a mark."""
    match = _MARKED.fullmatch(paper_id)
    return match and match[1]


def marked_ids(group: str, ids_from: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the ids that are a group's id with a mark behind, found by what ids begin with."""
    if not _READABLE.fullmatch(group):
        return []
    return [one for one in ids_from(f"{group}-") if group_id_without_mark(one) == group]


def told_apart(group: str, copies: Sequence[Copy], shared: Collection[str]) -> list[str]:
    """Return for each copy of a group the id of its paper.

    ``shared`` are the files whose papers other files may list too: in them, title and first author
    suffice. Other records that are in the group by their title and first author alone are one paper
    if all authors and the abstract are equal, too; if they are several papers, each has a mark
    behind the readable id. Then the copies of author pages belong to the only paper with the same
    abstract, else they are a paper of their own. The order of the copies changes nothing.
    """
    if len(copies) < 2:
        return [group] * len(copies)
    marks = [
        mark(copy.paper) if copy.file not in shared and readable_id(copy.paper) == group else None
        for copy in copies
    ]
    if len({*marks} - {None}) < 2:
        return [group] * len(copies)
    return [
        group if found is None else f"{group}-{found}"
        for found in (
            own or _only_mark_of_abstract(copy.paper, copies, marks)
            for copy, own in zip(copies, marks, strict=True)
        )
    ]


def by_paper(group: str, copies: Sequence[Copy], shared: Collection[str]) -> dict[str, list[Copy]]:
    """Return the copies of each paper of a group by its id; see ``told_apart``."""
    papers: dict[str, list[Copy]] = {}
    for copy, paper_id in zip(copies, told_apart(group, copies, shared), strict=True):
        papers.setdefault(paper_id, []).append(copy)
    return papers


def by_file(copies: Iterable[Copy]) -> dict[str, list[Copy]]:
    """Return the copies that each file has."""
    files: dict[str, list[Copy]] = {}
    for copy in copies:
        files.setdefault(copy.file, []).append(copy)
    return files


def one_per_file(paper_id: str, copies: Iterable[Copy]) -> list[Copy]:
    """Return the copies of a paper with those of one file merged, all under the paper's id."""
    return [_merged(paper_id, of_file) for of_file in by_file(copies).values()]


def has_other_title(one: Paper, other: Paper) -> bool:
    """Tell whether the titles of two papers share fewer than half of the words of the shorter."""
    words, other_words = title_words(one), title_words(other)
    return 2 * len(words & other_words) < min(len(words), len(other_words))


def _only_mark_of_abstract(
    paper: Paper, copies: Sequence[Copy], marks: Sequence[str | None]
) -> str | None:
    """Return the mark of the only paper with the same abstract; None if there is not just one."""
    found = {
        own
        for copy, own in zip(copies, marks, strict=True)
        if own and same_abstract(copy.paper, paper)
    }
    return found.pop() if len(found) == 1 else None


def _merged(paper_id: str, copies: Sequence[Copy]) -> Copy:
    """Return the copy that several records of one file are; it was read where the first was."""
    if len(copies) == 1 and copies[0].paper.id == paper_id:
        return copies[0]
    merged = merge([replace(copy.paper, id=paper_id) for copy in copies])
    return Copy.of(replace(merged, sources=(min(merged.sources),)))
