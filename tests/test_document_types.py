"""Document types: the words of sources for what a paper is."""

import pytest

from index.paper import TYPES
from index.vocabularies import document_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Article", "article"),
        ("journal-article", "article"),
        ("Article; Proceedings Paper", "inproceedings"),
        ("Article; Early Access", "article"),
        ("Review, Book Chapter", "review"),
        ("Conference papers", "inproceedings"),
        ("Editorial Material", "editorial"),
        ("book_section", "chapter"),
        ("Correction", "erratum"),
        ("PhD thesis", "thesis"),
        ("phdthesis", "thesis"),
        ("Data Set", "dataset"),
        ("posted-content", "preprint"),
        ("Poem", ""),
        ("", ""),
    ],
)
def test_document_types(text: str, expected: str) -> None:
    assert document_type(text) == expected
    assert expected in ("", *TYPES)
