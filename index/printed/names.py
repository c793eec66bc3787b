"""Names as files print them: one name in any order, a printed list, the names of a BibTeX field.

Everything here gives names in the order in which they are read, with their parts where the print
tells them apart; see ``index.names``. No text raises an error, and no name is lost.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from index.names import MAX_NAME_CHARS, PARTICLES, Name, NameParts, is_suffix, whole_name
from index.printed.lists import printed_list
from index.printed.placeholders import is_placeholder


class NameList(NamedTuple):
    """The names of a printed list; ``et_al`` says that the print leaves some out."""

    names: tuple[Name, ...] = ()
    et_al: bool = False

    @property
    def displayed(self) -> tuple[str, ...]:
        """The names in the order in which they are read."""
        return tuple(map(_displayed, self.names))


def _displayed(name: Name) -> str:
    return name if isinstance(name, str) else name.displayed


# One name.

# The name of a person has none of these words, that of a group often has.
_GROUP_WORDS = frozenset(
    "of for on and the The Agency Association Collaboration Collaborators Committee Consortium"
    " Council Foundation Group Initiative Institute Investigators Laboratory Ministry Network"
    " Organisation Organization Society Team University".split()
)
_COMPANY = re.compile(r"(?:Inc|Ltd|LLC|LLP|GmbH|Corp|PLC)\.?", re.I)
_LAST_SUFFIX = re.compile(r"[JjSs]n?r\.?|[JS]R\.|II|III|IV|[2-4](?:nd|rd|th)")
_DEGREES = frozenset(
    "BA BS BSC DDS DO DPHIL DR DSC DVM EDD ESQ FACP FACS FRCP FRCS JD LLM MA MBA MBBS MD MPH MPHIL"
    " MS MSC NP PHARMD PHD PROF PSYD RN".split()
)
# Initials may be two letters where one letter of another alphabet is meant.
_DIGRAPH = r"(?:Y[aeu]|[CKPSTZ]h|Ts|J[au])(?=\.)"
_INITIAL = rf"(?:{_DIGRAPH}|[^\W\d_])\.?"
_INITIALS = re.compile(rf"{_INITIAL}(?:[\s-]{{0,2}}{_INITIAL}){{0,3}}")


def read_name(text: str) -> Name:
    """Read one name, printed as it is read or with the family name and a comma in front.

    ``Berg, Ludwig van der``, ``van der Berg, Ludwig`` and ``Ludwig van der Berg`` are one name. A
    suffix may stand in any place, as RIS and BibTeX differ there; academic degrees are dropped.
    Without a comma nothing tells the parts apart. A group whose name holds commas stays as it is.
    """
    text = _tidy(text)
    if "," not in text and not _cut_suffix(text)[1]:
        return text  # as most names are
    return _of_commas([part.strip() for part in text.split(",")])


def read_medical(text: str) -> Name:
    """Read one name of family name and initials, as medical journals print it: ``Berg LM Jr``.

    A name of another shape is read by ``read_name``.
    """
    return _medical_parts(_tidy(text)) or read_name(text)


def is_medical_list(names: Sequence[str]) -> bool:
    """Tell whether these names are printed as family name and initials, but for some groups."""
    if any(re.match(r"[^\W\d_](?:\.|\s)", name) for name in names):
        return False  # initials in front
    telling = [name for name in map(_tidy, names) if not _is_full_with_suffix(name)]
    count = sum(_medical_parts(name) is not None for name in telling)
    return count == len(names) > 0 or (count > 1 and 3 * count >= 2 * len(names))


def _is_full_with_suffix(name: str) -> bool:
    """Tell whether a suffix stands behind a full name, as in ``Per Yew III``."""
    full, suffix = _cut_suffix(name)
    return bool(suffix) and " " in full and re.match(r"[^\W\d_A-Z]", full[-1]) is not None


def _tidy(text: str) -> str:
    """Return a name with single blanks, without quotation marks, dashes and semicolons around."""
    if text.isalnum():
        return text
    text = " ".join(text.split()).strip(' ;"“”').lstrip("-–—*•, ")
    return re.sub(r"(?<=\.) -(?=[^\W\d_])", "-", text) if ". -" in text else text


def _of_commas(printed: Sequence[str]) -> Name:
    """Return the name of the parts that commas part, some of which may be empty."""
    parts = [part for part in printed if part]
    if not parts:
        return ""
    kept: list[str] = []
    for part in parts:
        if not _is_degree(part, " ".join(kept[:2])):
            kept.append(part)
    family, *rest = kept
    suffix = next((part for part in rest if _is_suffix_after(part, family, rest)), "")
    if suffix:
        rest.remove(suffix)
    if not rest and len(printed) > 1 and not printed[1]:
        return _turned(family, "", suffix)  # "Quill,"
    if not rest:
        family, suffix = (family, suffix) if suffix else _cut_suffix(family)
        known = NameParts(family=family, suffix=suffix)
        return known if suffix and " " not in family else known.displayed
    is_group = _COMPANY.fullmatch(rest[-1]) or not _GROUP_WORDS.isdisjoint(family.split())
    if is_group or not all(map(_is_initials, rest[1:])):
        return ", ".join((family, *rest, *filter(None, [suffix])))
    return _turned(family, " ".join(rest), suffix)


def _turned(family: str, given: str, suffix: str) -> NameParts:
    """Return the name whose family name is printed in front."""
    if not suffix:
        family, suffix = _cut_suffix(family)
    if not suffix:
        given, suffix = _cut_suffix(given)
    words = given.split()
    count = 0
    while count < len(words) and words[-1 - count].replace("’", "'") in PARTICLES:
        count += 1
    own, family = _cut_particle(family)
    behind = words[len(words) - count :]
    particle = " ".join((*behind, *filter(None, [own])))
    return NameParts(family, " ".join(words[: len(words) - count]), particle, suffix)


def _cut_particle(family: str) -> tuple[str, str]:
    """Return the words in small letters before a family name, and the rest."""
    words = family.split()
    count = 0
    while count < len(words) and words[count].islower():
        count += 1
    if count == len(words):
        return "", family
    return " ".join(words[:count]), " ".join(words[count:])


def _cut_suffix(text: str) -> tuple[str, str]:
    """Return a name without the suffix that is its last word, and the suffix."""
    words = text.split()
    if len(words) > 1 and _LAST_SUFFIX.fullmatch(words[-1]):
        return " ".join(words[:-1]), words[-1]
    return text, ""


def _is_suffix_after(part: str, family: str, rest: Sequence[str]) -> bool:
    """Tell whether a part is a suffix. JR alone behind one family name may well be initials."""
    may_be_initials = len(rest) == 1 and " " not in family and len(part) == 2 and part.isupper()
    return is_suffix(part) and not may_be_initials


def _is_degree(part: str, before: str) -> bool:
    """Tell whether a part is an academic degree.

    Two letters may be initials, unless given and family name stand before them.
    """
    if not before or len(part) > 10:
        return False
    letters = part.replace(".", "").replace(" ", "")
    if letters.upper() not in _DEGREES:
        return False
    return len(letters) > 2 or letters == "Dr" or (" " in before and letters.isupper())


def _is_initial(text: str) -> bool:
    """Tell whether a text must be initials; ``LI`` may be a short family name as well."""
    return _is_initials(text) and (len(text) == 1 or "." in text)


def _is_initials(text: str) -> bool:
    if not _INITIALS.fullmatch(text):
        return False
    letters = re.sub(rf"{_DIGRAPH}", "X", text)
    return letters.isupper() and (len(letters) <= 3 or not letters.isalpha())


def _medical_parts(text: str) -> NameParts | None:
    """Return the parts of a name such as ``van der Berg LM Jr``; None if it has another shape."""
    if not (text[-1:].isupper() or text.endswith((".", "r", "d", "h"))):
        return None  # it ends neither in an initial nor in a suffix
    name, *behind = [part.strip() for part in text.split(",")]
    words = name.split()
    suffix = ""
    if behind:
        if len(behind) > 1 or not _is_suffix_after(behind[0], name, behind):
            return None
        suffix = behind[0]
    elif len(words) > 2 and _LAST_SUFFIX.fullmatch(words[-1]) and _is_initials(words[-2]):
        suffix = words.pop()
    start = len(words)
    # Among capitals only, a short word may be a name as well.
    are_initials = _is_initial if name.isupper() else _is_initials
    while start > 1 and are_initials(words[start - 1]):
        start -= 1
    if start == len(words) or len(words) - start > 4 or len(words[0].replace(".", "")) < 2:
        return None
    particle, family = _cut_particle(" ".join(words[:start]))
    return NameParts(family, " ".join(words[start:]), particle, suffix)


# A printed list.

_NOBODY = re.compile(r"unknown authors?|anon(?:ymous)?", re.I)
_OTHERS = r"(?:[0-9]+\s)?(?:more|others?|colleagues)(?:\sauthors)?"
_ET_AL = re.compile(
    r"[\s,;&\[({]{0,4}"
    rf"(?:(?<!\w)(?:(?:and\s)?(?:et\.?\s?al|et\scoll|u\.\s?a)|(?:and|&)\s{_OTHERS})"
    rf"|^{_OTHERS}|(?<=,\s)others|\.\.\.|…)[\s.,;:\])}}]{{0,8}}$",
    re.I,
)
_ENDS_OF_OTHERS = ("al", "coll", ".a", " a", "more", "other", "others", "colleagues", "authors")
# Marks that point to a footnote: signs, raised figures, and figures glued to the name.
_MARK = r"[*∗†‡§¶#‖⁎⁰¹²³⁴⁵⁶⁷⁸⁹]"
_FIGURES = r"(?:[0-9]{1,2}(?:,\s?[0-9]{1,2})*(?![0-9]))?"
_SIGN = rf"(?:[\s,]?{_MARK}|\s?\([0-9]+(?:,\s?[0-9]+)*+\))"
# Marks within a name are kept, all at once, so that none of them is looked at again.
_FOOTNOTES = re.compile(
    r"(?<=[^\W\d_]|[.)])"
    rf"(?:{_FIGURES}{_SIGN}*(?=\s*(?:[,;|&\n]|$|and\s))|(?P<within>{_FIGURES}{_SIGN}++))"
)
_WIDE_SEPARATORS = str.maketrans({"、": ", ", "，": ", ", "；": "; ", "\r": "\n"})
_AND = re.compile(r",?\s+(and|&)\s+", re.I)
_GROUP_HEAD = re.compile(r"([^:,;]*\b(?:Collaboration|Consortium|Group|Team)):\s", re.I)


def split_authors(text: str) -> NameList:
    """Read a printed list of authors whose separator is not known.

    It may be a semicolon, a bar, a line end, *and*, an ampersand, or a comma between full names,
    between names with initials behind (``Poe A, Roe B``) or between initials and the next
    family name (``Poe, A., Roe, B.``); or a program may have printed its list in brackets.
    Signs of footnotes, academic degrees and words for nobody are dropped.
    """
    listed = printed_list(text)
    pieces = list(_pieces(text)) if listed is None else listed
    kept, et_al = [], False
    for piece in pieces:
        piece = _tidy(piece)
        name = without_others(piece)
        et_al = et_al or name != piece
        if not _is_nobody(name):
            kept.append(name)
    is_medical = is_medical_list(kept)
    if kept and text.count(".") == 1 and kept[-1].endswith("."):
        # The list ends like a sentence, unless its point is that of an initial or a suffix.
        last = kept[-1].split()[-1][:-1]
        if (is_medical and len(kept) > 1) or (len(last) > 2 and last.isalpha()):
            kept[-1] = kept[-1][:-1] if not is_suffix(last) else kept[-1]
    names = map(read_medical if is_medical else read_name, kept)
    return NameList(tuple(names), et_al)


def without_others(text: str) -> str:
    """Return a text without the *et al.* at its end."""
    if text[-1:].isalpha() and not text.lower().endswith(_ENDS_OF_OTHERS):
        return text  # as most names are
    return _ET_AL.sub("", text)


def _is_nobody(name: str) -> bool:
    words = name.strip(" .,;:-_*?!'\"()[]{}<>")
    return (
        is_placeholder(words)
        or _NOBODY.fullmatch(words) is not None
        or not any(map(str.isalnum, words))
    )


def _pieces(text: str) -> Iterator[str]:
    """Yield the names of a printed list, each as it is printed."""
    text = _FOOTNOTES.sub(r"\g<within>", text.translate(_WIDE_SEPARATORS).strip())
    if head := _GROUP_HEAD.match(text):
        yield head[1]
        text = text[head.end() :]
    if re.search("[;|]", text):
        pieces = re.split(r"\s*[;|]\s*(?:(?:and|&)\s)?", " ".join(text.split()), flags=re.I)
        *pieces, last = [piece for piece in pieces if piece] or [""]
        for piece in (*pieces, *_split_at_and(last)):
            parts = _comma_parts(piece)
            is_list = len(parts) > 2 and all(" " in part for part in parts)
            yield from parts if is_list else [piece]
        return
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and not any(_goes_on(line) for line in lines[:-1]):
        yield from lines
        return
    pieces = _split_at_and(" ".join(text.split()))
    listed = [_comma_parts(piece) for piece in pieces]
    is_turned = any(len(parts) == 2 and _is_family(parts[0]) for parts in listed)
    for parts in listed:
        yield from _comma_names(parts, is_turned)


def _goes_on(line: str) -> bool:
    """Tell whether a line of a list holds more than one name, or ends within the list."""
    is_open = re.search(r"(?:,|&|\band)$", line, re.I)
    return bool(is_open or _AND.search(line) or len(_comma_parts(line)) > 2)


def _split_at_and(text: str) -> list[str]:
    """Return what *and* and ``&`` part, unless the name of a group holds them."""
    first, *rest = _AND.split(text)
    pieces = [[first]]
    previous = first
    for word, piece in zip(rest[::2], rest[1::2], strict=True):
        if not _GROUP_WORDS.isdisjoint(previous.rpartition(",")[2].split()) and "," not in piece:
            pieces[-1] += [word, piece]
        else:
            pieces.append([piece])
        previous = piece
    return [" ".join(piece) for piece in pieces]


def _comma_parts(text: str) -> list[str]:
    """Return what commas part, each with its suffix, without academic degrees."""
    parts: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        before = parts[-1] if parts else ""
        if not part or _is_degree(part, before):
            continue
        is_name = 0 < len(before) < MAX_NAME_CHARS
        if is_name and _is_suffix_after(part, before, [part]):
            parts[-1] = f"{before}, {part}"
        else:
            parts.append(part)
    return parts


def _comma_names(parts: list[str], is_turned: bool) -> Iterable[str]:
    """Return the names of parts between commas; ``is_turned`` if others have the family first."""
    heads = [part.partition(",")[0] for part in parts]
    if len(parts) < 2 or is_medical_list(parts):
        return parts
    if any(_is_initials(head) for head in heads[1:]):
        names: list[str] = []
        previous = ""
        for part, head in zip(parts, heads, strict=True):
            if _is_initials(head) and previous and not _is_initial(previous):
                names[-1] += f", {part}"
                previous = ""
            else:
                names.append(part)
                previous = head
        return names
    if len(parts) == 2:
        family, given = heads
        without_case = f"{family}{given}".lower() == f"{family}{given}".upper()
        if without_case and " " not in family and min(len(family), len(given)) > 1:
            return parts  # whole names in Chinese, Japanese or Korean
        full = " " in family and " " in given
        if not full or is_turned or _is_family(family) or _ends_in_initials(given):
            return [", ".join(parts)]
        return parts
    is_paired = len(parts) % 2 == 0 and all(" " not in head for head in heads[::2])
    if is_paired and (is_turned or any(map(_ends_in_initials, heads[1::2]))):
        return map(", ".join, zip(parts[::2], parts[1::2], strict=True))
    return parts


def _is_family(text: str) -> bool:
    """Tell whether a text before a comma is one family name, not a full name."""
    words = text.split()
    return len(words) == 1 or words[0] in PARTICLES


def _ends_in_initials(text: str) -> bool:
    return " " in text and text.endswith(".") and _is_initials(text.split()[-1])


# The names of a BibTeX field.

# A command takes the blanks behind it.
_TOKEN = re.compile(
    r"\\[A-Za-z]+\s*|\\.|[{}]|(?<!\S)and(?!\S)|[,;]|[\s~]+|[^\\{},;\s~]+|.", re.I | re.S
)
_EXTENDED = re.compile(r"\s*(family|given|prefix|suffix|useprefix|[a-z]+-i)\s*=\s*(.*?)\s*", re.S)


def split_bibtex_names(text: str, decode: Callable[[str], str]) -> NameList:
    """Read the names of a BibTeX field whose LaTeX is not decoded yet.

    Names are parted by *and* outside braces, and ``decode`` turns the LaTeX of each part into plain
    text. A name wholly in braces is a group's. The parts of a name are told as BibTeX tells them;
    biblatex's ``family=Berg, given=Ann, prefix=van`` is read as well. What BibTeX would refuse,
    such as a list parted by semicolons or commas, is read as a printed list.
    """
    names: list[Name] = []
    et_al = False
    for raw in _cut(text, lambda token: token.lower() == "and"):
        printed = raw.strip(" \t\r\n~,;")
        if not printed:
            continue
        piece = without_others(printed)
        listed = _bibtex_names(piece.rstrip(" \t\r\n~,;"), decode)
        people = [name for name in listed.names if without_others(_displayed(name))]
        et_al = et_al or listed.et_al or piece != printed or len(people) < len(listed.names)
        names += [name for name in people if not _is_nobody(_displayed(name))]
    return NameList(tuple(names), et_al)


def _bibtex_names(piece: str, decode: Callable[[str], str]) -> NameList:
    """Read what stands between two *and* of a BibTeX field: one name, if all is well."""

    def plain(part: str) -> str:
        return " ".join(decode(part).split())

    if _is_whole_group(piece):
        first, *rest = _cut(piece[1:-1], lambda token: token == ",")
        if not rest or not _is_whole_group(first.strip()):
            return NameList((whole_name(plain(piece)),))
        piece = piece[1:-1]  # {{van Elm}, A.}, as ADS writes it, is a person
    printed = [part.strip() for part in _cut(piece, lambda token: token == ",")]
    fields = [match for part in printed if (match := _EXTENDED.fullmatch(part))]
    if len(fields) == len(printed):
        values = {match[1]: plain(match[2].strip('"')) for match in fields}
        keys = ("family", "given", "prefix", "suffix")
        return NameList((NameParts(*(values.get(key, "") for key in keys)),))
    if len(_cut(piece, lambda token: token == ";")) > 1 and not re.search(r"&#?\w+;", piece):
        return split_authors(plain(piece))
    if len(printed) == 1:
        words = [plain(word) for word in _cut(piece, lambda token: token[0] in " \t\r\n~")]
        return NameList((_of_words([word for word in words if word]),))
    parts = [plain(part) for part in printed]
    name = _of_commas(parts)
    inner = " ".join(parts[1:-1])
    is_list = len(parts) > 3 or " & " in inner or all(" " in part for part in parts[1:])
    is_list = is_list and isinstance(name, str)
    if is_list or re.match(r"[^\W\d_]\.\s", parts[0]):
        return split_authors(", ".join(parts))
    return NameList((name,))


def _of_words(words: list[str]) -> Name:
    """Return the name that BibTeX sees in these words: given name, particle, family name.

    The particle is what begins and ends with a word in small letters.
    """
    shown, suffix = _cut_suffix(" ".join(words))
    is_group = _COMPANY.fullmatch(words[-1] if words else "") or not _GROUP_WORDS.isdisjoint(words)
    if is_group or shown.lower() in (shown, shown.upper()):
        return shown
    words = shown.split()
    small = [place for place, word in enumerate(words[:-1]) if word.islower()]
    start, end = (small[0], small[-1] + 1) if small else (len(words) - 1, len(words) - 1)
    given, particle, family = (
        " ".join(part) for part in (words[:start], words[start:end], words[end:])
    )
    return NameParts(family, given, particle, suffix)


def _is_whole_group(text: str) -> bool:
    """Tell whether one pair of braces holds all of a text."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    depth = 0
    for place, token in enumerate(tokens := _TOKEN.findall(text)):
        depth += (token == "{") - (token == "}")
        if depth == 0:
            return place == len(tokens) - 1
    return False


def _cut(text: str, cuts: Callable[[str], bool]) -> list[str]:
    """Return the pieces between the tokens outside braces that ``cuts`` names.

    Where a brace has no partner, no brace counts.
    """
    tokens = _TOKEN.findall(text)
    depths = list(accumulate((token == "{") - (token == "}") for token in tokens))
    has_braces = depths[-1:] == [0] and min(depths) == 0
    pieces: list[list[str]] = [[]]
    for token, depth in zip(tokens, depths, strict=True):
        if not (has_braces and depth) and cuts(token):
            pieces.append([])
        else:
            pieces[-1].append(token)
    return ["".join(piece) for piece in pieces]
