"""Whether a read is tried again, and after how long. Pure. Deletions never come here."""

from agent.errors import (
    AgentError,
    ConnectionLostError,
    DeadlineError,
    ServerFaultError,
    ThrottledError,
    TruncatedError,
)

RETRY_AFTER_S = 60.0
"""The longest wish of Amazon's that is waited for; a longer one ends the run."""

TOTAL_WAIT_S = 120.0

_AT_MOST: tuple[tuple[type[AgentError], int], ...] = (
    (ThrottledError, 4),
    (ConnectionLostError, 2),
    (TruncatedError, 2),
    (ServerFaultError, 2),
    (DeadlineError, 1),
)


class Retries:
    """Counts the tries of one request."""

    def __init__(self) -> None:
        self._count: dict[type[AgentError], int] = {}
        self._waited_s = 0.0

    def wait_s(self, error: AgentError) -> float | None:
        """Seconds to wait before the next try: 1, 2, 4, 8, or what Amazon asks for. None: give up."""
        kind = type(error)
        done = self._count.get(kind, 0)
        if done >= dict(_AT_MOST).get(kind, 0):
            return None
        asked = error.retry_after_s if isinstance(error, ThrottledError) else None
        wait = max(2.0**done, asked or 0.0)
        if wait > RETRY_AFTER_S or self._waited_s + wait > TOTAL_WAIT_S:
            return None
        self._count[kind] = done + 1
        self._waited_s += wait
        return wait
