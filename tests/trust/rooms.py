"""The trials by name, in the order in which they run."""

from collections.abc import Mapping

from tests.trust import fuzz, readers
from tests.trust.trial import Trials

ROOMS: Mapping[str, Trials] = {
    "readers": readers.trials,
    "fuzz": fuzz.trials,
}
