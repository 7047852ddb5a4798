"""`voicepurge doctor`: what would fail tonight."""

import os
from collections import Counter

from agent import settings
from agent.cli import words
from agent.cli.exit_codes import worst
from agent.cli.output import Output
from agent.cli.status_facts import living
from agent.clock import SystemClock
from agent.doctor.examine import examine
from agent.doctor.finding import Finding, Level

_MARKS = {Level.OK: "ok", Level.WARNING: "warning", Level.FAILS: "FAILS", Level.UNKNOWN: "unknown"}
_WIDTH = max(map(len, _MARKS.values()))


def diagnose(output: Output, account: str | None) -> int:
    """Checks everything a run tonight needs; repairs nothing and writes nothing but a renewed sign-in.

    Returns:
        The worst of the findings; 0 when nothing would fail. What could not be looked at is 75.

    Raises:
        ConfigError, NoPermissionError: the configuration cannot be used.
        UsageError: no such account.
    """
    clock = SystemClock()
    runtime = settings.runtime_directory(settings.find(output.config, os.environ), os.environ)
    found: list[Finding] = []
    for one in examine(output.config, account, lambda: living(runtime, clock.now()), os.environ, clock):
        found.append(one)
        if not output.json:
            _print(output, one)
    code = worst(one.exit_code for one in found)
    if output.json:
        at = words.iso(clock.now())
        output.document({"at": at, "exit_code": code, "findings": [_as_json(one) for one in found]})
    else:
        output.say(_summary(found))
    return code


def _print(output: Output, one: Finding) -> None:
    mark = "[practice] " if one.practice else ""
    whose = f"{mark}{one.account}: " if one.account is not None else ""
    output.data(f"{_MARKS[one.level]:{_WIDTH}}  {whose}{one.name}: {one.what}")
    if one.next_step:
        output.data(f"{'':{_WIDTH}}  Next: {one.next_step}")


def _summary(found: list[Finding]) -> str:
    levels = Counter(one.level for one in found)
    parts = [
        f"{levels[level]} {what}"
        for level, what in (
            (Level.FAILS, "would fail tonight"),
            (Level.UNKNOWN, "could not be looked at"),
            (Level.WARNING, "to know of"),
        )
        if levels[level]
    ]
    if not levels[Level.FAILS] and not levels[Level.UNKNOWN]:
        parts.insert(0, "nothing would fail tonight")
    text = ", ".join(parts)
    return f"{len(found)} checks: {text}."


def _as_json(one: Finding) -> dict[str, object]:
    return {
        "check": one.name,
        "account": one.account,
        "practice": one.practice,
        "level": one.level.value,
        "what": one.what,
        "next": one.next_step or None,
        "exit_code": one.exit_code,
    }
