import re
import subprocess
from pathlib import Path

import pytest

import agent.ledger
from agent.ledger.fields import OPTIONAL, REQUIRED, RUN_NEEDED
from agent.model import Event
from tests.support.ledger_home import VKEY, filled, lines

TEXT = (Path(agent.ledger.__file__).parent / "FORMAT.md").read_text()


def shell(directory: Path, vkey: str = VKEY, checkpoint: str = "checkpoint") -> tuple[int, str]:
    """Runs the document's own check as a reader would."""
    script = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0]
    (directory / "check.sh").write_text(script)
    done = subprocess.run(
        ["sh", "check.sh", "ledger.jsonl", checkpoint, vkey],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("runs", [0, 1, 3])
def test_the_shell_check_passes_a_good_ledger(tmp_path: Path, runs: int) -> None:
    """Two common tools, openssl and sha256sum, come to the same root, for trees of 1, 6 and 16 leaves."""
    filled(tmp_path, runs)
    assert shell(tmp_path) == (0, f"ok: {1 + 5 * runs} entries, as they were signed\n")


def test_the_shell_check_passes_older_checkpoints(tmp_path: Path) -> None:
    """A remembered checkpoint is checked the same way against the grown file."""
    filled(tmp_path, 1)
    (tmp_path / "remembered").write_bytes((tmp_path / "checkpoint").read_bytes())
    filled(tmp_path, 1)
    assert shell(tmp_path, checkpoint="remembered") == (0, "ok: 6 entries, as they were signed\n")


def test_the_shell_check_catches_what_ours_catches(tmp_path: Path) -> None:
    """Changed, removed, cut, signed by another key: each fails, with the reason."""
    filled(tmp_path, 1)
    good = lines(tmp_path)
    file = tmp_path / "ledger.jsonl"
    cases = {
        "line 4 does not follow": [*good[:2], good[2].replace(b'"part":1', b'"part":2'), *good[3:]],
        "line 3 does not follow": [*good[:2], *good[3:]],
        "6 entries were signed, the file has 5": good[:-1],
        "the root is not the signed one": [*good[:-1], good[-1].replace(b'"due":0', b'"due":1')],
    }
    for says, changed in cases.items():
        file.write_bytes(b"".join(changed))
        code, out = shell(tmp_path)
        assert code == 1
        assert says in out
    file.write_bytes(b"".join(good))
    other = VKEY[:-4] + ("AAAA" if not VKEY.endswith("AAAA") else "BBBB")
    assert shell(tmp_path, vkey=other)[0] != 0
    note = tmp_path / "checkpoint"
    note.write_text(note.read_text().replace("\n6\n", "\n5\n"))
    assert shell(tmp_path)[0] != 0


def test_the_table_names_every_event_and_field() -> None:
    """What the document promises a third party is what the code asks for."""
    rows = re.findall(r"^\| `(\w+)` \| (yes|) ?\| (.*?) ?\| (.*?) ?\|$", TEXT, re.MULTILINE)
    table = {Event(name): (run, must, may) for name, run, must, may in rows if name in set(Event)}
    assert set(table) == set(Event)
    for event, (run, must, may) in table.items():
        assert (run == "yes") == (event in RUN_NEEDED)
        assert set(REQUIRED[event]) <= set(re.findall(r"`(\w+)`", must)), event
        assert set(OPTIONAL.get(event, {})) == set(re.findall(r"`(\w+)`", may)), event


def test_the_key_used_here_is_the_one_written_down(tmp_path: Path) -> None:
    """The verifier key a person keeps is also in the first entry, so that a mix-up can be told."""
    filled(tmp_path, 0)
    assert VKEY.encode() in lines(tmp_path)[0]
