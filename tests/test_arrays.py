"""Functions on arrays, against what Python does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.segments.arrays import stable_order
from tests.made_segments import law


@law
@given(st.lists(st.integers(0, 2**31 - 1)), st.integers(0, 2**31 - 1))
def test_the_radix_sort_is_stable(numbers: list[int], largest: int) -> None:
    array = np.array([number % (largest + 1) for number in numbers], np.int32)
    order = stable_order(array)
    assert order.tolist() == sorted(range(len(array)), key=lambda at: array[at])
