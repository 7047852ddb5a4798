"""The life of the service: start, beat, reload, stop.

It starts only with a good configuration and never ends because of an account, a network or an edit. Every
account is served by turns of its own (`account`); here is what concerns all of them.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from agent import settings as yaml_settings
from agent.alerts.alert import Alert, Occasion
from agent.crash import told
from agent.daemon.account import AccountService
from agent.daemon.alone import alone
from agent.daemon.board import Board
from agent.daemon.digest import Digest, summary
from agent.daemon.heartbeat import ClockWatch, FileWatch, period_s
from agent.daemon.inforce import InForce, Problem, take
from agent.daemon.outlets import outlets
from agent.daemon.schedule import Appointments
from agent.daemon.sdnotify import Systemd
from agent.daemon.shared import Shared
from agent.daemon.stopping import GRACE_S, Stop
from agent.daemon.summary import document, line
from agent.daemon.telling import Telling
from agent.errors import ConfigError, NoPermissionError, VaultError
from agent.ports import Clock
from agent.timetext import duration

_log = structlog.get_logger("voicepurge.daemon")

SETTLE_S: Final = 0.3
"""An edit counts once the file has been the same for this long: editors write in pieces."""

_SETTLES: Final = 10
_LAST_WORDS_S: Final = 0.5
_RUN_ENDS_S: Final = GRACE_S + 0.7


class Service:
    """The service. Make it, then await `run`, in one event loop."""

    def __init__(
        self,
        config: Path | None,
        environ: Mapping[str, str],
        clock: Clock,
        *,
        beat_s: float | None = None,
    ) -> None:
        """Reads the configuration. `beat_s` is the time between two beats, None for the usual one.

        Raises:
            ConfigError, NoPermissionError, VaultError: it cannot be used.
        """
        self._environ, self._clock = environ, clock
        self._systemd = Systemd(environ)
        self._beat_s = period_s(self._systemd.watchdog_s) if beat_s is None else beat_s
        in_force = take(config, environ, clock.now())
        path = in_force.installation.config
        self._started = clock.now()
        self._problem: Problem | None = None
        self._file = FileWatch(path, in_force.content)
        self._watch = ClockWatch(clock.now(), clock.monotonic())
        self._runtime = yaml_settings.runtime_directory(path, environ)
        self._board = Board(self._runtime)
        self._accounts: dict[str, AccountService] = {}
        self._digest = Digest(in_force.installation.state)
        self._nudge = asyncio.Event()
        self._reload_asked = False
        self._shared = Shared(
            clock=clock,
            stop=Stop(),
            appointments=Appointments(_failed),
            telling=Telling(outlets(in_force.installation, self._runtime, clock), clock),
            in_force=in_force,
            changed=self._show,
        )

    # Asked from outside.

    def stop(self) -> None:
        """Ends the service in good order, within seconds."""
        self._shared.stop.ask()
        self._nudge.set()

    def reload(self) -> None:
        """Reads the configuration again, now."""
        self._reload_asked = True
        self._nudge.set()

    def listen(self) -> None:
        """SIGTERM and SIGINT stop, SIGHUP reloads. In the main thread only."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)

    # The life.

    async def run(self) -> None:
        """Serves until `stop`. Raises BusyError when another process serves already."""
        with alone(self._runtime):
            await self._serve()

    async def _serve(self) -> None:
        self._shared.appointments.start()
        self._take_on()
        _log.info("started", accounts=sorted(self._accounts), config=self._shared.in_force.config)
        self._systemd.ready(self._line())
        try:
            while not self._shared.stop.asked:
                await self._guarded_beat()
                await self._rest()
        finally:
            await self._end()

    async def _rest(self) -> None:
        """Until the next beat, or until somebody nudges."""
        try:
            await asyncio.wait_for(self._nudge.wait(), self._beat_s)
        except TimeoutError:
            return
        self._nudge.clear()

    async def _guarded_beat(self) -> None:
        """A bug in what happens at a beat must not end what happens between them."""
        try:
            await self._beat()
        except Exception:  # noqa: BLE001 - whatever it is, the accounts are served on
            _log.exception("a bug at a beat")

    async def _beat(self) -> None:
        self._systemd.watchdog()
        now = self._clock.now()
        jump = self._watch.jump_ms(now, self._clock.monotonic())
        if jump:
            _log.warning(_jumped(jump), jump_ms=jump)
        if self._reload_asked or self._file.changed():
            await self._read_again()
        self._shared.appointments.look()
        for account in self._accounts.values():
            if jump:
                account.call()
            else:
                account.call_if_due(now)
        self._shared.telling.beat()
        self._sum_up(now)
        self._show()

    async def _end(self) -> None:
        self._shared.stop.ask()
        self._systemd.stopping()
        _log.info("stopping")
        await self._shared.appointments.shutdown(_RUN_ENDS_S)
        await self._shared.telling.close(_LAST_WORDS_S)
        self._board.remove()
        _log.info("stopped")

    # The configuration.

    async def _read_again(self) -> None:
        self._reload_asked = False
        self._systemd.reloading(self._clock.monotonic())
        for _ in range(_SETTLES):
            await asyncio.sleep(SETTLE_S)
            if not self._file.changed():
                break
        try:
            new = take(None, self._environ, self._clock.now(), self._shared.in_force)
        except (ConfigError, NoPermissionError, VaultError) as error:
            self._refuse(error)
        else:
            self._apply(new)
        self._systemd.ready(self._line())

    def _refuse(self, error: ConfigError | NoPermissionError | VaultError) -> None:
        """The settings in force stay; the same problem is told once."""
        before, now = self._problem, self._clock.now()
        problems = getattr(error, "problems", ()) or (error.message,)
        if before is not None and before.problems == problems:
            return
        self._problem = Problem(before.since if before is not None else now, problems)
        self._shared.refused = True
        for problem in problems:
            _log.error("the configuration was refused", problem=problem)
        for account in self._accounts.values():
            account.refuse(len(problems))
        if before is None:
            more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
            what = (
                f"the edited configuration was refused, the one before stays in force: {problems[0]}{more}."
            )
            self._tell(Occasion.CONFIG, now, what, "Correct it; `voicepurge config check` shows everything.")

    def _apply(self, new: InForce) -> None:
        """Another configuration is in force, or the one before again."""
        mended, self._problem, self._shared.refused = self._problem, None, False
        same = new.config == self._shared.in_force.config
        if not same:
            self._shared.in_force = new
            self._shared.telling.change(outlets(new.installation, self._runtime, self._clock))
        _log.info(
            "the configuration is as before" if same else "another configuration was applied",
            config=new.config,
        )
        if mended is not None:
            what = "the configuration is in order again and in force."
            self._tell(Occasion.RECOVERED, self._clock.now(), what, "Nothing needs to be done.")
        self._take_on()

    def _take_on(self) -> None:
        """Serves exactly the configured accounts, and lets each of them know."""
        wanted = self._shared.in_force.settings.accounts
        for name in self._accounts.keys() - wanted.keys():
            self._accounts.pop(name).retire()
        for name in wanted:
            account = self._accounts.setdefault(name, AccountService(name, self._shared))
            account.call()

    # Saying how it is.

    def _tell(self, occasion: Occasion, since: int, what: str, todo: str) -> None:
        practice, notes = self._shared.in_force.practice, self._shared.notes()
        self._shared.telling.tell(Alert(occasion, None, practice, since, what, todo, checkpoint=notes))

    def _sum_up(self, now: int) -> None:
        """Tells a summary, if the person wants one and it is time."""
        settings = self._shared.in_force.settings
        known = {name: one.state for name, one in self._accounts.items()}
        states = {name: state for name, state in known.items() if state is not None}
        if len(states) < len(known):
            return  # right after the start; the next beat knows more
        zone = self._shared.in_force.zone
        try:
            before = self._digest.look(settings.notify.digest, zone, states, now)
        except OSError as error:
            _log.warning("the summary cannot be remembered", why=os.strerror(error.errno or 0))
            return
        if before is not None:
            notes = self._shared.notes()
            practice = self._shared.in_force.practice
            self._shared.telling.tell(summary(states, before, practice=practice, notes=notes))

    def _line(self) -> str:
        return line(self._accounts.values(), self._problem)

    def _show(self) -> None:
        if not self._shared.stop.asked:
            self._board.write(
                document(self._started, self._clock.now(), self._shared, self._problem, self._accounts)
            )
            self._systemd.status(self._line())


def _jumped(jump_ms: int) -> str:
    length = duration(abs(jump_ms) / 1000)
    if jump_ms < 0:
        return f"The clock was set back by {length}."
    return f"The clock went forward by {length}: it was set, or this machine was asleep."


def _failed(account: str, error: BaseException) -> None:
    """A turn never raises; if one does all the same, it is a bug, and the next beat calls again."""
    _log.error("a bug in a turn", account=account, exception=told(error))
