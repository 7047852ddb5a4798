"""A booted machine on which the program is installed as the README says, from wheels, without a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.booted import Machine, bare
from tests.support.practice_home import ROOT

SOURCE = "/usr/src/voicepurge"
_WHEELS = ROOT / ".venv" / "wheels"
_INSIDE = "/usr/src/wheels"


@contextmanager
def with_source(place: Path) -> Iterator[Machine]:
    """Boots with this checkout, and the wheels it needs, in /usr/src. `place` is an empty directory."""
    assert _WHEELS.is_dir(), "needs `make .venv/.wheels-fetched`"
    with bare(place, {ROOT: SOURCE, _WHEELS.resolve(): _INSIDE}) as machine:
        yield machine


def make(machine: Machine, target: str, umask: str = "022") -> str:
    """One `make` in the checkout, under a umask; its output."""
    offline = f"PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS={_INSIDE}"
    return machine.ok("sh", "-c", f"umask {umask}; {offline} make -C {SOURCE} {target}", limit_s=300)
