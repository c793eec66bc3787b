"""Files of test collections, told apart by content: queries, judgements (qrels) and runs.

::

    queries       BEIR   {"_id": "1", "text": "…"}, a query a line
                  TSV    id<TAB>text
                  TREC   <top> <num> Number: 1 <title> … </top>
                         <topic number="1"> <query> … </query> … </topic>
    judgements    BEIR   query<TAB>document<TAB>grade, with a header or without
                  TREC   query 0 document grade
    runs          TREC   query Q0 document rank score name
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from html import unescape
from math import inf, isfinite
from operator import itemgetter

from index.arguments import folder_path
from searcher.errors import EvaluationError, shown
from searcher.evaluation.measuring import MOST_GRADE, Evaluation

Place = str | os.PathLike[str]


def read_queries(file: Place) -> dict[str, str]:
    """Return the texts of queries by their ids, in the file's order. Raises EvaluationError."""
    lines = list(_lines(file))
    first = lines[0][1].lstrip() if lines else ""
    read = _json_queries if first[:1] == "{" else _topics if first[:1] == "<" else _tsv_queries
    queries: dict[str, str] = {}
    for line, query_id, text in read(lines, file):
        if not query_id or not text.strip():
            what = f"the query {shown(query_id)} has no text" if query_id else "a query has no id"
            raise _error(file, line, f"{what}; add it, or leave the line out")
        if query_id in queries:
            raise _error(file, line, f"the query {shown(query_id)} is there twice; leave one out")
        queries[query_id] = text.strip()
    _refuse_nothing(queries, file, "queries")
    return queries


def read_judgements(file: Place) -> dict[str, dict[str, int]]:
    """Return the grades of documents by query. Raises EvaluationError."""
    judgements: dict[str, dict[str, int]] = {}
    for line, text in _lines(file):
        parts = [part.strip() for part in text.split("\t")] if "\t" in text else text.split()
        if len(parts) not in (3, 4) or not all(parts):
            raise _error(
                file,
                line,
                f"{shown(text)} is no judgement; write query<TAB>document<TAB>grade, or query 0"
                " document grade",
            )
        if not judgements and parts[-1].casefold() in _GRADE_HEADERS:
            continue
        grade = _number(parts[-1])
        if grade is None or grade != int(grade) or grade > MOST_GRADE:
            most = f"is no whole number of at most {MOST_GRADE:,}"
            raise _error(file, line, f"the grade {shown(parts[-1])} {most}")
        grades = judgements.setdefault(parts[0], {})
        before = grades.setdefault(parts[-2], int(grade))
        if before != grade:
            what = f"{shown(parts[-2])} is judged twice for the query {shown(parts[0])}"
            raise _error(file, line, f"{what}, as {before} and {grade:g}; leave one out")
    _refuse_nothing(judgements, file, "judgements")
    return judgements


def read_run(file: Place) -> dict[str, list[str]]:
    """Return the documents of each query, best first: by score, and by rank where it is equal.

    Raises EvaluationError.
    """
    found: dict[str, list[tuple[float, float, str]]] = {}
    for line, text in _lines(file):
        parts = text.split()
        score, rank = (_number(parts[4]), _number(parts[3])) if len(parts) == 6 else (None, None)
        if score is None or rank is None:
            raise _error(
                file,
                line,
                f"{shown(text)} is no line of a TREC run; write query Q0 document rank score name",
            )
        found.setdefault(parts[0], []).append((-score, rank, parts[2]))
    run = {
        query_id: list(dict.fromkeys(map(itemgetter(2), sorted(ranked, key=itemgetter(0, 1)))))
        for query_id, ranked in found.items()
    }
    _refuse_nothing(run, file, "results")
    return run


