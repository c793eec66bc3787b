"""What a record has lost since it was last read: its file may have been damaged meanwhile."""

from index.merging import REPLACEMENT
from index.paper import Paper, readable_id

_TEXTS = ("title", "abstract")
_LISTS = ("authors", "institutions", "owners", "categories", "keywords")
_VALUES = ("year", "date", "score", "venue")


def loss(new: Paper, old: Paper, *, in_doubt: bool) -> str | None:
    """Return in words what ``new`` has lost of ``old``, None if nothing.

    If its file had problems, it is ``in_doubt`` whether less text is a change that somebody made:
    then a text that was cut short, or a value that is missing, is lost.
    """
    for name in (*_TEXTS, *_LISTS):
        if _undecoded(new, name) > _undecoded(old, name):
            return f"the {name} cannot be decoded as before"
    if not in_doubt:
        return None
    for name in (*_TEXTS, *_LISTS, *_VALUES):
        before, now = getattr(old, name), getattr(new, name)
        if before and not now:
            return f"the {name} is missing, which was there before"
    for name in _TEXTS:
        before, now = getattr(old, name), getattr(new, name)
        if len(now) < len(before) and before.startswith(now):
            return f"the {name} ends earlier than before"
    return None


def is_hard_to_know(paper: Paper) -> bool:
    """Tell whether the texts that a paper is known by, its id or others, could not be decoded."""
    if REPLACEMENT in paper.id:
        return True
    has_such_text = REPLACEMENT in "".join((paper.title, *paper.authors))
    return has_such_text and paper.id == readable_id(paper)


def is_undecoded(paper: Paper) -> bool:
    """Tell whether some text of a paper could not be decoded."""
    return any(_undecoded(paper, name) for name in (*_TEXTS, *_LISTS))


def _undecoded(paper: Paper, name: str) -> int:
    value = getattr(paper, name)
    texts = (value,) if isinstance(value, str) else value
    return sum(text.count(REPLACEMENT) for text in texts)
