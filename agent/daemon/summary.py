"""How the service is, as one line for `systemctl status` and as the document of `status.json`. Pure."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from agent.daemon.account import AccountService
from agent.daemon.inforce import Problem
from agent.daemon.shared import Shared
from agent.daemon.telling import health_document
from agent.reasons import why
from agent.state import AccountState


def line(accounts: Iterable[AccountService], problem: Problem | None) -> str:
    """Verdict, what remains and the next run of each account; first what is wrong with the configuration."""
    parts = [_of_account(account) for account in accounts]
    if problem is not None:
        parts.insert(0, f"edited configuration refused since {_moment(problem.since)}")
    return "; ".join(parts)


def _of_account(account: AccountService) -> str:
    mark = "[practice] " if account.practice else ""
    if account.error is not None:
        return f"{mark}{account.name}: cannot be served ({account.error.code})"
    if account.running is not None:
        return f"{mark}{account.name}: running since {_moment(account.running, account.table.zone)}"
    known = _in_words(account.state) if account.state is not None else "starting"
    following = ""
    if account.due is not None:
        when = account.due.retry_ms or account.due.next[1]
        following = f", next run {_moment(when, account.table.zone)}"
    return f"{mark}{account.name}: {known}{following}"


def _in_words(state: AccountState) -> str:
    """Verdict and what remains."""
    if state.last_verdict is None:
        return "no run yet"
    reason = f" ({why(state.last_reason)})" if state.last_reason else ""
    verdict = f"{state.last_verdict.value.replace('_', ' ')}{reason}"
    if state.open is not None:
        return f"{verdict}, to be looked at again"
    if state.visible is None:
        return verdict
    return f"{verdict}, {state.visible.due or 'nothing'} due remains"


def document(
    started: int,
    now: int,
    shared: Shared,
    problem: Problem | None,
    accounts: Mapping[str, AccountService],
) -> dict[str, object]:
    """`status.json` without its version. Times in ms UTC."""
    in_force = shared.in_force
    return {
        "pid": os.getpid(),
        "started": started,
        "at": now,
        "config": {
            "hash": in_force.config,
            "applied": in_force.since,
            "problem": None
            if problem is None
            else {"since": problem.since, "problems": list(problem.problems)},
        },
        "accounts": {name: _account(account) for name, account in accounts.items()},
        "channels": health_document(shared.telling.health),
    }


def _account(account: AccountService) -> dict[str, object]:
    due, error = account.due, account.error
    return {
        "next": {"slot": due.next[0], "at": due.next[1]} if due is not None else None,
        "running": account.running,
        "retry_at": due.retry_ms if due is not None else None,
        "error": None
        if error is None
        else {
            "since": account.error_since,
            "code": error.code,
            "message": error.message,
            "next": error.next_step,
        },
    }


def _moment(at: int, zone: tzinfo = UTC) -> str:
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M %Z")
