"""The trials by name, in the order in which they run."""

from collections.abc import Mapping

from tests.trust import crash, readers, soak
from tests.trust.trial import Trials

ROOMS: Mapping[str, Trials] = {
    "crash": crash.trials,
    "readers": readers.trials,
    "soak": soak.trials,
}
