"""What sources print where they have no value: ``N/A``, ``null``, ``[No abstract available]``."""

import re
from string import ascii_letters, digits


def is_placeholder(text: str) -> bool:
    """Tell whether a text stands for no value. ``Na`` does not: it is sodium, or a name."""
    return (
        len(text) < _MOST_CHARS
        and text[:1] not in _USUAL_STARTS
        and _PLACEHOLDER.fullmatch(text) is not None
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
