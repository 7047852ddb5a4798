"""`/_practice/…`: what tests ask and steer. No such thing exists on Amazon's side."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agent.errors import UsageError
from agent.simulator.call import Call
from agent.simulator.recording import SURFACES
from agent.simulator.replies import Reply, as_json
from agent.simulator.world import World


def truth(world: World) -> dict[str, Any]:
    """What really remains and everything that was asked.

    Keys: `now` (ms UTC), `surfaces` (visible keys by surface, newest last), `keyless` (moments of
    visible rows without a key), `texts` (words by key, still visible somewhere), `audio` (keys whose
    audio is served), `requested` (keys named in accepted deletions, in order), `deletions` (each
    accepted deletion), `requests` (count by `METHOD host path`), `mutations` (every change and from
    when it shows), `accepted` (a count), `devices` (serials that are registered), `dials`, `shape`.
    """
    with world.lock:
        now = world.now()
        seen = [row for row in world.rows if row.visible_anywhere(now)]
        return {
            "now": now,
            "surfaces": {
                surface: [
                    row.key
                    for row in seen
                    if row.key and surface in row.surfaces and row.visible(surface, now)
                ]
                for surface in SURFACES
            },
            "keyless": [row.at for row in seen if not row.key],
            "texts": {row.key: row.text for row in seen if row.key and row.text},
            "audio": [row.key for row in seen if row.has_audio(now)],
            "requested": [key for each in world.asked for key in each.keys],
            "deletions": [asdict(each) for each in world.asked],
            "requests": dict(world.requests),
            "mutations": [asdict(each) for each in world.mutations],
            "accepted": world.accepted,
            "devices": world.enrolments.serials(),
            "dials": world.dials.model_dump(mode="json"),
            "shape": world.shape.name,
        }


def turn(world: World, fields: Mapping[str, object]) -> None:
    """Changes some dials; faults begin to count anew.

    Raises:
        UsageError: unknown dials or wrong values; nothing is changed then.
    """
    with world.lock:
        world.turn(world.dials.changed(fields))


def show_truth(call: Call) -> Reply:
    """`GET /_practice/truth`."""
    return as_json(truth(call.world))


def advance(call: Call) -> Reply:
    """`POST /_practice/advance {"ms": n}`."""
    ms = _given(call).get("ms")
    if type(ms) is not int or ms < 0:
        return as_json({"error": "ms must be a whole number, 0 or more"}, 400)
    call.world.clock.advance(ms)
    return as_json({"now": call.world.now()})


def change_dials(call: Call) -> Reply:
    """`POST /_practice/dials {…}`: the given dials change, the others stay."""
    try:
        turn(call.world, _given(call))
    except UsageError as error:
        return as_json({"error": error.message}, 400)
    return as_json(call.world.dials.model_dump(mode="json"))


def say(call: Call) -> Reply:
    """`POST /_practice/say {"text": "…", "device": "Kitchen", "ago_ms": 0}`, all optional."""
    given = _given(call)
    text, device, ago = given.get("text"), given.get("device"), given.get("ago_ms", 0)
    strings = all(each is None or isinstance(each, str) for each in (text, device))
    if not strings or type(ago) is not int or ago < 0:
        return as_json({"error": "text and device are strings, ago_ms a whole number"}, 400)
    row = call.world.speak(text, device, ago)
    return as_json({"key": row.key, "at": row.at})


def _given(call: Call) -> dict[str, Any]:
    return call.json if isinstance(call.json, dict) else {}
