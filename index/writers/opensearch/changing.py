"""The writer of changes to a version of an index on a cluster that is complete."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from index.building.forks import fork_count
from index.identifiers import bare
from index.opensearch.bulk import BulkSender, Item
from index.opensearch.client import Client
from index.opensearch.layout import COUNTED, STORED, document_id, file_of, file_term
from index.opensearch.lock import ClusterLock
from index.opensearch.reading import count, named
from index.opensearch.terms import change_counts, read_remembered, write_remembered
from index.opensearch.versions import Version, remove_older, set_meta
from index.paper import Paper, Source
from index.writers.opensearch.base import ClusterWriter
from index.writers.opensearch.papers import id_and_entry, key_of_entry
from index.writers.opensearch.pending import PendingPapers
from index.writers.port import Entry, Progress

_PAPERS_A_STEP = 1_000


class Changer(ClusterWriter):
    """The Writer of a version that is complete: what it changes waits until the commit.

    Then it is sent, and found once all is there. The lock tells of a commit that was not finished;
    the next writer counts the terms anew.
    """

    def __init__(self, client: Client, lock: ClusterLock, version: Version) -> None:
        super().__init__(client, lock, version.papers)
        self.remembered = read_remembered(client, version.terms)
        self._version = version
        self._pending = PendingPapers()
        self._has_settled = False
        # Names that were asked for last, and that no committed paper has.
        self._absent: set[str] = set()
        self._added: set[str] = set()
        # Names of documents that the server refused.
        self._not_sent: set[str] = set()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Drop at the end of the block what is not committed."""
        try:
            yield
        finally:
            if self._forks == fork_count():
                self._pending.close()
                self._counts.close()

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        """Return the entries of those of the papers that are there, by id."""
        found = super().entries(paper_ids)
        self._absent = {*map(document_id, paper_ids)} - {*map(document_id, found)}
        if self._has_settled:
            found |= dict(self._settled(map(document_id, paper_ids)))
        return found

    def named(self, keys: Collection[str]) -> dict[str, dict[str, Entry]]:
        """Return the entries, by id, of the papers that have each of the keys."""
        found = super().named(keys)
        self._absent = {document_id(bare(key)) for key in keys if key not in found}
        for key in keys if self._has_settled else ():
            names = {document_id(bare(key)), *self._pending.find("identifier", key)}
            if own := dict(self._settled(sorted(names))):
                found[key] = found.get(key, {}) | own
        return found

    def ids_from(self, start: str) -> Iterator[str]:
        """Yield the ids that begin with ``start``."""
        yield from super().ids_from(start)
        yield from self._pending.ids_from(start) if self._has_settled else ()

    def files(self) -> Sequence[str]:
        """Return the files from which some paper has a copy, sorted."""
        return sorted({*super().files(), *map(file_of, self._pending.terms("source"))})

    def count_from(self, files: Collection[str], without: Collection[Any]) -> tuple[int, int]:
        """Return how many papers have a copy from any of the files, and how many have several."""
        papers, several = super().count_from(files, {*without, *self._pending.names()})
        names = {
            name
            for file in (files if self._has_settled else ())
            for name in self._pending.find("source", file_term(file))
        }
        own = [entry for _, entry in self._settled(names.difference(without))]
        return papers + len(own), several + sum(len(entry.hashes) > 1 for entry in own)

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each paper that has a copy from ``file``."""
        names = set(self._pending.find("source", file_term(file))) if self._has_settled else set()
        yield from self._settled(sorted(names))
        for paper_id, entry in super().papers_from(file):
            if entry.key not in names:
                yield paper_id, entry

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""
        name = key_of_entry(entry)
        if self._has_settled and (made := self._pending.get(name)):
            return self._sound_copies(name, made[STORED])
        return super().copies(entry)

    def settle(self) -> None:
        """Answer from now on for what was added, too."""
        self._refuse_if_ended()
        self._pending.settle()
        self._has_settled = True
        self._absent = set()

    def commit(self, on_progress: Progress | None = None) -> None:
        """Send all changes, and let them be found."""
        progress = self._progress(on_progress)
        papers, terms = self._version.papers, self._version.terms
        total = len(self._pending) + len(self._deleted)
        progress("writing", 0, total)
        self._lock.begin(papers)
        uncounted = self._outdated
        self._uncount(papers)
        with BulkSender(self._client, papers, self._refuse) as sender:
            for done, (name, body, source) in enumerate(self._pending.bodies(), 1):
                if name in self._added:
                    sender.index(name, body, source)
                if done % _PAPERS_A_STEP == 0:
                    progress("writing", done, total)
            for name in self._deleted:
                sender.delete(name)
        progress("writing", total, total)
        # What it should have replaced stays where the server refused a paper.
        for _, before in named(self._client, papers, self._not_sent & uncounted, COUNTED):
            self._counts.add(before)
        change_counts(self._client, terms, self._counts.changes())
        write_remembered(self._client, terms, self.remembered)
        progress("committing", 0, 1)
        self._client.ask("POST", f"/{papers},{terms}/_refresh")
        self._version = set_meta(
            self._client,
            self._version,
            papers=count(self._client, papers, {"match_all": {}}),
            generation=self._version.meta.generation + 1,
        )
        self._lock.finish()
        remove_older(self._client, self._version)
        progress("committing", 1, 1)

    def _refuse(self, item: Item, reason: str) -> None:
        super()._refuse(item, reason)
        made = json.loads(item.lines[-1])
        self._not_sent.add(document_id(made["id"]))
        self._counts.add(made, -1)

    def _settled(self, names: Any) -> Iterator[tuple[str, Entry]]:
        for name in names:
            if made := self._pending.get(name):
                yield id_and_entry((name, made))

    def _has(self, name: str) -> bool:
        if name in self._added or name in self._absent:
            return name in self._added
        return any(named(self._client, self._version.papers, [name], ["id"]))

    def _write(self, name: str, made: Mapping[str, Any], body: bytes, source: Source) -> None:
        self._pending.add(name, made, body, source)
        self._added.add(name)

    def _drop(self, name: str) -> None:
        if name in self._added:
            # What was settled is found until the commit.
            self._added.discard(name)
            self._counts.add(self._pending.get(name) or {}, -1)
            self._deleted.add(name)
        else:
            super()._drop(name)
