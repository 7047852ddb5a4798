"""What one value of the file cannot know about another.

Works on the plain data, so that these problems show beside those of single values and not only after
them. A value that is wrong in itself is passed over here: `explain` has said so already.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from itertools import pairwise

from agent.settings import cron, duration
from agent.settings.problem import Path, RefusedError

A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)
LEAST_EVERY = timedelta(minutes=15)
LEAST_RECHECK = timedelta(seconds=30)
LEAST_RUN = timedelta(minutes=1)
PRACTICE_EVERY = timedelta(minutes=1)
MOST_REQUESTS = 10
"""Requests a second at Amazon's side; a practice cloud takes more."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule. `at_key`: the key is what is wrong, not its value."""

    path: Path
    message: str
    proposal: str = ""
    at_key: bool = False


def breaches(data: Mapping[str, object], marketplaces: frozenset[str]) -> Iterator[Breach]:
    """Every broken rule of a whole file."""
    accounts = _section(data, "accounts")
    named = [(name, account) for name, account in accounts.items() if isinstance(account, Mapping)]
    for name, account in named:
        path: Path = ("accounts", name)
        practice = "practice" in account
        yield from _marketplace(path, account, marketplaces)
        if isinstance(account.get("schedule"), Mapping):
            yield from _schedule((*path, "schedule"), _section(account, "schedule"), practice=practice)
        yield from _jitter(path, account)
    only_practice = bool(named) and all("practice" in account for _, account in named)
    yield from _recheck(_section(data, "verify"), only_practice=only_practice)
    if not only_practice:
        yield from _limits(_section(data, "limits"))
    yield from _credentials(_section(data, "credentials"))


def _section(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}


def _length(value: object) -> timedelta | None:
    try:
        return duration.parse(value)
    except RefusedError:
        return None


def _marketplace(path: Path, account: Mapping[str, object], known: frozenset[str]) -> Iterator[Breach]:
    value = account.get("marketplace")
    if isinstance(value, str) and value not in known:
        near = get_close_matches(value[:64], sorted(known), n=1)
        proposal = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(known))}"
        yield Breach((*path, "marketplace"), "is no marketplace we know", proposal)


def _schedule(path: Path, schedule: Mapping[str, object], *, practice: bool) -> Iterator[Breach]:
    ways = [key for key in schedule if key in {"every", "at", "cron"}]
    for surplus in ways[1:]:
        message = "a second way to say when"
        yield Breach((*path, surplus), message, "keep one of every, at, cron", at_key=True)
    if not ways and "days" in schedule:
        yield Breach((*path, "days"), "says on which days, but not when", 'add at: "03:10"', at_key=True)
    elif not ways and not schedule:
        yield Breach(path, "does not say when", "{every: 6h}")
    elif "days" in schedule and "at" not in ways:
        yield Breach((*path, "days"), "goes with `at` only", "remove it", at_key=True)
    least = PRACTICE_EVERY if practice else LEAST_EVERY
    yield from _every((*path, "every"), _length(schedule.get("every")), least)
    yield from _cron((*path, "cron"), schedule.get("cron"), least)


def _every(path: Path, every: timedelta | None, least: timedelta) -> Iterator[Breach]:
    if every is None:
        return
    if every < least:
        yield Breach(path, "is too often", f"at least {duration.show(least)}")
    elif every % A_MINUTE:
        yield Breach(path, "is not whole minutes", _near_divisors(every, least))
    elif A_DAY % every and every % A_DAY:
        yield Breach(path, "neither divides a day nor is whole days", _near_divisors(every, least))


def _near_divisors(every: timedelta, least: timedelta) -> str:
    minutes = [timedelta(minutes=count) for count in range(1, 24 * 60 + 1) if 24 * 60 % count == 0]
    fitting = [length for length in minutes if length >= least]
    fitting += [A_DAY * (every // A_DAY), A_DAY * (every // A_DAY + 1)]
    below = max((length for length in fitting if timedelta(0) < length < every), default=least)
    above = min(length for length in fitting if length > every)
    return f"{duration.show(below)} or {duration.show(above)}"


def _cron(path: Path, line: object, least: timedelta) -> Iterator[Breach]:
    try:
        closest = timedelta(minutes=cron.parse(line).closest_minutes())
    except RefusedError:
        return
    if closest < least:
        yield Breach(path, "is too often", f"at least {duration.show(least)} apart")


def _jitter(path: Path, account: Mapping[str, object]) -> Iterator[Breach]:
    jitter = _length(account.get("jitter"))
    every = _length(_section(account, "schedule").get("every")) or A_DAY
    if jitter is not None and jitter >= every:
        yield Breach((*path, "jitter"), "reaches into the next slot", f"less than {duration.show(every)}")


def _recheck(verify: Mapping[str, object], *, only_practice: bool) -> Iterator[Breach]:
    waits = verify.get("recheck")
    if not isinstance(waits, tuple):
        return
    lengths = [_length(wait) for wait in waits]
    for at, length in enumerate(lengths):
        if length is not None and length < LEAST_RECHECK and not only_practice:
            proposal = f"at least {duration.show(LEAST_RECHECK)}, unless all accounts are practice"
            yield Breach(("verify", "recheck", at), "is too soon", proposal)
    for at, (before, after) in enumerate(pairwise(lengths), start=1):
        if before is not None and after is not None and after <= before:
            yield Breach(("verify", "recheck", at), "is not longer than the one before", "shortest first")


def _limits(limits: Mapping[str, object]) -> Iterator[Breach]:
    rate = limits.get("requests_per_second")
    if isinstance(rate, int | float) and MOST_REQUESTS < rate < math.inf:
        proposal = f"at most {MOST_REQUESTS}, unless all accounts are practice"
        yield Breach(("limits", "requests_per_second"), "is more than we ask of Amazon", proposal)
    longest = _length(limits.get("run_timeout"))
    if longest is not None and longest < LEAST_RUN:
        yield Breach(
            ("limits", "run_timeout"), "is too short for a run", f"at least {duration.show(LEAST_RUN)}"
        )


def _credentials(credentials: Mapping[str, object]) -> Iterator[Breach]:
    if "key_file" in credentials and credentials.get("backend", "file") != "file":
        message = "goes with `backend: file` only"
        yield Breach(("credentials", "key_file"), message, "remove it", at_key=True)
