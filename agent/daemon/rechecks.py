"""When to look again for what a run left open. Pure; the look itself is `agent.settling`'s."""

from collections.abc import Sequence

from agent.state import OpenVerification


def look_times(owed: OpenVerification, recheck_s: Sequence[float]) -> list[int]:
    """When to look again, ms UTC: the run itself had the first look, unless there is only that one."""
    return [owed.since + round(1000 * wait) for wait in (recheck_s[1:] or recheck_s)]


def next_look(owed: OpenVerification | None, recheck_s: Sequence[float], looked: int | None) -> int | None:
    """When to look again, ms UTC; None when nothing is owed, or all looks were had: the next run settles it.

    Args:
        owed: the open verification.
        recheck_s: waits before each look, in seconds, growing.
        looked: when this was last done, if this process remembers; after a restart one look too many
            is better than one too few.
    """
    if owed is None:
        return None
    times = look_times(owed, recheck_s)
    if looked is None or looked < owed.since:
        return times[0]
    return next((at for at in times if at > looked), None)


def is_last(owed: OpenVerification, recheck_s: Sequence[float], now: int) -> bool:
    """Whether a look at `now` is the last one."""
    return now >= max(look_times(owed, recheck_s))
