"""Document types: the words of sources for what a paper is."""

import pytest

from index.paper import TYPES
from index.printed.vocabularies import document_type, is_preprint_server


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arXiv", True),
        ("arXiv preprint arXiv:1706.12345", True),
        ("ArXiv e-prints", True),
        ("CoRR", True),
        ("bioRxiv", True),
        ("SSRN Electronic Journal", True),
        ("Archives of Elm", False),
        ("Correlations", False),
        ("", False),
    ],
)
def test_servers_of_preprints(text: str, expected: bool) -> None:
    assert is_preprint_server(text) is expected
