"""The service manager's end of `$NOTIFY_SOCKET`."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class NotifySocket:
    """Collects datagrams; each is a mapping from name to value."""

    address: str
    line: socket.socket
    heard: list[dict[str, str]] = field(default_factory=list)

    def listen(self, wait_s: float = 0.0) -> None:
        """Takes what is there, waiting `wait_s` for the first."""
        self.line.settimeout(wait_s)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            while True:
                text = self.line.recv(65536).decode()
                self.heard.append(dict(part.split("=", 1) for part in text.split("\n")))
                self.line.settimeout(0)

    def values(self, name: str) -> list[str]:
        """All that was heard under a name."""
        self.listen()
        return [message[name] for message in self.heard if name in message]

    def await_value(self, name: str, text: str = "", timeout_s: float = 60.0) -> str:
        """The first value of that name that holds `text`, once it comes; blocks."""
        end = time.monotonic() + timeout_s
        seen = 0
        while time.monotonic() < end:
            for message in self.heard[seen:]:
                if text in message.get(name, "\0"):
                    return message[name]
            seen = len(self.heard)
            self.listen(0.5)
        raise AssertionError(f"never heard {name}={text} but {self.heard[-5:]}")


@contextlib.contextmanager
def notify_socket(place: Path, *, abstract: bool = False) -> Iterator[NotifySocket]:
    """A bound socket, by path or in the abstract name space."""
    name = str(place / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0" + name if abstract else name)
        yield NotifySocket("@" + name if abstract else name, line)
