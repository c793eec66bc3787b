"""Pages as files print them → ``11-19``, or the number of an article; empty if they are none."""

import re

_DASH = "-‐‑‒–—―−"
_DASHES = re.compile(rf" ?[{_DASH}][{_DASH} ]*")
_LABEL = re.compile(r"^(?:pages?\b|pp?\b\.?|seiten\b|s\.)[\s.:]*(?=\S)", re.I)
# What stands in the field where there are no pages yet, or none at all.
_MAX_CHARS_OF_NONE = 40
_NONE = re.compile(
    r"(?:n\W?[ap]\W?|no|none|null|nan|unknown|undefined|asap|specified|no pagination specified"
    r"|no page|(?:to appear|in press|forthcoming|early access|online first)\b.*|\W|0)*",
    re.I,
)
_PREPRINT = re.compile(r"(?:arxiv\b|abs/)", re.I)
# How many pages there are: 146p, XII, 207 S.
_EXTENT = re.compile(
    r"(?:[ivxlc]+\s*[,+]\s*)?\d+\s*(?:pp?|s|pages|seiten|leaves|bl|ff)\.?(?:\s*[:;].*)?", re.I
)
_COUNT_BEHIND = re.compile(r"\s*\(\s*\d+\s*(?:pp?|pages)\.?\s*\)$", re.I)


def read_pages(text: str) -> str:
    """Return printed pages with hyphens as dashes.

    ``pp. 11--19`` gives ``11-19``, and a range of one page that page. Placeholders such as
    ``n/a-n/a``, the ids of preprints, and the number of pages that a book has give nothing.
    """
    text = _COUNT_BEHIND.sub("", " ".join(text.replace("~", " ").split()).strip(" ,;"))
    if not text or _EXTENT.fullmatch(text) or _PREPRINT.match(text):
        return ""
    text = _DASHES.sub("-", _LABEL.sub("", text)).strip("- ,;")
    first, _, last = text.partition("-")
    if first == last:
        text = first
    parts = text.split("-")
    return (
        ""
        if all(len(part) < _MAX_CHARS_OF_NONE and _NONE.fullmatch(part) for part in parts)
        else text
    )
