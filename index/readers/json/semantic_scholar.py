"""Semantic Scholar: papers of its API and data sets, of S2ORC and of the older Open Corpus.

Formats: https://api.semanticscholar.org/api-docs/graph and /datasets, and for those of 2019 and
2020 https://github.com/allenai/s2orc. Keys are read in any case, as the API writes ``externalIds``
and the data sets ``externalids``.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from index.identifiers import identifier
from index.names import Name
from index.printed.names import read_name
from index.readers.json.csl import person_of
from index.readers.json.values import Values, arxiv_id, listed, table
from index.readers.links import address_kind
from index.readers.record import Record

NAME = "Semantic Scholar"


def recognises(value: dict[str, Any]) -> bool:
    """An object has an id of Semantic Scholar, and what only that writes beside it."""
    own = value.get("paperId", "")
    return (
        (own is None and "title" in value)  # of a reference that is in no index
        or (isinstance(own, str) and identifier("s2", own) is not None)
        or any(isinstance(value.get(key), dict) for key in _CITATION_KEYS)
        or any(keys <= value.keys() for keys in _PAPER_KEYS)
        or (_other_kind(value) != "" and "papers" not in value)  # an author's papers are within
        or ("paper_id" in value and not _S2ORC_KEYS.isdisjoint(value))
    )


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what an object says of a paper, its own or the one that it says cites or is cited."""
    for key in _CITATION_KEYS:
        if isinstance(inner := value.get(key), dict):
            return record({"paperId": None, **inner, **dict.fromkeys(_CITATION_KEYS)}, line)
    if other := _other_kind(value):
        return f"{other} of Semantic Scholar"
    # S2ORC of 2019 and CORD-19 have some of the values one level below.
    inner = value.get("metadata")
    paper = Values(
        value
        if not isinstance(inner, dict)
        else {**inner, **{key: one for key, one in value.items() if one}}
    )
    journal, volume, issue = _journal(paper)
    arxiv = arxiv_id(f"arXiv:{volume[4:]}") if volume.startswith("abs/") else ""
    venue = paper.inner("publicationvenue").text("name") or paper.text("venue") or journal
    types = paper.texts("publicationtypes")
    cited_by = paper.number("citationcount", "numcitedby")
    made = Record(
        line,
        title=paper.text("title"),
        abstract=_abstract(paper) or _abstract(_first_object(paper, "grobid_parse", "pdf_parse")),
        authors=list(_authors(paper)),
        institutions=[text for one in _objects(paper, "authors") for text in _places(one)],
        categories=list(dict.fromkeys(_fields_of_study(paper))),
        year=paper.text("year"),
        date=paper.text("publicationdate"),
        venue=venue,
        volume="" if arxiv else volume,
        issue=issue,
        pages=_journal_value(paper, "pages") or paper.text("journalpages"),
        type=_type(types, venue or journal, paper.inner("publicationvenue").text("type")),
        cited_by=_citations(paper) if cited_by is None else cited_by,
        identifiers=[*_identifiers(paper), ("arxiv", arxiv)],
        urls=list(dict.fromkeys(_links(paper))),
        lost=paper.lost,
    )
    for key in ("content", "body"):
        if isinstance(paper.given(key), dict):
            _add_full_text(made, paper.inner(key))
    return made


def _other_kind(value: dict[str, Any]) -> str:
    """Return what an object is that is no paper, in the plural; empty for a paper."""
    return next((kind for kind, keys in _KEYS_OF_OTHERS if keys <= value.keys()), "")


def _objects(paper: Values, key: str) -> list[Values]:
    """Return the objects of a key that may hold texts in other states of the format."""
    return [
        Values(value, paper.lost, f"{key}.")
        for value in listed(paper.given(key))
        if isinstance(value, dict)
    ]


def _first_object(paper: Values, *keys: str) -> Values:
    return next((found[0] for key in keys if (found := _objects(paper, key))), Values({}))


def _journal_value(paper: Values, key: str) -> str:
    return _first_object(paper, "journal").text(key)


def _journal(paper: Values) -> tuple[str, str, str]:
    """Return a journal's name, volume and issue; the last two may stand together, as ``92 5``."""
    is_object = isinstance(paper.given("journal"), dict)
    name = _journal_value(paper, "name") if is_object else paper.text("journal")
    volume = (_journal_value(paper, "volume") or paper.text("journalvolume", "volume")).strip()
    match = re.fullmatch(r"(\d+)\s+(\S+)", volume)
    volume, issue = match.groups() if match else (volume, paper.text("issue"))
    return name or paper.text("journalname"), volume, issue


def _abstract(paper: Values) -> str:
    """Return the abstract, a text or a list of paragraphs; S2ORC parts them by ``:::``."""
    paragraphs = [
        part.get("text") if isinstance(part, dict) else part
        for key in ("abstract", "paperabstract")
        for part in listed(paper.given(key))
    ]
    text = "\n\n".join([part for part in paragraphs if isinstance(part, str)])
    return re.sub(r"\s*(?::::\s*)+", "\n\n", text)


def _authors(paper: Values) -> Iterator[Name]:
    for author in listed(paper.given("authors")):
        if isinstance(author, str):
            yield read_name(author)
            continue
        if not isinstance(author, dict):
            paper.lost.append(("authors", "a name is no text"))
            continue
        name = Values(author, paper.lost, "authors.")
        if printed := name.text("name").strip():
            yield read_name(printed)
        elif (family := name.text("last", "family")) or name.text("first", "given"):
            given = " ".join([name.text("first", "given"), *name.texts("middle")])
            yield person_of(family, " ".join(given.split()), "", name.text("suffix"))
        else:
            paper.lost.append(("authors", "a name is empty"))


