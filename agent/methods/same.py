"""Whether a rendered request is the captured one, part by part. Pure. Says where it differs, never how."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.alexa.exchange import Outgoing
from agent.errors import UnexplainedError
from agent.methods.har import Exchange
from agent.methods.request import Request, take_apart


def difference(outgoing: Outgoing, captured: Request) -> str | None:
    """The first place where the two differ, None where they are the same.

    JSON is compared as values and by the order of its members, forms and multipart by their fields.
    """
    ours = _again(outgoing)
    if ours is None:
        return "body"
    parts: tuple[tuple[str, Callable[[Request], Any]], ...] = (
        ("method", lambda each: each.method),
        ("path", lambda each: each.path),
        ("query", lambda each: each.query),
        ("headers", lambda each: dict(each.headers)),
        ("the anti-CSRF header", lambda each: each.csrf),
        ("the kind of body", lambda each: each.kind),
        ("content type", lambda each: each.content_type),
        (
            "body",
            lambda each: json.dumps(each.body),
        ),  # text, so that 1 and true and the order of members differ
    )
    return next((place for place, part in parts if part(ours) != part(captured)), None)


def _again(outgoing: Outgoing) -> Request | None:
    """Our own request, read the way a captured one is."""
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    exchange = Exchange(
        started=0,
        ended=0,
        method=outgoing.method,
        host="",
        path=outgoing.path,
        query=outgoing.query,
        headers=headers,
        cookies=(),
        content_type=outgoing.content_type or "",
        body=outgoing.body,
        body_cut=False,
        kind="",
        status=0,
        answer_headers={},
        answer=None,
        answer_cut=False,
    )
    try:
        return replace(take_apart(exchange), csrf=outgoing.csrf)
    except UnexplainedError:
        return None
