"""Identifiers of papers: a scheme and a value, each in the one spelling that others compare.

A DOI is in lower case without a prefix, an arXiv id has no version, an ISSN has its hyphen and an
ISBN has none. A text that does not have the shape of its scheme is no identifier.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote


class Identifier(NamedTuple):
    """What one scheme, such as ``doi``, calls a paper."""

    scheme: str
    value: str

    def __str__(self) -> str:
        """Return the identifier as a query names it: ``doi:10.5555/12``."""
        return f"{self.scheme}:{self.value}"


def identifier(scheme: str, text: str) -> Identifier | None:
    """Return the identifier of a scheme that a text is, as an address or as a bare value.

    None if the text does not have the shape of the scheme. Raises KeyError for an unknown scheme.
    """
    value = _SCHEMES[scheme](_visible(text).strip().strip("<>\"'").strip())
    return Identifier(scheme, value) if value else None


def identifiers(scheme: str, text: str) -> Iterator[Identifier]:
    """Yield all that ``text`` names in a scheme, parted by white space, commas or semicolons.

    A DOI may hold a comma or a semicolon, and is whole up to the next that begins. What may hold
    anything is one.
    """
    if _SCHEMES[scheme] is _text:
        pieces = [text]
    else:
        pieces = _NEXT_DOI.split(text) if scheme == "doi" else re.split(r"[\s,;|]+", text)
    for piece in pieces:
        if found := identifier(scheme, piece):
            yield found


def serial_numbers(text: str) -> list[Identifier]:
    """Return the ISBNs and ISSNs in a text, without repeats.

    Each often stands in the other's field, with words around: ``0301-4797 (Linking)``.
    """
    found = (
        identifier("issn" if match["issn"] else "isbn", match[0])
        for match in _SERIAL.finditer(text)
    )
    return list(dict.fromkeys([one for one in found if one]))


# A paper's id is read when its record is, and again when it is compared: 500 papers later at most.
@lru_cache(maxsize=1 << 10)
def read_identifier(text: str) -> Identifier | None:
    """Return the identifier that a text is as a whole: with its scheme, as an address, or bare.

    Bare are a DOI, an arXiv id, an id of the ACL Anthology or OpenAlex, and ``PMC`` with a number.
    """
    text = _visible(text).strip()
    if match := _BARE.fullmatch(text):
        assert match.lastgroup
        return identifier(match.lastgroup, text)
    scheme, colon, value = text.partition(":")
    if not colon:
        # An address may be printed without what it begins with.
        is_address = text[:4].lower() in ("www.", "doi.", "arxi", "dx.d")
        schemes: Sequence[str] = ("arxiv", "doi") if is_address else ()
    elif (name := _ALIASES.get(scheme.lower(), scheme.lower())) in _SCHEMES:
        return identifier(name, value)
    else:
        schemes = _BEST if value.startswith("//") else ()
    found = (identifier(scheme, text) for scheme in schemes)
    return next((one for one in found if one), None)


def read_own_identifier(text: str) -> Identifier | None:
    """Return the identifier that a text is as a whole, if its scheme is one of OWN_SCHEMES."""
    found = read_identifier(text)
    return found if found and found.scheme in OWN_SCHEMES else None


def canonical(paper_id: str) -> str:
    """Return the one spelling of an id by which records are compared.

    It is ``doi:10.5555/12`` for ``10.5555/12``, and the id itself where that is no identifier.
    """
    return str(read_own_identifier(paper_id) or paper_id)


def places(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids under which a paper may stand that a text names, and its other identifiers.

    They are terms of the fields ``id`` and ``identifier`` of an index.
    """
    text = text.strip()
    found = read_identifier(text)
    if found is None:
        return (text,), (str(Identifier("accession", text)),)
    return tuple(dict.fromkeys((text, bare(str(found)), found.value))), (str(found),)


def bare(key: str) -> str:
    """Return the id that a paper has by its ``canonical`` spelling."""
    scheme, colon, value = key.partition(":")
    known = colon and scheme in OWN_SCHEMES
    return best_id((Identifier(scheme, value),)) if known else key


def best_id(found: Iterable[Identifier]) -> str:
    """Return the id that a paper is called by, given its identifiers; empty if none will do.

    It is the first of arXiv, DOI, PMID, ACL, OpenAlex, Semantic Scholar and PubMed Central. A mere
    number has its scheme before it.
    """
    by_scheme: dict[str, str] = {}
    for scheme, value in found:
        by_scheme.setdefault(scheme, value)
    for scheme in _BEST:
        if scheme in by_scheme:
            return own_id(Identifier(scheme, by_scheme[scheme]))
    return ""


