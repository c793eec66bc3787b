"""Links: which kind an address is."""

import re


def address_kind(url: str) -> str:
    """Return ``pdf`` for the address of a PDF, as far as it shows, else ``page``."""
    return "pdf" if _PDF.search(url) else "page"


_PDF = re.compile(r"\.pdf(?:$|[?#])|/e?pdf(?:/|$)|[?&]type=pdf", re.IGNORECASE)
