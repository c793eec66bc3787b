"""Check an index on a cluster: its counts, a sample of its papers, its copies; load it anew."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from index.fields import LENGTH_NORMALISATION, exact_twin
from index.opensearch.address import Address
from index.opensearch.client import Client
from index.opensearch.layout import TermTexts, document, stored_values
from index.opensearch.reading import count, sample, values
from index.opensearch.versions import COMPLETE, Version, present_version
from index.reading.remembered import FileStates, Remembered
from index.upkeep.report import Finding, Report
from index.writers.committed import merged_and_values, stored_copies
from index.writers.opensearch.opening import open_reloader

_SAMPLE = 500
_TERMS_AT_ONCE = 100
_ALL: Mapping[str, Any] = {"match_all": {}}
# Where the mean lengths have moved farther, some papers are found in another order.
_MOST_DRIFT = 0.05


def check_cluster(address: Address) -> Report:
    """Check the index at an address. Raises NotAnIndexError and ClusterError."""
    started = time.perf_counter()
    with closing(Client(address)) as client:
        client.check_server()
        version = present_version(client)
        checks = _Checks(client, version)
        found = list(checks.findings()) if version.meta.is_ours else []
        stats = client.ask("GET", f"/{version.papers},{version.terms}/_stats/store,segments")
        primaries = stats["_all"]["primaries"]
        return Report(
            directory=str(address),
            papers=count(client, version.papers, _ALL),
            segments=primaries["segments"]["count"],
            file_bytes=primaries["store"]["size_in_bytes"],
            damage=tuple(one for one in found if one.kind == "damage"),
            notes=tuple(one for one in found if one.kind == "note"),
            sources=tuple(values(client, version.papers, "source")),
            seconds=time.perf_counter() - started,
            is_earlier=not version.meta.is_ours,
        )


class _Checks:
    """What is compared of a version."""

    def __init__(self, client: Client, version: Version) -> None:
        self._client = client
        self._version = version

    def findings(self) -> Iterator[Finding]:
        """Yield what is not as it must be, or worth knowing."""
        yield from self._of_state()
        yield from self._of_copies()
        yield from self._of_papers()
        yield from self._of_terms()
        yield from self._of_means()

    def _of_state(self) -> Iterator[Finding]:
        version, meta = self._version, self._version.meta
        if meta.state != COMPLETE:
            yield Finding(version.papers, "", f"is {meta.state}, and not complete")
        found = count(self._client, version.papers, _ALL)
        if found != meta.papers:
            yield Finding(
                version.papers, "", f"holds {found:,} papers, and {meta.papers:,} were committed"
            )

    def _of_copies(self) -> Iterator[Finding]:
        listed = f"{self._version.papers},{self._version.terms}"
        health = self._client.ask("GET", f"/_cluster/health/{listed}")
        settings = self._client.ask("GET", f"/{listed}/_settings")
        if health["status"] == "red":
            yield Finding(self._version.papers, "", "a part of it is on no node that is there")
        elif health["status"] == "yellow":
            reason = (
                "a second copy has no node; if the node with the first is lost, so is the index"
            )
            yield Finding(self._version.papers, "", reason, "note")
        for index, own in sorted(settings.items()):
            told = own["settings"]["index"]
            if told["number_of_replicas"] == "0" and health["number_of_data_nodes"] > 1:
                reason = "has one copy only; its setting number_of_replicas may be 1"
                yield Finding(index, "", reason, "note")
            for block, is_set in told.get("blocks", {}).items():
                if is_set == "true":
                    yield Finding(index, "", f"the cluster has set the block {block}", "note")

    def _of_papers(self) -> Iterator[Finding]:
        """Make the documents of some papers anew of what is stored."""
        texts = TermTexts()
        for name, source in sample(self._client, self._version.papers, _SAMPLE):
            try:
                copies, shared = stored_copies(stored_values(source["stored"]))
                made = document(*merged_and_values(copies, shared), texts)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                reason = f"the paper {name!r} cannot be read ({type(error).__name__}: {error})"
                yield Finding(self._version.papers, "stored papers", reason)
                continue
            wrong = [field for field in source if source[field] != made.get(field)]
            if wrong:
                reason = f"the paper {name!r} has another {wrong[0]} than its copies say"
                yield Finding(self._version.papers, wrong[0], reason)

    def _of_terms(self) -> Iterator[Finding]:
        """Count the papers of some terms anew."""
        drawn = sample(self._client, self._version.terms, _SAMPLE)
        listed = [source for _, source in drawn if "term" in source]
        wrong: dict[str, list[tuple[str, int, int]]] = {}
        for first in range(0, len(listed), _TERMS_AT_ONCE):
            some = listed[first : first + _TERMS_AT_ONCE]
            filters = {
                str(at): {"term": {one["field"]: {"value": one["term"]}}}
                for at, one in enumerate(some)
            }
            body = {"size": 0, "aggs": {"terms": {"filters": {"filters": filters}}}}
            told = self._client.ask("POST", f"/{self._version.papers}/_search", body)
            buckets = told["aggregations"]["terms"]["buckets"]
            for at, one in enumerate(some):
                found = buckets[str(at)]["doc_count"]
                if found != one["papers"]:
                    wrong.setdefault(one["field"], []).append((one["term"], one["papers"], found))
        for field, terms in sorted(wrong.items()):
            term, counted, found = min(terms)
            reason = (
                f"{len(terms):,} terms of those drawn are counted wrong; {term!r} stands in"
                f" {found:,} papers, and {counted:,} are counted"
            )
            yield Finding(self._version.terms, field, reason)

    def _of_means(self) -> Iterator[Finding]:
        """Compare the mean lengths, which the counts of all terms add up to, with those in use."""
        fields = {field: exact_twin(field) for field in LENGTH_NORMALISATION}
        total = {"sum": {"field": "occurrences"}}
        body = {
            "size": 0,
            "aggs": {
                field: {"filter": {"term": {"field": twin}}, "aggs": {"length": total}}
                for field, twin in fields.items()
            },
        }
        told = self._client.ask("POST", f"/{self._version.terms}/_search", body)["aggregations"]
        papers = max(self._version.meta.papers, 1)
        for field, mean in self._version.meta.means.items():
            now = told[field]["length"]["value"] / papers
            if abs(now - mean) > _MOST_DRIFT * max(mean, 1.0):
                reason = (
                    f"papers are weighed by a mean length of {mean:.1f} terms, which is {now:.1f}"
                    " by now; searcher check --repair loads the index anew"
                )
                yield Finding(self._version.papers, field, reason, "note")


def reload_cluster(address: Address) -> dict[str, Any]:
    """Load the index at an address anew of what it stores, unless nothing speaks for it.

    Returns what a Repair says of that, by name.
    """
    before = check_cluster(address)
    has_drifted = any(one.place in LENGTH_NORMALISATION for one in before.notes)
    if before.is_sound and not has_drifted:
        return {"before": before, "after": before}
    lost: list[str] = []
    with open_reloader(address) as (writer, papers, remembered):
        written = 0
        for copies, shared in papers.papers(lost.append):
            writer.add(copies, shared)
            written += 1
        if lost:
            # The files that had them are to be read again.
            remembered = replace(Remembered.of(remembered), files=FileStates({})).to_values()
        writer.remember(remembered)
        writer.commit()
        notes = tuple(writer.notes)
    kind = "converted" if before.is_earlier else "rescued"
    return {
        "before": before,
        "after": check_cluster(address),
        kind: written,
        "unreadable": len(lost),
        "lost": tuple(sorted(lost)),
        "notes": notes,
    }
