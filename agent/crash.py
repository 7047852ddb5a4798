"""How a bug is told: where it happened, never with what.

The text of a foreign exception may quote anything that was being worked on, a transcript too, and no
pattern finds words. So of an exception that is not ours only its kind is told, and the way to it.
"""

import traceback

from agent.errors import AgentError
from agent.redact import clean


def told(error: BaseException) -> str:
    """The traceback of `error` and of what led to it: files, lines and source, without any value."""
    parts: list[str] = []
    for one in _oldest_first(error):
        if one.__traceback__ is not None:
            parts.append("Traceback (most recent call last):\n")
            parts.extend(traceback.format_tb(one.__traceback__))
        kind = f"{type(one).__module__}.{type(one).__qualname__}"
        parts.append(f"{kind}: {one.message}\n" if isinstance(one, AgentError) else f"{kind}\n")
    return clean("".join(parts))


def _oldest_first(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in chain:
        chain.append(now)
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return chain[::-1]
