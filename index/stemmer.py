"""Porter 2, the stemmer of English: a word → its stem.

The algorithm is Porter's (https://snowballstem.org/algorithms/english/stemmer.html) as NLTK's
EnglishStemmer runs it, in a fraction of the time. R1 and R2, the ends of a word in which a suffix
may be removed, are known by their lengths.
"""

import re
from collections.abc import Mapping, Sequence

_VOWEL = re.compile("[aeiouy]")
# A y that is a consonant stands as Y meanwhile.
_CONSONANT_Y = re.compile("^y|([aeiouy])y")
_BEFORE_R1 = re.compile("gener|commun|arsen|.*?[aeiouy][^aeiouy]")
_BEFORE_R2 = re.compile(".*?[aeiouy][^aeiouy]")
_PAST = re.compile("(?:ed|ing)(?:ly)?$")
_DOUBLE = re.compile("(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$")
_SHORT_SYLLABLE = re.compile("(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$")

# The rules of a step, by the last two letters: a suffix, its end that gives way, what to, and the
# letters of which one must stand before the suffix. The first suffix found, the longest, counts,
# whether its rule applies or not.
_Rules = Mapping[str, Sequence[tuple[str, str, str, str]]]


def _rules(*rules: str) -> _Rules:
    """Return the rules written as ``suffix old>new before``."""
    by_end: dict[str, list[tuple[str, str, str, str]]] = {}
    for rule in rules:
        suffix, change, before = (*rule.split(), "", "")[:3]
        old, _, new = (change or suffix).partition(">")
        by_end.setdefault(suffix[-2:], []).append((suffix, old, new, before))
    for of in by_end.values():
        of.sort(key=lambda rule: -len(rule[0]))
    return by_end


_STEP_2 = _rules(
    *("ization ization>ize", "ational ional>e", "fulness ness", "ousness ousness>ous"),
    *("iveness ness", "tional al", "biliti biliti>ble", "lessli li", "entli li", "ation ion>e"),
    *("alism alism>al", "aliti aliti>al", "ousli ousli>ous", "iviti iti>e", "fulli li"),
    *("enci i>e", "anci i>e", "abli i>e", "izer izer>ize", "ator or>e", "alli alli>al"),
    *("bli bli>ble", "ogi i> l", "li li> cdeghkmnrt"),
)
_STEP_3 = _rules(
    *("ational ational>ate", "tional al", "alize ize", "icate icate>ic", "iciti iciti>ic"),
    *("ative ative", "ical ical>ic", "ness ness", "ful ful"),
)
_STEP_4 = _rules(
    *"ement ance ence able ible ment ant ent ism ate iti ous ive ize al er ic".split(),
    "ion ion st",
)

_IRREGULAR = {
    "skis": "ski",
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "idly": "idl",
    "gently": "gentl",
    "ugly": "ugli",
    "early": "earli",
    "only": "onli",
    "singly": "singl",
    **{
        word + ending: word
        for word, endings in {
            **dict.fromkeys(("sky", "news", "howe", "atlas", "cosmos", "bias", "andes"), ("",)),
            **dict.fromkeys(("inning", "outing", "canning", "herring", "earring"), ("", "s")),
            **dict.fromkeys(("proceed", "exceed", "succeed"), ("", "s", "ed", "ing")),
        }.items()
        for ending in endings
    },
}


def porter2(word: str) -> str:
    """Return the stem of a word of three or more of the letters a-z."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if "y" in word:
        word = _CONSONANT_Y.sub(r"\1Y", word)
    before = _BEFORE_R1.match(word)
    r1 = len(word) - before.end() if before else 0
    before = _BEFORE_R2.match(word, len(word) - r1)
    r2 = len(word) - before.end() if before else 0
    if word[-1] in "ds":
        word, r1, r2 = _without_plural(word, r1, r2)
    if word[-1] in "dgy":
        word, r1, r2 = _without_past(word, r1, r2)
    if word[-1] in "yY" and len(word) > 2 and word[-2] not in "aeiouy":
        word = word[:-1] + "i"
    word, r1, r2 = _changed(_STEP_2, word, r1, r2, r1)
    word, r1, r2 = _changed(_STEP_3, word, r1, r2, r2 if word.endswith("ative") else r1)
    word, r1, r2 = _changed(_STEP_4, word, r1, r2, r2)
    if (r2 and (word[-1] == "e" or word.endswith("ll"))) or (
        r1 and word[-1] == "e" and len(word) > 3 and not _SHORT_SYLLABLE.search(word[-4:-1])
    ):
        word = word[:-1]
    return word.replace("Y", "y")


def _without_plural(word: str, r1: int, r2: int) -> tuple[str, int, int]:
    """Step 1a."""
    if word.endswith("sses"):
        return _ended(word, r1, r2, 2)
    if word.endswith(("ied", "ies")):
        return _ended(word, r1, r2, 2 if len(word) > 4 else 1)
    if word[-1] == "s" and word[-2] not in "us" and _VOWEL.search(word, 0, len(word) - 2):
        return _ended(word, r1, r2, 1)
    return word, r1, r2


def _without_past(word: str, r1: int, r2: int) -> tuple[str, int, int]:
    """Step 1b."""
    if word.endswith(("eed", "eedly")):
        length = 3 if word[-1] == "d" else 5
        return _ended(word, r1, r2, length, "ee") if r1 >= length else (word, r1, r2)
    past = _PAST.search(word)
    if not past or not _VOWEL.search(word, 0, past.start()):
        return word, r1, r2
    word, r1, r2 = _ended(word, r1, r2, len(past[0]))
    if word.endswith(("at", "bl", "iz")):
        return word + "e", r1 + 1, r2 + (len(word) > 4 or r1 > 1)
    if _DOUBLE.search(word):
        return _ended(word, r1, r2, 1)
    if r1 == 0 and _SHORT_SYLLABLE.search(word):
        word += "e"
    return word, r1, r2


def _changed(rules: _Rules, word: str, r1: int, r2: int, region: int) -> tuple[str, int, int]:
    """Apply the rule of the longest suffix, if that lies in the last ``region`` letters."""
    for suffix, old, new, before in rules.get(word[-2:], ()):
        if word.endswith(suffix):
            if region >= len(suffix) and (not before or word[-len(suffix) - 1] in before):
                return _ended(word, r1, r2, len(old), new)
            break
    return word, r1, r2


def _ended(word: str, r1: int, r2: int, length: int, new: str = "") -> tuple[str, int, int]:
    """Return the word with ``new`` in the place of its last letters; a region they leave ends."""
    change = len(new) - length
    return (
        word[:-length] + new,
        r1 + change if r1 >= length else 0,
        r2 + change if r2 >= length else 0,
    )