def _places(author: Values) -> Iterator[str]:
    """Yield the institutions of an author, as texts or, in full texts, as objects."""
    for key in ("affiliations", "affiliation"):
        for place in listed(author.given(key)):
            if isinstance(place, str):
                yield place
            elif isinstance(place, dict):
                yield Values(place).text("institution", "name")


def _fields_of_study(paper: Values) -> Iterator[str]:
    yield from paper.texts("fieldsofstudy")
    yield from paper.texts("mag_field_of_study")
    for field in paper.objects("s2fieldsofstudy"):
        yield field.text("category")


def _type(types: list[str], venue: str, venue_type: str) -> str:
    if not types or types == ["JournalArticle"]:
        if _PREPRINTS.fullmatch(venue):
            return "preprint"
        types = types or [venue_type]
    found = {_TYPES.get(one, "other") for one in types if one}
    return next((one for one in _TYPES.values() if one in found), "other" if found else "")


def _citations(paper: Values) -> int | None:
    """Return how many papers are listed as citing this one, None if none could be."""
    for key in ("incitations", "inbound_citations"):
        if key in paper:
            return len(listed(paper.given(key)))
    return None


def _identifiers(paper: Values) -> Iterator[tuple[str, str]]:
    own = paper.text("paperid", "id") or paper.text("url")
    yield "s2", own if identifier("s2", own) else ""
    yield "corpusid", paper.text("corpusid")
    if number := paper.text("paper_id"):
        # CORD-19's is the hash of a PDF, or PubMed Central's.
        scheme = next((one for one in ("corpusid", "s2", "pmcid") if identifier(one, number)), "")
        if scheme and not (scheme == "s2" and "back_matter" in paper):
            yield scheme, number
    for text in paper.inner("publicationvenue").texts("issn"):
        yield "issn", text
    sources = [paper, *_objects(paper, "externalids"), *_objects(paper, "identifiers")]
    sources += _objects(_first_object(paper, "openaccessinfo"), "externalids")
    for source in sources:
        for key, scheme in _SCHEMES.items():
            for text in source.texts(key):
                yield scheme, text


def _links(paper: Values) -> Iterator[tuple[str, str]]:
    for key in ("url", "s2url", "s2_url", "doiurl"):
        yield "page", paper.text(key)
    if address := _first_object(paper, "openaccesspdf").text("url"):
        yield address_kind(address), address
    for key in ("s2pdfurl", "pdfurls"):
        for address in paper.texts(key):
            yield "pdf", address


def _add_full_text(made: Record, full: Values) -> None:
    """Add what spans of a full text say: the title, the abstract, the venue, the authors."""
    text = full.text("text")
    spans = {
        key: list(dict.fromkeys(_spans(full, key, len(text))))
        for key in ("title", "abstract", "venue", "author", "authorfirstname", "authorlastname")
    }

    def texts(key: str, start: int = 0, end: int = len(text)) -> list[str]:
        return [text[one:other] for one, other in spans[key] if start <= one and other <= end]

    made.title = made.title or next(iter(texts("title")), "")
    made.abstract = made.abstract or "\n\n".join(texts("abstract"))
    made.venue = made.venue or next(iter(texts("venue")), "")
    if not made.authors:
        names = [
            person_of(
                " ".join(texts("authorlastname", *span)), " ".join(texts("authorfirstname", *span))
            )
            for span in spans["author"]
        ]
        made.authors = [name for name in names if name]


def _spans(full: Values, key: str, length: int) -> Iterator[tuple[int, int]]:
    """Yield where the spans of a kind begin and end; they are a list, or JSON as text."""
    found = full.inner("annotations").given(key)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            full.lost.append((key, "its spans are not JSON"))
            return
    for span in listed(found):
        if isinstance(span, dict):
            values = Values(span, full.lost, f"{key}.")
            start, end = values.number("start"), values.number("end")
            if start is not None and end is not None and start < end <= length:
                yield start, end


_CITATION_KEYS = ("citingPaper", "citedPaper")
_PAPER_KEYS = (
    {"paperAbstract"},
    *({"corpusid", key} for key in ("externalids", "openaccessinfo", "title", "content", "body")),
)
_S2ORC_KEYS = {
    *("mag_field_of_study", "s2_url", "s2_pdf_hash", "_pdf_hash", "pdf_parse", "grobid_parse"),
    *("latex_parse", "outbound_citations", "inbound_citations", "body_text", "has_pdf_parse"),
}
_KEYS_OF_OTHERS = (
    ("summaries and vectors", {"corpusid", "model"}),
    ("citations", {"citingcorpusid", "citedcorpusid"}),
    ("authors", {"authorid", "name"}),
    ("authors", {"authorId", "name"}),
    ("venues", {"alternate_names", "name"}),
    ("pairs of ids", {"corpusid", "sha"}),
    ("snippets", {"snippet", "paper"}),
)
_SCHEMES = table(
    doi="doi doiurl",
    arxiv="arxiv arxiv_id",
    acl="acl acl_id",
    pmid="pmid pubmed pubmed_id",
    pmcid="pubmedcentral pmc_id",
    corpusid="corpusid",
)
_PREPRINTS = re.compile(r"arXiv(?:\.org)?|bioRxiv|medRxiv|chemRxiv|CoRR", re.IGNORECASE)
_TYPES = table(
    review="Review",
    editorial="Editorial",
    inproceedings="Conference conference",
    chapter="BookSection",
    book="Book",
    dataset="Dataset",
    article="JournalArticle LettersAndComments CaseReport ClinicalTrial MetaAnalysis Study journal",
)
"""Publication types and types of venues, and ours; of several the first named here counts."""
