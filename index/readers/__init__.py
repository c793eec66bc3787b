"""The readers, one module per format, in the order in which they are asked for a file.

A new reader is a module of this package with the names of ``record.Reader``, and an entry in
READERS.
"""

from index.readers import (
    acl_xml,
    author_page,
    bibtex,
    json,
    nbib,
    pubmed_xml,
    ris,
    table,
    web_of_science,
)
from index.readers.record import Reader

READERS: tuple[Reader, ...] = (
    pubmed_xml,  # by the first element, as all readers of XML
    acl_xml,
    nbib,  # by the first tag, ``PMID-`` or that of a record's owner
    ris,  # by a record's first tag
    bibtex,  # by an entry with a field
    author_page,  # by a line that hardly any other text has, such as ``h-index25``
    json,  # by the first character
    web_of_science,  # by two letters at the start of a line
    table,  # by headings among the first lines
)
"""The readers from the most telling signs to the most general: the first that recognises a file
reads it."""
