"""Which fault befalls which request."""

from dataclasses import dataclass
from typing import get_args

from synth_pipeline.mock.account import Arrival
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.plan import Fault, Unbilled

UNBILLED = frozenset(get_args(Unbilled))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The faults of a plan; a try of some content meets the same fault however often the whole is repeated."""

    faults: tuple[Fault, ...]
    seed: int

    def fault(self, arrival: Arrival, text: str) -> Fault | None:
        for place, fault in enumerate(self.faults):
            if self._due(fault, arrival) and (fault.holding is None or fault.holding in text):
                lot = Draws(self.seed, "fault", place, arrival.content, arrival.tries)
                if fault.share >= 1 or lot.share() < fault.share:
                    return fault
        return None

    @staticmethod
    def _due(fault: Fault, arrival: Arrival) -> bool:
        return (
            fault.first <= arrival.number <= (fault.last or arrival.number)
            and (fault.every is None or arrival.number % fault.every == 0)
            and (fault.tries is None or arrival.tries <= fault.tries)
        )
