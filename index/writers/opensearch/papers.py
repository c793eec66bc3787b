"""The papers of an index on a cluster, as its writers answer for them."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from index.arguments import text_of, texts
from index.errors import BadRequestError, DamagedIndexError, mending, shown
from index.identifiers import bare
from index.opensearch.client import Client
from index.opensearch.layout import (
    COPY_COUNT,
    ENTRY,
    STORED,
    document_id,
    file_of,
    file_term,
    stored_values,
)
from index.opensearch.reading import count, matching, named, values
from index.paper import Copy, Paper
from index.soundness import sound_paper
from index.writers.committed import stored_copies
from index.writers.port import Entry

_ENTRY_FIELDS = ("id", ENTRY)
_NAMED_FIELDS = (*_ENTRY_FIELDS, "identifier")
# What an id ends with of which others may be like, but for a mark behind.
_MAY_BE_MARKED = re.compile(r"[^:]*[0-9a-f]{8}")
# With more clauses a query is refused.
_MOST_BEGINNINGS = 500
_MOST_IDS = 10_000


class _Expected(NamedTuple):
    """Answers to what will be asked.

    The entries by id for each key; what is stored of each paper, by the name of its document; and
    the ids by what they begin with.
    """

    named: Mapping[str, Mapping[str, Entry]]
    stored: Mapping[str, str]
    beginnings: Mapping[str, list[str]]


class ClusteredPapers:
    """The papers that an index on a cluster holds as of its last commit; none without an index.

    The key of an entry is the name of its paper's document.
    """

    def __init__(self, client: Client, index: str | None) -> None:
        self._client = client
        self._index = index
        # What ids begin with, as last asked for, each with the ids that do.
        self._beginnings: dict[str, list[str]] = {}
        self._expected = _Expected({}, {}, {})

    @property
    def paper_count(self) -> int:
        """How many papers there are."""
        return self._count({"match_all": {}})

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        """Return the entries of those of the papers that are there, by id."""
        ids = texts("paper_ids", paper_ids)
        if not (ids and self._index):
            return {}
        names = list(dict.fromkeys(map(document_id, ids)))
        return dict(map(id_and_entry, named(self._client, self._index, names, _ENTRY_FIELDS)))

    def named(self, keys: Collection[str]) -> dict[str, dict[str, Entry]]:
        """Return the entries, by id, of the papers that have each of the keys."""
        listed = dict.fromkeys(texts("keys", keys))
        if not (listed and self._index):
            return {}
        known = self._expected.named
        if known.keys() >= listed.keys():
            return {key: dict(known[key]) for key in listed if known[key]}
        self._beginnings = self._marked(listed)
        return self._named(listed, _NAMED_FIELDS, {})

    def expect(self, keys: Iterable[str]) -> None:
        """Ask at once for papers that have any of the keys, and for their copies."""
        listed = dict.fromkeys(keys) if self._index else {}
        if not listed:
            return
        stored: dict[str, str] = {}
        found = self._named(listed, (*_NAMED_FIELDS, STORED), stored)
        named = {key: found.get(key, {}) for key in listed}
        self._expected = _Expected(named, stored, self._marked(listed))

    def _named(
        self, listed: Mapping[str, Any], fields: Sequence[str], stored: dict[str, str]
    ) -> dict[str, dict[str, Entry]]:
        """Return the papers that have each of the keys; ``stored`` gets what is stored of them."""
        assert self._index, "an index with papers"
        by_id: dict[str, list[str]] = {}
        for key in listed:
            by_id.setdefault(bare(key), []).append(key)
        query = {
            "bool": {
                "should": [
                    {"terms": {"identifier": list(listed)}},
                    {"terms": {"id": list(by_id)}},
                ]
            }
        }
        found: dict[str, dict[str, Entry]] = {}
        for name, source in matching(self._client, self._index, query, fields):
            paper_id, entry = id_and_entry((name, source))
            if STORED in source:
                stored[name] = source[STORED]
            own = [key for key in source["identifier"] if key in listed]
            for key in {*own, *by_id.get(paper_id, ())}:
                found.setdefault(key, {})[paper_id] = entry
        return found

    def ids_from(self, start: str) -> Iterator[str]:
        """Yield the ids that begin with ``start``."""
        text_of("start", start)
        if not self._index:
            return
        known = self._beginnings.get(start, self._expected.beginnings.get(start))
        yield from self._ids_from([start]) if known is None else known

    def _marked(self, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, by the key and a hyphen, the ids that are a key and a mark.

        They are asked for each by itself.
        """
        starts = [f"{key}-" for key in keys if _MAY_BE_MARKED.fullmatch(key)]
        beginnings: dict[str, list[str]] = {start: [] for start in starts}
        for first in range(0, len(starts), _MOST_BEGINNINGS):
            for paper_id in self._ids_from(starts[first : first + _MOST_BEGINNINGS]):
                # A mark, and the blank before it, has nine letters.
                if (start := paper_id[:-8]) in beginnings:
                    beginnings[start].append(paper_id)
        return beginnings

    def _ids_from(self, starts: Sequence[str]) -> Iterator[str]:
        assert self._index, "an index with papers"
        query = {"bool": {"should": [{"prefix": {"id": start}} for start in starts]}}
        for _, source in matching(self._client, self._index, query, ["id"]):
            yield source["id"]

    def files(self) -> Sequence[str]:
        """Return the files from which some paper has a copy, sorted."""
        found = values(self._client, self._index, "source") if self._index else ()
        return sorted(map(file_of, found))

    def count_from(self, files: Collection[str], without: Collection[Any]) -> tuple[int, int]:
        """Return how many papers have a copy from any of the files, and how many have several."""
        if not (files and self._index):
            return 0, 0
        condition = {"terms": {"source": list(map(file_term, files))}}
        conditions = (condition, {"exists": {"field": COPY_COUNT}})
        counts = []
        for own in ([condition], conditions):
            total = self._count({"bool": {"filter": own}})
            rest = iter(without)
            while some := list(islice(rest, _MOST_IDS)):
                total -= self._count({"bool": {"filter": [*own, {"ids": {"values": some}}]}})
            counts.append(total)
        return counts[0], counts[1]

    def _count(self, query: Mapping[str, Any]) -> int:
        return count(self._client, self._index, query) if self._index else 0

    def count_in(self, file: str) -> int:
        """Return how many papers have a copy from ``file``."""
        return self._count({"term": {"source": file_term(text_of("file", file))}})

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each paper that has a copy from ``file``."""
        query = {"term": {"source": file_term(text_of("file", file))}}
        if self._index:
            found = matching(self._client, self._index, query, _ENTRY_FIELDS)
            yield from map(id_and_entry, found)

    def papers(
        self, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[tuple[list[Copy], frozenset[str]]]:
        """Yield the copies of each paper, and which of their files are shared.

        ``on_damaged`` is called with the id of a paper that cannot be read; without it, that is a
        DamagedIndexError.
        """
        if not self._index:
            return
        for name, source in matching(self._client, self._index, {"match_all": {}}, [STORED, "id"]):
            try:
                found = stored_copies(stored_values(source[STORED]))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                if on_damaged is None:
                    raise self._damaged(name) from error
                on_damaged(str(source.get("id", name)))
            else:
                yield found

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""
        name = key_of_entry(entry)
        if name in self._expected.stored:
            return self._sound_copies(name, self._expected.stored[name])
        found = dict(named(self._client, self._index, [name], [STORED])) if self._index else {}
        if name not in found:
            raise self._damaged(name)
        return self._sound_copies(name, found[name][STORED])

    def _sound_copies(self, name: str, stored: str) -> list[Paper]:
        """Return the copies that are stored of a paper."""
        try:
            return list(map(sound_paper, stored_values(stored)["copies"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._damaged(name) from error

    def _damaged(self, name: str) -> DamagedIndexError:
        address = str(self._client.address)
        return DamagedIndexError(
            f"{address}: the paper {name!r} is not as it was written; {mending(address)}"
        )


def key_of_entry(entry: Entry) -> str:
    """Return the name of an entry's document. Raises BadRequestError for what is no entry."""
    key = entry.key if isinstance(entry, Entry) else None
    if not isinstance(key, str):
        raise BadRequestError(
            f"entry is {shown(entry)}; it must be an entry that this writer returned"
        )
    return key


def id_and_entry(found: tuple[str, Mapping[str, Any]]) -> tuple[str, Entry]:
    """Return the id and entry of a paper, given the name of its document and some of its fields."""
    name, source = found
    own = json.loads(source[ENTRY])
    hashes = {file: bytes.fromhex(digits) for file, digits in own["hashes"].items()}
    return source["id"], Entry(name, hashes, frozenset(own["shared"]))
