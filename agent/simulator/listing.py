"""One page of a listing, and how a recording looks on each surface."""

from dataclasses import dataclass
from typing import Any

from agent.simulator.account import Person
from agent.simulator.paging import Cursor
from agent.simulator.recording import Recording, Surface
from agent.simulator.world import World

Row = dict[str, Any]
"""A JSON object."""


@dataclass
class Page:
    """A page before it is written out; faults may change it.

    `token` leads on, None on the last page. `again` leads to this same page.
    """

    surface: Surface
    start: int
    end: int
    cursor: Cursor | None
    rows: list[Row] | None
    token: Cursor | None
    again: Cursor
    last: tuple[int, int] | None
    no_data: bool = False


def page(world: World, surface: Surface, start: int, end: int, cursor: Cursor | None) -> Page:
    """The page below `cursor` (None: the newest) of the closed window [start, end] ms."""
    size = world.dials.page_size
    before = None if cursor is None else (cursor.at, cursor.number)
    found = world.page(surface, start, end, before, size + 1)
    shown = found[:size]
    number = 1 if cursor is None else cursor.page
    last = shown[-1][0] if shown else None
    more = last is not None and len(found) > size
    return Page(
        surface=surface,
        start=start,
        end=end,
        cursor=cursor,
        rows=[render(world, surface, row) for _, row in shown],
        token=Cursor(surface, number + 1, *last) if more and last is not None else None,
        again=cursor or Cursor(surface, 1, end, len(world.rows)),
        last=last,
    )


def render(world: World, surface: Surface, row: Recording) -> Row:
    """The row as its surface shows it now."""
    return _voice_row(world, row) if surface == "voice" else _activity_row(world, row)


def _voice_row(world: World, row: Recording) -> Row:
    """RVH v2: fields of alexa-remote2 debug logs (node-red issues 138, 142, 152) and smarthomej DTOs."""
    device = row.device_at(world.now())
    return {
        "recordKey": row.key,
        "recordType": "VOICE_HISTORY",
        "timestamp": row.at,
        "customerId": world.account.customer_id,
        "device": {"deviceName": world.named(device), "deviceEntityId": f"entity.{device.serial}"},
        "isBinaryFeedbackProvided": False,
        "isFeedbackPositive": False,
        "utteranceType": row.kind,
        "domain": "",
        "intent": "",
        "skillName": "",
        "voiceHistoryRecordItems": _items(world, row),
        "personsInfo": _persons(row.person),
        "cardResponse": None,
    }


def _activity_row(world: World, row: Recording) -> Row:
    """RAH: fields as aioamazondevices (2026-05 on) reads them; no full answer is publicly recorded."""
    device = row.device_at(world.now())
    name = world.named(device)
    info: Row = {"deviceName": name, "deviceSerialNumber": device.serial}
    shown: Row = {
        "recordType": "conversation" if row.sort == "conversation" else "utterance",
        "timestamp": row.at,
        "type": row.sort.upper(),
        "title": row.text,
        "subTitle": name,
        "intent": "InvokeRoutineIntent" if row.sort == "routine" else "",
        "domain": "",
        "personsInfo": _persons(row.person),
        "voiceHistoryRecordItems": _items(world, row),
    }
    if row.sort == "conversation":
        return {**shown, "deviceInfo": [info]}
    shown["deviceInfo"] = None if row.sort == "routine" else info
    return {**shown, "activityKey": row.key, "utteranceType": row.kind}


def _items(world: World, row: Recording) -> list[Row]:
    if row.sort != "utterance":
        return []
    ids = row.utterance_ids(world.now())
    utterance_id = ids[0] if ids else None
    asked, answered = row.item_keys()
    items = [
        _item("CUSTOMER_TRANSCRIPT", asked, utterance_id, row.at - 2, row.text),
        _item("ALEXA_RESPONSE", answered, utterance_id, row.at + 2, row.response),
    ]
    if row.person is not None:
        profile: Row = {**_item("PROFILE", None, None, 0, None), "agentVisualName": None}
        items.append({**profile, "personsInfo": _persons(row.person)})
    return items


def _item(kind: str, key: str | None, utterance_id: str | None, at: int, words: str | None) -> Row:
    return {
        "recordItemKey": key,
        "recordItemType": kind,
        "utteranceId": utterance_id,
        "timestamp": at,
        "transcriptText": words,
        "agentVisualName": "",
        "personsInfo": [],
    }


def _persons(person: Person | None) -> list[dict[str, str]]:
    return [] if person is None else [person.as_json()]
