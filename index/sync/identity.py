"""Which records are one paper: those that share an identifier or id, or that say the same."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from index.identifiers import (
    OWN_SCHEMES,
    Identifier,
    best_id,
    normalised,
    read_own_identifier,
)
from index.letters import fold
from index.merging import merge
from index.names import surname
from index.paper import (
    Copy,
    Paper,
    Source,
    id_digest,
    mark,
    readable_id,
    same_abstract,
    title_words,
)

_READABLE = re.compile(r".*[0-9a-f]{8}", re.DOTALL)
_MARKED = re.compile(r"(.*[0-9a-f]{8})-[0-9a-f]{8}", re.DOTALL)


def keys_of(paper: Paper) -> tuple[str, ...]:
    """Return what a record is known by: records that share a key are one paper.

    These are its identifiers that name one paper each, or else its own id.
    """
    return tuple(map(str, own_identifiers(paper))) or (paper.id,)


def bars_of(copies: Sequence[Paper], is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """Return what keeps the records of a paper out once it is removed (see ``is_barred``).

    These are its keys. A key that another paper has too, as ``is_known`` tells, bars only records
    of the same title and first author. Of several papers of one readable id, the mark bars this
    one alone.
    """
    group = group_of(copies)
    if group != copies[0].id:
        return (copies[0].id,)
    own = under_own_id(copies)
    keys = dict.fromkeys((key, readable_id(copy)) for copy in own for key in keys_of(copy))
    return tuple(
        dict.fromkeys(f"{key}\n{own_id}" if is_known(key) else key for key, own_id in keys)
    )


def is_barred(paper: Paper, keys: Sequence[str], bars: Collection[str]) -> bool:
    """Tell whether a record, known by ``keys``, is of a removed paper."""
    if any(key in bars for key in keys):
        return True
    own_id = readable_id(paper)
    others = [f"{key}\n{own_id}" for key in keys]
    if own_id in keys:
        others.append(f"{own_id}-{mark(paper)}")
    return any(other in bars for other in others)


def under_own_id(copies: Sequence[Paper]) -> list[Paper]:
    """Return the copies of a paper of the index, each with the id that it would have alone."""
    group = group_of(copies)
    return [replace(copy, id=best_id(copy.identifiers) or group) for copy in copies]


def group_of(copies: Sequence[Paper]) -> str:
    """Return the id that those copies of a paper have which have no identifiers.

    This is the paper's own id. Only where several papers would have one readable id, each has a
    mark behind it, and then it is the readable id.
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


def by_paper(copies: Sequence[Copy], shared: Collection[str]) -> dict[str, list[Copy]]:
    """Return the copies of each paper by its id, given copies that are connected by their keys.

    Copies that share a key are one paper, except where ``are_at_odds``: then no paper has that key
    as its id, and one without any other has a readable id with a hash of its keys. For copies
    without identifiers see ``told_apart``.
    """
    connected = _connected(copies)
    known = Counter(key for own in connected for key in {*_keys(own)})
    papers: dict[str, list[Copy]] = {}
    for own in connected:
        found = [one for copy in own for one in own_identifiers(copy.paper)]
        if not found:
            for copy, paper_id in zip(own, told_apart(own[0].paper.id, own, shared), strict=True):
                papers.setdefault(paper_id, []).append(copy)
            continue
        undisputed = normalised(one for one in found if known[str(one)] == 1)
        paper_id = best_id(undisputed) or _id_in_dispute(own)
        papers.setdefault(paper_id, []).extend(own)
    return papers


def _sources(copy: Copy) -> tuple[Source, ...]:
    return copy.paper.sources


def _id_in_dispute(copies: Sequence[Copy]) -> str:
    """Return the id of a paper all of whose identifiers other papers have, too.

    Its hash is longer than a mark, so that no paper without identifiers can have it.
    """
    hashed = id_digest(" ".join(sorted({*_keys(copies)})))[:6].hex()
    return f"{min(readable_id(copy.paper) for copy in copies)}-{hashed}"


def are_at_odds(one: Paper, other: Paper) -> bool:
    """Tell whether records are of two papers, though they share an identifier.

    They have other titles and other authors: somebody has made a mistake. Where only the titles
    differ, one may be a translation, and so may titles in two scripts, whose names differ too.
    """
    if not one.authors or not other.authors or not has_other_title(one, other):
        return False
    if fold(one.title).isascii() != fold(other.title).isascii():
        return False
    return {fold(surname(name)) for name in one.authors}.isdisjoint(
        fold(surname(name)) for name in other.authors
    )


def _connected(copies: Sequence[Copy]) -> list[list[Copy]]:
    """Return the copies in lists of those that are connected by keys."""
    lists: list[tuple[set[str], list[Copy]]] = []
    for copy in sorted(copies, key=_sources) if copies[1:] else copies:
        keys, own = {*keys_of(copy.paper)}, [copy]
        apart = []
        for other_keys, others in lists:
            if keys.isdisjoint(other_keys) or are_at_odds(copy.paper, others[0].paper):
                apart.append((other_keys, others))
            else:
                keys, own = keys | other_keys, [*others, *own]
        lists = [*apart, (keys, own)]
    return [own for _, own in lists]


def _keys(copies: Iterable[Copy]) -> Iterator[str]:
    return (key for copy in copies for key in keys_of(copy.paper))


def own_identifiers(paper: Paper) -> list[Identifier]:
    """Return the identifiers that name a paper alone, or else its id if that is one."""
    own = [one for one in paper.identifiers if one.scheme in OWN_SCHEMES]
    if not own and (found := read_own_identifier(paper.id)):
        return [found]
    return own


def by_file(copies: Iterable[Copy]) -> dict[str, list[Copy]]:
    """Return the copies that each file has."""
    files: dict[str, list[Copy]] = {}
    for copy in copies:
        files.setdefault(copy.file, []).append(copy)
    return files


def one_per_file(copies: Iterable[Copy]) -> list[Copy]:
    """Return the copies of a paper, those of one file merged, each with the id it has alone."""
    return [_merged(of_file) for of_file in by_file(copies).values()]


def under_id(copy: Copy, paper_id: str) -> Copy:
    """Return a copy under the id of its paper; its own is listed if it is an identifier."""
    paper = copy.paper
    if paper.id == paper_id:
        return copy
    listed = normalised((*paper.identifiers, *own_identifiers(paper)))
    return Copy.of(replace(paper, id=paper_id, identifiers=listed))


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


def _merged(copies: Sequence[Copy]) -> Copy:
    """Return the copy that several records of one file are; it was read where the first was."""
    if len(copies) == 1:
        return copies[0]
    merged = merge([copy.paper for copy in copies])
    found = [one for copy in copies for one in own_identifiers(copy.paper)]
    own_id = best_id(normalised(found)) or copies[0].paper.id
    return under_id(Copy.of(replace(merged, sources=(min(merged.sources),))), own_id)
