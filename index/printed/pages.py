"""Pages, volumes and issues as files print them; empty where they only say that there are none."""

import re

from index.printed.placeholders import is_placeholder

_DASH = "-‐‑‒–—―−"
_DASHES = re.compile(rf" ?[{_DASH}][{_DASH} ]*")
_LABEL = re.compile(r"^(?:pages?\b|pp?\b\.?|seiten\b|s\.)[\s.:]*(?=\S)", re.I)
# What stands in the field where there are no pages yet, or none at all.
_MOST_CHARS = 40
_NO_PAGES = re.compile(
    r"(?:n\W?[ap]\W?|n\.pag|unpaginated|no|asap|specified|no pagination specified|no page|\W|0"
    r"|(?:to appear|in press|forthcoming|early access|online first)\b.*)*",
    re.I,
)
_OTHER_IDS = re.compile(r"(?:arxiv\b|abs/|(?:doi\W*)?10\.\d{4,9}[./])", re.I)
_NO_VOLUME = re.compile(
    r"(?:asap|(?:in press|to appear|forthcoming|early access|accepted|submitted)\b.*"
    r"|(?:online first|online art|advance ar|ahead[- ]of[- ]print|epub ahead)\w*.*|x+|[\W0]+)",
    re.I,
)
# How many pages there are: 146p, XII, 207 S.
_EXTENT = re.compile(
    r"(?:(?:[ivxlc]+\s*[,+]\s*)?\d+\s*(?:pp?|s|pages|seiten|leaves|bl|ff)\.?(?:\s*[:;].*)?"
    r"|[ivxlc]+\s*[,+]\s*\d+\s*[a-z]?\.?|\d+ online[- ]resource.*)",
    re.I,
)
# HighWire's export names the tag of the last page behind the first.
_EXPORTED = re.compile(r"\s+LP(?=\s*[-–]|$)")
_COUNT_BEHIND = re.compile(r"\s*\(\s*\d+\s*(?:pp?|pages)\.?\s*\)$", re.I)


def read_pages(text: str) -> str:
    """Return printed pages with hyphens as dashes.

    ``pp. 11--19`` gives ``11-19``, and a range of one page that page. Placeholders such as
    ``n/a-n/a``, the ids of preprints, and the number of pages that a book has give nothing.
    """
    text = _COUNT_BEHIND.sub("", " ".join(text.replace("~", " ").split()).strip(" ,;"))
    if not text or _OTHER_IDS.match(text):
        return ""
    text = _DASHES.sub("-", _LABEL.sub("", _EXPORTED.sub("", text))).strip("- ,;+?")
    first, _, last = text.partition("-")
    if first == last:
        text = first
    if _EXTENT.fullmatch(text):
        return ""
    parts = text.split("-")
    return "" if all(map(_is_none, parts)) else text


def _is_none(part: str) -> bool:
    return is_placeholder(part) or (len(part) < _MOST_CHARS and bool(_NO_PAGES.fullmatch(part)))


def read_volume(text: str) -> str:
    """Return the number of a volume or an issue without a label: ``Vol. 12`` gives ``12``."""
    text = _VOLUME_LABEL.sub("", " ".join(text.split()).strip(" ,;"))
    return "" if is_placeholder(text) or _NO_VOLUME.fullmatch(text) else text


_VOLUME_LABEL = re.compile(
    r"^(?:vol(?:ume)?s?\b|v\.|no\b|nos?\.|nr\b|issue\b|iss\.)[\s.:]*(?=\w)", re.I
)
