"""Telling systemd how the service is (sd_notify(3)): datagrams over `$NOTIFY_SOCKET`. Never raises.

Without that variable nothing is sent. Nothing of the answer is awaited: there is none.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

_MICRO = 1_000_000


class Systemd:
    """The service manager that started this process, if one did."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`."""
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_s = _watchdog_s(environ)
        """Seconds after which systemd takes the service for dead, None where it does not watch."""

    def ready(self, status: str) -> None:
        """The service runs with its settings."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self, monotonic_s: float) -> None:
        """The settings are being read again; ends with `ready`."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(monotonic_s * _MICRO)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_one_line(text)}")

    def watchdog(self) -> None:
        """Still alive."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The service begins to stop."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line,
        ):
            line.settimeout(0)
            line.connect(self._address)
            line.send("\n".join(lines).encode(errors="replace"))


def _address(given: str) -> str | None:
    """A path, or an abstract socket, which systemd writes with `@`."""
    if given.startswith("@"):
        return "\0" + given[1:]
    return given if given.startswith("/") else None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """The watchdog's time, if it is meant for this process (sd_watchdog_enabled(3))."""
    pid, given = environ.get("WATCHDOG_PID", ""), environ.get("WATCHDOG_USEC", "")
    if pid and pid != str(os.getpid()):
        return None
    return int(given) / _MICRO if given.isascii() and given.isdecimal() and int(given) > 0 else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
