"""Which paper is one that was met before: by its identifiers, else by title and first author."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index.identifiers import canonical, read_own_identifier
from index.paper import Paper, readable_id
from index.sync.identity import keys_of


class Identity(NamedTuple):
    """What a paper is known by.

    ``keys`` are the id that it was met by first, then all identifiers that it had since, each in
    one spelling. ``title_key`` is made of its title and first author.
    """

    keys: tuple[str, ...]
    title_key: str

    @property
    def is_identified(self) -> bool:
        """Whether it has had an identifier that names it alone, such as a DOI."""
        return any(map(read_own_identifier, self.keys))

    def with_keys_of(self, other: "Identity") -> "Identity":
        """Return this identity, known by the keys of another as well."""
        return Identity(tuple(dict.fromkeys((*self.keys, *other.keys))), other.title_key)


def identity_of(paper: Paper) -> Identity:
    """Return what a paper is known by."""
    keys = dict.fromkeys((canonical(paper.id), *keys_of(paper)))
    return Identity(tuple(keys), readable_id(paper))


def recognise(known: Sequence[Identity], papers: Sequence[Identity]) -> list[int | None]:
    """Return for each of some papers which of those known it is; None if it is none of them.

    Each known one is one paper at most, in this order: the one that has its id, else one that has
    another of its keys, else the only one of its title and first author. That is enough only where
    one of the two has no identifier, and no other paper is called so: in doubt a paper is new. The
    order of the papers, and of those known, changes nothing.
    """
    found: list[int | None] = [None] * len(papers)
    left = set(range(len(known)))

    def take(number: int, at: int) -> None:
        found[number] = at
        left.remove(at)

    in_order = sorted(range(len(papers)), key=papers.__getitem__)
    by_key: dict[str, list[int]] = defaultdict(list)
    for at in sorted(left, key=known.__getitem__):
        for key in known[at].keys:
            by_key[key].append(at)
    for count in (1, None):
        for number in in_order:
            if found[number] is None:
                keys = papers[number].keys[:count]
                owners = (at for key in keys for at in by_key.get(key, ()) if at in left)
                if (owner := next(owners, None)) is not None:
                    take(number, owner)
    unknown = [number for number, at in enumerate(found) if at is None]
    by_title = _of_one_title((known[at].title_key, at) for at in left)
    for title_key, number in _of_one_title(
        (papers[number].title_key, number) for number in unknown
    ).items():
        at = by_title.get(title_key, -1)
        if at >= 0 and not (known[at].is_identified and papers[number].is_identified):
            take(number, at)
    return found


def _of_one_title(titles: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the numbers by their titles, without the titles that come more than once."""
    listed = list(titles)
    counts = Counter(title for title, _ in listed)
    return {title: number for title, number in listed if counts[title] == 1}
