"""The engines measured: each builds an index of the same papers and answers the same queries.

Libraries are imported where they are used, because a process that measures one engine's memory
must not hold another's.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from unittest import mock

BOOSTS = {"title": 3.0, "authors": 2.0, "abstract": 1.0}
FACETS = ("category", "year")
HITS = 10
# More than any of the two facets has values, so that none is left out of a count.
FACET_VALUES = 10_000

# The environment variable with the folder of the checkout that is the engine ``before``.
CHECKOUT = "SEARCHER_BENCH_BEFORE"
ROOT = Path(__file__).resolve().parents[2]

Snippets = list[tuple[str, str]]
Facets = Mapping[str, Mapping[str | int, int]]


class Engine:
    """An engine. ``build`` writes its index below a folder, the rest answer from it after ``open``.

    A kind of search that an engine does not have stays None.
    """

    name: str
    distribution: str
    module: str

    # Where the engine's modules are, if they are not installed; then it has a command to measure.
    root: Any = None
    # The same as a search comes: acronyms are read as what they stand for, too, and words near each
    # other count.
    usual: Any = None
    # The titles and authors of the best papers with any word of a query.
    papers_of_hits: Any = None
    # The titles and abstract snippets of the best papers with any word of a query.
    snippets: Any = None
    # The same, and how many of all matches each category and year has.
    facets: Any = None
    # The titles of the best papers with words in a row.
    phrase: Any = None
    # Add the papers of a JSON lines file to the index below a folder, and commit.
    add: Any = None

    @classmethod
    def is_installed(cls) -> bool:
        return find_spec(cls.module) is not None

    @classmethod
    def version(cls) -> str:
        return version(cls.distribution)

    def build(self, folder: Path, corpus: Path) -> None:
        """Write an index of the JSON lines of ``corpus`` below the new ``folder``."""
        raise NotImplementedError

    def open(self, folder: Path) -> None:
        """Open the index below ``folder``."""
        raise NotImplementedError

    def keeping_no_papers(self) -> AbstractContextManager[object]:
        """Let the engine read each paper it shows as if for the first time."""
        return nullcontext()

    def top(self, query: str) -> list[str]:
        """Return the titles of the best ten papers with any word of ``query``."""
        raise NotImplementedError

    def count(self, query: str) -> int:
        """Return how many papers have any word of ``query``."""
        raise NotImplementedError

    def first(self, query: str) -> str:
        """Return the title of the first hit of ``query`` as a user types it; empty if none."""
        raise NotImplementedError


def papers_of(corpus: Path) -> Iterator[dict[str, Any]]:
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            paper["authors"] = ", ".join(paper["authors"])
            yield paper


@contextmanager
def keeping_no_texts() -> Iterator[None]:
    """Let snippets be cut of each text as if for the first time."""
    from searcher.snippets import marking, window

    with (
        mock.patch.object(marking.prepare, "max_bytes", 0),
        mock.patch.object(window._sentence_spans, "max_bytes", 0),
        mock.patch.object(marking.prepare, "_young", {}),
        mock.patch.object(marking.prepare, "_old", {}),
        mock.patch.object(window._sentence_spans, "_young", {}),
        mock.patch.object(window._sentence_spans, "_old", {}),
    ):
        yield


def _first_title(papers: Any, query: str) -> str:
    return next((hit.title for hit in papers.search(query, limit=1).hits), "")


class Searcher(Engine):
    """This project through its public Python API."""

    name = module = "searcher"
    distribution = "paper-searcher"

    @classmethod
    def root(cls) -> Path:
        return ROOT

    def build(self, folder: Path, corpus: Path) -> None:
        import searcher

        summary = searcher.build(folder, [corpus])
        assert not summary.problems, summary.problems[:3]

    def open(self, folder: Path) -> None:
        import searcher

        self.papers = searcher.open(folder)
        self._by_word = searcher.Ranking(near=0)
        self._usual = searcher.Ranking()

    @contextmanager
    def keeping_no_papers(self) -> Iterator[None]:
        with (
            keeping_no_texts(),
            mock.patch("searcher.engines.local.reader.MAX_CACHED_PAPER_BYTES", 0),
        ):
            yield

    def _hits(self, query: str, **wanted: Any) -> Any:
        # What every engine does: nothing is read that was not typed, and words score one by one.
        plain = {"acronyms": False, "ranking": self._by_word}
        bare = {"paper": False, "snippets": False, "count": False}
        return self.papers.search(query, match="any", limit=HITS, **{**plain, **bare, **wanted})

    def top(self, query: str) -> list[str]:
        return [hit.title for hit in self._hits(query)]

    def usual(self, query: str) -> list[str]:
        return [hit.title for hit in self._hits(query, acronyms=True, ranking=self._usual)]

    def count(self, query: str) -> int:
        return int(self._hits(query, count=True).total)

    def first(self, query: str) -> str:
        return _first_title(self.papers, query)

    def papers_of_hits(self, query: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(hit.title, hit.paper.authors) for hit in self._hits(query, paper=True)]

    def snippets(self, query: str) -> Snippets:
        return self._shown(self._hits(query, snippets=True))

    def facets(self, query: str) -> tuple[Snippets, Facets]:
        page = self._hits(query, snippets=True, facets=FACETS)
        return self._shown(page), {
            facet: {entry.value: entry.count for entry in page.facets[facet]} for facet in FACETS
        }

    def _shown(self, page: Any) -> Snippets:
        snippets = [hit.snippets for hit in page]
        return [(both.html("title"), both.html("abstract")) for both in snippets]

    def phrase(self, words: str) -> list[str]:
        return [hit.title for hit in self._hits(f'"{words}"')]

    add = build


class Before(Engine):
    """Another checkout of this project, measured through that checkout's own adapter.

    Its folder is the value of the environment variable CHECKOUT. Only a process that has imported
    none of this project's modules can use it: the names are the same.
    """

    name = "before"

    @classmethod
    def is_installed(cls) -> bool:
        return CHECKOUT in os.environ

    @classmethod
    def root(cls) -> Path:
        return Path(os.environ[CHECKOUT])

    @classmethod
    def version(cls) -> str:
        command = ["git", "-C", str(cls.root()), "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(command, capture_output=True, text=True, check=False)
        return commit.stdout.strip() or "of a folder without git"

    def __init__(self) -> None:
        root = self.root()
        sys.path.insert(0, str(root))
        spec = spec_from_file_location("bench_engines", root / "tests" / "bench" / "engines.py")
        assert spec
        assert spec.loader
        adapter = module_from_spec(spec)
        spec.loader.exec_module(adapter)
        self._adapter = adapter.Searcher()
        module = sys.modules.get("searcher") or __import__("searcher")
        assert Path(str(module.__file__)).is_relative_to(root), module.__file__

    def build(self, folder: Path, corpus: Path) -> None:
        self._adapter.build(folder, corpus)

    def add(self, folder: Path, corpus: Path) -> None:
        self._adapter.add(folder, corpus)

    def open(self, folder: Path) -> None:
        self._adapter.open(folder)

    def keeping_no_papers(self) -> AbstractContextManager[object]:
        return self._adapter.keeping_no_papers()  # type: ignore[no-any-return]

    def top(self, query: str) -> list[str]:
        return self._adapter.top(query)  # type: ignore[no-any-return]

    def usual(self, query: str) -> list[str]:
        # The adapter of an earlier checkout has one way only.
        adapter = self._adapter
        return adapter.usual(query) if hasattr(adapter, "usual") else adapter.top(query)  # type: ignore[no-any-return]

    def count(self, query: str) -> int:
        return self._adapter.count(query)  # type: ignore[no-any-return]

    def first(self, query: str) -> str:
        # Adapters of earlier checkouts lack it; what it asks is the same in all of them.
        return _first_title(self._adapter.papers, query)

    def papers_of_hits(self, query: str) -> list[tuple[str, tuple[str, ...]]]:
        if hasattr(self._adapter, "papers_of_hits"):
            return self._adapter.papers_of_hits(query)  # type: ignore[no-any-return]
        hits = self._adapter.papers.search(query, match="any", limit=HITS).hits
        return [(hit.title, hit.authors) for hit in hits]

    def snippets(self, query: str) -> Snippets:
        if self._marks_titles:
            return self._adapter.snippets(query)  # type: ignore[no-any-return]
        return self._shown(self._adapter.papers.search(query, match="any", limit=HITS))

    def facets(self, query: str) -> tuple[Snippets, Facets]:
        if self._marks_titles:
            return self._adapter.facets(query)  # type: ignore[no-any-return]
        page = self._adapter.papers.search(query, match="any", limit=HITS, facets=FACETS)
        return self._shown(page), {
            facet: {entry.value: entry.count for entry in page.facets[facet]} for facet in FACETS
        }

    @property
    def _marks_titles(self) -> bool:
        # An adapter that does not shows plain titles, which is less than this project's is asked.
        return hasattr(self._adapter, "_shown")

    def _shown(self, page: Any) -> Snippets:
        snippets = [hit.snippets for hit in page.hits]
        return [(both["title"], both["abstract"]) for both in snippets]

    def phrase(self, words: str) -> list[str]:
        return self._adapter.phrase(words)  # type: ignore[no-any-return]


class Tantivy(Engine):
    """tantivy through tantivy-py, with two threads for writing.

    Matches are not counted, which lets it leave out papers that cannot be among the best.
    """

    name = distribution = module = "tantivy"

    def build(self, folder: Path, corpus: Path) -> None:
        import tantivy

        schema = tantivy.SchemaBuilder()
        schema.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        for field in BOOSTS:
            schema.add_text_field(field, stored=True, tokenizer_name="en_stem")
        schema.add_text_field(
            "category", stored=True, fast=True, tokenizer_name="raw", index_option="basic"
        )
        schema.add_integer_field("year", stored=True, fast=True, indexed=True)
        folder.mkdir(parents=True)
        self._write(tantivy.Index(schema.build(), str(folder)), corpus).wait_merging_threads()

    def _write(self, index: Any, corpus: Path) -> Any:
        import tantivy

        writer = index.writer(heap_size=256_000_000, num_threads=2)
        for paper in papers_of(corpus):
            writer.add_document(tantivy.Document(**paper))
        writer.commit()
        return writer

    def add(self, folder: Path, corpus: Path) -> None:
        import tantivy

        self._write(tantivy.Index.open(str(folder)), corpus)

    def open(self, folder: Path) -> None:
        import tantivy

        self.index = tantivy.Index.open(str(folder))
        self.searcher = self.index.searcher()
        self.generator = tantivy.SnippetGenerator

    def _parsed(self, query: str) -> Any:
        return self.index.parse_query(query, list(BOOSTS), field_boosts=BOOSTS)

    def _titles(self, parsed: Any) -> list[str]:
        hits = self.searcher.search(parsed, HITS, count=False).hits
        return [self.searcher.doc(address)["title"][0] for _, address in hits]

    def top(self, query: str) -> list[str]:
        return self._titles(self._parsed(query))

    def count(self, query: str) -> int:
        return int(self.searcher.search(self._parsed(query), HITS, count=True).count)

    def phrase(self, words: str) -> list[str]:
        return self._titles(self._parsed(f'"{words}"'))

    def _with_snippets(self, parsed: Any) -> Snippets:
        generator = self.generator.create(self.searcher, parsed, self.index.schema, "abstract")
        documents = [
            self.searcher.doc(address)
            for _, address in self.searcher.search(parsed, HITS, count=False).hits
        ]
        return [
            (document["title"][0], generator.snippet_from_doc(document).to_html())
            for document in documents
        ]

    def snippets(self, query: str) -> Snippets:
        return self._with_snippets(self._parsed(query))

    def facets(self, query: str) -> tuple[Snippets, Facets]:
        parsed = self._parsed(query)
        asked = {facet: {"terms": {"field": facet, "size": FACET_VALUES}} for facet in FACETS}
        counted = self.searcher.aggregate(parsed, asked)
        return self._with_snippets(parsed), {
            facet: {entry["key"]: entry["doc_count"] for entry in counted[facet]["buckets"]}
            for facet in FACETS
        }


class Fts5(Engine):
    """SQLite's FTS5 over an ordinary table, Porter-stemmed."""

    name = "fts5"
    module = "sqlite3"

    @classmethod
    def version(cls) -> str:
        import sqlite3

        return sqlite3.sqlite_version

    @staticmethod
    def _connect(folder: Path) -> Any:
        import sqlite3

        return sqlite3.connect(folder / "papers.db")

    def build(self, folder: Path, corpus: Path) -> None:
        folder.mkdir(parents=True)
        with closing(self._connect(folder)) as database, database:
            database.executescript(
                """
                CREATE TABLE papers(number INTEGER PRIMARY KEY, id TEXT UNIQUE, category TEXT,
                    year INTEGER, title TEXT, authors TEXT, abstract TEXT);
                CREATE VIRTUAL TABLE words USING fts5(title, authors, abstract, content='papers',
                    content_rowid='number', tokenize='porter unicode61');
                """
            )
            boosts = ", ".join(map(str, BOOSTS.values()))
            database.execute(f"INSERT INTO words(words, rank) VALUES('rank', 'bm25({boosts})')")
            self._insert(database, corpus)
            database.execute("INSERT INTO words(words) VALUES('rebuild')")

    @staticmethod
    def _insert(database: Any, corpus: Path) -> None:
        database.executemany(
            "INSERT INTO papers(id, category, year, title, authors, abstract)"
            " VALUES(:id, :category, :year, :title, :authors, :abstract)",
            papers_of(corpus),
        )

    def add(self, folder: Path, corpus: Path) -> None:
        with closing(self._connect(folder)) as database, database:
            last = database.execute("SELECT max(number) FROM papers").fetchone()
            self._insert(database, corpus)
            database.execute(
                "INSERT INTO words(rowid, title, authors, abstract)"
                " SELECT number, title, authors, abstract FROM papers WHERE number > ?",
                last,
            )

    def open(self, folder: Path) -> None:
        self.database = self._connect(folder)

    @staticmethod
    def _any(query: str) -> str:
        return " OR ".join(f'"{word}"' for word in query.split())

    def _best(self, columns: str, match: str) -> list[tuple[Any, ...]]:
        return self.database.execute(  # type: ignore[no-any-return]
            f"SELECT {columns} FROM words WHERE words MATCH ? ORDER BY rank LIMIT {HITS}", [match]
        ).fetchall()

    def top(self, query: str) -> list[str]:
        return [title for (title,) in self._best("title", self._any(query))]

    def count(self, query: str) -> int:
        counting = "SELECT count(*) FROM words WHERE words MATCH ?"
        return int(self.database.execute(counting, [self._any(query)]).fetchone()[0])

    def phrase(self, words: str) -> list[str]:
        return [title for (title,) in self._best("title", f'"{words}"')]

    def snippets(self, query: str) -> Snippets:
        return self._best("title, snippet(words, 2, '<b>', '</b>', '…', 30)", self._any(query))

    def facets(self, query: str) -> tuple[Snippets, Facets]:
        counted = {
            facet: dict(
                self.database.execute(
                    f"SELECT {facet}, count(*) FROM words JOIN papers ON number = words.rowid"
                    f" WHERE words MATCH ? GROUP BY {facet}",
                    [self._any(query)],
                )
            )
            for facet in FACETS
        }
        return self.snippets(query), counted


