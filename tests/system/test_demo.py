"""The demo tells the truth whatever trap its seed draws."""

import json
import random
from pathlib import Path

import pytest

from agent.cli.app import run_command
from agent.cli.demo import tell
from agent.cli.output import Output
from agent.cli.traps import TRAPS

SEEDS = range(50)


@pytest.mark.parametrize(
    "block", [pytest.param(block, marks=pytest.mark.heavy if block else ()) for block in range(0, 50, 5)]
)
def test_fifty_seeds_end_as_they_must(block: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every seed: the honest run verified, the trap called by its name, the tampered copy caught."""
    for seed in SEEDS[block : block + 5]:
        assert tell(Output(json=True), seed, 60) == 0
        told = json.loads(capsys.readouterr().out)
        expected = next(trap.verdict for trap in TRAPS if trap.name == told["trap"])
        assert [run["verdict"] for run in told["runs"]] == ["verified", expected]
        assert told["ledger"]["ok"]
        assert told["tampered"]


def test_all_traps_are_drawn() -> None:
    """Fifty seeds meet every trap there is, so that none of them goes untold."""
    drawn = {
        TRAPS[random.Random(seed).randrange(len(TRAPS))].name  # noqa: S311 - the demo's own drawing
        for seed in SEEDS
    }
    assert drawn == {trap.name for trap in TRAPS}


def test_the_demo_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file of the story is left, and it says practice."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_command(["demo", "--seed", "3", "--recordings", "60"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert "[practice]" in capsys.readouterr().out
