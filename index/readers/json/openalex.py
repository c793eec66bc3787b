"""OpenAlex: works as its API and its snapshot hold them.

Format: https://docs.openalex.org/api-entities/works/work-object, in its states since 2022.
"""

from collections.abc import Iterator
from typing import Any

from index.names import Name
from index.printed.names import read_name
from index.readers.json.values import Values, arxiv_id, listed, table
from index.readers.links import address_kind
from index.readers.record import Record

NAME = "OpenAlex"


def recognises(value: dict[str, Any]) -> bool:
    """An object of OpenAlex has its address for an id, or what only works have.

    What other programs have made of a work has other keys, and is none.
    """
    if "abstract_inverted_index" in value or "authorships" in value:
        return True
    own = value.get("id")
    if isinstance(own, str) and "openalex.org/" in own:
        is_work = own.rpartition("/")[2][:1] in "Ww"
        return not is_work or ("authors" not in value and not _WORK_KEYS.isdisjoint(value))
    return (
        "key_display_name" in value  # a count, of group_by
        or str(value.get("url", "")).startswith("s3://openalex")  # an entry of a manifest
    )


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what a work says of a paper. A grant without a title says nothing."""
    work = Values(value)
    title = work.text("title", "display_name")
    if other := _other_kind(work):
        return other
    if work.text("type") == "grant" and not title:
        return "grants without a title of OpenAlex"
    authorships = work.objects("authorships")
    authors = list(_authors(work, authorships))
    place = work.inner("primary_location")
    source = place.inner("source") if "source" in place else work.inner("host_venue")
    biblio = work.inner("biblio")
    topic = work.inner("primary_topic" if "primary_topic" in work else "topics")
    return Record(
        line,
        title=title,
        abstract=_abstract(work),
        authors=[name for name, _ in authors],
        other_names=[other for _, other in authors if other],
        et_al=work.is_true("is_authors_truncated")
        or (work.number("authors_count") or 0) > len(authorships),
        institutions=[
            institution.text("display_name")
            for authorship in authorships
            for institution in authorship.objects("institutions")
        ],
        categories=[topic.inner(key).text("display_name") for key in ("field", "subfield")],
        keywords=list(_keywords(work)),
        year=work.text("publication_year"),
        date=work.text("publication_date"),
        venue=_venue(place, source),
        publisher=""
        if source.text("type") == "repository"
        else source.text("host_organization_name", "publisher"),
        volume=biblio.text("volume"),
        issue=biblio.text("issue"),
        pages="-".join(dict.fromkeys(filter(None, map(biblio.text, ("first_page", "last_page"))))),
        type=_type(work, source),
        status="retracted" if work.is_true("is_retracted") else "",
        language=work.text("language"),
        cited_by=work.number("cited_by_count"),
        identifiers=list(_identifiers(work, source)),
        urls=list(dict.fromkeys(_links(work))),
        lost=work.lost,
    )


def _other_kind(work: Values) -> str:
    """Return what an object is that is no work, in the plural; empty for a work."""
    if any(map(work.__contains__, _KEYS_OF_OTHERS)):
        return "counts, suggestions and lists of files of OpenAlex"
    own = work.text("id").rpartition("/")[2]
    if not own or (own[:1] in "Ww" and own[1:].isdigit()):
        return ""
    kind = _ENTITIES.get(own[:1].upper()) if own[1:].isdigit() else None
    return f"{kind or 'topics and the like'} of OpenAlex"


def _authors(work: Values, authorships: list[Values]) -> Iterator[tuple[Name, str]]:
    """Yield each author as printed, and the name of the author's own record if it is another."""
    for authorship in authorships:
        known = authorship.inner("author").text("display_name")
        printed = authorship.text("raw_author_name")
        if printed or known:
            yield read_name(printed or known), known if printed else ""
        else:
            work.lost.append(("authorships", "an author has no name"))


