"""Links: the addresses of PDFs, and those of pages."""

import pytest

from index.readers.links import address_kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://example.org/oak.pdf", "pdf"),
        ("https://example.org/OAK.PDF?download=1", "pdf"),
        ("https://example.org/oak.pdf#page=3", "pdf"),
        ("https://arxiv.org/pdf/1706.12345v2", "pdf"),
        ("https://example.org/doi/epdf/10.5555/oak", "pdf"),
        ("https://example.org/oak?type=pdf", "pdf"),
        ("https://example.org/oak/pdf", "pdf"),
        ("https://arxiv.org/abs/1706.12345", "page"),
        ("https://example.org/oak.pdf.html", "page"),
        ("https://example.org/pdfs-and-oaks", "page"),
    ],
)
def test_what_an_address_shows(url: str, kind: str) -> None:
    assert address_kind(url) == kind
