"""The trials by name, in the order in which they run."""

from collections.abc import Mapping

from tests.trust import readers
from tests.trust.trial import Trials

ROOMS: Mapping[str, Trials] = {
    "readers": readers.trials,
}
