"""The state of the account as JSON and back: what `run_ended` carries. Pure.

So nobody has to read from the beginning; `ledger verify` does, and compares. A summary of another version
is no damage: whoever meets one adds the entries up instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, Final, cast

from agent.ledger.fields import is_int, is_text
from agent.model import Standing, Verdict, Window
from agent.state import AccountState, FailingSlot, MethodState, OpenVerification, Visible

VERSION: Final = 3
"""Changes with the meaning or the fields of a summary, never back."""

_PLAIN: Final = tuple(
    field.name
    for field in fields(AccountState)
    if field.name not in ("methods", "open", "last_verdict", "runs", "failing", "visible")
)


def to_json(state: AccountState) -> dict[str, object]:
    """The state as plain JSON values, the same for equal states."""
    return {
        "v": VERSION,
        **{name: getattr(state, name) for name in _PLAIN},
        "methods": {name: _flat(method) for name, method in sorted(state.methods.items())},
        "open": _open_json(state.open),
        "last_verdict": state.last_verdict.value if state.last_verdict is not None else None,
        "runs": {verdict.value: state.runs[verdict] for verdict in sorted(state.runs)},
        "failing": _flat(state.failing) if state.failing is not None else None,
        "visible": _flat(state.visible) if state.visible is not None else None,
    }


def _flat(value: MethodState | FailingSlot | Visible) -> dict[str, object]:
    return {name: one.value if isinstance(one, StrEnum) else one for name, one in asdict(value).items()}


def _open_json(owed: OpenVerification | None) -> dict[str, object] | None:
    if owed is None:
        return None
    return {
        "run": owed.run,
        "from": owed.window.start,
        "to": owed.window.end,
        "since": owed.since,
        "methods": list(owed.methods),
    }


def is_foreign(value: object) -> bool:
    """Whether it is a summary as an older or newer program writes it: nothing to start from, no damage."""
    return isinstance(value, dict) and value.get("v") != VERSION


def from_json(value: object) -> AccountState:
    """The state `to_json` wrote.

    Raises:
        ValueError: it is not what `to_json` writes.
    """
    try:
        if not all(map(_is_plain, _leaves(value))):
            raise ValueError("a part of another kind")  # noqa: TRY301 - one way out for all of them
        state = _from_json(cast("Mapping[str, Any]", value))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("not a summary of the state") from None
    if to_json(state) != value or not _kinds_fit(state):
        raise ValueError("not a summary of the state")
    return state


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _is_plain(value: object) -> bool:
    return value is None or is_int(value) or is_text(value)


_WORDS: Final = frozenset({"last_run", "last_reason", "slot", "last_missed", "config", "schedule", "trouble"})
_MAYBE_WORDS: Final = frozenset({"confirmed_policy", "running"})


def _kinds_fit(state: AccountState) -> bool:
    """Whether texts are texts and numbers are numbers, everywhere."""
    for name in _PLAIN:
        one = getattr(state, name)
        fits = is_text(one) if name in _WORDS | _MAYBE_WORDS else is_int(one)
        if not fits and not (one is None and name not in _WORDS and name != "missed"):
            return False
    words: list[object] = [
        part for method in state.methods.values() for part in (method.digest, method.reason)
    ]
    numbers: list[object] = [*state.runs.values(), *(method.since for method in state.methods.values())]
    if (owed := state.open) is not None:
        words += [owed.run, *owed.methods]
        numbers += [owed.window.start, owed.window.end, owed.since]
    if (failing := state.failing) is not None:
        words.append(failing.slot)
        numbers += [failing.tries, failing.last_ended]
    if (seen := state.visible) is not None:
        words += [seen.oldest, seen.policy]
        numbers += [seen.at, seen.start, seen.recordings, seen.texts, seen.due]
        numbers += [*seen.surfaces.values(), *seen.devices.values()]
    return all(map(is_text, words)) and all(map(is_int, numbers))


def _from_json(value: Mapping[str, Any]) -> AccountState:
    owed, verdict = value["open"], value["last_verdict"]
    return AccountState(
        **{name: value[name] for name in _PLAIN},
        methods={
            name: MethodState(
                method["digest"], Standing(method["standing"]), method["reason"], method["since"]
            )
            for name, method in value["methods"].items()
        },
        open=None
        if owed is None
        else OpenVerification(
            owed["run"], Window(owed["from"], owed["to"]), owed["since"], tuple(owed["methods"])
        ),
        last_verdict=None if verdict is None else Verdict(verdict),
        runs={Verdict(name): count for name, count in value["runs"].items()},
        failing=None if value["failing"] is None else FailingSlot(**value["failing"]),
        visible=None if value["visible"] is None else Visible(**value["visible"]),
    )
