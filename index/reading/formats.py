"""Files that hold no list of papers: what they are, by the signs they begin with."""

import re
from collections.abc import Collection

SAVE_AS_TEXT = "save it as text"
_EXPORT = "export its references as RIS or BibTeX"
_UNPACK = "unpack it first"
_NO_TITLES = "a table without headings of papers, such as title and authors"

# The signs are those of the formats' own specifications, as the file(1) command lists them too.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF"),
    (0, b"\x89PNG\r\n\x1a\n", "an image"),
    (0, b"\xff\xd8\xff", "an image"),
    (0, b"GIF8", "an image"),
    (0, b"II*\x00", "an image"),
    (0, b"MM\x00*", "an image"),
    (8, b"WEBP", "an image"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file from before 2007, or one of Windows"),
    (0, b"{\\rtf", f"a rich text file (.rtf): {SAVE_AS_TEXT}"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"7z\xbc\xaf\x27\x1c", f"a 7z archive: {_UNPACK}"),
    (0, b"Rar!\x1a\x07", f"a RAR archive: {_UNPACK}"),
    (257, b"ustar", f"a tar archive: {_UNPACK}"),
    (0, b"PK\x03\x04", f"a zip archive: {_UNPACK}"),
    (0, b"PK\x05\x06", "a zip archive that holds nothing"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90\x00", "a program"),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer: the file itself was not downloaded; run git lfs pull",
    ),
)
_NOTEBOOK = re.compile(rb'\s*\{(?=.*"(?:cell_type|nbformat)"\s*:)', re.DOTALL)

# What stands before the first element of XML.
_PROLOG = r"\s*(?:<(?:\?|!--|!DOCTYPE)[^>]*>\s*)*"
# What only suggests a format, where no reader knows the file.
_SUGGESTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html)\b", re.I | re.S), "an HTML page"),
    (re.compile(r"\s*RT [A-Z].*?^(?:A1|T1|SR) ", re.S | re.M), f"a RefWorks file: {_EXPORT}"),
    (
        re.compile(r"\s*%0 [A-Z].*?^%[A-Z] ", re.S | re.M),
        f"an EndNote tagged file (Refer): {_EXPORT}",
    ),
    *(
        (re.compile(f"{_PROLOG}<(?:{root})", re.S), name)
        for root, name in (
            (r"xml>\s*<records>", f"an EndNote file of XML: {_EXPORT}"),
            (r"(?:\w+:)?mods(?:Collection)?\b", f"a MODS file: {_EXPORT}"),
            (r"(?:\w+:)?(?:collection|record)\b[^>]*MARC21", f"MARC records: {_EXPORT}"),
            (r"(?:\w+:)?feed\b", "a feed (Atom), such as arXiv's answer to a query"),
            (r"rss\b", "a feed (RSS)"),
            (r"rdf:RDF\b", f"an RDF file, such as Zotero writes: {_EXPORT}"),
            (r"(?:\w+:)?Sources\b[^>]*bibliography", f"a list of sources of Word: {_EXPORT}"),
            (r"bibtex:file\b", f"a BibTeXML file: {_EXPORT}"),
            (r"refworks\b", f"a RefWorks file of XML: {_EXPORT}"),
            (r"dblp\b", "XML of DBLP, which has its records as BibTeX too"),
            (r"OAI-PMH\b", "an answer of an OAI-PMH server"),
            (r"(?:pmc-articleset|article)\b", "the text of articles (JATS)"),
            (r"TEI\b", "a TEI text"),
        )
    ),
    (re.compile(r"(?:---\s+)?references:\s+-\s", re.S), f"a CSL YAML file: {_EXPORT}"),
    (re.compile(r".*^cff-version:", re.S | re.M), f"a citation file (CFF): {_EXPORT}"),
    (re.compile(r"\s*<top>\s*<num>", re.I), "the queries of a test collection"),
    (re.compile(r".*^[^\n]*\\documentclass\b", re.S | re.M), "a TeX text"),
    (re.compile(r"query-?id[,\t]corpus-?id[,\t]", re.I), "the judgements of a test collection"),
    (re.compile(r"(?=[^\n]*\bsourceid\b)[^\n]*\bsjr\b", re.I), "a list of journals"),
    (re.compile(r"(?=[^\n]*\bjurisdiction\b)[^\n]*\btitle\b", re.I), "a list of patents"),
)
_NAMES = {
    ".enl": f"an EndNote library: {_EXPORT}",
    ".enlx": f"an EndNote library: {_EXPORT}",
    ".ipynb": "a Python notebook",
    ".csv": _NO_TITLES,
    ".tsv": _NO_TITLES,
}

_PARTS = (
    ("xl/workbook.xml", "an Excel workbook (.xlsx): save it as CSV"),
    ("xl/workbook.bin", "an Excel workbook (.xlsb): save it as CSV"),
    ("word/document.xml", f"a Word file (.docx): {SAVE_AS_TEXT}"),
    ("ppt/presentation.xml", "a PowerPoint file (.pptx)"),
    ("META-INF/container.xml", "an e-book (EPUB)"),
    ("META-INF/manifest.xml", f"an OpenDocument file: {SAVE_AS_TEXT}, a table as CSV"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
)


def certain_format(head: bytes) -> str | None:
    """Return what a file is that certainly holds no list of papers, None if it may hold one.

    ``head`` is the beginning of its contents, unpacked.
    """
    for place, sign, name in _MAGIC:
        if head.startswith(sign, place):
            return name
    return "a Python notebook" if _NOTEBOOK.match(head) else None


def likely_format(lines: Collection[str], name: str) -> str | None:
    """Return what a file is by its first lines and name, where no reader knows it."""
    text = "\n".join(lines)
    for pattern, format_name in _SUGGESTIONS:
        if pattern.match(text):
            return format_name
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    return _NAMES.get(suffix)


def format_of_parts(names: Collection[str]) -> str | None:
    """Return what a zip archive is by the names in it, None if it is just an archive."""
    return next((format_name for name, format_name in _PARTS if name in names), None)
