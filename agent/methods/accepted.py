"""What an accepted answer looks like, as far as one capture can tell. Pure."""

import json
from typing import Any

from agent.methods.har import Exchange

_YES = ("success", "succeeded", "successful", "ok", "deleted", "accepted")
_WORDS = frozenset({"SUCCESS", "SUCCEEDED", "OK", "ACCEPTED", "DELETED", "DONE", "COMPLETED"})
_STATED = ("status", "result", "state", "outcome")


def answer_of(exchange: Exchange) -> dict[str, Any]:
    """The `answer` of a recipe: the status, and a member at the top that plainly says yes.

    Nothing deeper and nothing vaguer: an answer proves nothing, and a strict one would only break sooner.
    """
    made: dict[str, Any] = {"status": [exchange.status]}
    if exchange.answer_type in ("text/html", "application/xhtml+xml") and exchange.answer:
        return {**made, "page": True}
    try:
        value = json.loads(exchange.answer or b"")
    except (ValueError, RecursionError):
        return made
    for name, inner in value.items() if isinstance(value, dict) else ():
        says_yes = name.lower() in _YES and inner is True
        states_yes = name.lower() in _STATED and isinstance(inner, str) and inner.upper() in _WORDS
        if (says_yes or states_yes) and name.isalnum():
            return {**made, "json": f"/{name}", "equals": inner}
    return made
