"""Keys: the field that each key of an object, or heading of a table, stands for in any program."""

import re
from collections.abc import Mapping
from functools import lru_cache

from index.readers.json.values import folded


@lru_cache(maxsize=1 << 12)
def place_of(key: str) -> tuple[str, int] | None:
    """Return the field that a key is of, and its rank among the keys of that field.

    Solr's keys end in the kind of their value: ``title_s``, ``year_i``.
    """
    if len(key) >= _MAX_KEY_CHARS:
        return None
    if key == "_source":  # what Elasticsearch has around each record
        return "inner", 0
    return _PLACES.get(folded(key)) or _PLACES.get(folded(_SOLR.sub("", key)))


def field_of(heading: str) -> str:
    """Return the field that the heading of a table's column is of; else nothing."""
    return _HEADINGS.get(folded(heading), "") if len(heading) < _MAX_KEY_CHARS else ""


_KEYS: Mapping[str, str] = {
    "id": "id _id uid docid docno doc_no document_id paper_id article_id record_id key",
    "title": "title paper_title article_title primary_title title_en",
    "abstract": "abstract abstract_text paper_abstract abstract_en text contents content_text body "
    "summary abstract_note description",
    "authors": "authors author author_list author_string author_names authors_list creators "
    "creator",
    "author_parts": "author_parts",
    "other_names": "other_names",
    "et_al": "et_al",
    "editors": "editors editor",
    "year": "year pub_year publication_year published_year year_published publish_year",
    "date": "date publication_date published_date date_published pub_date published published_at "
    "publish_date first_publication_date",
    "month": "month pub_month publication_month published_month",
    "day": "day pub_day publication_day published_day",
    "updated": "updated updated_date update_date updated_at",
    "date_text": "date_text",
    "doi": "doi doi_url",
    "arxiv": "arxiv arxiv_id arxivid",
    "pmid": "pmid pubmed_id pubmed",
    "pmcid": "pmcid pmc pmc_id",
    "acl": "acl acl_id anthology_id",
    "openalex": "openalex openalex_id",
    "s2": "s2 s2_id semantic_scholar_id",
    "corpusid": "corpusid corpus_id s2_corpus_id",
    "issn": "issn eissn",
    "isbn": "isbn",
    "citation_key": "citation_key citekey bibtex_key",
    "accession": "accession accession_number",
    "identifiers": "identifiers external_ids ids",
    "url": "urls url link paper_url page_url abs_url abstract_url landing_page html_url source_url "
    "entry_id",
    "pdf": "pdf pdf_url pdf_link url_pdf open_access_pdf full_text_url",
    "code_link": "code_url code_link github github_url repo_url repository",
    "has_code": "has_code code",
    "venue": "venue journal journal_title journal_name conference conf booktitle container_title "
    "publication_title publication_venue publication_name "
    "journal_ref",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages page page_range",
    "publisher": "publisher",
    "keywords": "keywords keyword tags author_keywords keyword_list",
    "category": "primary_category category",
    "categories": "categories arxiv_categories subjects subject",
    "type": "type document_type publication_type doc_type",
    "status": "status",
    "language": "language lang languages",
    "cited_by": "cited_by citation_count cited_by_count citations num_citations n_citation "
    "times_cited",
    "score": "score",
    "institutions": "institutions institution affiliations",
    "owners": "owners",
    "comments": "comments comment",
    "other_titles": "other_titles",
    "other_abstracts": "other_abstracts",
    "nothing": "sources",
    "inner": "metadata details content paper attributes",
}
"""The fields, each with its keys in order of preference; case and signs do not count."""
_OBJECT_KEYS: Mapping[str, str] = {
    "title": "titles",
    "abstract": "abstracts descriptions",
    "authors": "author_line auth_full_name",
    "year": "year_of_publication produced_date_y",
    "date": "date_of_publication produced_date posted_date preprint_date earliest_date",
    "doi": "dois doi_id arxiv_doi",
    "arxiv": "arxiv_eprints",
    "issn": "issns journal_issn",
    "isbn": "isbns",
    "citation_key": "texkeys",
    "accession": "hal_id report_numbers",
    "url": "pub_url publication_url uri ee site website webpage homepage project_page forum",
    "pdf": "paper_pdf_url eprint_url file_main",
    "code_link": "github_repo",
    "venue": "publication arxiv_journal_ref",
    "volume": "journal_volume",
    "issue": "issue_number journal_issue",
    "pages": "page_info artid article_number",
    "keywords": "ai_keywords",
    "category": "arxiv_primary_category",
    "type": "pub_type pub_type_list entry_type",
    "cited_by": "gs_citation",
    "institutions": "affiliation aff",
    "comments": "arxiv_comment",
    "name": "name",
    "number": "number",
    "first_page": "first_page page_start start_page",
    "last_page": "last_page page_end end_page",
    "links": "links",
    "server": "server",
    "host": "container journal_info publication_info",
    "inner": "bib original fields",
}
"""Further keys of objects, which mean something else at the head of a column, or stand in none."""

_HEADINGS = {folded(key): field for field, keys in _KEYS.items() for key in keys.split()}
_PLACES = {
    folded(key): (field, rank)
    for field in {**_KEYS, **_OBJECT_KEYS}
    for rank, key in enumerate(f"{_KEYS.get(field, '')} {_OBJECT_KEYS.get(field, '')}".split())
}
_SOLR = re.compile(r"_(?:s|ss|t|txt|i|is|d|dt|tdate)$")
_MAX_KEY_CHARS = 100
