"""Watching a run: a bar with counts and time left on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from agent.printable import printable
from agent.timetext import duration

EVERY_S = 5.0
"""Plain output says where it is at most this often, and at each new stage."""


class Pace:
    """How long a stage has left, from how far it has come since it began. Seconds."""

    def __init__(self) -> None:
        self._what = ""
        self._began = 0.0
        self._from = 0

    def left_s(self, what: str, done: int, total: int | None) -> float | None:
        """An estimate, or None where nothing is known yet."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began, self._from = what, now, done
        came = done - self._from
        if total is None or came <= 0:
            return None
        return (now - self._began) / came * max(total - done, 0)


class TerminalProgress:
    """Implements `agent.ports.Progress` with a bar. A context manager."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._what = ""
        self._pace = Pace()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """Moves the bar."""
        left_s = left_s or self._pace.left_s(what, done, total)
        left = f"about {duration(left_s)} left" if left_s else ""
        if self._task is None or what != self._what:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task, self._what = self._bar.add_task(what, total=total, left=left), what
        self._bar.update(self._task, description=what, completed=done, total=total, left=left)

    def say(self, line: str) -> None:
        """One sentence above the bar."""
        self._bar.console.print(printable(line))


class PlainProgress:
    """Implements `agent.ports.Progress` with a line now and then; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._what = ""
        self._last = 0.0
        self._pace = Pace()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to clean up."""

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """A line at each new stage and every few seconds."""
        now = time.monotonic()
        left_s = left_s or self._pace.left_s(what, done, total)
        if what == self._what and now - self._last < EVERY_S:
            return
        self._what, self._last = what, now
        counted = f" {done}" if total is None else f" {done} of {total}"
        left = f", about {duration(left_s)} left" if left_s else ""
        self._console.print(f"{what}{counted if done or total else ''}{left}")

    def say(self, line: str) -> None:
        """One sentence."""
        self._console.print(printable(line))


def progress(console: Console) -> TerminalProgress | PlainProgress:
    """The right one for where it is written to."""
    return TerminalProgress(console) if console.is_terminal else PlainProgress(console)
