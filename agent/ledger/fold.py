"""Entries to the state of the account, one at a time, and that state as JSON. Pure.

The ledger is the only store of truth: whatever is remembered between runs is what its entries add up to.
`run_ended` carries the sum so far, so that nobody has to read from the beginning; `ledger verify` does, and
compares.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from agent.ledger.entry import Entry
from agent.ledger.fields import is_int, is_text
from agent.model import AccountState, Event, MethodState, OpenVerification, Standing, Verdict, Window

CLEAN: Final = frozenset({Verdict.VERIFIED, Verdict.NOTHING_DUE})


def fold(state: AccountState, entry: Entry) -> AccountState:
    """The state after one more entry, whose fields have been checked."""
    fields: Mapping[str, Any] = entry.fields
    match entry.event:
        case Event.RUN_STARTED:
            return replace(state, running=entry.run)
        case Event.RUN_ENDED:
            return _ended(state, entry.run or "", entry.at, fields)
        case Event.RECOVERED if fields["kind"] == "run":
            return replace(state, running=None, open=_lost(state.open, entry.run or "", entry.at))
        case Event.RELISTED if fields.get("closes") and state.open and fields["of"] == state.open.run:
            return replace(state, open=None)
        case Event.METHOD_CHANGED:
            changed = MethodState(
                fields["digest"], Standing(fields["standing"]), fields["reason"], since=entry.at
            )
            return replace(state, methods={**state.methods, fields["method"]: changed})
        case _:
            return state


def _ended(state: AccountState, run: str, at: int, fields: Mapping[str, Any]) -> AccountState:
    verdict, settled = Verdict(fields["verdict"]), fields["settled_through"]
    clean = verdict in CLEAN
    since = state.clean_since if state.clean_since is not None else at
    return replace(
        state,
        running=None,
        last_run=run,
        last_verdict=verdict,
        last_reason=fields["reason"],
        last_ended=at,
        runs={**state.runs, verdict: state.runs.get(verdict, 0) + 1},
        clean_since=since if clean else None,
        confirmed_policy=fields["policy"] if fields["confirmed"] else state.confirmed_policy,
        verified_through=_later(state.verified_through, settled),
        last_full=at if fields["full"] and settled is not None else state.last_full,
        open=_open(state.open, run, at, fields["open"]),
    )


def _later(old: int | None, new: int | None) -> int | None:
    known = [at for at in (old, new) if at is not None]
    return max(known, default=None)


def _open(
    before: OpenVerification | None, run: str, at: int, now: Mapping[str, Any] | None
) -> OpenVerification | None:
    if now is None:
        return None if before is not None and before.run == run else before
    return _widened(before, OpenVerification(run, Window(now["from"], now["to"]), at, tuple(now["methods"])))


def _lost(before: OpenVerification | None, run: str, at: int) -> OpenVerification:
    """A run without an end may have requested anything spoken until it was found lost."""
    return _widened(before, OpenVerification(run, Window(0, at), at))


def _widened(before: OpenVerification | None, new: OpenVerification) -> OpenVerification:
    """Two owed verifications are owed as one: since the older run, over both windows."""
    if before is None:
        return new
    return OpenVerification(
        before.run,
        Window(min(before.window.start, new.window.start), max(before.window.end, new.window.end)),
        new.since,
        tuple(dict.fromkeys((*before.methods, *new.methods))),
    )


def to_json(state: AccountState) -> dict[str, object]:
    """The state as plain JSON values, the same for equal states."""
    owed = state.open
    return {
        "methods": {
            name: {
                "digest": method.digest,
                "standing": method.standing.value,
                "reason": method.reason,
                "since": method.since,
            }
            for name, method in sorted(state.methods.items())
        },
        "confirmed_policy": state.confirmed_policy,
        "verified_through": state.verified_through,
        "last_full": state.last_full,
        "open": None
        if owed is None
        else {
            "run": owed.run,
            "from": owed.window.start,
            "to": owed.window.end,
            "since": owed.since,
            "methods": list(owed.methods),
        },
        "running": state.running,
        "last_run": state.last_run,
        "last_verdict": state.last_verdict.value if state.last_verdict is not None else None,
        "last_reason": state.last_reason,
        "last_ended": state.last_ended,
        "clean_since": state.clean_since,
        "runs": {verdict.value: state.runs[verdict] for verdict in sorted(state.runs)},
    }


def from_json(value: object) -> AccountState:
    """The state `to_json` wrote.

    Raises:
        ValueError: it is not what `to_json` writes.
    """
    try:
        _check(value)
        state = _from_json(cast("Mapping[str, Any]", value))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("not a summary of the state") from None
    if to_json(state) != value:
        raise ValueError("not a summary of the state")
    return state


_WORDS: Final = ("last_run", "last_reason")
_MAYBE_WORDS: Final = ("confirmed_policy", "running", "last_verdict")
_MAYBE_TIMES: Final = ("verified_through", "last_full", "last_ended", "clean_since")


def _check(value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Raises ValueError where a part is of another kind than `to_json` writes."""
    words = [value[name] for name in _WORDS]
    words += [value[name] for name in _MAYBE_WORDS if value[name] is not None]
    numbers = [value[name] for name in _MAYBE_TIMES if value[name] is not None]
    numbers += value["runs"].values()
    for method in value["methods"].values():
        words += [method["digest"], method["reason"]]
        numbers.append(method["since"])
    if (owed := value["open"]) is not None:
        words += [owed["run"], *owed["methods"]]
        numbers += [owed["from"], owed["to"], owed["since"]]
    if not all(map(is_text, words)) or not all(map(is_int, numbers)):
        raise ValueError("a part of another kind")


def _from_json(value: Mapping[str, Any]) -> AccountState:
    owed, verdict = value["open"], value["last_verdict"]
    return AccountState(
        methods={
            name: MethodState(
                method["digest"], Standing(method["standing"]), method["reason"], method["since"]
            )
            for name, method in value["methods"].items()
        },
        confirmed_policy=value["confirmed_policy"],
        verified_through=value["verified_through"],
        last_full=value["last_full"],
        open=None
        if owed is None
        else OpenVerification(
            owed["run"], Window(owed["from"], owed["to"]), owed["since"], tuple(owed["methods"])
        ),
        running=value["running"],
        last_run=value["last_run"],
        last_verdict=None if verdict is None else Verdict(verdict),
        last_reason=value["last_reason"],
        last_ended=value["last_ended"],
        clean_since=value["clean_since"],
        runs={Verdict(name): count for name, count in value["runs"].items()},
    )
