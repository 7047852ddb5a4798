"""One way out for every log line: ours through structlog, those of libraries through the same steps.

Redaction comes first, and once more when exceptions have become text; local variables are never shown.
"""

import logging
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from agent.crash import told
from agent.printable import printable
from agent.redact import clean, clean_item, clean_value, forget_secrets, register_secret

__all__ = ["configure", "forget_secrets", "register_secret"]

_QUIET = ("httpx", "httpcore", "hpack", "h11", "urllib3", "hypercorn", "keyring", "apscheduler")
"""Loggers that would write addresses or headers below a warning."""

_OURS = frozenset({"event", "level", "logger", "timestamp"})
_UNTOUCHED = frozenset({"exc_info", "stack_info", "_record", "_from_structlog"})

Level = Literal["debug", "info", "warning", "error", "critical"]


def configure(*, json: bool, level: Level, stream: TextIO, priority_prefix: bool = False) -> None:
    """Sends all logging of this process to `stream`. May be called again; the last call counts.

    Args:
        json: one JSON object a line; else lines for people, in colour on a terminal.
        level: the least that is written.
        stream: where to; usually stderr.
        priority_prefix: begin each line with `<N>`, as the journal reads it (sd-daemon(3)).
    """
    before: list[Processor] = [
        redact,
        structlog.contextvars.merge_contextvars,
        redact,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream)
    handler.setFormatter(
        _Formatter([_first_line, *before], _rendering(json=json, stream=stream), prefix=priority_prefix)
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: the event without anything private or secret."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: object) -> object:
    if key in _UNTOUCHED:
        return value
    return clean_value(value) if key in _OURS else clean_item(key, value)


def _rendering(*, json: bool, stream: TextIO) -> list[Processor]:
    steps: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(_told),
        redact,
    ]
    if json:
        return [*steps, structlog.processors.JSONRenderer(sort_keys=True)]
    console = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [*steps, _printable_event, console]


def _told(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """No local variables, and no words of an exception that is not ours."""
    return told(exc_info[1])


def _first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of asyncio's lines about a failed task: those below the first quote its exception."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _printable_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _printable_value(key, value) for key, value in event.items()}


def _printable_value(key: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if key in {"exception", "stack"}:
        return "\n".join(printable(line) for line in value.split("\n"))
    return printable(value)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders a record; with `prefix`, each of its lines begins with the journal's priority."""

    def __init__(self, before: list[Processor], rendering: list[Processor], *, prefix: bool) -> None:
        super().__init__(processors=rendering, foreign_pre_chain=before, use_get_message=True)
        self._prefix = prefix

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if not self._prefix:
            return line
        mark = f"<{_priority(record.levelno)}>"
        return "\n".join(mark + part for part in line.split("\n"))


def _priority(level: int) -> int:
    """The number syslog has for a level of the standard library."""
    steps = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
    return next((number for least, number in steps if level >= least), 7)


class _Handler(logging.StreamHandler[TextIO]):
    """Never shows the arguments of a record that could not be written, as the standard one does."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        try:
            self.stream.write(clean(f"a log line of {record.module}:{record.lineno} could not be written\n"))
        except (OSError, ValueError):
            return
