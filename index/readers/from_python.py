"""Papers that a program gives: each a Paper, or a dict as a file of JSON would hold it.

Rows of a database or of a table count as dicts, and what JSON cannot hold as what it would write
instead: a date as ISO text, a number of any class as a number, any collection as a list.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any

from index.errors import shown
from index.identifiers import Identifier, best_id, normalised, read_identifier
from index.paper import Paper, Source
from index.printed.placeholders import is_placeholder
from index.readers.base import Problem
from index.readers.json import FORMATS, generic
from index.readers.record import Record
from index.soundness import fault_of


def paper_or_record(item: object, file: str, number: int) -> Paper | Record | Problem:
    """Return what was given as the paper of a number of a source, or why it cannot be."""
    if isinstance(item, Paper):
        paper = replace(item, sources=(Source(file, number),))
        fault = fault_of(paper)
        return Problem(file, number, f"{fault}; left out") if fault else _named(paper)
    row = _row(item)
    if row is None:
        return Problem(file, number, f"{shown(item)} is neither a Paper nor a dict; left out")
    value = _as_json(row, _DEEPEST)
    form = next((one for one in FORMATS if one.recognises(value)), generic)
    made = form.record(value, number)
    return Problem(file, number, f"{made}; left out") if isinstance(made, str) else made


def _row(item: Any) -> Mapping[Any, Any] | None:
    """Return a row by the names of its columns, None if it has none."""
    if isinstance(item, Mapping):
        return item
    if isinstance(item, tuple) and hasattr(item, "_asdict"):
        return dict(item._asdict())
    # As those of sqlite3.
    return dict(item) if hasattr(item, "keys") and hasattr(item, "__getitem__") else None


def _as_json(value: Any, depth: int) -> Any:
    """Return a value as JSON would hold it, None for what stands for no value."""
    if type(value) in _PLAIN:
        return value
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {str(key): _as_json(one, depth - 1) for key, one in value.items()}
    if hasattr(value, "tolist"):
        return _as_json(value.tolist(), depth - 1)  # of numpy, or of a column of a table
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, Enum):
        return _as_json(value.value, depth - 1)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real | Decimal):
        number = float(value)
        return None if math.isnan(number) else int(number) if number.is_integer() else number
    if isinstance(value, set | frozenset):
        return sorted((_as_json(one, depth - 1) for one in value), key=str)
    if isinstance(value, Iterable):
        return [_as_json(one, depth - 1) for one in value]
    text = value.isoformat() if isinstance(value, date) else str(value)
    return None if is_placeholder(text) else text


_PLAIN = (str, int, bool, type(None))
# Records of services have half of it.
_DEEPEST = 12


def _named(paper: Paper) -> Paper:
    """Return a paper under the id that its identifiers give; its own stays one of them."""
    own_id = best_id(paper.identifiers)
    if not own_id:
        return paper
    listed = paper.identifiers
    if paper.id != own_id:
        listed = (*listed, read_identifier(paper.id) or Identifier("accession", paper.id))
    named = normalised(listed)
    return replace(paper, id=best_id(named), identifiers=named)