def _abstract(work: Values) -> str:
    """Return the abstract of which OpenAlex gives the places of each word; gaps close."""
    index = work.given("abstract_inverted_index")
    if not isinstance(index, dict):
        if index is not None:
            work.inner("abstract_inverted_index")  # tells what it is
        return work.text("abstract")
    words = []
    for word, places in index.items():
        for place in listed(places):
            if isinstance(place, int) and not isinstance(place, bool):
                words.append((place, word))
            elif ("abstract", "a word has no place") not in work.lost:
                work.lost.append(("abstract", "a word has no place"))
    return " ".join([word for _, word in sorted(words)]) or work.text("abstract")


def _keywords(work: Values) -> Iterator[str]:
    """Yield the keywords of which OpenAlex is more sure than not; it makes them by machine."""
    for keyword in listed(work.given("keywords")):
        if isinstance(keyword, str):
            yield keyword
        elif isinstance(keyword, dict):
            score = keyword.get("score")
            if not isinstance(score, int | float) or score >= _LEAST_SCORE:
                yield Values(keyword).text("display_name", "keyword")


def _venue(place: Values, source: Values) -> str:
    """Return the venue: of a journal its name, else as it is printed where that is known."""
    printed, known = place.text("raw_source_name"), source.text("display_name")
    return known if source.text("type") == "journal" and known else printed or known


def _type(work: Values, source: Values) -> str:
    """Return the type. From 2023 to 2025 most were "article", and Crossref's stood beside."""
    if work.is_true("is_paratext"):
        return "paratext"
    kind = work.text("type")
    found = _TYPES.get(kind, "other" if kind else "")
    if kind == "article":
        finer = _TYPES.get(work.text("type_crossref"), "")
        if finer in ("inproceedings", "preprint", "chapter"):
            return finer
        if source.text("type") == "conference":
            return "inproceedings"
    return found


def _identifiers(work: Values, source: Values) -> Iterator[tuple[str, str]]:
    yield "openalex", work.text("id").rpartition("/")[2]
    yield "doi", work.text("doi")
    ids = work.inner("ids")
    for scheme in ("doi", "pmid", "pmcid", "openalex"):
        yield scheme, ids.text(scheme)
    for place in (work.inner("primary_location"), *work.objects("locations")):
        yield "arxiv", arxiv_id(place.text("landing_page_url"))
    for number in source.texts("issn") or source.texts("issn_l"):
        yield "issn", number


def _links(work: Values) -> Iterator[tuple[str, str]]:
    for key in ("primary_location", "best_oa_location"):
        place = work.inner(key)
        yield "page", place.text("landing_page_url")
        yield "pdf", place.text("pdf_url")
    for address in (work.inner("open_access").text("oa_url"), work.inner("host_venue").text("url")):
        yield address_kind(address), address
    yield "page", work.text("doi") if "://" in work.text("doi") else ""


_WORK_KEYS = {
    *("display_name", "ids", "primary_location", "host_venue", "biblio", "open_access"),
    *("is_paratext", "is_retracted", "entity_type", "publication_year", "cited_by_count", "type"),
}
# Of an answer of autocomplete, a count, an entry of a manifest.
_KEYS_OF_OTHERS = ("entity_type", "key_display_name", "meta")
_ENTITIES = table(
    authors="A", sources="S V", institutions="I", concepts="C", funders="F", publishers="P"
)
_LEAST_SCORE = 0.5
_TYPES = table(
    article="article journal-article letter data-paper software-paper",
    inproceedings="conference-paper proceedings-article conference-abstract",
    preprint="preprint posted-content",
    review="review",
    editorial="editorial",
    erratum="erratum",
    notice="retraction",
    chapter="book-chapter book-section book-part reference-entry encyclopedia-entry",
    book="book monograph edited-book reference-book proceedings",
    thesis="dissertation",
    report="report report-component standard",
    dataset="dataset database",
    paratext="paratext journal journal-issue journal-volume",
)
"""The types of OpenAlex in all years, and ours; of others there is none."""
