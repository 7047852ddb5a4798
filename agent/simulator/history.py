"""The voice history: both living listings, the dead ones, and audio."""

import re

from agent.simulator import faults, guard, listing
from agent.simulator.call import Call
from agent.simulator.listing import Page
from agent.simulator.recording import Surface
from agent.simulator.replies import Reply, as_json, not_found

_MS = re.compile(r"-?[0-9]{1,16}")
_MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00practice"


def voice(call: Call) -> Reply:
    """`POST …/rvh/customer-history-records-v2` (as alexapy 1.33.0 and alexa-remote2 8.1.1 ask)."""
    found = _asked(call, "voice")
    if isinstance(found, Reply):
        return found
    return as_json(
        {
            "customerHistoryRecords": found.rows,
            "encodedRequestToken": _token(call, found),
            "noDataFoundWithinTimeLimit": found.no_data,
            "lastRecordTimestamp": None,
            "voiceProfileAssociatedWithPerson": False,
        }
    )


def activity(call: Call) -> Reply:
    """`POST …/rah/alexa-history-records-v2` (as aioamazondevices asks since 2026-05)."""
    found = _asked(call, "activity")
    if isinstance(found, Reply):
        return found
    answer: dict[str, object] = {"alexaHistoryRecords": found.rows, "paginationToken": _token(call, found)}
    if found.no_data:
        answer["noDataFoundWithinTimeLimit"] = True
    return as_json(answer)


def audio(call: Call) -> Reply:
    """`GET …/rvh/audio?uid=`: the sound while it is there, then 404 (that status is inferred)."""
    refused = guard.retail(call)
    if refused is not None:
        return refused
    row = call.world.by_utterance(dict(call.query).get("uid", ""))
    if row is None or not row.has_audio(call.world.now()):
        return not_found()
    return Reply(200, _MP3, "audio/mpeg")


def dead(_call: Call) -> Reply:
    """A retired endpoint (RVH v1 since 2024-01-24, `/api/activities` since 2023-10-25) or unknown path."""
    return not_found()


def _asked(call: Call, surface: Surface) -> Page | Reply:
    """The page asked for, or why there is none."""
    refused = guard.privacy(call)
    if refused is not None:
        return refused
    query = dict(call.query)
    window = query.get("startTime", ""), query.get("endTime", "")
    given = call.json
    if not isinstance(given, dict) or not all(_MS.fullmatch(each) for each in window):
        return _invalid()
    if given.get("previousRequestToken") and call.cursor is None:
        return _invalid()
    start, end = (int(each) for each in window)
    if call.domain != call.world.account.domain:  # another marketplace: silently nothing there
        start, end = 1, 0
    found = listing.page(call.world, surface, start, end, call.cursor)
    faults.on_page(call, found)
    return found


def _token(call: Call, found: Page) -> str | None:
    return None if found.token is None else found.token.token(call.world.sessions.secret)


def _invalid() -> Reply:
    return as_json({"message": "Invalid request"}, 400)
