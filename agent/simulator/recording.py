"""One recording as Amazon keeps it: what was said, and when it can be seen where."""

from dataclasses import dataclass, field
from typing import Literal

from agent.simulator.account import Device, Person

Surface = Literal["voice", "activity"]
SURFACES: tuple[Surface, ...] = ("voice", "activity")

Sort = Literal["utterance", "routine", "conversation"]
"""Routines and conversations stand on the activity surface only; a conversation has no key."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Not visible from `since` until `until` (ms UTC, None: for good)."""

    since: int
    until: int | None = None

    def covers(self, now: int) -> bool:
        """Whether `now` lies in it."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(slots=True)
class Recording:
    """A row of the history. Only the practice cloud changes it, through `agent.simulator.effects`.

    Attributes:
        key: `customer#ms#type#serial`, or "" for a conversation.
        at: when it was spoken, ms UTC.
        muted_from: from then on its audio and utterance ids are gone while its text stays.
        shown_device: (since, device) when it changed its device.
    """

    key: str
    at: int
    device: Device
    sort: Sort
    kind: str
    text: str
    response: str
    utterance_id: str
    person: Person | None = None
    hidden: dict[Surface, Hidden] = field(default_factory=dict)
    appears: int = 0
    muted_from: int | None = None
    shown_device: tuple[int, Device] | None = None

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """Where a row of this sort ever stands."""
        return SURFACES if self.sort == "utterance" else ("activity",)

    def visible(self, surface: Surface, now: int) -> bool:
        """Whether a listing of `surface` shows it at `now`."""
        if now < self.appears:
            return False
        gap = self.hidden.get(surface)
        return gap is None or not gap.covers(now)

    def visible_anywhere(self, now: int) -> bool:
        """Whether any surface shows it at `now`."""
        return any(self.visible(surface, now) for surface in self.surfaces)

    def has_audio(self, now: int) -> bool:
        """Whether its audio is still served at `now`."""
        if self.sort != "utterance" or not self.visible_anywhere(now):
            return False
        return self.muted_from is None or now < self.muted_from

    def device_at(self, now: int) -> Device:
        """The device it is shown with at `now`."""
        if self.shown_device is not None and self.shown_device[0] <= now:
            return self.shown_device[1]
        return self.device

    def item_keys(self) -> list[str]:
        """Keys of its parts; the form is that of debug logs of alexa-remote2 (2023-09)."""
        if self.sort != "utterance":
            return []
        _, stamp, kind, serial = self.key.split("#")
        return [f"{stamp}#{kind}#{serial}#{self.at + shift}-{n}" for shift, n in ((-2, 0), (2, 2))]

    def utterance_ids(self, now: int) -> list[str]:
        """Ids of its audio that are still shown at `now`."""
        return [self.utterance_id] if self.has_audio(now) else []
