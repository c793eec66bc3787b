"""The versions of an index on a cluster: each is written whole before its name leads to it.

The papers of the index NAME are in ``NAME-v…`` and the counts of their terms in ``NAME-v…-terms…``;
the aliases NAME and ``NAME-terms`` lead to the version that is complete. The mapping of the papers
holds what the version says of itself.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from index.analysis import NAME_GAP
from index.errors import ClusterError, NotAnIndexError, SearchError, building, mending
from index.opensearch.address import Address
from index.opensearch.client import Client, Refusal
from index.opensearch.layout import (
    LAYOUT,
    PROBE,
    TERMS_MAPPING,
    TERMS_SETTINGS,
    Means,
    TermTexts,
    analysis_mark,
    mapping,
    settings,
    similarities,
)

LOADING, COMPLETE = "loading", "complete"
"""The states of a version."""

_NO_MEANS = Means({})
_FIRST_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 2.0
# A server asks for the mark every second.
_MARK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Meta:
    """What a version says of itself.

    ``means`` are the mean lengths by field that its papers are weighed by, ``papers`` is how many
    there are, and ``generation`` counts the commits. All three are of the last commit, except that
    the means stay those of the load.
    """

    layout: int
    analysis: str
    state: str
    means: Mapping[str, float]
    papers: int
    generation: int

    @classmethod
    def of(cls, values: Any) -> "Meta | None":
        """Return what is read from a mapping, None if it is not ours."""
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict) or not values.keys() >= set(names):
            return None
        return cls(**{name: values[name] for name in names})

    @property
    def is_ours(self) -> bool:
        """Whether this version of the program writes and searches it."""
        return self.layout == LAYOUT and self.analysis == analysis_mark()


@dataclass(frozen=True, slots=True)
class Version:
    """A version: the names of its two indexes, and what it says of itself."""

    papers: str
    terms: str
    meta: Meta


def current_version(client: Client) -> Version | None:
    """Return the version that the index's name leads to, None if there is none.

    Raises NotAnIndexError if something else has the name.
    """
    name = client.address.name
    told = client.ask("GET", f"/{name},{name}-terms/_mapping", ignore_unavailable=True)
    if not told:
        return None
    papers = terms = ""
    meta: Meta | None = None
    for index, values in told.items():
        own = values.get("mappings", {}).get("_meta", {})
        if "terms_of" in own:
            terms = index
        elif meta := Meta.of(own):
            papers = index
    if meta is None or not terms:
        raise NotAnIndexError(
            f"{client.address}: holds no index of papers, but something else; choose another name"
        )
    return Version(papers, terms, meta)


def commit_mark(address: Address) -> str:
    """Return a text that changes with each commit; empty if there is none, or none to be read."""
    client = Client(address)
    try:
        told = client.ask(
            "GET",
            f"/{address.name}/_mapping",
            timeout=_MARK_SECONDS,
            allowed=[404],
            filter_path="*.mappings._meta.generation",
        )
    except (Refusal, SearchError):
        return ""
    finally:
        client.close()
    return " ".join(
        f"{index} {values['mappings']['_meta']['generation']}" for index, values in told.items()
    )


def present_version(client: Client) -> Version:
    """Return the version that the index's name leads to; without one, raise NotAnIndexError."""
    version, where = current_version(client), str(client.address)
    if version is None:
        raise NotAnIndexError(f"{where}: no index of this name; {building(where)}")
    return version


def readable_version(client: Client) -> Version:
    """Return the version that the index's name leads to.

    Raises NotAnIndexError if there is none, or if another version of this program wrote it.
    """
    return require_ours(present_version(client), client.address)


def require_ours(version: Version, address: Address) -> Version:
    """Return a version. Raises NotAnIndexError if another version of this program wrote it."""
    if not version.meta.is_ours:
        raise NotAnIndexError(
            f"{address}: was written by another version of this program; {mending(str(address))}"
        )
    return version


def require_analysis(client: Client, version: Version) -> None:
    """Raise ClusterError if the server does not cut a text as it was sent."""
    ((forms, _),) = TermTexts().of([PROBE])
    body = {"field": "authors", "text": [forms, forms]}
    told = client.ask("POST", f"/{version.papers}/_analyze", body)["tokens"]
    words = [row.split("|") for row in forms.split(" ")]
    # The second text stands for the next name of a list.
    starts = (0, len(words) - 1 + NAME_GAP)
    expected = [
        (term, start + place) for start in starts for place, row in enumerate(words) for term in row
    ]
    if [(one["token"], one["position"]) for one in told] != expected:
        raise ClusterError(
            f"{client.address}: the server cuts texts otherwise than it was told; it must have the"
            " module analysis-common of OpenSearch"
        )


def versions_of(client: Client) -> dict[str, Meta]:
    """Return all versions of the index by the name of their papers, oldest first."""
    told = client.ask("GET", f"/{client.address.name}-v*/_mapping", filter_path="*.mappings._meta")
    pattern = re.compile(rf"{re.escape(client.address.name)}-v[0-9]{{17}}")
    found = {}
    for index, values in sorted((told or {}).items()):
        meta = Meta.of(values["mappings"]["_meta"])
        if meta and pattern.fullmatch(index):
            found[index] = meta
    return found


