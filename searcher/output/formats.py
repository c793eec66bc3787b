"""The formats in which papers leave, by name; each gives the text in parts, a paper or so each."""

from collections.abc import Iterable, Iterator, Sequence

from index.paper import Paper

REFERENCES = ("bibtex", "ris", "csl-json")
"""The formats of reference managers."""

TABLES = ("csv", "jsonl")
"""The formats of which a caller may choose the fields."""


def fields_of(form: str) -> Sequence[str]:
    """Return the fields of a format of TABLES."""
    from searcher.output import tables

    return tuple(tables.COLUMNS) if form == "csv" else tables.JSON_KEYS


def written(
    form: str, papers: Iterable[Paper], fields: Sequence[str] = (), *, raw_cells: bool = False
) -> Iterator[str]:
    """Return papers in a format of REFERENCES or TABLES, part by part as they come.

    ``fields`` are some of ``fields_of`` a table, all of them if none is given. ``raw_cells`` is
    for CSV; see ``searcher.output.tables``.
    """
    # Only one of them is needed, and some load what reads names and LaTeX.
    if form == "bibtex":
        from searcher.output.bibtex import bibtex

        return bibtex(papers)
    if form == "ris":
        from searcher.output.ris import ris

        return ris(papers)
    if form == "csl-json":
        from searcher.output.csl import csl_json

        return csl_json(papers)
    from searcher.output import tables

    if form == "csv":
        return tables.papers_csv(papers, fields, raw_cells=raw_cells)
    return tables.papers_jsonl(papers, fields)
