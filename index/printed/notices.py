"""Labels and copyright notices around abstracts, which are no part of them."""

import re

# Words that begin a sentence, or an abstract in sections, but never a term such as "Abstract
# Wiener space".
_OPENERS = (
    "Abstract A An The This These Those That There Their Its It We Our I My You Your He She "
    "They One Two Three Four Many Most Much Some Several Both Each Every All Any Few No Not "
    "Another Such As At By For From In Into Of On Onto Over To Under Upon Up Within Without "
    "With While When Where Whereas Whether Which Who Why What How If Because Since Although "
    "Though Despite Due During After Before Between Among Across Against Along Through "
    "Throughout Until Unlike Here However Given Based Using Recent Recently Currently Previous "
    "Previously Nowadays Traditionally Typically Often Inspired Motivated Following According "
    "And But Or Background Context Objective Objectives Purpose Aim Aims Introduction "
    "Motivation Goals Methods Results Conclusion Conclusions Summary"
).replace(" ", "|")
_SECTIONS = "BACKGROUND|CONTEXT|OBJECTIVES?|PURPOSE|AIMS?|INTRODUCTION|MOTIVATION|METHODS?|RESULTS?"
_LABEL = re.compile(
    rf"""
    \s* (?:
        \[? (?: Publisher\ Summary | (?i:abstract|summary) ) \]? \s*
        (?: [:：] | [—–] | - \s | \.\s+(?=[^\sa-z]) | \.?\s*(?:\n|$) )
        | Publisher\ Summary \s | \[(?:Abstract|ABSTRACT|Summary|SUMMARY)\]
        | (?:Abstract|ABSTRACT) (?= [A-Z](?:[a-z]|\s[a-z]) | (?:{_SECTIONS})\b )
        | (?:Abstract|ABSTRACT|Summary|SUMMARY) \s+ (?= (?:{_OPENERS}|(?i:{_SECTIONS}))\b(?!-) )
        | (?:ABSTRACT|SUMMARY) \s+ (?= [A-Z][a-z] | [A-Z]\s[a-z] )
    ) [\s:]*
    """,
    re.VERBOSE,
)
# The field's label, and the heading in the text.
_MAX_LABELS = 2


def without_label(text: str) -> str:
    """Return an abstract without the label "Abstract" or "Summary" before it.

    Only what follows shows that it is a label: a colon, a dash, a line end, a capital without a
    blank between, or the beginning of a sentence. "Abstract interpretation is …" stays, and so does
    "Abstract Wiener spaces are …": a name behind the word is no evidence.
    """
    for _ in range(_MAX_LABELS):
        if not (match := _LABEL.match(text)):
            break
        text = text[match.end() :]
    return text


_OWNERS = (
    r"\b(?:Ltd|Inc|LLC|GmbH|B\.?V|Co|Corp|S\.A|Press|Publish\w*|Society|Soc|Association|Institute|"
    r"University|College|Academy|Elsevier|Springer|Wiley|IEEE|ACM|MDPI|Nature|SAGE|APA|Federation|"
    r"Foundation|Verlag|Informa|Taylor|Authors?|EDP|IOP|Optica|Periodicals|Licensee)\b"
)
_NOTICE_WORDS = re.compile(
    rf"{_OWNERS}|(?i:rights reserved|licen[sc]e|copyright|©|open access|on behalf of|"
    r"published (?:by|in)|permission|journal abstract|abridged|distributed under|public domain|"
    r"database record)"
)
# The words of a name before it, such as "the Royal Society of".
_NAME = r"(?:(?:[A-Z&][^\s.?!]*|of|and|the|for)[,.]?\ ){0,8}?"
_YEAR = r"(?:1[89]|20)\d\d(?:\s?[-–/]\s?\d{2,4})?"
# One of these every notice holds; to look for each in turn takes less time than one pattern.
_NOTICE_SIGNS = (
    *("©", "opyright", "(c)", "(C)", "ights reserved", "Published by", "permission"),
    *("ABSTRACT FROM", "Database Record"),
)
# Where a notice may begin: at a sign, or at the beginning of a sentence.
_NOTICE = re.compile(
    rf"""
    \(? (?: Crown\s+ )? (?: Copyright\s* )? © \s* (?:\(?{_YEAR} | The\ Author | $)
    | \(? (?: Crown\s+ )? Copyright \s* (?: © | \([cC]\) )
    | (?: ^ | (?<=[.!?…)\]"”;]) \s* | \n | \s (?=[(\[]) ) (?:
        \(?© \s* (?=[a-z]?[A-Z])
        | \([cC]\) \s* (?: {_YEAR} | Copyright )
        | (?: Crown\s+ )? Copyright ,?\s+ (?:by\s+)? (?:
            {_YEAR} ,?\s+ (?:by\s+)? (?=[A-Z]) | of\ .{{3,300}}?\ is\ the\ property\ of )
        | (?: {_YEAR}\s+ )? {_NAME} {_OWNERS} [.,]* \s* All\ rights\ reserved
        | All\ rights\ reserved
        | Published\ by\ {_NAME} {_OWNERS}
        | This\ (?: article | work | content | material )\ is\ protected\ by\ copyright
        | (?: Reprinted | Reproduced )\ (?: by | with )\ (?: the\ )? permission
        | \[? ABSTRACT\ FROM\ (?: AUTHOR | PUBLISHER )
        | \( (?: Psyc[Ii][Nn][Ff][Oo] | PsycARTICLES | APA\ Psyc\w+ )\ Database\ Record
    )
    """,
    re.VERBOSE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?)\]])\s+|\n")
_MAX_NOTICE_CHARS = 800
_MAX_OWNER_CHARS = 150
_MAX_LINE_WORDS = 6


def without_copyright(text: str) -> str:
    """Return an abstract without the copyright notices at its end.

    A notice begins with its sign or set phrase, "© 2019", "All rights reserved", "[ABSTRACT FROM
    AUTHOR]", and reaches to the end of the text: nothing but owners, licences and the like follows.
    A sentence that speaks of copyright stays, and so does a notice in front.
    """
    tail_start = max(len(text) - _MAX_NOTICE_CHARS, 0)
    tail = text[tail_start:]
    # Nearly all abstracts have no sign.
    if not any(map(tail.__contains__, _NOTICE_SIGNS)):
        return text
    places = [place for place in map(tail.find, _NOTICE_SIGNS) if place >= 0]
    for match in _NOTICE.finditer(text, tail_start + max(min(places) - _MAX_OWNER_CHARS, 0)):
        if _is_notice(text[match.start() :]):
            return text[: match.start()].rstrip()
    return text


def _is_notice(text: str) -> bool:
    """Tell whether every sentence belongs to a notice that the first one begins."""
    if _PROPERTY.search(text):
        return True
    _, *sentences = _SENTENCE_END.split(text.strip())
    return all(
        _NOTICE_WORDS.search(sentence) or len(sentence.split()) <= _MAX_LINE_WORDS
        for sentence in sentences
    )


# EBSCO's notice has sentences about how the abstract may be used.
_PROPERTY = re.compile(r"^\s*\[?.{0,40}Copyright of .{3,300}? is the property of ", re.DOTALL)