class Bm25s(Engine):
    """bm25s with the stemmer its documentation takes; fields are one text to it.

    It ranks words alone: no phrases, snippets, facets or further papers.
    """

    name = distribution = module = "bm25s"

    def _tokens(self, texts: list[str], **options: Any) -> Any:
        import bm25s
        import Stemmer

        stemmer = Stemmer.Stemmer("english")
        return bm25s.tokenize(texts, stemmer=stemmer, show_progress=False, **options)

    def build(self, folder: Path, corpus: Path) -> None:
        import bm25s

        titles, texts = [], []
        for paper in papers_of(corpus):
            titles.append(paper["title"])
            texts.append(f"{paper['title']} {paper['authors']} {paper['abstract']}")
        index = bm25s.BM25()
        index.index(self._tokens(texts), show_progress=False)
        index.save(str(folder))
        (folder / "titles.json").write_text(json.dumps(titles), encoding="utf-8")

    def open(self, folder: Path) -> None:
        import bm25s

        self.index = bm25s.BM25.load(str(folder))
        self.titles = json.loads((folder / "titles.json").read_text(encoding="utf-8"))

    def top(self, query: str) -> list[str]:
        tokens = self._tokens([query], return_ids=False)
        numbers, scores = self.index.retrieve(tokens, k=HITS, show_progress=False)
        found = zip(numbers[0].tolist(), scores[0].tolist(), strict=True)
        return [self.titles[number] for number, score in found if score > 0]

    def count(self, query: str) -> int:
        tokens = self._tokens([query], return_ids=False)[0]
        return int((self.index.get_scores(tokens) > 0).sum())


