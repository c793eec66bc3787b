"""Dates as files print them → ISO dates, as fine as they are certain.

``read_date`` reads what is printed for a date, ``printed_date`` also tells what the print says
beyond it, and ``date_of`` joins a year, a month and a day that stand apart.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from index.dates import UNKNOWN_YEAR, is_date

# With its year unknown, 29 February may be a day.
_LEAP_YEAR = 2000


_Part = int | float | str | None


def date_of(year: _Part, month: _Part = None, day: _Part = None) -> str | None:
    """Return the date of these numbers, which may be text; a month may be a name.

    A day that does not exist is left out, and so is a month that does not: CSL and EDTF write
    seasons as months above 12. None without a year from 1000 on, or one of four digits.
    """
    year_number = _number(year)
    has_four_digits = isinstance(year, str) and re.match(r"\s*[0-9]{4}(?![0-9])", year)
    if year_number is None or not (1000 if not has_four_digits else 1) <= year_number <= 9999:
        return None
    month_number = _number(month)
    if month_number is None and isinstance(month, str):
        month_number = month_of(month)
    text = f"{year_number:04}"
    for number in (month_number, _number(day)):
        finer = f"{text}-{number:02}" if number is not None and number > 0 else ""
        if not is_date(finer):
            break
        text = finer
    return text


def date_of_cells(year: str, month: str, day: str = "") -> str:
    """Return year, month and day that stand apart as one print of a date.

    It is that of ``date_of``, or the texts one behind the other if it has no month: a season, or
    several months.
    """
    whole = date_of(year, month, day or None)
    return whole if whole and len(whole) > len("2024") else f"{month} {year}".strip()


def date_without_year(month: _Part, day: _Part = None) -> str | None:
    """Return the date of a month and a day whose year is not known yet, such as ``--05-07``.

    Without the day if it exists in no year; None if the month does not exist.
    """
    text = date_of(_LEAP_YEAR, month, day)
    return f"{UNKNOWN_YEAR}{text[4:]}" if text and len(text) > 4 else None


def _number(value: _Part) -> int | None:
    """Return a whole number, which may be written ``2020``, ``2020.0`` or as text; else None."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]{1,4})(?:\.0*)?\s*", value)
        return int(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 9999:
        return None
    return int(value) if value == int(value) else None


class PrintedDate(NamedTuple):
    """What a file prints for a date.

    ``text`` is the print where it says more than ``date`` does: a season, a range, "in press".
    Otherwise it is empty.
    """

    date: str | None
    text: str


def month_of(text: str) -> int | None:
    """Return the month that a name, its first three or more letters, or a number stands for.

    Names are English, German, French, Spanish, Italian, Portuguese or Dutch; accents, case and a
    point at the end do not matter. ``jui`` is none, since it begins two French months.
    """
    word = _plain(text).strip().removesuffix(".")
    if re.fullmatch(r"0?[1-9]|1[0-2]", word):
        return int(word)
    return _months().get(word)


def read_date(text: str) -> str | None:
    """Return the date that a print means, as fine as it is certain; None if it has no year.

    Of a range the first date counts. Of ``03/05/2020`` only the year is certain.
    """
    return _understood(text)[0]


def printed_date(text: str) -> PrintedDate:
    """Return the date that a print means, and the print itself where it says more."""
    found, rest = _understood(text)
    says_more = _TELLING.search(rest) if found else not _NOTHING.fullmatch(rest)
    return PrintedDate(found, " ".join(text.split()) if says_more else "")


def with_month(year: str | None, text: str) -> str | None:
    """Return a date made finer by a month, or a month and day, that is printed elsewhere.

    ``2019`` and ``SEP`` give ``2019-09``. If ``text`` prints a year of its own, it must be the
    same. Without a ``year`` the date is what ``text`` prints.
    """
    printed = read_date(text)
    if printed is None and year is not None:
        printed = read_date(f"{text} {year[:4]}")
    return finest(year, printed)


def finest(*dates: str | None) -> str | None:
    """Return the first date that there is, made finer by those after it that lie within it."""
    found = None
    for text in dates:
        if text and (found is None or text.startswith(found)):
            found = text
    return found


_MONTH_NAMES = """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janner februar maerz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
"""
_SEASON = re.compile("spr(?:i|in|ing)?|sum(?:m|me|mer)?|aut(?:u|um|umn)?|fall?|win(?:t|te|ter)?")
# Words between the parts of a date, weekdays, time zones, and what a program writes for no value.
_EMPTY_WORD = re.compile(
    "st|nd|rd|th|of|the|de|del|di|du|da|den|undefined|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri"
    "|sat(?:ur)?|sun)(?:day)?|z|utc|gmt"
)
_WORD = re.compile(r"[^\W\d_]+")
_TIME = re.compile(
    r"(?:(?<=[0-9])t|(?<![0-9:]))\s?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?![0-9:])"
    r"(?:\s?[ap]\.?m\b\.?)?(?:\s?[+-][0-9]{2}:?[0-9]{2}(?![0-9]))?"
)
# Dashes, digits of full width, the signs behind year, month and day in Chinese and Japanese.
_SIGNS = str.maketrans("‐‑‒–—−０１２３４５６７８９年月", "------0123456789--", "日")
# After the words: a month is written m03, a season s, any other word w, each with a blank behind.
_YEAR = r"(?<![0-9])(?P<year>(?!0000)[0-9]{4})(?![0-9])"
_DAYS = r"{}(?![0-9])(?:\s?-\s?[0-9]{{1,2}}(?![0-9]))?"
_GAP = r"[\s,./-]{0,4}"
_FORMS = [
    re.compile(pattern)
    for pattern in (
        # 20200305
        r"(?<![0-9])(?P<year>[12][0-9]{3})(?P<month>0[0-9]|1[0-2])(?P<day>[0-2][0-9]|3[01])(?![0-9])",
        # 2020-03-05, 2020/3
        _YEAR + r"\s?[-/.]\s?(?P<month>[0-9]{1,2})(?![0-9])"
        r"(?:\s?[-/.]\s?(?P<day>[0-9]{1,2})(?![0-9]))?",
        # 2020 03 05
        rf"^\s*{_YEAR}\s(?P<month>[0-9]{{1,2}})(?:\s(?P<day>[0-9]{{1,2}}))?\s*$",
        # 2020 Mar 5-12
        rf"{_YEAR}{_GAP}m(?P<month>[0-9]{{2}})(?:{_GAP}{_DAYS.format('(?P<day>[0-9]{1,2})')})?",
        # 5-12 March 2020, 30 July - 2 August 2020, March 5-12, 2020
        rf"(?:(?<![0-9]){_DAYS.format('(?P<day>[0-9]{1,2})')}{_GAP})?m(?P<month>[0-9]{{2}})"
        rf"(?:{_GAP}{_DAYS.format('(?P<later_day>[0-9]{1,2})')})?"
        rf"(?:[\s,./&-]|m[0-9]{{2}}|[0-9]{{1,2}}(?![0-9])){{0,16}}{_YEAR}",
        # 22.08.2000: with points the day is always first.
        rf"(?<![0-9])(?P<day>[0-9]{{1,2}})\.\s?(?P<month>[0-9]{{1,2}})\.\s?{_YEAR}",
        # 23/12/2010, 12/23/2010
        rf"(?<![0-9])(?P<one>[0-9]{{1,2}})[-/](?P<other>[0-9]{{1,2}})[-/]{_YEAR}",
        rf"^\s*(?P<one>[0-9]{{1,2}})\s(?P<other>[0-9]{{1,2}})\s{_YEAR}\s*$",
        # 03/2020, 03 2020
        rf"(?<![0-9/.-])(?P<month>[0-9]{{1,2}})[-/.]{_YEAR}",
        rf"^\s*(?P<month>[0-9]{{1,2}})\s{_YEAR}\s*$",
    )
]
_PLAIN_YEAR = re.compile(_YEAR)
# A later year is one only where no other is printed: what papers are read in is no matter of the
# clock.
_LAST_LIKELY_YEAR = "2099"
# What is no year though it has four digits. Behind a volume the first of a range is a page, and so
# is one of three digits or one that is no likely year; 10.2015/11.2015 is no DOI.
_OTHER_NUMBERS = re.compile(
    r"(?<![\w.])10\.[0-9]{4,9}/(?![0-9]{1,2}\.[0-9]{4}(?![0-9.]))\S+"
    r"|\barxiv:\s?\S+"
    r"|\b(?:vol(?:ume)?s?|bde?|band)\b[.:]?\s?[0-9]+"
    r"|\b(?:p\.|pp|pages?\b)[.:]?\s?[0-9]+(?:\s?-\s?[0-9]+)?"
    r"|(?<![0-9./-])(?:[0-9]{3}|2[1-9][0-9]{2}|[3-9][0-9]{3})\s?-\s?[0-9]{3,4}(?![0-9./-])"
)
_PAGES_OF_VOLUME = re.compile(r"(?<=[0-9)])\s?[,:;]\s?[0-9]{4}\s?-\s?[0-9]{1,4}(?![0-9/-])")
_BEFORE_CHRIST = re.compile(r"^\s*-\s?[0-9]|[0-9]\s?b\.?\s?c\b")
# A year in brackets beside another one is that of an earlier edition.
_IN_BRACKETS = re.compile(r"\[[0-9]{4}\]")
# What is left of a print that says more than its date: a word, a figure, a doubt, an open range.
_TELLING = re.compile(r"[a-z1-9?%]|~(?=[\s/]|$)|\.\.")
_NOTHING = re.compile(
    r"(?:[\W0_]|\b(?:nan|none|null|n\W?[ad]|un(?:known|defined)|year|month|day)\b)*"
)


def _plain(text: str) -> str:
    """Return a print in small letters without accents, its blanks and dashes of one kind."""
    letters = unicodedata.normalize("NFD", text.translate(_SIGNS).casefold())
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return re.sub("-+", "-", " ".join(plain.split()))


def _understood(text: str) -> tuple[str | None, str]:
    """Return the date that a print means, and what it holds beside the parts of the date."""
    return _remembered(text) if len(text) <= _MAX_CACHED_CHARS else _read(_plain(text))


# The same dates come again and again, and one takes 40 µs. Longer texts are no dates.
_MAX_CACHED_CHARS = 60


@lru_cache(maxsize=1 << 12)
def _remembered(text: str) -> tuple[str | None, str]:
    return _read(_plain(text))


def _read(plain: str) -> tuple[str | None, str]:
    """Return the date that a plain print means, and what the print holds beside its parts."""
    if len(plain) <= len("2024-05-07") and is_date(plain):
        return plain, ""
    if _BEFORE_CHRIST.search(plain):
        return None, plain
    dated = _without_other_numbers(plain)
    signs = _IN_BRACKETS.sub(" w ", dated)
    if not _PLAIN_YEAR.search(signs):
        signs = dated
    signs = re.sub(r"~(?=\w)|[()\[\]{}\"']", " ", _TIME.sub(" ", signs))
    signs = " ".join(_WORD.sub(_sign_of, signs).split())
    if " s " in f" {signs} ":
        signs = _over_two_years(signs)
    match = _date_in(signs)
    if match is None:
        return None, plain
    spans = {name: match.span(name) for name, value in match.groupdict().items() if value}
    if "later_day" in spans:
        spans.setdefault("day", spans["later_day"])
    if "one" in spans:
        one, other = int(match["one"]), int(match["other"])
        if one > 12 or one == other:
            spans |= {"day": spans["one"], "month": spans["other"]}
        elif other > 12:
            spans |= {"month": spans["one"], "day": spans["other"]}
    parts = [signs[slice(*spans[name])] for name in ("year", "month", "day") if name in spans]
    found = date_of(*parts)
    if found is None:
        return None, plain
    used = [spans[name] for name in ("year", "month", "day")[: found.count("-") + 1]]
    rest = signs
    for start, end in sorted(used, reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    return found, re.sub(r"m(?![0-9])", "", rest)


def _without_other_numbers(plain: str) -> str:
    """Return a print without DOIs, volumes and pages, whose numbers may look like years."""
    kept = _PAGES_OF_VOLUME.sub(" w ", plain)
    # Without another year, what stands behind a number may be the years of a conference.
    kept = kept if _PLAIN_YEAR.search(kept) else plain
    return _OTHER_NUMBERS.sub(" w ", kept)


def _date_in(signs: str) -> re.Match[str] | None:
    """Return the first date of a print, or the first year if it has no date; likely years first."""
    dates = [match for form in _FORMS if (match := form.search(signs))]
    years = list(_PLAIN_YEAR.finditer(signs))
    for is_likely in (True, False):
        for matches in (dates, years):
            found = [one for one in matches if not is_likely or one["year"] <= _LAST_LIKELY_YEAR]
            if found:
                # Of forms that begin at one place, the one named first.
                return min(found, key=re.Match.start)
    return None


def _sign_of(match: re.Match[str]) -> str:
    word = match[0]
    if month := _months().get(word):
        return f" m{month:02} "
    if _EMPTY_WORD.fullmatch(word):
        return " "
    return " s " if _SEASON.fullmatch(word) else " w "


def _over_two_years(signs: str) -> str:
    """Return the signs of a print such as ``Winter 2008-09``, where 09 is no month."""
    return re.sub(
        r"(?<![0-9])([0-9]{2})([0-9]{2})\s?[-/]\s?([0-9]{2})(?![0-9/-])",
        lambda match: (
            f"{match[1]}{match[2]} w " if int(match[3]) == int(match[2]) + 1 else match[0]
        ),
        signs,
    )


@cache
def _months() -> dict[str, int]:
    """Return the months by the beginnings of their names, of which those of two months are none."""
    numbers: dict[str, set[int]] = {}
    for place, name in enumerate(_MONTH_NAMES.split()):
        for length in range(3, len(name) + 1):
            numbers.setdefault(name[:length], set()).add(place % 12 + 1)
    return {word: min(months) for word, months in numbers.items() if len(months) == 1}
