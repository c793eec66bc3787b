"""Papers that a program gives: each a Paper, or a dict with the keys of a JSON record."""

from collections.abc import Mapping
from dataclasses import replace

from index.errors import shown
from index.identifiers import Identifier, best_id, normalised, read_identifier
from index.paper import Paper, Source
from index.readers.base import Problem
from index.readers.json.generic import record as json_record
from index.readers.record import Record
from index.soundness import fault_of


def paper_or_record(item: object, file: str, number: int) -> Paper | Record | Problem:
    """Return what was given as the paper of a number of a source, or why it cannot be."""
    if isinstance(item, Paper):
        paper = replace(item, sources=(Source(file, number),))
        fault = fault_of(paper)
        return Problem(file, number, f"{fault}; left out") if fault else _named(paper)
    if not isinstance(item, Mapping):
        return Problem(file, number, f"{shown(item)} is neither a Paper nor a dict; left out")
    made = json_record({str(key): value for key, value in item.items()}, number)
    return Problem(file, number, f"{made}; left out") if isinstance(made, str) else made


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
