"""Commands sent as text to an Echo (`POST /api/behaviors/preview`), and what it makes of a deletion phrase.

The request is that of alexa-remote2 8.1.1, alexapy 1.33.0 and aioamazondevices 17.2.3 (2026). What a deletion
phrase does when it comes as text is in no public source; here it does what it does when it is spoken.
"""

import json
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.simulator import effects, guard
from agent.simulator.account import Device
from agent.simulator.call import Call
from agent.simulator.recording import Recording
from agent.simulator.replies import HTML_TYPE, Reply, as_json, forbidden
from agent.simulator.world import Asked, World

SKILL = "amzn1.ask.1p.tellalexa"
_FIELDS = ("deviceType", "deviceSerialNumber", "locale", "customerId", "text")

# By the language the Echo speaks: words, and how many days ago they mean (guides of 2019 to 2026).
UNDERSTOOD: dict[str, dict[str, int]] = {
    "en": {"delete everything i said today": 0},
    "de": {"lösche alles, was ich heute gesagt habe": 0, "lösche, was ich gestern gesagt habe": 1},
    "it": {"cancella tutto quello che ho detto oggi": 0},
    "ja": {"今日話しかけた言葉を消去して": 0},
}


def preview(call: Call) -> Reply:
    """Takes commands; an empty 200 says they were taken, not that anybody heard them."""
    refused = guard.alexa(call)
    if refused is not None:
        return refused
    if call.session is None or call.headers.get("csrf") != call.session.csrf:
        return forbidden()
    payload = _payload(call.json)
    if payload is None:
        return as_json({"message": "Invalid request"}, 400)
    world = call.world
    own = payload["customerId"] == world.account.customer_id
    for device in world.account.devices:
        if device.serial == payload["deviceSerialNumber"] and online(world, device) and own:
            _hear(world, device, payload["text"])
    return Reply(200, b"", HTML_TYPE)


def online(world: World, device: Device) -> bool:
    """Whether the Echo would hear anything now."""
    return device.online and device.name not in world.dials.offline


def _payload(body: Any) -> dict[str, str] | None:  # noqa: ANN401 - whatever was sent
    """What the one text command says; None for a request of another form."""
    try:
        fits = body["behaviorId"] == "PREVIEW" and body["status"] == "ENABLED"
        node = json.loads(body["sequenceJson"])["startNode"]
        inner = node.get("nodesToExecute")
        node = inner[0] if inner else node
        payload = node["operationPayload"]
        skill = node.get("skillId", payload.get("skillId"))
        fits = fits and node["type"] == "Alexa.TextCommand" and skill == SKILL
    except (TypeError, KeyError, IndexError, ValueError, AttributeError, RecursionError):
        return None
    if not fits or not all(isinstance(payload.get(name), str) for name in _FIELDS):
        return None
    return dict(payload)


def _hear(world: World, device: Device, text: str) -> None:
    """The Echo carries it out, and what it heard becomes a row of its own."""
    days_ago = UNDERSTOOD.get(world.account.locale[:2], {}).get(text.strip().lower())
    if days_ago is not None and world.dials.deletion_by_voice:
        rows = _day(world, days_ago)
        world.asked.append(Asked(world.now(), "phrase", "day", [row.key for row in rows if row.key]))
        effects.carry_out(world, rows)
    own = world.speak(text, device.name)
    own.appears = world.now() + world.dials.command_row_after_ms


def _day(world: World, days_ago: int) -> list[Recording]:
    """What was said on a day by the Echo's clock, until now."""
    zone = ZoneInfo(world.dials.device_zone)
    today = datetime.fromtimestamp(world.said_now() / 1000, zone).date()
    days = (today + timedelta(days=shift) for shift in (-days_ago, 1 - days_ago))
    ends = [datetime.combine(day, time.min, zone).timestamp() * 1000 for day in days]
    return [row for row in world.rows if ends[0] <= row.at < ends[1] and row.at <= world.said_now()]