def own_id(found: Identifier) -> str:
    """Return the id of a paper that has this identifier of OWN_SCHEMES and no other."""
    scheme, value = found
    return f"{scheme}:{value}" if value.isdecimal() else value


def normalised(found: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Return identifiers without repeats, in the order of their schemes, then as they came.

    A DOI that arXiv has given holds an arXiv id, which is added.
    """
    distinct = dict.fromkeys(found)
    for one in list(distinct):
        match = _ARXIV_DOI.fullmatch(one.value) if one.scheme == "doi" else None
        if match and (arxiv := identifier("arxiv", match[1])):
            distinct[arxiv] = None
    if len(distinct) < 2:
        return tuple(distinct)
    return tuple(sorted(distinct, key=lambda one: SCHEMES.index(one.scheme)))


def _visible(text: str) -> str:
    """Return a text without the signs that nobody sees, such as copying from a page leaves."""
    return text if text.isascii() else text.translate(_INVISIBLE)


def _doi(text: str) -> str:
    text = text.replace("\\_", "_")
    if "&" in text and ";" in text:
        import html  # its names take a millisecond to load, which no search needs

        text = html.unescape(text)
    if "doi.org/" in text or "://" in text:
        text = unquote(_PARAMETERS.sub("", text))
    elif "%" in text:
        text = _ENCODED.sub(lambda match: unquote(match[0]), text)
    match = _DOI.search(text)
    if not match:
        return ""
    value = match[0].rstrip(".,;:!?>'\"’”")
    for opening, closing in ("()", "[]", "{}"):
        while value.endswith(closing) and value.count(closing) > value.count(opening):
            value = value[:-1].rstrip(".,;")
    return value.lower()


def _arxiv(text: str) -> str:
    text = _ARXIV_PREFIX.sub("", text).removesuffix(".pdf").strip()
    if match := _NEW_ARXIV.match(text):
        return match[1]
    if match := _OLD_ARXIV.match(text):
        return f"{match[1].lower()}/{match[2]}"
    return ""


def _number(text: str) -> str:
    """Return a positive number without noughts before it."""
    digits = text.removesuffix(".0")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return digits.lstrip("0") if is_number else ""


def _pmid(text: str) -> str:
    return _number(_PMID_PREFIX.sub("", text).rstrip("/").strip())


def _pmcid(text: str) -> str:
    match = _PMCID.search(text)
    digits = _number(match[1] if match else text.strip())
    return f"PMC{digits}" if digits else ""


def _corpusid(text: str) -> str:
    return _number(re.sub(r"^.*corpus\s*id:?\s*", "", text, flags=re.IGNORECASE).strip())


def _openalex(text: str) -> str:
    match = re.fullmatch(r"(?:https?://(?:api\.)?openalex\.org/(?:works/)?)?([Ww]\d+)", text)
    return match[1].upper() if match else ""


def _s2(text: str) -> str:
    address, value = text[:-_S2_DIGITS], text[-_S2_DIGITS:]
    is_own = not address or _S2_ADDRESS.match(address)
    return value.lower() if is_own and re.fullmatch("[0-9a-fA-F]{40}", value) else ""


def _acl(text: str) -> str:
    if _NEW_ACL.fullmatch(text):
        return text
    text = re.sub(
        r"^https?://(?:www\.)?(?:aclanthology\.(?:org|info)|aclweb\.org/anthology)/"
        r"(?:papers/)?",
        "",
        text,
    )
    text = re.sub(r"(?:\.pdf|\.bib|/)$", "", text)
    if _NEW_ACL.fullmatch(text):
        return text
    match = _OLD_ACL.fullmatch(text)
    return text.upper() if match else ""


def _issn(text: str) -> str:
    match = re.search(r"(?<!\d)(\d{4})[-‐–—]?(\d{3}[\dXx])(?![\dXx])", text)
    return f"{match[1]}-{match[2].upper()}" if match else ""


def _isbn(text: str) -> str:
    match = re.search(r"(?:97[89][- ]?)?\d[\d -]{7,14}[\dXx]", re.sub("[‐–—]", "-", text))
    value = re.sub(r"[- ]", "", match[0]).upper() if match else ""
    return value if len(value) in (10, 13) else ""


def _text(text: str) -> str:
    return " ".join(text.split())


_SCHEMES: Mapping[str, Callable[[str], str]] = {
    "doi": _doi,
    "arxiv": _arxiv,
    "pmid": _pmid,
    "pmcid": _pmcid,
    "acl": _acl,
    "openalex": _openalex,
    "s2": _s2,
    "corpusid": _corpusid,
    "issn": _issn,
    "isbn": _isbn,
    "accession": _text,
    "citation_key": _text,
}

SCHEMES = tuple(_SCHEMES)
"""The schemes, in the order in which a paper's identifiers stand."""

OWN_SCHEMES = SCHEMES[: SCHEMES.index("issn")]
"""The schemes that name one paper each: records that share such an identifier are one paper."""

_BEST = ("arxiv", "doi", "pmid", "acl", "openalex", "s2", "pmcid", "corpusid")
_ALIASES = {"pubmed": "pmid", "pmc": "pmcid", "s2cid": "corpusid", "key": "citation_key"}

SCHEME_NAMES = frozenset((*OWN_SCHEMES, *_ALIASES)) - {"key"}
"""What may stand before an identifier of one paper, with a colon between them, in lower case."""

# PubMed's and Semantic Scholar's numbers have nine digits so far.
_MAX_DIGITS = 12
# A pattern of these would take five milliseconds of every start.
_INVISIBLE = dict.fromkeys(
    ord(sign)
    for sign in "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
# What an address has behind a DOI. A DOI of the nineties may end with #.
_PARAMETERS = re.compile(r"(?:\?(?:[\w.~-]+=|$)|#(?=.)).*", re.DOTALL)
# The signs of a DOI that an address must not hold as they are.
_ENCODED = re.compile("%(?:2[389cf]|3[abcef]|5[bd])", re.IGNORECASE)
# A registrant's code, and then anything that is printed (DOI Handbook, 2.2).
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"]+", re.ASCII)
_NEXT_DOI = re.compile(r"[\s,;|]+(?=(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/)", re.I)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_ARXIV_PREFIX = re.compile(
    r"^(?:https?://)?(?:(?:www\.|export\.|browse\.)?arxiv\.org/(?:abs|pdf|html|format)/|"
    r"(?:https?://(?:dx\.)?doi\.org/)?10\.48550/arxiv\.|oai:arxiv\.org:|arxiv\s*:?\s*(?:abs/)?)",
    re.IGNORECASE,
)
# arXiv's identifier scheme: from April 2007 on, and before.
_NEW_ARXIV = re.compile(r"(\d\d(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d+)?(?=$|[\s\[?#])", re.ASCII)
_OLD_ARXIV = re.compile(
    r"([a-z]++(?:-[a-z]++)?)(?:\.[A-Za-z-]++)?/(\d\d(?:0[1-9]|1[0-2])\d{3})(?:v\d+)?(?=$|[\s\[?#])",
    re.ASCII | re.IGNORECASE,
)
_PMID_PREFIX = re.compile(
    r"^(?:https?://\S*?ncbi\.nlm\.nih\.gov/(?:pubmed/)?(?=\d)|(?:pmid|pubmed)\s*:?\s*)", re.I
)
_PMCID = re.compile(r"(?:PMC|/pmc/(?:articles/)?(?:PMC)?)(\d+)", re.IGNORECASE)
_S2_DIGITS = 40
_S2_ADDRESS = re.compile(r"https?://\S*?semanticscholar\.org/")
_SERIAL = re.compile(
    r"(?<![\dXx-])(?:(?P<issn>\d{4}[-‐–—]?\d{3}[\dXx])|(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dXx])"
    r"(?![\dXx-])",
    re.ASCII,
)
# The ACL Anthology's ids: from 2020 on, and before.
_NEW_ACL = re.compile(r"\d{4}\.[a-z0-9_]+(?:-[A-Za-z0-9_]+)?\.\d+", re.ASCII)
_OLD_ACL = re.compile(r"[A-Za-z]\d\d-\d{4,5}", re.ASCII)
_BARE = re.compile(
    rf"(?P<arxiv>{_NEW_ARXIV.pattern}|{_OLD_ARXIV.pattern})|(?P<doi>10\.\d{{4,9}}(?:\.\d+)*/\S+)"
    rf"|(?P<acl>{_NEW_ACL.pattern}|{_OLD_ACL.pattern})|(?P<openalex>[Ww]\d{{2,}})"
    r"|(?P<pmcid>PMC\d+)|(?P<s2>[0-9a-fA-F]{40})",
    re.ASCII,
)
