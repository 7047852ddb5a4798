"""What the privacy page sends besides: clicks, beacons with a record's key, audio probes. Nothing goes by it.

That `is-audio-playable` exists and is asked before playing is known; its answer is not
(reference: `fetchAlexaActivity.py` of a public downloader, 2025-10). The others are made up.
"""

from agent.simulator import guard
from agent.simulator.call import Call
from agent.simulator.replies import HTML_TYPE, Reply, as_json

METRICS = "/alexa-privacy/apd/metrics"
BEACON = "/alexa-privacy/apd/telemetry/events"
PLAYABLE = "/alexa-privacy/apd/rvh/is-audio-playable"


def swallow(call: Call) -> Reply:
    """Takes anything from a live session and does nothing with it."""
    return guard.retail(call) or Reply(204, b"", HTML_TYPE)


def playable(call: Call) -> Reply:
    """`GET …/is-audio-playable?uid=`: whether there is sound."""
    refused = guard.retail(call)
    if refused is not None:
        return refused
    row = call.world.by_utterance(dict(call.query).get("uid", ""))
    return as_json({"audioPlayable": row is not None and row.has_audio(call.world.now())})
