"""Where the practice cloud is, and that it is on this machine. Pure."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Practice:
    """Where the practice cloud listens, and the only CA it is trusted by."""

    address: str
    port: int
    ca: Path

    @classmethod
    def from_url(cls, url: str, ca: Path) -> "Practice":
        """From `https://127.0.0.1:PORT`.

        Raises:
            ConfigError: not https, no port, or an address that is not this machine.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise ConfigError("the practice address cannot be read") from error
        if parts.scheme != "https" or port is None:
            raise ConfigError("a practice address looks like https://127.0.0.1:PORT")
        return cls("127.0.0.1" if host == "localhost" else host, port, ca)

    def __post_init__(self) -> None:
        try:
            loopback = ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ConfigError("the practice cloud must be on this machine, at a loopback address")
