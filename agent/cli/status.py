"""`voicepurge status`: how every account stands, in one screen. The exit code is that of `status_facts`."""

from collections.abc import Iterator

from agent.cli import words
from agent.cli.output import Output
from agent.cli.status_facts import Account, Status, gather
from agent.clock import SystemClock
from agent.ledger.glance import Glance
from agent.reporting.moments import age, count, of_hour
from agent.reporting.status import advice, headline
from agent.state import AccountState, Visible
from agent.viewing import view

_WIDTH = 11


def show_status(output: Output, account: str | None) -> int:
    """Prints how one account or all stand; the exit code says the same.

    Raises:
        UsageError: no such account.
        ConfigError: there is no configuration at all.
        NoPermissionError: the state is not ours to read.
    """
    found = gather(view(output.config), account, SystemClock().now())
    if output.json:
        output.document(document(found))
        return found.code
    for line in lines(found):
        output.data(line)
    for one in found.accounts:
        if (todo := advice(one.standing)) is not None:
            output.say(f"Next: {todo}")
    if found.refused is not None:
        output.say("Next: Correct the file, then run `voicepurge config check`.")
    return found.code


def lines(found: Status) -> Iterator[str]:
    """The screen, first a sentence for each account."""
    for one in found.accounts:
        yield headline(one.standing, found.now, found.zone)
    for one in found.accounts:
        if len(found.accounts) > 1:
            yield ""
            yield f"{one.standing.name}"
        for name, text in _of_account(one, found):
            yield f"  {name:{_WIDTH}} {text}"
    yield from _of_installation(found)


def _of_account(one: Account, found: Status) -> Iterator[tuple[str, str]]:
    state, clock = one.standing.state, found.clock
    if state.visible is not None:
        yield from _of_visible(state.visible, found)
    if state.last_ended is not None and state.last_verdict is not None:
        reason = f", {words.why(state.last_reason)}" if state.last_reason else ""
        at = clock.when(state.last_ended)
        yield "last run", f"{at}: {state.last_verdict.value}{reason} (run {state.last_run})"
    yield from _of_plan(one, found)
    for name, method in sorted(state.methods.items()):
        reason = f" ({method.reason})" if method.reason else ""
        yield "method", f"{name}: {method.standing.value} since {clock.day(method.since)}{reason}"
    if state.signed_out is not None:
        yield "sign-in", f"ended {clock.when(state.signed_out)}"
    elif state.signed_in is not None:
        yield "sign-in", f"{age(found.now - state.signed_in)} old"
    if one.ledger is not None:
        yield "ledger", _of_ledger(one.ledger, found.now)


def _of_visible(seen: Visible, found: Status) -> Iterator[tuple[str, str]]:
    clock = found.clock
    since = f" spoken since {clock.moment(seen.start)}" if seen.start else ""
    numbers = f"{count(seen.recordings, 'recording')}{since}, {seen.texts:,} with text, {seen.due:,} due"
    yield "visible", f"{numbers}; seen {clock.when(seen.at)}, {age(found.now - seen.at)} ago"
    if seen.oldest:
        spoken = of_hour(seen.oldest)
        yield "", f"oldest: {age(found.now - spoken)} old, {clock.when(spoken)} or within the hour"
    if seen.surfaces:
        yield "", "by surface: " + ", ".join(f"{name} {number:,}" for name, number in seen.surfaces.items())
    if seen.devices:
        named = sorted(seen.devices.items(), key=lambda pair: (-pair[1], pair[0]))
        yield "", "by device: " + ", ".join(f"{label or 'unknown'} {number:,}" for label, number in named)


def _of_plan(one: Account, found: Status) -> Iterator[tuple[str, str]]:
    state, planned, clock = one.standing.state, one.standing.planned, found.clock
    if planned.running is not None:
        yield "running", f"since {clock.moment(planned.running)}"
    if planned.error:
        yield "trouble", planned.error
    if planned.retry_at is not None:
        yield "next try", clock.when(planned.retry_at)
    if planned.at is not None:
        how = "" if one.standing.serviced else ", if the service is started"
        yield "next run", f"{clock.when(planned.at)}{how}"
    if one.standing.overdue is not None:
        yield "overdue", f"the run of {clock.moment(one.standing.overdue)} was not made"
    if state.missed:
        newest = f", the newest {state.last_missed}" if state.last_missed else ""
        yield "missed", f"{count(state.missed, 'slot')} since the ledger was begun{newest}"
    if state.open is not None:
        yield "unsettled", f"requests of run {state.open.run} wait for a look since {_moment(state, found)}"


def _moment(state: AccountState, found: Status) -> str:
    return found.clock.moment(state.open.since) if state.open is not None else ""


