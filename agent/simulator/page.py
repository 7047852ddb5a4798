"""The privacy page: a real page with working Delete buttons.

Its script does what this practice cloud's shape says, from the same template the server matches against.
"""

import json
from html import escape

from agent.simulator import guard
from agent.simulator.call import Call
from agent.simulator.page_fill import FILL
from agent.simulator.page_script import SCRIPT
from agent.simulator.replies import HTML_TYPE, Reply, forbidden
from agent.simulator.shapes import Shape
from agent.simulator.telemetry import BEACON, METRICS, PLAYABLE

_NOISE = {"metrics": METRICS, "telemetry": BEACON, "playable": PLAYABLE}
_LISTINGS = {
    "voice": {
        "path": "/alexa-privacy/apd/rvh/customer-history-records-v2",
        "rows": "customerHistoryRecords",
        "key": "recordKey",
        "token": "encodedRequestToken",
    },
    "activity": {
        "path": "/alexa-privacy/apd/rah/alexa-history-records-v2",
        "rows": "alexaHistoryRecords",
        "key": "activityKey",
        "token": "paginationToken",
    },
}


def voice_page(call: Call) -> Reply:
    """`GET /alexa-privacy/apd/rvh`."""
    return _page(call, "voice")


def activity_page(call: Call) -> Reply:
    """`GET /alexa-privacy/apd/activity`."""
    return _page(call, "activity")


def _page(call: Call, surface: str) -> Reply:
    refused = guard.retail(call)
    if refused is not None or call.session is None:
        return refused or forbidden()
    world, axes = call.world, call.world.shape.axes
    token = world.sessions.anti_csrf(call.session, world.now())
    facts = {"listing": _LISTINGS[surface], "delete": _delete(world.shape), "now": world.said_now()}
    facts["noise"] = {"beacon": axes.beacon.value, "chatter": axes.chatter.value, **_NOISE}
    page = _HTML.format(
        # alexa-remote2 8.1.1 looks for exactly this order of the attributes
        token=escape(token),
        facts=json.dumps(facts).replace("<", "\\u003c"),
        script=FILL + SCRIPT,
    )
    return Reply(200, page.encode(), HTML_TYPE, (("cache-control", "no-store"),))


def _delete(shape: Shape) -> dict[str, object]:
    """What the script needs to know to ask for a deletion."""
    steps = [
        {
            "method": each.method,
            "path": each.path,
            "query": each.query,
            "type": each.content_type,
            "json": each.json,
            "form": each.form,
            "header": each.header,
            "headers": each.headers,
            "ticket": each.ticket,
        }
        for each in shape.templates
    ]
    return {"scope": shape.scope.value, "batch": shape.batch, "steps": steps}


_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="csrf-token" content="{token}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Review Voice History (practice)</title></head>
<body><main><h1>Review Voice History</h1>
<p>Practice cloud. Nothing here is Amazon's.</p>
<p><button id="delete-selected" type="button">Delete Selected Recordings</button>
<button id="delete-all" type="button">Delete All Recordings</button>
<button id="show-more" type="button">Show more</button> <span id="state" role="status"></span></p>
<ul id="rows" aria-label="Recordings"></ul></main>
<script type="application/json" id="facts">{facts}</script>
<script>{script}</script>
</body></html>
"""
