"""What an accepted deletion really does. Each effect is one small function over the rows that were named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.simulator.recording import Hidden, Recording, Surface
from agent.simulator.scenario import Effect
from agent.simulator.world import World


@dataclass(frozen=True, slots=True)
class Timing:
    """When a deletion shows and when it is undone, ms UTC."""

    since: int
    until: int | None


def carry_out(world: World, targets: Sequence[Recording]) -> None:
    """Lets one accepted deletion of `targets` take its effect, and whatever else the dials add."""
    dials = world.dials
    since = world.now() + dials.delay_until_gone_ms
    until = None if dials.reappear_after_ms is None else since + dials.reappear_after_ms
    timing = Timing(since, until)
    EFFECTS[dials.effect](world, [row for row in targets if row.visible_anywhere(world.now())], timing)
    if world.accepted == world.accepted_before:
        _side_effects(world, targets, timing)
    world.accepted += 1


def _hide(world: World, row: Recording, timing: Timing, surfaces: Sequence[Surface]) -> None:
    for surface in surfaces:
        gap = row.hidden.get(surface)
        if gap is not None and (gap.until is None or world.now() < gap.until):
            continue  # asked for before: asking again changes nothing
        row.hidden[surface] = Hidden(timing.since, timing.until)
        world.note("gone", row, surface, timing.since)
        if timing.until is not None:
            world.note("back", row, surface, timing.until)


def _honest(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    for row in rows:
        _hide(world, row, timing, row.surfaces)


def _nothing(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    """The answer was friendly."""


def _half(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    _honest(world, sorted(rows, key=lambda row: row.at)[::2], timing)


def _text_survives(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    for row in rows:
        if row.muted_from is None:
            row.muted_from = timing.since
            world.note("audio_gone", row, "", timing.since)


def _voice_only(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    for row in rows:
        _hide(world, row, timing, [each for each in row.surfaces if each == "voice"])


def _replace_row(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    for row in rows:
        _hide(world, row, timing, row.surfaces)
        if not row.key:
            continue
        customer, _, kind, serial = row.key.split("#")
        at = row.at + 1
        while world.by_key(f"{customer}#{at}#{kind}#{serial}") is not None:
            at += 1
        twin = replace(row, key=f"{customer}#{at}#{kind}#{serial}", at=at, hidden={}, appears=timing.since)
        twin.utterance_id = row.utterance_id[:-1] + "1"
        world.add(twin)
        world.note("replaced_by", twin, "", timing.since)


def _move_row(world: World, rows: Sequence[Recording], timing: Timing) -> None:
    device = world.device(world.dials.move_to)
    for row in rows:
        row.shown_device = (timing.since, device)
        world.note("moved", row, "", timing.since)


EFFECTS: dict[Effect, Callable[[World, Sequence[Recording], Timing], None]] = {
    Effect.HONEST: _honest,
    Effect.NOTHING: _nothing,
    Effect.HALF: _half,
    Effect.TEXT_SURVIVES: _text_survives,
    Effect.VOICE_ONLY: _voice_only,
    Effect.REPLACE_ROW: _replace_row,
    Effect.MOVE_ROW: _move_row,
}


def _side_effects(world: World, targets: Sequence[Recording], timing: Timing) -> None:
    """Rows nobody named that vanish or move with the first deletion."""
    dials = world.dials
    _honest(world, _bystanders(world, targets, dials.over_delete, dials.over_delete_device), timing)
    _move_row(world, _bystanders(world, targets, dials.move_kept, None), timing)


def _bystanders(
    world: World, targets: Sequence[Recording], count: int, device: str | None
) -> Sequence[Recording]:
    """The newest `count` keyed rows that were not named; of one device where it is given."""
    named, now = {id(row) for row in targets}, world.now()
    others = (
        row
        for row in sorted(world.rows, key=lambda row: -row.at)
        if row.key and id(row) not in named and row.visible_anywhere(now)
        if device is None or row.device.name == device
    )
    return [row for row, _ in zip(others, range(count), strict=False)]
