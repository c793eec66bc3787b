"""The index of a version's terms: their counts, and what is remembered of the seed files."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from index.errors import ClusterError
from index.opensearch.bulk import BulkSender, Item
from index.opensearch.client import Client
from index.opensearch.counts import CountedTerm, TermCounts
from index.opensearch.encoding import encoded
from index.opensearch.layout import COUNTED, term_body, term_id
from index.opensearch.reading import matching, named
from index.opensearch.versions import Version, create_terms, lead_to, replicate

Step = Callable[[int], None]
"""Called with how many terms are written."""

_TERMS_A_STEP = 5_000
_PART_CHARS = 4 << 20


def _ignore(_done: int) -> None:
    pass


def write_counts(
    client: Client, index: str, counts: Iterable[CountedTerm], on_step: Step = _ignore
) -> None:
    """Write the counts of terms into an index that holds none."""
    done = 0
    with BulkSender(client, index, _refused(client)) as sender:
        for one in counts:
            sender.index(term_id(one.field, one.term), term_body(*one))
            done += 1
            if done % _TERMS_A_STEP == 0:
                on_step(done)


def change_counts(client: Client, index: str, changes: Iterable[CountedTerm]) -> None:
    """Add changes to the counts of the last commit; terms that no paper has any more vanish.

    What is written is the same if this is done twice before the next commit.
    """
    rest = iter(changes)
    with BulkSender(client, index, _refused(client)) as sender:
        while some := {term_id(one.field, one.term): one for one in islice(rest, _TERMS_A_STEP)}:
            known = dict(named(client, index, some, ["papers", "occurrences"]))
            for name, one in some.items():
                before = known.get(name, {"papers": 0, "occurrences": 0})
                papers = before["papers"] + one.papers
                occurrences = before["occurrences"] + one.occurrences
                if papers > 0:
                    body = term_body(one.field, one.term, papers, occurrences)
                    sender.index(name, body)
                else:
                    sender.delete(name)


def recount(client: Client, version: Version) -> Version:
    """Count all terms of a version anew, from its papers, and return it with its new terms."""
    counts = TermCounts()
    try:
        found = matching(client, version.papers, {"match_all": {}}, COUNTED)
        for _, source in found:
            counts.add(source)
        new = create_terms(client, version)
        write_counts(client, new.terms, counts.changes())
    finally:
        counts.close()
    write_remembered(client, new.terms, read_remembered(client, version.terms))
    client.ask("POST", f"/{new.terms}/_refresh")
    replicate(client, new.terms)
    lead_to(client, new)
    client.ask("DELETE", f"/{version.terms}", ignore_unavailable=True)
    return new


def read_remembered(client: Client, index: str) -> Mapping[str, Any]:
    """Return what was remembered with the last commit, as values for JSON."""
    first = dict(named(client, index, ["remembered"], ["parts", "text"])).get("remembered")
    if first is None:
        return {}
    names = [f"remembered-{number}" for number in range(1, first["parts"])]
    parts = {name: source["text"] for name, source in _each(client, index, names)}
    values: Mapping[str, Any] = json.loads(first["text"] + "".join(parts[name] for name in names))
    return values


def _each(client: Client, index: str, names: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in names:
        yield from named(client, index, [name], ["text"])


def write_remembered(client: Client, index: str, values: Mapping[str, Any]) -> None:
    """Write what is to be remembered, in parts of some megabytes."""
    text = json.dumps(values)
    parts = [text[at : at + _PART_CHARS] for at in range(0, len(text), _PART_CHARS)]
    with BulkSender(client, index, _refused(client)) as sender:
        for number, part in enumerate(parts):
            name = f"remembered-{number}" if number else "remembered"
            sender.index(name, encoded({"parts": len(parts), "text": part}))


def _refused(client: Client) -> Callable[[Item, str], None]:
    def refuse(_item: Item, reason: str) -> None:
        raise ClusterError(f"{client.address}: the server refused a count of a term: {reason}")

    return refuse