def resumable_version(client: Client) -> Version | None:
    """Return the newest version that was not loaded to its end and can be, None if none can.

    All that it holds can be found then.
    """
    current = current_version(client)
    for name, meta in reversed(versions_of(client).items()):
        if not meta.is_ours or (current and name <= current.papers):
            continue
        # Without copies, a load lives with its nodes.
        if health_of(client, name, "yellow", _FIRST_WAIT_SECONDS) != "red":
            client.ask("POST", f"/{name}/_refresh")
            return set_meta(client, Version(name, "", meta), state=LOADING)
    return None


def create_version(client: Client) -> Version:
    """Create a version to load: without copies, and unseen until its name leads to it."""
    now = time.time()
    name = f"{client.address.name}-v{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}"
    name = f"{name}{int(now * 1000) % 1000:03d}"
    meta = Meta(LAYOUT, analysis_mark(), LOADING, {}, 0, 0)
    body = {
        "settings": {"index": settings(_NO_MEANS, replicas=0)},
        "mappings": mapping(asdict(meta)),
    }
    _create(client, name, body)
    return Version(name, "", meta)


def create_terms(client: Client, version: Version) -> Version:
    """Create a new index of terms for a version, which is returned with its name.

    Those that the version does not have any more, or never came to have, are removed.
    """
    known = _terms_of(client, version.papers)
    _remove(client, [one for one in known if one != version.terms])
    name = f"{version.papers}-terms"
    if name == version.terms:
        name += "-new"
    body = {
        "settings": {"index": TERMS_SETTINGS},
        "mappings": {**TERMS_MAPPING, "_meta": {"terms_of": version.papers}},
    }
    _create(client, name, body)
    return replace(version, terms=name)


def _create(client: Client, name: str, body: Mapping[str, Any]) -> None:
    try:
        client.ask("PUT", f"/{name}", body, allowed=[400], wait_for_active_shards=1)
    except Refusal as refusal:
        # The request may have been made twice.
        if refusal.kind != "resource_already_exists_exception":
            client.ask("PUT", f"/{name}", body)


def set_meta(client: Client, version: Version, **changes: Any) -> Version:
    """Change what a version says of itself, at once for all that read it, and return it."""
    meta = replace(version.meta, **changes)
    client.ask("PUT", f"/{version.papers}/_mapping", {"_meta": asdict(meta)})
    return replace(version, meta=meta)


def set_means(client: Client, version: Version, means: Means) -> Version:
    """Set the mean lengths by which a version is weighed. Nobody may search it meanwhile."""
    client.ask("POST", f"/{version.papers}/_close")
    body = {"index": {"similarity": similarities(means)}}
    client.ask("PUT", f"/{version.papers}/_settings", body)
    client.ask("POST", f"/{version.papers}/_open", wait_for_active_shards="all")
    return set_meta(client, version, means=dict(means.by_field))


def replicate(client: Client, *indexes: str) -> bool:
    """Give indexes a copy on another node if there is one, and tell whether all have theirs."""
    nodes = client.ask("GET", "/_cluster/health")["number_of_data_nodes"]
    body = {"index": {"number_of_replicas": min(nodes - 1, 1)}}
    listed = ",".join(indexes)
    client.ask("PUT", f"/{listed}/_settings", body)
    return health_of(client, listed, "green", _COPY_SECONDS) == "green"


_COPY_SECONDS = 600.0


def health_of(client: Client, indexes: str, status: str, seconds: float) -> str:
    """Return how indexes are, once that is a ``status`` or better, or the seconds are over."""
    path = f"/_cluster/health/{indexes}"
    ends = time.monotonic() + seconds
    while True:
        # A node that does not answer for long is left for another one.
        own = max(min(ends - time.monotonic(), _LOOK_SECONDS), 0.0)
        waiting = f"{path}?wait_for_status={status}&timeout={int(own * 1000)}ms"
        try:
            told = client.ask("GET", waiting, allowed=[408])
            return str(told["status"])
        except Refusal:
            if time.monotonic() >= ends:
                return str(client.ask("GET", path)["status"])


def lead_to(client: Client, version: Version) -> None:
    """Let the index's names lead to a version, and to no other, at once."""
    name = client.address.name
    actions = [
        {"remove": {"index": f"{name}-v*", "alias": alias, "must_exist": False}}
        for alias in (name, f"{name}-terms")
    ] + [
        {"add": {"index": version.papers, "alias": name}},
        {"add": {"index": version.terms, "alias": f"{name}-terms"}},
    ]
    client.ask("POST", "/_aliases", {"actions": actions})


def remove_older(client: Client, than: Version, kept: Version | None = None) -> None:
    """Remove the versions of the index that are older than one, but for one that is kept."""
    for other in versions_of(client):
        if other < than.papers and (kept is None or other != kept.papers):
            remove_version(client, other)


def remove_version(client: Client, papers: str) -> None:
    """Remove the indexes of a version, as far as they are there."""
    _remove(client, [papers, *_terms_of(client, papers)])


def _terms_of(client: Client, papers: str) -> list[str]:
    return [*(client.ask("GET", f"/{papers}-terms*/_alias") or {})]


def _remove(client: Client, indexes: Sequence[str]) -> None:
    # A cluster may refuse to remove what is not named in full.
    if indexes:
        client.ask("DELETE", f"/{','.join(indexes)}", ignore_unavailable=True)
