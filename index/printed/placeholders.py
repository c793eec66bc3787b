"""What sources print where they have no value: ``N/A``, ``null``, ``[No abstract available]``."""

import re
from collections.abc import Iterable
from string import ascii_letters, digits


def is_placeholder(text: str) -> bool:
    """Tell whether a text stands for no value. ``Na`` does not: it is sodium, or a name."""
    return (
        len(text) < _MOST_CHARS
        and text[:1] not in _USUAL_STARTS
        and _PLACEHOLDER.fullmatch(text) is not None
    )


def without_placeholders(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that stand for a value."""
    # Most are told by the first letter, and to look at it here takes half the time of a call.
    return tuple(
        [one for one in texts if one and (one[0] in _USUAL_STARTS or not is_placeholder(one))]
    )


_MOST_CHARS = 60
# The letters and digits that no placeholder begins with.
_USUAL_STARTS = frozenset(ascii_letters + digits) - frozenset("aAnNuU")
_PLACEHOLDER = re.compile(
    r"[\W_]+|NA|na|NaT|<NA>"
    r"|(?i:none|null|nan|n/a|n\.a\.?|undefined|unknown|no journal info|no terms assigned"
    r"|abstract not available\.?"
    r"|\[?(?:not available|no title available|no (?:abstract|keywords?|authors?(?: names?)?)"
    r"(?: (?:is |was )?(?:available|provided|supplied|found|given|listed))?)[.\]]{0,2}"
    r"|\[in process citation[.\]]{0,2})"
)
