"""What the README tells a newcomer to type works as printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.measured import CloudProcess, cloud_process
from tests.support.practice_home import ROOT

README = (ROOT / "README.md").read_text()
PRINTED = ".venv/bin/voicepurge"
COMMAND = Path(sys.executable).with_name("voicepurge")


def blocks(heading: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block under a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


(_, START), (_, CONFIG), (_, WALK) = blocks("A run, step by step")
(_, CHECKS), (_, RESTART) = blocks("Checking the ledger")


@pytest.fixture
def cloud() -> Iterator[CloudProcess]:
    """The practice cloud of the first block."""
    found = re.fullmatch(rf"{re.escape(PRINTED)} simulator --recordings (\d+)\n", START)
    assert found is not None, "the first block starts the practice cloud"
    with cloud_process(int(found[1])) as running:
        yield running


def shell(place: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """A script in a shell that ends at the first command that fails and shows each on stderr."""
    return subprocess.run(
        ["sh", "-eux"],
        input=script.replace(PRINTED, str(COMMAND)),
        cwd=place,
        env={"PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "HOME": str(place), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.heavy
def test_a_run_step_by_step(tmp_path: Path, cloud: CloudProcess) -> None:
    """Every command exits 0 and shows what the text around it says, with the values of the JSON line."""
    text = CONFIG.replace("https://127.0.0.1:PORT", cloud.url).replace("CA FILE", str(cloud.ca))
    assert text != CONFIG
    (tmp_path / "practice.yaml").write_text(text)
    assert "'CREDENTIAL'" in WALK
    walk = WALK.replace("CREDENTIAL'", f"{cloud.credential}'")
    done = shell(tmp_path, walk)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "practice.yaml: no problems." in done.stdout
    assert "[practice] home: dry run." in done.stdout
    assert "[practice] home: verified." in done.stdout
    assert "the ledger is as it was written" in done.stdout
    assert re.fullmatch(r"voicepurge/[0-9a-f]{16}\+[0-9a-f]{8}\+\S+", done.stdout.splitlines()[-1])
    assert re.search(r"recordings are due: about .* from here", done.stderr)
    assert cloud.truth()["requested"]
    after_the_walk(tmp_path, done.stdout.splitlines()[-1])


def after_the_walk(place: Path, vkey: str) -> None:
    """The commands of "Checking the ledger", on the ledger the walk left."""
    (ledger,) = place.rglob("ledger.jsonl")
    (place / "copy").mkdir()
    for name in ("ledger.jsonl", "checkpoint"):
        (place / "copy" / name).write_bytes(ledger.with_name(name).read_bytes())
    (place / "remembered.txt").write_bytes(ledger.with_name("checkpoint").read_bytes())
    assert "VKEY" in CHECKS
    done = shell(place, f"export VOICEPURGE_CONFIG=$PWD/practice.yaml\n{CHECKS.replace('VKEY', vkey)}")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("the ledger is as it was written") == 3
    said_yes = RESTART.replace("restart home", "restart home --yes")
    done = shell(place, f"export VOICEPURGE_CONFIG=$PWD/practice.yaml\n{said_yes}voicepurge ledger verify")
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list(ledger.parent.glob("before-*"))) == 2
    assert "as it was put aside" in done.stdout


def test_the_simulator_prints_the_line_the_readme_speaks_of(cloud: CloudProcess) -> None:
    """Address, certificate and credential are in it; the address is of this machine."""
    assert cloud.url.startswith("https://127.0.0.1:")
    assert cloud.ca.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert cloud.credential.startswith("practice-")


def test_the_table_of_verdicts_names_each_once() -> None:
    """Every verdict there is stands in the README with the exit code the program uses."""
    from agent.cli.exit_codes import of_verdict
    from agent.model import Verdict

    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| .* \| (.+) \|$", README, re.MULTILINE)
    told = {name: codes for names, codes in rows for name in re.findall(r"`(\w+)`", names)}
    assert set(told) == {verdict.value for verdict in Verdict}
    for verdict in Verdict:
        assert told[verdict.value].startswith(str(of_verdict(verdict, due=1)))
