"""What a large account costs: one purge of LARGE recordings against one of SMALL, measured in one go.

    python -m tests.benchmarks.run [SMALL] [LARGE]

Prints one JSON object: seconds, peak memory in MB, requests, and the ratios of large to small. Ratios hold
on any machine, seconds only on this one. The practice cloud and each run are processes of their own.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.support.measured import purge


def measured(place: Path, recordings: int) -> dict[str, float]:
    """Figures of one purge; it must have verified all that was due."""
    found, truth = purge(place, recordings)
    run = found.done.run
    assert run["verdict"] == "verified" and run["gone"] == run["due"], found.done.err
    return {
        "recordings": recordings,
        "seconds": found.seconds,
        "peak_mb": found.peak_mb,
        "requests": sum(truth["requests"].values()),
        "deletions": len(truth["deletions"]),
        "promised_s": run["expected_s"],
    }


def main(small: str = "1000", large: str = "10000") -> None:
    """Purges both accounts and prints what it took."""
    with tempfile.TemporaryDirectory() as directory:
        one, other = (measured(Path(directory) / size, int(size)) for size in (small, large))
    figures = {
        "small": one,
        "large": other,
        "ratio": {name: other[name] / one[name] for name in one},
        "more_mb": other["peak_mb"] - one["peak_mb"],
        "per_recording_ratio": (other["seconds"] / other["recordings"])
        / (one["seconds"] / one["recordings"]),
    }
    sys.stdout.write(json.dumps(rounded(figures), indent=1) + "\n")


def rounded(value: object) -> object:
    """The same with three digits behind the point."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main(*sys.argv[1:])
