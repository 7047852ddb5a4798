"""Which faults hit a request: limits by target, page, number and whether a deletion was accepted."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from agent.simulator.scenario import Fault, Kind, Target

_LISTING = {Target.VOICE, Target.ACTIVITY}


@dataclass
class FaultCounts:
    """How often each fault, by its place in the scenario, could have happened and did."""

    seen: Counter[int] = field(default_factory=Counter)
    fired: Counter[int] = field(default_factory=Counter)

    def hitting(
        self, faults: tuple[Fault, ...], kinds: Collection[Kind], target: Target, page: int, *, deleted: bool
    ) -> Iterator[Fault]:
        """Those of `faults` of these `kinds` that hit this request now; counts them.

        Args:
            faults: the scenario's.
            kinds: the stage of the request being served.
            target: what kind of request it is.
            page: number of the listing page asked for, from 1.
            deleted: whether a deletion was accepted before.
        """
        for number, fault in enumerate(faults):
            if fault.kind not in kinds or not _aims_at(fault.on, target):
                continue
            if (fault.after_delete and not deleted) or page < fault.from_page:
                continue
            turn = self.seen[number] - fault.skip
            self.seen[number] += 1
            if turn < 0 or turn % fault.every:
                continue
            if fault.times is not None and self.fired[number] >= fault.times:
                continue
            self.fired[number] += 1
            yield fault


def _aims_at(aim: Target, target: Target) -> bool:
    return aim in (Target.ANY, target) or (aim is Target.LISTING and target in _LISTING)
