"""Which recordings the names in a delete request mean, and whether they are named as the page would."""

from collections.abc import Sequence

from agent.simulator.axes import Company, Place
from agent.simulator.recording import Recording
from agent.simulator.wire import Named
from agent.simulator.world import World


def keys_of(world: World, records: Sequence[Named]) -> list[str] | None:
    """Keys of the records that were named; None where the page would not have named them so.

    A key of this account that names nothing is passed on: asking twice is no mistake.
    """
    axes = world.shape.axes
    if axes.place in (Place.ITEMS, Place.UTTERANCES):
        keys = _keys_of_parts(world, records)
    else:
        keys = _whole_keys(world, records)
        if axes.company is Company.PARTS and not all(_parts_fit(world, each) for each in records):
            return None
    if keys is None or not 1 <= len(keys) <= axes.batch or len(set(keys)) != len(keys):
        return None
    return keys


def _whole_keys(world: World, records: Sequence[Named]) -> list[str] | None:
    ours = world.account.customer_id
    keys = [ours + each.key if each.key.startswith("#") else each.key for each in records]
    return keys if all(key.startswith(ours + "#") for key in keys) else None


def _keys_of_parts(world: World, records: Sequence[Named]) -> list[str] | None:
    """Rows all of whose parts were named; None where a part is missing, unknown or named twice."""
    named = [part for each in records for part in (*each.item_keys, *each.utterance_ids)]
    by_items = world.shape.axes.place is Place.ITEMS
    rows = {part: row for part in named if (row := _row_of(world, part, by_items=by_items)) is not None}
    found = {row.key: row for row in rows.values()}
    wanted = [
        part for row in found.values() for part in (row.item_keys() if by_items else [row.utterance_id])
    ]
    return list(found) if len(rows) == len(named) and sorted(wanted) == sorted(named) else None


def _row_of(world: World, part: str, *, by_items: bool) -> Recording | None:
    if not by_items:
        return world.by_utterance(part)
    stamp, *rest = part.split("#")
    if len(rest) != 3:  # noqa: PLR2004 - type, serial, moment of the item
        return None
    row = world.by_key("#".join((world.account.customer_id, stamp, *rest[:2])))
    return row if row is not None and part in row.item_keys() else None


def _parts_fit(world: World, record: Named) -> bool:
    """Whether a record came with exactly the parts its listing shows."""
    row = world.by_key(record.key)
    if row is None:
        return True
    ids = row.utterance_ids(world.now()) if row.visible_anywhere(world.now()) else list(record.utterance_ids)
    return sorted(record.item_keys) == sorted(row.item_keys()) and set(record.utterance_ids) == set(ids)
