"""Texts as they were sent to a cluster: how long they are, and where some forms stand in them."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.analysis import NAME_GAP
from index.segments.arrays import Integers
from index.segments.postings import PLACE_BITS

Places = NDArray[np.int64]
"""Places of forms: the number of the paper, shifted, and the position there."""

# A form ends where another one stands at the same place, at the next place, in the next name, or
# in another paper. Such a byte says how far the next form is from this one.
_STACK, _BLANK, _NAME, _PAPER = b"| \t\n"
_STEPS = np.zeros(256, np.int64)
_STEPS[[_BLANK, _NAME]] = 1, NAME_GAP
_ENDS = np.zeros(256, np.bool_)
_ENDS[[_STACK, _BLANK, _NAME, _PAPER]] = True
# The first bytes of a form tell most of the others from those that are looked for.
_FIRST_BYTES = 4
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_FIRST_BYTES + 1)], np.uint32)
_FACTOR = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(16)


class SentTexts:
    """What some papers have in one field: a text or a list of names each, or nothing.

    It is looked at as one text: form by form it would take four times as long.
    """

    def __init__(self, values: Sequence[str | Sequence[str] | None]) -> None:
        texts = [one if isinstance(one, str) else "\t".join(one or ()) for one in values]
        text = "\n".join(["", *texts, ""])
        self._data = text.encode("utf-8", "surrogatepass")
        codes = np.frombuffer(self._data, np.uint8)
        ends = np.flatnonzero(_ENDS[codes])
        # What stands before each form; behind the last one is the end of the last paper.
        before = codes[ends[:-1]]
        self._starts, self._ends = ends[:-1] + 1, ends[1:]
        first = np.flatnonzero(before == _PAPER)
        self._counts = np.diff(np.concatenate((first, [len(before)])))
        papers = np.repeat(np.arange(len(values)), self._counts)
        steps = np.cumsum(_STEPS[before])
        self._places = (papers << PLACE_BITS) + steps - np.repeat(steps[first], self._counts)
        self._is_empty = self._starts[first] == self._ends[first]

    @property
    def lengths(self) -> Integers:
        """The number of forms of each paper."""
        lengths = self._counts.astype(np.int32)
        lengths[self._is_empty & (lengths == 1)] = 0
        return lengths

    def places(self, wanted: Iterable[str]) -> dict[str, Places]:
        """Return the places, ascending, of each form wanted that stands anywhere."""
        forms = list(dict.fromkeys(wanted))
        data = self._data + b"\0" * _FIRST_BYTES
        encoded = [form.encode("utf-8", "surrogatepass") for form in forms]
        own = b"".join(form[:_FIRST_BYTES].ljust(_FIRST_BYTES, b"\0") for form in encoded)
        may_be = np.zeros(1 << 16, np.bool_)
        may_be[_mixed(np.frombuffer(own, "<u4"))] = True
        lengths = np.minimum(self._ends - self._starts, _FIRST_BYTES)
        firsts: NDArray[np.uint32] = np.ndarray((len(self._data),), "<u4", data, strides=(1,))
        chosen = np.flatnonzero(may_be[_mixed(firsts[self._starts] & _MASKS[lengths])])
        bounds = zip(self._starts[chosen].tolist(), self._ends[chosen].tolist(), strict=True)
        known = {form: number for number, form in enumerate(encoded)}
        numbers = np.array([known.get(data[start:end], -1) for start, end in bounds], np.int64)
        order = np.argsort(numbers, kind="stable")
        cuts = np.searchsorted(numbers[order], np.arange(len(forms) + 1))
        ordered = self._places[chosen[order]]
        return {
            form: ordered[start:stop]
            for form, (start, stop) in zip(forms, pairwise(cuts.tolist()), strict=True)
            if stop > start
        }


def _mixed(firsts: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return numbers of 16 bits in which the first bytes of forms are mixed."""
    mixed: NDArray[np.uint32] = (firsts * _FACTOR) >> _SHIFT
    return mixed
