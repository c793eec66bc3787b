"""Documents and queries of test collections, such as BEIR's ``corpus.jsonl`` and ``queries.jsonl``.

Documents have ``_id``, ``title``, ``text`` and ``metadata``, those made after TREC ``docno`` or
``doc_id``. A query has an id and a text like a document without a title: only the
names of files tell them apart.
"""

import os
import re
from typing import Any

from index.readers.json.generic import record as generic_record
from index.readers.record import Record

NAME = "BEIR"


def recognises(value: dict[str, Any]) -> bool:
    """There is an id as test collections write it, and a text."""
    return not _IDS.isdisjoint(value) and not _TEXTS.isdisjoint(value)


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what a document says of a paper."""
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        # SciDocs names authors and citing papers by ids alone.
        kept = {key: one for key, one in metadata.items() if not _is_list_of_ids(one)}
        value = {**value, "metadata": kept}
    return generic_record(value, line)


class Queries:
    """The records of a file of queries: those without a title are none of papers."""

    NAME = "queries"

    def recognises(self, value: dict[str, Any]) -> bool:
        """There is an id and a text, but no title."""
        return (
            any(isinstance(value.get(key), (str, int)) for key in _QUERY_IDS)
            and any(isinstance(value.get(key), str) for key in _QUERY_TEXTS)
            and not value.get("title")
        )

    def record(self, _value: dict[str, Any], _line: int) -> Record | str:
        """Return what the record is, since it is no paper."""
        return "queries"


QUERIES = Queries()


def holds_queries(file: str) -> bool:
    """Tell whether a file's name, or the names of the files beside it, say that it holds queries.

    A file beside ``corpus.jsonl`` holds queries, unless its name says otherwise.
    """
    folder, name = os.path.split(file)
    if _CORPUS_NAME.match(name):
        return False
    if _QUERIES_NAME.search(name):
        return True
    try:
        return any(_CORPUS_FILE.fullmatch(beside) for beside in os.listdir(folder or "."))
    except OSError:
        return False


def _is_list_of_ids(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(one, int) or (isinstance(one, str) and _ID.fullmatch(one)) for one in value
        )
    )


_IDS = frozenset(("_id", "docno", "doc_id", "docid"))
_TEXTS = frozenset(("text", "contents", "abstract", "title"))
_QUERY_IDS = ("_id", "query_id", "qid", "id", "topic_id", "number")
_QUERY_TEXTS = ("text", "query", "question", "contents", "description")
_ID = re.compile(r"[0-9]+|[0-9a-f]{24,}")
_CORPUS_NAME = re.compile(r"corpus|documents|docs|papers|abstracts|articles", re.IGNORECASE)
_QUERIES_NAME = re.compile(r"quer(?:y|ies)|topics|questions", re.IGNORECASE)
_CORPUS_FILE = re.compile(r"corpus\.jsonl?(?:\.\w+)?", re.IGNORECASE)