class Whoosh(Engine):
    """Whoosh as its documentation shows it: stemmed text fields, stored, and its highlighter."""

    name = module = "whoosh"
    distribution = "whoosh3"

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
        self._write(index.create_in(str(folder), schema), corpus)

    @staticmethod
    def _write(index: Any, corpus: Path) -> None:
        writer = index.writer(limitmb=256)
        for paper in papers_of(corpus):
            writer.add_document(**paper)
        writer.commit()

    def add(self, folder: Path, corpus: Path) -> None:
        from whoosh import index

        self._write(index.open_dir(str(folder)), corpus)

    def open(self, folder: Path) -> None:
        from whoosh import index
        from whoosh.qparser import MultifieldParser, OrGroup

        opened = index.open_dir(str(folder))
        self.searcher = opened.searcher()
        self.parser = MultifieldParser(list(BOOSTS), opened.schema, BOOSTS, group=OrGroup)

    def _found(self, query: str, **options: Any) -> Any:
        return self.searcher.search(self.parser.parse(query), limit=HITS, **options)

    def top(self, query: str) -> list[str]:
        return [hit["title"] for hit in self._found(query)]

    def count(self, query: str) -> int:
        return len(self._found(query))

    def phrase(self, words: str) -> list[str]:
        return [hit["title"] for hit in self._found(f'"{words}"')]

    def snippets(self, query: str) -> Snippets:
        return [(hit["title"], self._snippet(hit)) for hit in self._found(query)]

    def facets(self, query: str) -> tuple[Snippets, Facets]:
        from whoosh.sorting import Count, FieldFacet

        asked = {facet: FieldFacet(facet, maptype=Count) for facet in FACETS}
        results = self._found(query, groupedby=asked)
        # Grouped results are not limited.
        hits = [(hit["title"], self._snippet(hit)) for hit in results[:HITS]]
        return hits, {facet: results.groups(facet) for facet in FACETS}

    @staticmethod
    def _snippet(hit: Any) -> str:
        return str(hit.highlights("abstract", top=1, minscore=0))


ENGINES: tuple[type[Engine], ...] = (Searcher, Before, Tantivy, Fts5, Bm25s, Whoosh)
