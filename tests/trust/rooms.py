"""The trials by name, in the order in which they run."""

from collections.abc import Mapping

from tests.trust import costs, crash, damage, fuzz, lifetimes, readers, soak
from tests.trust.trial import Trials

ROOMS: Mapping[str, Trials] = {
    "crash": crash.trials,
    "damage": damage.trials,
    "readers": readers.trials,
    "fuzz": fuzz.trials,
    "histories": lifetimes.trials,
    "soak": soak.trials,
    "costs": costs.trials,
}
