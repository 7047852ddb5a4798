"""What the running service says of itself in `status.json`, read back. Pure.

The file is no history and may be damaged, old, or left behind by a service that was killed: what cannot
be read says nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FRESH_MS: Final = 5 * 60_000
"""A living service writes at each heartbeat, once a minute; the watchdog ends one that does not."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What the service is about to do for one account. Times in ms UTC, None where there is none.

    `error` says what keeps the account from being served, `todo` what to do about it; "" where nothing does.
    """

    slot: str = ""
    at: int | None = None
    running: int | None = None
    retry_at: int | None = None
    error: str = ""
    todo: str = ""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel does, since when; `error` is one of our own words."""

    ok: bool
    since: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An edit of the configuration that is not in force: since when, and every problem with its place."""

    since: int | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """The service as it said at `at` (ms UTC)."""

    pid: int
    started: int
    at: int
    config: str = ""
    applied: int | None = None
    refused: Refused | None = None
    accounts: Mapping[str, Planned] = field(default_factory=dict)
    channels: Mapping[str, ChannelState] = field(default_factory=dict)

    def fresh(self, now: int) -> bool:
        """Whether it spoke lately."""
        return now - self.at <= FRESH_MS


def parse(text: str) -> Service | None:
    """What the text of `status.json` says; None when it is not such a text."""
    try:
        return _service(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _service(raw: Mapping[str, Any]) -> Service | None:
    if raw["v"] != 1:
        return None
    config = raw.get("config") or {}
    problem = config.get("problem")
    return Service(
        pid=_number(raw["pid"]),
        started=_number(raw["started"]),
        at=_number(raw["at"]),
        config=str(config.get("hash") or ""),
        applied=_maybe(config.get("applied")),
        refused=Refused(_maybe(problem.get("since")), tuple(map(str, problem.get("problems") or ())))
        if problem
        else None,
        accounts={str(name): _planned(one) for name, one in (raw.get("accounts") or {}).items()},
        channels={
            str(label): ChannelState(
                one.get("ok") is True, _maybe(one.get("since")), str(one.get("error") or "")
            )
            for label, one in (raw.get("channels") or {}).items()
        },
    )


def _planned(raw: Mapping[str, Any]) -> Planned:
    following, error = raw.get("next") or {}, raw.get("error") or {}
    return Planned(
        str(following.get("slot") or ""),
        _maybe(following.get("at")),
        _maybe(raw.get("running")),
        _maybe(raw.get("retry_at")),
        str(error.get("message") or ""),
        str(error.get("next") or ""),
    )


def _number(value: object) -> int:
    if type(value) is not int:
        raise ValueError("not a number")
    return value


def _maybe(value: object) -> int | None:
    return None if value is None else _number(value)
