"""`voicepurge simulator`: the practice cloud until interrupted."""

import json
import sys
from pathlib import Path

from agent.cli.output import Output


def simulate(
    output: Output, port: int, seed: int, recordings: int, shape: str | None, scenario: Path | None
) -> int:
    """Prints one JSON line when it is up, then serves.

    Raises:
        UsageError: an unknown shape or dial, a port that cannot be used, or the extra is missing.
    """
    from agent.simulator.server import serve_forever

    def ready(facts: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        output.say("The practice cloud runs; Ctrl-C stops it. Nothing it shows is evidence about Amazon.")

    serve_forever(port, seed, recordings, shape or "json-batch", scenario, ready)
    return 0
