"""`config check` over many random edits in one process with hard limits. For `test_config_edits`.

`python -m tests.support.edits_child DIRECTORY COUNT SEED` prints one line of JSON. Work of more than 2 s (of
this process) and memory of more than 200 MB end it; so does an answer that is neither of the two.
"""

import contextlib
import io
import json
import re
import resource
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, given, seed, settings

from agent import settings as yaml_settings
from agent.alexa.marketplaces import MARKETPLACES
from agent.cli.app import run_command
from agent.errors import ConfigError
from tests.support.config_edits import FILES

MOST_S = 2.0
MOST_BYTES = 200_000_000
HANGS_S = 60.0


class TooSlowError(BaseException):
    """Passes every `except Exception`."""


@dataclass(slots=True)
class Seen:
    """What came of all examples."""

    codes: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0


def main(place: Path, count: int, number: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGPROF, _too_slow)
    signal.signal(signal.SIGALRM, _too_slow)
    seen = Seen()

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=FILES)
    def every_edit(data: bytes) -> None:
        config = place / "voicepurge.yaml"
        config.write_bytes(data)
        seen.codes[_checked(config, seen)] += 1

    every_edit()
    peak = _peak()
    assert peak < MOST_BYTES, peak
    print(json.dumps({"codes": seen.codes, "slowest_s": seen.slowest_s, "peak": peak}))  # noqa: T201 - the answer


def _peak() -> int:
    """The most memory of this very process, in bytes (proc(5)); getrusage remembers its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


def _checked(config: Path, seen: Seen) -> str:
    """The exit code of `config check`, once everything it must be was found true."""
    out, err = io.StringIO(), io.StringIO()
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, MOST_S)
    signal.setitimer(signal.ITIMER_REAL, HANGS_S)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(["--config", str(config), "config", "check"])
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    seen.slowest_s = max(seen.slowest_s, time.process_time() - started)
    said = err.getvalue()
    assert "Traceback" not in said, said
    if code == ConfigError.exit_code:
        *problems, message, next_step = said.splitlines()
        assert problems and all(_has_place(one, config) for one in problems), said
        assert message.startswith("voicepurge: ") and next_step.startswith("Next: ")
        return "78"
    chosen = yaml_settings.load(config, marketplaces=MARKETPLACES).credentials.backend
    # this machine may lack the keyring of a good configuration; that is not the configuration's fault
    assert code == 0 or (code == 3 and chosen == "keyring"), (code, said)
    return "works"


def _has_place(problem: str, config: Path) -> bool:
    line, column, message = problem.removeprefix(f"{config}:").split(":", 2)
    return int(line) >= 1 and int(column) >= 1 and bool(message.strip())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
