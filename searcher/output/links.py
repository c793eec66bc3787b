"""The addresses of a paper: those its sources give, and those that its identifiers make."""

from collections.abc import Iterator
from urllib.parse import quote

from index.paper import Link, Paper

_PAGES = {
    "doi": "https://doi.org/{}",
    "arxiv": "https://arxiv.org/abs/{}",
    "acl": "https://aclanthology.org/{}/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "openalex": "https://openalex.org/{}",
    "s2": "https://www.semanticscholar.org/paper/{}",
    "corpusid": "https://api.semanticscholar.org/CorpusID:{}",
}
"""The page of an identifier, by its scheme, the best first."""

_KINDS = ("page", "pdf", "code")
_SAFE = "/:()-._~;,+@!*'="
# Everything in an address that is printed, but what ends one in text and in BibTeX.
_SAFE_IN_URL = "%!#$&'()*+,/:;=?@[]~-._"


def links(paper: Paper) -> list[Link]:
    """Return the addresses of a paper, the best first: pages, then PDFs, then code."""
    made = [
        Link("page", page_of(scheme, value))
        for scheme in _PAGES
        for value in paper.identifiers_of(scheme)
    ]
    return sorted(dict.fromkeys([*_given(paper), *made]), key=_rank)


def best_address(paper: Paper) -> str:
    """Return the address of a paper's own page, else of its PDF or code; empty if there is none."""
    return next((link.url for link in links(paper)), "")


def given_links(paper: Paper) -> list[Link]:
    """Return the addresses that the sources give, the best first.

    What an identifier makes is no news to programs that know it, but those of the ACL Anthology
    have no field in their formats.
    """
    acl = [Link("page", page_of("acl", value)) for value in paper.identifiers_of("acl")]
    return sorted(dict.fromkeys([*_given(paper), *acl]), key=_rank)


def given_address(paper: Paper) -> str:
    """Return the best of these addresses that is not of code; empty if there is none."""
    return next((link.url for link in given_links(paper) if link.kind != "code"), "")


def page_of(scheme: str, value: str) -> str:
    """Return the page of an identifier, empty if its scheme has none."""
    return _PAGES[scheme].format(quote(value, _SAFE)) if scheme in _PAGES else ""


def encoded(url: str) -> str:
    """Return an address in printed ASCII without braces, blanks and backslashes."""
    return quote(url, _SAFE_IN_URL)


def _given(paper: Paper) -> Iterator[Link]:
    for kind, url in paper.urls:
        if kind in _KINDS and url.lower().startswith(("https://", "http://")):
            yield Link(kind, encoded(url))


def _rank(link: Link) -> int:
    return _KINDS.index(link.kind)
