"""The engines measured: each builds an index of the same papers and answers the same queries."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import searcher


class BenchEngine(Protocol):
    """An engine: ``build`` writes its index, the rest answer from it after ``open``."""

    name: str

    def build(self, folder: Path, corpus: Path) -> None:
        """Write an index of the JSON lines of ``corpus`` below ``folder``."""

    def open(self, folder: Path) -> None:
        """Open the index below ``folder``."""

    def top(self, query: str) -> Sequence[str]:
        """Return the titles of the best ten papers with any word of ``query``."""

    def top_with_snippets(self, query: str) -> Sequence[str]:
        """Return the snippets of the best ten papers."""

    def top_with_facets(self, query: str) -> int:
        """Find the best ten papers with snippets, and return the sum of two facets' counts."""


class Searcher:
    """This project through its public Python API."""

    name = "searcher"

    def build(self, folder: Path, corpus: Path) -> None:
        searcher.build(folder / "index", [corpus])

    def open(self, folder: Path) -> None:
        self.papers = searcher.open(folder / "index")

    def top(self, query: str) -> Sequence[str]:
        return [hit.title for hit in self.papers.search(query, match="any").hits]

    def top_with_snippets(self, query: str) -> Sequence[str]:
        hits = self.papers.search(query, match="any").hits
        return [hit.snippets["abstract"] for hit in hits]

    def top_with_facets(self, query: str) -> int:
        page = self.papers.search(query, match="any", facets=["category", "year"])
        for hit in page.hits:
            assert hit.snippets
        return sum(entry.count for counts in page.facets.values() for entry in counts)


class PlainWhoosh:
    """Whoosh as its documentation shows it: stemmed text fields, stored, and its highlighter."""

    name = "whoosh"

    def build(self, folder: Path, corpus: Path) -> None:
        from whoosh import analysis, fields, index

        stemmed = analysis.StemmingAnalyzer()
        schema = fields.Schema(
            id=fields.ID(stored=True, unique=True),
            title=fields.TEXT(stored=True, analyzer=stemmed),
            abstract=fields.TEXT(stored=True, analyzer=stemmed),
            authors=fields.TEXT(stored=True),
            category=fields.ID(stored=True, sortable=True),
            year=fields.NUMERIC(stored=True, sortable=True),
        )
        folder.mkdir(parents=True)
        writer = index.create_in(str(folder), schema).writer(limitmb=256)
        with corpus.open() as lines:
            for line in lines:
                paper: dict[str, Any] = json.loads(line)
                writer.add_document(
                    id=paper["id"],
                    title=paper["title"],
                    abstract=paper["abstract"],
                    authors=", ".join(paper["authors"]),
                    category=paper["category"],
                    **({"year": paper["year"]} if paper["year"] else {}),
                )
        writer.commit()

    def open(self, folder: Path) -> None:
        from whoosh import index
        from whoosh.qparser import MultifieldParser, OrGroup

        opened = index.open_dir(str(folder))
        self.whoosh = opened.searcher()
        boosts = {"title": 3.0, "authors": 2.0, "abstract": 1.0}
        self.parser = MultifieldParser(list(boosts), opened.schema, boosts, group=OrGroup)

    def top(self, query: str) -> Sequence[str]:
        return [hit["title"] for hit in self.whoosh.search(self.parser.parse(query), limit=10)]

    def top_with_snippets(self, query: str) -> Sequence[str]:
        results = self.whoosh.search(self.parser.parse(query), limit=10)
        return [hit.highlights("abstract", top=1) for hit in results]

    def top_with_facets(self, query: str) -> int:
        from whoosh.sorting import Count, FieldFacet

        facets = {name: FieldFacet(name, maptype=Count) for name in ("category", "year")}
        results = self.whoosh.search(self.parser.parse(query), limit=10, groupedby=facets)
        for hit in results:
            assert hit.highlights("abstract", top=1) is not None
        return sum(sum(results.groups(name).values()) for name in facets)


ENGINES: list[type[BenchEngine]] = [Searcher, PlainWhoosh]
