"""What a check reports: findings, and counts of what was checked."""

from dataclasses import dataclass
from typing import Literal

from index.errors import SearchError
from index.segments.names import SUGGESTIONS_NAME


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in an index that is not as it must be.

    ``file`` is its name in the index's folder. ``place`` says where in the file, such as a field or
    a column; it is empty for the file as a whole. A ``note`` is worth knowing but no damage.
    """

    file: str
    place: str
    reason: str
    kind: Literal["damage", "note"] = "damage"

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.place, self.reason)))


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    ``papers`` (those not deleted), ``segments`` and ``file_bytes`` count what was checked.
    ``sources`` are the seed files that papers were read from, as far as the index still tells.
    ``seconds`` is wall time. Where ``is_earlier``, an earlier version has made the words of the
    papers: the index is searched once a repair has converted it.
    """

    directory: str
    papers: int
    segments: int
    file_bytes: int
    damage: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    sources: tuple[str, ...]
    seconds: float
    is_earlier: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it must be, so that every answer of the index is right."""
        return not self.damage and not self.is_earlier

    @property
    def has_sound_papers(self) -> bool:
        """Whether nothing is damaged but perhaps the suggestions, which are made of the papers."""
        return all(one.file == SUGGESTIONS_NAME for one in self.damage)


def reason_of(error: Exception, *places: str) -> str:
    """Return what an error says, without the place and the next step that our own errors name."""
    if not isinstance(error, SearchError):
        return f"cannot be read ({type(error).__name__}: {error})"
    text = str(error)
    for place in places:
        text = text.partition(f"{place}: ")[2] or text
    return text.rpartition("; ")[0] or text