def write_run(evaluation: Evaluation, file: Place) -> None:
    """Write what an evaluation found as a TREC run. Raises EvaluationError.

    Scores fall strictly, also as the 32 bits that trec_eval keeps of them: among equal scores it
    would put the papers in an order of its own.
    """
    path = folder_path(file)
    lines = list(_run_lines(evaluation))
    try:
        with open(path, "w", encoding="utf-8", errors="replace", newline="\n") as stream:
            stream.writelines(lines)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvaluationError(f"{path}: cannot be written ({reason}); check the path") from error


def _run_lines(evaluation: Evaluation) -> Iterator[str]:
    for query_id, ranked in evaluation.rankings.items():
        most = inf
        for rank, (document, score) in enumerate(ranked, 1):
            for one in (query_id, document):
                if one.split() != [one]:
                    raise EvaluationError(
                        f"the id {shown(one)} has a blank, which ends an id in a TREC run; "
                        "leave out --run, or give it another id"
                    )
            written = min(score, most)
            most = written - 2e-6 * max(1.0, abs(written))  # twice what six decimals tell apart
            yield f"{query_id} Q0 {document} {rank} {written:.6f} searcher\n"


def _json_queries(lines: list[tuple[int, str]], file: Place) -> Iterator[tuple[int, str, str]]:
    for line, text in lines:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _error(file, line, f"no JSON ({error}); write one query a line") from error
        own_id = value.get("_id") if isinstance(value, dict) else None
        if not isinstance(own_id, str | int) or not isinstance(value.get("text"), str):
            raise _error(file, line, 'a query is an object with "_id" and "text"')
        yield line, str(own_id).strip(), value["text"]


def _tsv_queries(lines: list[tuple[int, str]], file: Place) -> Iterator[tuple[int, str, str]]:
    for line, text in lines:
        query_id, tab, query = text.partition("\t")
        if not tab:
            raise _error(
                file,
                line,
                f"{shown(text)} is no query; write id<TAB>text, JSON lines with _id and text, or"
                " TREC topics (<top>)",
            )
        yield line, query_id.strip(), query


def _topics(lines: list[tuple[int, str]], file: Place) -> Iterator[tuple[int, str, str]]:
    """Yield the topics of TREC, whose tags often are not closed."""
    topics: list[tuple[int, list[str]]] = []
    for line, text in lines:
        before, *begun = _TOP.split(text)
        if topics:
            topics[-1][1].append(before)
        topics += [(line, [part]) for part in begun]
    if not topics:
        raise _error(
            file,
            lines[0][0],
            "no topic of TREC, which begins with <top> or <topic>; of queries in other XML write a"
            " line for each: id<TAB>text",
        )
    for line, texts in topics:
        topic = "\n".join(texts)
        number, title = _NUMBER.match(topic) or _NUM.search(topic), _TITLE.search(topic)
        if number is None or title is None:
            raise _error(
                file, line, 'a topic has no <num> and no number="…", or no <title> and no <query>'
            )
        yield line, unescape(number[1]), " ".join(unescape(title[1]).split())


def _lines(file: Place) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    path = folder_path(file)
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        reason = error.strerror or str(error)
        raise EvaluationError(f"{path}: cannot be read ({reason}); check the path") from error
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise _error(file, number, "not UTF-8; unpack the file, or convert it") from error
        if text.strip():
            yield number, text.rstrip("\r")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _refuse_nothing(read: Mapping[str, object], file: Place, what: str) -> None:
    if not read:
        raise EvaluationError(f"{os.fspath(file)}: holds no {what}; check the path")


def _error(file: Place, line: int, reason: str) -> EvaluationError:
    return EvaluationError(f"{os.fspath(file)}:{line}: {reason}")


_GRADE_HEADERS = frozenset(("score", "grade", "rel", "relevance", "label"))
_TOP = re.compile(r"<top(?:>|ic\b)", re.IGNORECASE)
# What stands behind <topic.
_NUMBER = re.compile(r"""[^<>]*?\snumber\s*=\s*["']([^"'<]+)["']""", re.IGNORECASE)
_NUM = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_TITLE = re.compile(r"<(?:title|query)>\s*(?:Topic:)?([^<]*)", re.IGNORECASE)