def _of_ledger(ledger: Glance, now: int) -> str:
    text = count(ledger.size, "entry", "entries")
    if ledger.signed is None:
        return f"{text}, none of them signed"
    old = f", {age(now - ledger.signed_at)} old" if ledger.signed_at is not None else ", long ago"
    unsigned = ledger.size - ledger.signed.size
    behind = f"; {unsigned:,} not signed yet" if unsigned else ""
    return f"{text}; the newest checkpoint covers {ledger.signed.size:,}{old}{behind}"


def _of_installation(found: Status) -> Iterator[str]:
    clock, service = found.clock, found.service
    yield ""
    if service is None:
        yield "service: not running"
    else:
        yield f"service: running since {clock.moment(service.started)} (process {service.pid})"
        for label, channel in sorted(service.channels.items()):
            since = f" since {clock.moment(channel.since)}" if channel.since is not None else ""
            state = "works" if channel.ok else f"fails{since}: {words.why(channel.error)}"
            yield f"channel {label}: {state}"
    if found.refused is None:
        yield f"configuration: {found.config}"
        return
    since = f" since {clock.moment(found.refused.since)}" if found.refused.since is not None else ""
    old = "; the service goes on with what was in force before" if service is not None else ""
    yield f"configuration: refused{since}{old}"
    for problem in found.refused.problems:
        yield f"  {problem}"


def document(found: Status) -> dict[str, object]:
    """The same as JSON."""
    service, refused = found.service, found.refused
    return {
        "at": words.iso(found.now),
        "exit": found.code,
        "accounts": [_account(one, found) for one in found.accounts],
        "service": {
            "running": service is not None,
            "pid": service.pid if service is not None else None,
            "started": _iso(service.started if service is not None else None),
            "at": _iso(service.at if service is not None else None),
        },
        "config": {
            "file": str(found.config),
            "hash": service.config or None if service is not None else None,
            "applied": _iso(service.applied if service is not None else None),
            "problem": {"since": _iso(refused.since), "problems": list(refused.problems)}
            if refused is not None
            else None,
        },
        "channels": [
            {"channel": label, "ok": one.ok, "since": _iso(one.since), "error": one.error or None}
            for label, one in sorted(service.channels.items() if service is not None else ())
        ],
    }


def _account(one: Account, found: Status) -> dict[str, object]:
    standing, state, planned = one.standing, one.standing.state, one.standing.planned
    owed = state.open
    return {
        "account": standing.name,
        "practice": standing.practice,
        **({"retired": True} if standing.retired else {}),
        "headline": headline(standing, found.now, found.zone),
        "advice": advice(standing),
        "exit": one.code,
        "verdict": state.last_verdict.value if state.last_verdict is not None else None,
        "reason": state.last_reason or None,
        "clean_since": _iso(state.clean_since),
        "last_clean": _iso(state.last_clean),
        "last_run": {"run": state.last_run, "ended": _iso(state.last_ended)} if state.last_run else None,
        "next_run": {"slot": planned.slot or None, "at": _iso(planned.at)}
        if planned.at is not None
        else None,
        "retry_at": _iso(planned.retry_at),
        "running_since": _iso(planned.running),
        "trouble": planned.error or None,
        "overdue": _iso(standing.overdue),
        "missed": {"count": state.missed, "newest": state.last_missed or None},
        "unsettled": {"run": owed.run, "since": _iso(owed.since)} if owed is not None else None,
        "visible": _visible(state.visible) if state.visible is not None else None,
        "methods": [
            {"method": name, "standing": m.standing.value, "reason": m.reason or None, "since": _iso(m.since)}
            for name, m in sorted(state.methods.items())
        ],
        "sign_in": {"since": _iso(state.signed_in), "ended": _iso(state.signed_out)},
        "ledger": _ledger(one.ledger, found.now) if one.ledger is not None else None,
        "damage": standing.damage or None,
    }


def _visible(seen: Visible) -> dict[str, object]:
    return {
        "at": words.iso(seen.at),
        "spoken_since": _iso(seen.start or None),
        "recordings": seen.recordings,
        "texts": seen.texts,
        "due": seen.due,
        "oldest": seen.oldest or None,
        "surfaces": dict(seen.surfaces),
        "devices": dict(seen.devices),
    }


def _ledger(ledger: Glance, now: int) -> dict[str, object]:
    signed = ledger.signed
    return {
        "origin": ledger.origin,
        "entries": ledger.size,
        "signed": signed.size if signed is not None else 0,
        "root": signed.root if signed is not None else None,
        "signed_at": _iso(ledger.signed_at),
        "age_ms": now - ledger.signed_at if ledger.signed_at is not None else None,
    }


def _iso(at: int | None) -> str | None:
    return words.iso(at) if at is not None else None
