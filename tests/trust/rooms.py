"""The trials by name, in the order in which they run."""

from collections.abc import Mapping

from tests.trust import damage, readers
from tests.trust.trial import Trials

ROOMS: Mapping[str, Trials] = {
    "damage": damage.trials,
    "readers": readers.trials,
}
