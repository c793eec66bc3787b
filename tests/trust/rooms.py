"""The trials by name, in the order in which they run."""

from collections.abc import Iterator, Mapping

from tests.trust import connections, costs, crash, damage, fuzz, lifetimes, readers, soak
from tests.trust.trial import Outcome, Trials


def _histories(seed: int, share: float) -> Iterator[Outcome]:
    yield from lifetimes.trials(seed, share)
    yield from connections.trials(seed, share)


ROOMS: Mapping[str, Trials] = {
    "crash": crash.trials,
    "damage": damage.trials,
    "readers": readers.trials,
    "fuzz": fuzz.trials,
    "histories": _histories,
    "soak": soak.trials,
    "costs": costs.trials,
}
