"""Papers that wait to be written until a commit, in a temporary data base."""

import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from index.errors import IndexStorageError
from index.opensearch.layout import file_of, file_term
from index.paper import Source

_TABLES = """
CREATE TABLE papers
    (name TEXT PRIMARY KEY, id TEXT, body BLOB, file TEXT, line INTEGER, settled INTEGER);
CREATE TABLE terms
    (field TEXT, term TEXT, name TEXT, PRIMARY KEY (field, term, name)) WITHOUT ROWID;
CREATE INDEX ids ON papers (id);
CREATE INDEX own ON terms (name);
"""
_LISTED = ("identifier", "source")
"""The fields by whose terms papers are found."""


class PendingPapers:
    """Documents of papers by name; those that were there when it was told to settle are found.

    It is in a temporary file that has no name, a page of it in memory.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

    def __len__(self) -> int:
        """Return how many documents there are."""
        (count,) = self._database.execute("SELECT count(*) FROM papers").fetchone()
        return int(count)

    def close(self) -> None:
        """Remove the file."""
        self._database.close()

    def add(self, name: str, document: Mapping[str, Any], body: bytes, source: Source) -> None:
        """Add a document, and its ``body`` as it is sent, in place of the one with its name."""
        with _storage_errors():
            self.remove(name)
            packed = zlib.compress(body, 1)
            row = (name, document["id"], packed, file_term(source.file), source.line)
            self._database.execute("INSERT INTO papers VALUES (?, ?, ?, ?, ?, 0)", row)
            terms = {(field, term, name) for field in _LISTED for term in document[field]}
            self._database.executemany("INSERT INTO terms VALUES (?, ?, ?)", terms)

    def remove(self, name: str) -> None:
        """Remove a document, if it is there."""
        self._database.execute("DELETE FROM papers WHERE name = ?", (name,))
        self._database.execute("DELETE FROM terms WHERE name = ?", (name,))

    def settle(self) -> None:
        """Let all documents be found."""
        self._database.execute("UPDATE papers SET settled = 1")

    def get(self, name: str, *, is_settled: bool = True) -> dict[str, Any] | None:
        """Return a document by its name, None if it is not there."""
        query = "SELECT body FROM papers WHERE name = ? AND settled >= ?"
        row = self._database.execute(query, (name, is_settled)).fetchone()
        return json.loads(zlib.decompress(row[0])) if row else None

    def find(self, field: str, term: str) -> list[str]:
        """Return the names of the documents that have a term."""
        query = (
            "SELECT name FROM terms JOIN papers USING (name)"
            " WHERE field = ? AND term = ? AND settled ORDER BY name"
        )
        return [name for (name,) in self._database.execute(query, (field, term))]

    def terms(self, field: str) -> list[str]:
        """Return the terms of a field that some document has."""
        query = (
            "SELECT DISTINCT term FROM terms JOIN papers USING (name) WHERE field = ? AND settled"
        )
        return [term for (term,) in self._database.execute(query, (field,))]

    def ids_from(self, start: str) -> list[str]:
        """Return the ids that begin with a text."""
        query = "SELECT id FROM papers WHERE settled AND id >= ? AND id < ? ORDER BY id"
        return [one for (one,) in self._database.execute(query, (start, f"{start}\U0010ffff"))]

    def names(self) -> set[str]:
        """Return the names of all documents that are found."""
        return {name for (name,) in self._database.execute("SELECT name FROM papers WHERE settled")}

    def bodies(self) -> Iterator[tuple[str, bytes, Source]]:
        """Yield all documents as they are sent, by name, each with where it was read."""
        query = "SELECT name, body, file, line FROM papers ORDER BY name"
        for name, body, file, line in self._database.execute(query):
            yield name, zlib.decompress(body), Source(file_of(file), line)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise IndexStorageError(
            f"{tempfile.gettempdir()}: cannot write papers to a temporary file ({error}); free"
            " space there, or name another folder in TMPDIR"
        ) from error
